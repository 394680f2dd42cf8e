"""The picture of a recorded console, in the middle of whatever room there is, with a border where there is some."""

from typing import Final

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.panes.looks import looks_of
from tui.panes.palettes import style_of
from tui.present.ink import Decor, Ink
from tui.present.replay import replaced_mode

_SIDE: Final = "┃"


class Canvas(Widget):
    """Paints rows that changed. A picture that is too large is cut; `move` shows another part of it."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Strip] = []
        self._columns = 0
        self._left = self._top = 0

    @property
    def is_cut(self) -> bool:
        return self._columns > self.size.width or len(self._rows) > self.size.height

    def show(self, rows: list[Strip]) -> None:
        old, self._rows = self._rows, rows
        columns = rows[0].cell_length if rows else 0
        if len(old) != len(rows) or columns != self._columns:
            self._columns = columns
            self.move(0, 0)
            self.refresh()
            return
        offset = self._offset_y()
        changed = [index for index, row in enumerate(rows) if row is not old[index]]
        if changed:
            self.refresh(*(Region(0, index + offset, self.size.width, 1) for index in changed))

    def move(self, columns: int, rows: int) -> None:
        """Show another part, as far as there is more."""
        self._left = max(0, min(self._left + columns, self._columns - self.size.width))
        self._top = max(0, min(self._top + rows, len(self._rows) - self.size.height))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index, width = y - self._offset_y(), self.size.width
        if not 0 <= index < len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._relabelled(self._rows[index]) if index == 0 else self._rows[index]
        if self._columns >= width:
            return row.crop(self._left, self._left + width)
        left = (width - self._columns) // 2
        right = width - self._columns - left
        return Strip.join([self._side(left, is_left=True), row, self._side(right, is_left=False)])

    def _offset_y(self) -> int:
        room = self.size.height - len(self._rows)
        return room // 2 if room > 0 else -self._top

    def _side(self, cells: int, *, is_left: bool) -> Strip:
        if cells <= 0:
            return Strip([])
        style = self.rich_style + style_of(looks_of(self).palette, Ink.REPLAY, Decor.NONE)
        blank = Segment(" " * (cells - 1), self.rich_style)
        side = Segment(_SIDE, style)
        return Strip([blank, side] if is_left else [side, blank], cells)

    def _relabelled(self, row: Strip) -> Strip:
        """Put REPLAY where the recorded header says PAPER or LIVE: a picture of money must not pass for money."""
        text = replaced_mode(row.text)
        if text is None:
            return row
        style = self.rich_style + style_of(looks_of(self).palette, Ink.REPLAY, Decor.BOLD | Decor.REVERSED)
        return Strip.join([Strip([Segment(text, style)], len(text)), row.crop(len(text), row.cell_length)])
