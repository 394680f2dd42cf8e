"""A pane of rows with a cursor that holds on to a row, not to a place."""

from abc import abstractmethod

from textual import events

from tui.panes.pane import Pane
from tui.panes.row_cursor import RowCursor
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.ink import Ink, Line, Span
from tui.present.picture import Picture, with_more
from tui.present.table import Row, Table, TableLayout

_FRAME_AND_HEADER_ROWS = 2


class TablePane(Pane):
    """A table; while a row is selected, rows keep their order and new ones are added below."""

    FRAMES_BETWEEN = 2

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._cursor = RowCursor()
        self._first = 0
        self._laid: TableLayout | None = None
        self._has_only_cursor_moved = False

    @property
    def selected(self) -> str | None:
        """Return the key of the row under the cursor."""
        return self._cursor.selected

    def select(self, key: str) -> None:
        """Put the cursor on a row, from elsewhere."""
        self._cursor.selected = key
        self._paint_cursor()

    @abstractmethod
    def table(self, view: View) -> Table:
        """Return the rows of this frame."""

    def note(self, view: View) -> Line:
        """Return what stands at the right of the frame: a count."""
        count = len(self._cursor.keys)
        return (Span(f"{count}", Ink.QUIET),) if view.snapshot is not None and count else ()

    def draw(self, view: View, width: int, height: int) -> Picture:
        if self._laid is None or self._laid.width != width or not self._has_only_cursor_moved:
            self._laid = TableLayout(self.table(view), width)
        table = self._laid.table
        rows = self._ordered(table)
        title, note = (Span(self.TITLE, Ink.STRONG),), self.note(view)
        if not rows:
            self._first = 0
            lines = [line for text in table.empty for line in wrap(self.keys(view)(text), width, Ink.QUIET)]
            return Picture(title, note, lines)
        self._scroll(len(rows), height - 1)
        selected = self.selected if self.has_focus else None
        shown = rows[self._first : self._first + max(0, height - 1)]
        note = with_more(note, len(rows) - self._first - len(shown))
        return Picture(title, note, [self._laid.header, *(self._laid.line(row, selected) for row in shown)])

    def _ordered(self, table: Table) -> list[Row]:
        by_key = {row.key: row for row in table.rows}
        return [by_key[key] for key in self._cursor.arrange(list(by_key), has_focus=self.has_focus)]

    def _scroll(self, count: int, height: int) -> None:
        if self.selected is None or not self.has_focus:
            self._first = 0  # without a cursor the first rows show: what is new must not hide above
            return
        index = self._cursor.keys.index(self.selected)
        if index < self._first:
            self._first = index
        elif index >= self._first + height:
            self._first = index - height + 1
        self._first = max(0, min(self._first, count - max(1, height)))

    def move_cursor(self, step: int) -> None:
        self._cursor.step(step, self._first, self._first + self.size.height - 1)
        self._paint_cursor()

    def drop_cursor(self) -> None:
        self._cursor.drop()
        self._paint_cursor()

    def _paint_cursor(self) -> None:
        """Paint what differs by where the cursor stands: rows are as the last frame had them, and are laid out."""
        self._has_only_cursor_moved = True
        try:
            self.paint()
        finally:
            self._has_only_cursor_moved = False

    def on_focus(self) -> None:
        self._cursor.focused()
        self.paint()

    def on_click(self, event: events.Click) -> None:
        index = self._first + event.y - _FRAME_AND_HEADER_ROWS
        if 0 <= index < len(self._cursor.keys):
            self._cursor.selected = self._cursor.keys[index]
            self._paint_cursor()
