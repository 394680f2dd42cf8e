"""A page to look at that is in nobody's way: arrows scroll it, any other key closes it and is handed on.

A trader who comes back to a burning house types the first key before reading what is in the way.
"""

from collections.abc import Callable, Sequence
from typing import Final

from textual import events

from tui.console.dialogs.pages import PageDialog
from tui.present.ink import Line

_CLOSING: Final = frozenset({"escape", "enter", "q"})


class PassingDialog(PageDialog):
    """Hand every key on that is not for reading."""

    def __init__(self, title: str, lines: Sequence[Line], hand_on: Callable[[events.Key], None]) -> None:
        super().__init__(title, lines)
        self._hand_on = hand_on

    def on_key(self, event: events.Key) -> None:
        if event.key in _CLOSING or event.key in {"up", "down", "pageup", "pagedown"}:
            super().on_key(event)
            return
        event.stop()
        self.dismiss(None)
        self._hand_on(event)
