"""The value axis of a plot: which row a value stands in, and round labels."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from math import ceil, floor, log10
from operator import itemgetter
from typing import NamedTuple

from tui.present.cells import number
from tui.present.ink import Ink, Line, Span

_MOST_LABELS = 50


class Scale(NamedTuple):
    low: float
    high: float
    rows: int

    def half_row(self, value: float) -> int:
        """Return the half row of a value, 0 at the top; what lies outside stands at the edge."""
        span = self.high - self.low
        return min(self.rows * 2 - 1, max(0, int((self.high - value) / span * self.rows * 2)))

    def row(self, value: float) -> int:
        return self.half_row(value) // 2

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def scale_of(values: Sequence[float], rows: int) -> Scale:
    """Return an axis that holds all values with a little room at both ends."""
    low, high = min(values), max(values)
    if high <= low:
        pad = abs(high) * 0.0005 or 1.0
        return Scale(low - pad, high + pad, rows)
    margin = (high - low) * 0.02
    return Scale(low - margin, high + margin, rows)


def nice_values(scale: Scale, rows_between: int = 4) -> list[float]:
    """Return round values about every fourth row."""
    rough = (scale.high - scale.low) / max(1.0, scale.rows / rows_between)
    power = 10.0 ** floor(log10(rough))
    step = next((factor * power for factor in (1, 2, 5, 10) if factor * power >= rough), 10 * power)
    first = ceil(scale.low / step)
    return [index * step for index in range(first, floor(scale.high / step) + 1)][:_MOST_LABELS]


def axis_text(value: float, decimals: int, cells: int) -> str:
    return number(f"{value:,.{decimals}f}", cells)


Grid = list[dict[int, Span]]
"""The cells of a plot that are not blank: by row, then by column."""


def grid_line(row: Mapping[int, Span], columns: int, label: Span) -> Line:
    """Write one row of a grid behind its label; neighbours that look the same become one span."""
    spans = [label]
    end, texts, ink, decor = 0, list[str](), label.ink, label.decor
    for column in sorted(row):
        cell = row[column]
        if column > end or cell.ink is not ink or cell.decor != decor:
            if texts:
                spans.append(Span("".join(texts), ink, decor))
                texts = []
            if column > end:
                spans.append(blank(column - end))
            ink, decor = cell.ink, cell.decor
        texts.append(cell.text)
        end = column + 1
    if texts:
        spans.append(Span("".join(texts), ink, decor))
    if end < columns:
        spans.append(blank(columns - end))
    return tuple(spans)


@lru_cache(maxsize=512)
def blank(cells: int) -> Span:
    return Span(" " * cells)


@lru_cache(maxsize=4096)
def cell_of(text: str, ink: Ink) -> Span:
    """Return a span that is made once: a plot has hundreds of the same."""
    return Span(text, ink)


def merged(line: Iterable[Span]) -> Line:
    """Join neighbouring spans that look the same: fewer escape sequences on the wire."""
    return tuple(
        Span("".join([span.text for span in run]), ink, decor) for (ink, decor), run in groupby(line, itemgetter(1, 2))
    )
