"""Wait for one letter: the panes show theirs meanwhile."""

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen


class JumpScreen(ModalScreen[str]):
    """An invisible screen that answers with the next key."""

    CSS = "JumpScreen { background: transparent; }"

    def compose(self) -> ComposeResult:
        return iter(())

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(event.character or "")
