"""The settings: arrows choose and change, at once; ctrl+s keeps them."""

from collections.abc import Callable, Sequence

from textual import events
from textual.widget import Widget

from tui.console.dialogs.dialog import Dialog, Lines
from tui.panes.view import View
from tui.present.settings import SettingRow, settings_lines


class SettingsDialog(Dialog[None]):
    """Shows rows that its owner reads anew after each change; the last ones are read only."""

    BOX_COLUMNS = 78

    def __init__(
        self,
        rows: Callable[[], Sequence[SettingRow]],
        fixed: Callable[[], Sequence[SettingRow]],
        change: Callable[[int, int], None],
        keep: Callable[[], None],
    ) -> None:
        """Take `change` as the place of a row and a step, +1 or -1."""
        super().__init__("Settings")
        self.border_subtitle = "← → change  ↑ ↓ choose  ^s keeps all for the next start  esc closes"
        self._rows = rows
        self._fixed = fixed
        self._change = change
        self._keep = keep
        self._marked = 0
        self._page = Lines()

    def contents(self) -> list[Widget]:
        self._redraw()
        return [self._page]

    def frame(self, view: View) -> None:
        super().frame(view)
        self._redraw()

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"escape", "q"}:
            self.dismiss(None)
        elif event.key in {"down", "up"}:
            self._mark(1 if event.key == "down" else -1)
        elif event.key in {"right", "enter", "space", "left"}:
            if self._marked < len(self._rows()):
                self._change(self._marked, -1 if event.key == "left" else 1)
            self._redraw()
        elif event.key == "ctrl+s":
            self._keep()
            self._redraw()

    def action_next_field(self, step: int = 1) -> None:
        self._mark(step)

    def _mark(self, step: int) -> None:
        self._marked = (self._marked + step) % (len(self._rows()) + len(self._fixed()))
        self._redraw()

    def _redraw(self) -> None:
        lines = settings_lines(self._rows(), self._fixed(), self._marked, self.columns())
        self._page.put(lines)
