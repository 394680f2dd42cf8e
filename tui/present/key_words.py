"""Keys in texts: a text names an action, as in `{zoom}`, and the trader's own key stands there once it is laid out."""

from collections.abc import Callable
from typing import Final, NamedTuple


class KeyWords(NamedTuple):
    """What texts of one pane need: its own keys, and whether it could get more room."""

    filled: Callable[[str], str] = str
    is_alone: bool = False  # it has the whole screen already

    def __call__(self, text: str) -> str:
        """Return a text with `{action}` as the key that the action has."""
        return self.filled(text)

    def with_room(self, text: str, more: str) -> str:
        """Return a text, and with `more` after it where the pane could still be made larger."""
        return self.filled(text if self.is_alone else text + more)


AS_WRITTEN: Final = KeyWords()
