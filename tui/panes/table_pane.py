"""A pane of rows with a cursor that holds on to a row, not to a place."""

from abc import abstractmethod
from dataclasses import replace

from textual import events

from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.ink import Ink, Line, Span
from tui.present.picture import Picture
from tui.present.table import Row, Table, table_header, table_rows

_FRAME_AND_HEADER_ROWS = 2


class TablePane(Pane):
    """A table; while it has the focus, rows keep their order and new ones are added below."""

    FRAMES_BETWEEN = 2

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self.selected: str | None = None
        self._keys: list[str] = []  # rows in the order shown
        self._first = 0
        self._selects_first = False  # set when the focus comes and no row is selected

    @abstractmethod
    def table(self, view: View) -> Table:
        """Return the rows of this frame."""

    def note(self, view: View) -> Line:
        """Return what stands at the right of the frame: a count."""
        return (Span(f"{len(self._keys)}", Ink.QUIET),) if view.snapshot is not None and self._keys else ()

    def draw(self, view: View, width: int, height: int) -> Picture:
        table = self.table(view)
        rows = self._ordered(table)
        title, note = (Span(self.TITLE, Ink.STRONG),), self.note(view)
        if not rows:
            self._first = 0
            lines = [line for text in table.empty for line in wrap(text, width, Ink.QUIET)]
            return Picture(title, note, lines)
        shown = replace(table, rows=rows)
        self._scroll(len(rows), height - 1)
        selected = self.selected if self.has_focus else None
        body = table_rows(shown, width, self._first, max(0, height - 1), selected)
        return Picture(title, note, [table_header(shown, width), *body])

    def _ordered(self, table: Table) -> list[Row]:
        by_key = {row.key: row for row in table.rows}
        if self.has_focus and self._keys:
            kept = [key for key in self._keys if key in by_key]
            known = frozenset(kept)
            self._keys = kept + [row.key for row in table.rows if row.key not in known]
        else:
            self._keys = list(by_key)
        if self.selected is not None and self.selected not in by_key:
            self.selected = None  # a row that left takes the cursor with it: no other row may take its key press
        if self._selects_first and self._keys:
            self.selected, self._selects_first = self._keys[0], False
        return [by_key[key] for key in self._keys]

    def _scroll(self, count: int, height: int) -> None:
        if self.selected is not None and self.has_focus:
            index = self._keys.index(self.selected)
            if index < self._first:
                self._first = index
            elif index >= self._first + height:
                self._first = index - height + 1
        self._first = max(0, min(self._first, count - max(1, height)))

    def move_cursor(self, step: int) -> None:
        if not self._keys:
            return
        if self.selected in self._keys:
            index = min(max(self._keys.index(self.selected) + step, 0), len(self._keys) - 1)
        else:
            index = self._first if step > 0 else min(len(self._keys), self._first + self.size.height) - 1
        self.selected = self._keys[index]
        self.paint()

    def drop_cursor(self) -> None:
        self.selected = None
        self.paint()

    def on_focus(self) -> None:
        self._selects_first = self.selected is None
        self.paint()

    def on_click(self, event: events.Click) -> None:
        index = self._first + event.y - _FRAME_AND_HEADER_ROWS
        if 0 <= index < len(self._keys):
            self.selected = self._keys[index]
            self.paint()
