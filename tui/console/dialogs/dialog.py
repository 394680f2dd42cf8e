"""The base of dialogs: a framed box of lines over the desk, fed with every frame's view."""

from collections.abc import Sequence
from typing import ClassVar, Final, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui.panes.looks import strip_of
from tui.panes.view import View
from tui.present.ink import Line

DIALOG_CSS: Final = """
Dialog { align: center middle; background: transparent; }
Dialog > Vertical { height: auto; max-height: 100%; padding: 0 1; border: round ansi_cyan;
                    border-title-style: bold; background: $background; overflow-y: auto;
                    scrollbar-size-vertical: 1; }
Dialog > Vertical.danger { border: double ansi_bright_red; }
Dialog Input { border: none; height: 1; padding: 0 1; background: $background; color: ansi_bright_white;
               text-style: underline; }
Dialog Input:focus { border: none; background-tint: transparent 0%; text-style: underline bold; }
Dialog Lines { width: 1fr; height: auto; }
"""

Answer = TypeVar("Answer")


class Lines(Widget):
    """Styled lines as a widget as high as they are."""

    def __init__(self, lines: Sequence[Line] = (), *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._lines: list[Line] = []
        self.put(lines)

    def put(self, lines: Sequence[Line]) -> None:
        """Show other lines; nothing is painted where they are the same."""
        shown = list(lines)
        if shown == self._lines:
            return
        if len(shown) != len(self._lines):
            self.styles.height = max(1, len(shown))
        self._lines = shown
        self.refresh()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        return strip_of(line, self.size.width, self.rich_style)


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A box in the middle of the screen; esc closes it without an answer."""

    BOX_COLUMNS: ClassVar[int] = 66

    def __init__(self, title: str, *, is_danger: bool = False) -> None:
        super().__init__()
        self._title = title
        self._is_danger = is_danger
        self.view: View | None = None

    def compose(self) -> ComposeResult:
        box = Vertical(*self.contents(), classes="danger" if self._is_danger else "")
        box.border_title = self._title
        box.styles.width = self.BOX_COLUMNS
        box.styles.max_width = "100%"
        yield box

    def contents(self) -> list[Widget]:
        """Return the widgets inside the box, from top to bottom."""
        raise NotImplementedError

    def frame(self, view: View) -> None:
        """Take the newest view; called every frame while this dialog is on top."""
        self.view = view

    def columns(self) -> int:
        """Return how many cells a line in the box has."""
        return max(10, min(self.BOX_COLUMNS, self.size.width) - 4)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
