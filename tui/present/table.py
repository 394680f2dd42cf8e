"""Tables of styled cells: columns that fit, rows that keep their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from tui.present.cells import left, number, right, width_of
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class Align(Enum):
    LEFT = auto()
    RIGHT = auto()
    NUMBER = auto()  # never cut: a number that lost digits is a wrong number


@dataclass(frozen=True, slots=True)
class Column:
    """A column; in a narrow pane those with the largest `rank` go first."""

    title: str
    align: Align = Align.LEFT
    rank: int = 0
    shrinks_to: int | None = None  # text may be cut down to this many cells


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `key` is what the cursor holds on to while other rows come and go."""

    key: str
    cells: tuple[Span, ...]
    decor: Decor = Decor.NONE


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    empty: tuple[str, ...]  # what teaches where there are no rows


@dataclass(frozen=True, slots=True)
class _Fitted:
    indexes: tuple[int, ...]
    widths: tuple[int, ...]


_GAP = 2


def table_header(table: Table, width: int) -> Line:
    fitted = _fit_columns(table, width)
    return _joined(
        [
            Span(_aligned(table.columns[index], table.columns[index].title, cells), Ink.QUIET)
            for index, cells in zip(fitted.indexes, fitted.widths, strict=True)
        ]
    )


def table_rows(table: Table, width: int, first: int, count: int, selected: str | None) -> list[Line]:
    """Lay out the rows from `first` on; the selected one is reversed and carries a pointer by its place."""
    fitted = _fit_columns(table, width)
    lines: list[Line] = []
    for row in table.rows[first : first + count]:
        decor = row.decor | (Decor.REVERSED if row.key == selected else Decor.NONE)
        spans: list[Span] = []
        for index, cells in zip(fitted.indexes, fitted.widths, strict=True):
            text, ink, own = row.cells[index]
            ink = Ink.STRONG if row.key == selected else ink  # one bright bar, not a patchwork
            spans.append(Span(_aligned(table.columns[index], text, cells), ink, own | decor))
        lines.append(_joined(spans, decor & Decor.REVERSED))
    return lines


def _joined(spans: list[Span], decor: Decor = Decor.NONE) -> Line:
    line: list[Span] = []
    for span in spans:
        if line:
            line.append(Span(" " * _GAP, Ink.STRONG, decor))
        line.append(span)
    return tuple(line) if line else EMPTY_LINE


def _aligned(column: Column, text: str, cells: int) -> str:
    if column.align is Align.LEFT:
        return left(text, cells)
    return number(text, cells) if column.align is Align.NUMBER and text[:1].isascii() else right(text, cells)


def _fit_columns(table: Table, width: int) -> _Fitted:
    natural = [
        max([width_of(column.title), *(width_of(row.cells[index].text) for row in table.rows)])
        for index, column in enumerate(table.columns)
    ]
    kept = list(range(len(table.columns)))
    while len(kept) > 1 and _needed(table, kept, natural, shrunk=True) > width:
        kept.remove(max(kept, key=lambda index: (table.columns[index].rank, index)))
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
    total = _GAP * (len(kept) - 1)
    for index in kept:
        floor = table.columns[index].shrinks_to
        total += min(natural[index], floor) if shrunk and floor is not None else natural[index]
    return total
