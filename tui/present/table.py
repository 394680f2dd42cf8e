"""Tables of styled cells: columns that fit, rows that keep their place."""

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

from tui.present.cells import left, number, right, widest
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class Align(Enum):
    LEFT = auto()
    RIGHT = auto()
    NUMBER = auto()  # never cut: a number that lost digits is a wrong number


class Column(msgspec.Struct, frozen=True):
    """A column; in a narrow pane those with the largest `rank` go first."""

    title: str
    align: Align = Align.LEFT
    rank: int = 0
    shrinks_to: int | None = None  # text may be cut down to this many cells


class Row(msgspec.Struct, frozen=True):
    """One row; `key` is what the cursor holds on to while other rows come and go."""

    key: str
    cells: tuple[Span, ...]
    decor: Decor = Decor.NONE


class Table(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    empty: tuple[str, ...]  # what teaches where there are no rows


class _Fitted(msgspec.Struct, frozen=True):
    indexes: tuple[int, ...]
    widths: tuple[int, ...]


_GAP = "  "


class TableLayout:
    """A table in a width; a row that is not selected is laid out once, so keys have to be unique."""

    def __init__(self, table: Table, width: int) -> None:
        self.table, self.width = table, width
        fitted = _fit_columns(table, width)
        self._columns = [
            (index, cells, table.columns[index]) for index, cells in zip(fitted.indexes, fitted.widths, strict=True)
        ]
        self._lines: dict[str, Line] = {}

    @property
    def header(self) -> Line:
        return _joined([Span(_aligned(column, column.title, cells), Ink.QUIET) for _, cells, column in self._columns])

    def line(self, row: Row, selected: str | None = None) -> Line:
        """Lay out one of the table's rows; the selected one is a reversed bar."""
        if row.key == selected:
            return self.laid_out(row, is_selected=True)
        line = self._lines.get(row.key)
        if line is None:
            line = self._lines[row.key] = self.laid_out(row)
        return line

    def laid_out(self, row: Row, *, is_selected: bool = False) -> Line:
        decor = row.decor | Decor.REVERSED if is_selected else row.decor
        spans: list[Span] = []
        for index, cells, column in self._columns:
            text, ink, own = row.cells[index]
            ink = Ink.STRONG if is_selected else ink  # one bright bar, not a patchwork
            spans.append(Span(_aligned(column, text, cells), ink, own if decor is Decor.NONE else own | decor))
        return _joined(spans, decor & Decor.REVERSED)


def table_lines(table: Table, width: int) -> tuple[Line, list[Line]]:
    """Lay out the titles, and all rows, whatever their keys."""
    layout = TableLayout(table, width)
    return layout.header, [layout.laid_out(row) for row in table.rows]


def _joined(spans: list[Span], decor: Decor = Decor.NONE) -> Line:
    """Put gaps between cells: into the next span where that shows no difference, for each span costs at every paint."""
    line: list[Span] = []
    for span in spans:
        if not line:
            line.append(span)
        elif span.decor is decor:
            line.append(Span(_GAP + span.text, span.ink, decor))
        else:
            line += (Span(_GAP, Ink.STRONG, decor), span)
    return tuple(line) if line else EMPTY_LINE


def _aligned(column: Column, text: str, cells: int) -> str:
    if column.align is Align.LEFT:
        return left(text, cells)
    return number(text, cells) if column.align is Align.NUMBER and text[:1].isascii() else right(text, cells)


def _fit_columns(table: Table, width: int) -> _Fitted:
    natural = [
        widest([column.title, *(row.cells[index].text for row in table.rows)])
        for index, column in enumerate(table.columns)
    ]
    kept = list(range(len(table.columns)))
    gone: list[int] = []
    while len(kept) > 1 and _needed(table, kept, natural, shrunk=True) > width:
        gone.append(max(kept, key=lambda index: (table.columns[index].rank, index)))
        kept.remove(gone[-1])
    for index in reversed(gone):  # a wide column that went may leave the room that a narrow one before it lacked
        if _needed(table, [*kept, index], natural, shrunk=False) <= width:
            kept = sorted((*kept, index))
    widths = dict(zip(kept, (natural[index] for index in kept), strict=True))
    excess = _needed(table, kept, natural, shrunk=False) - width
    for index in reversed(kept):
        floor = table.columns[index].shrinks_to
        if excess > 0 and floor is not None and widths[index] > floor:
            cut = min(excess, widths[index] - floor)
            widths[index] -= cut
            excess -= cut
    return _Fitted(tuple(kept), tuple(widths[index] for index in kept))


def _needed(table: Table, kept: list[int], natural: list[int], *, shrunk: bool) -> int:
    total = len(_GAP) * (len(kept) - 1)
    for index in kept:
        floor = table.columns[index].shrinks_to
        total += min(natural[index], floor) if shrunk and floor is not None else natural[index]
    return total
