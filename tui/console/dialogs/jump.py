"""Wait for one letter: the panes show theirs meanwhile."""

from textual import events
from textual.widget import Widget

from tui.console.dialogs.dialog import Dialog, Lines
from tui.present.ink import Ink, plain


class JumpDialog(Dialog[str]):
    """Answer with the next key."""

    BOX_COLUMNS = 34

    def __init__(self) -> None:
        super().__init__("Jump")

    def contents(self) -> list[Widget]:
        return [Lines([plain("press a pane's letter", Ink.QUIET)])]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        self.dismiss(event.character if event.is_printable else None)
