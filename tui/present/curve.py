"""A line plot in braille: every column shows the lowest and highest value of its time."""

from collections.abc import Sequence

from core.state.desk import PnlPoint
from tui.present import numbers
from tui.present.braille import DOTS
from tui.present.cells import fit, number, wrap
from tui.present.ink import Ink, Line, Span, signed_ink

_BLANK = 0x2800


def pnl_note(points: Sequence[PnlPoint]) -> Line:
    if not points:
        return ()
    last = points[-1].pnl_usd
    return (Span(f"{numbers.direction(last)}{numbers.signed_money(last)} USD", signed_ink(round(last, 2))),)


def pnl_lines(points: Sequence[PnlPoint], width: int, height: int) -> list[Line]:
    """Plot the day's profit over time with its zero line and the values at both ends of the scale."""
    if len(points) < 2:
        return wrap(
            "Profit of the UTC day appears here, one point a second, as soon as the engine has run a little.", width
        )
    low = min(0.0, *(point.pnl_usd for point in points))
    high = max(0.0, *(point.pnl_usd for point in points))
    if high - low < 1e-9:
        high = low + 1.0
    cells = max(len(f"{value:+,.0f}") for value in (low, high)) + 1
    columns = width - cells
    if columns < 4 or height < 1:
        return [fit(pnl_note(points), width)]
    rows = braille_rows([(point.at_ns, point.pnl_usd) for point in points], low, high, columns, height)
    zero_row = min(height - 1, int((high - 0.0) / (high - low) * height))
    lines: list[Line] = []
    for index, text in enumerate(rows):
        value = high if index == 0 else low if index == height - 1 else 0.0 if index == zero_row else None
        label = " " * cells if value is None else number(f"{value:+,.0f}" if round(value) else "0", cells - 1) + "┤"
        ink = (
            Ink.GAIN if index < zero_row else Ink.LOSS if index > zero_row else signed_ink(round(points[-1].pnl_usd, 2))
        )
        lines.append((Span(label, Ink.QUIET), Span(text, ink)))
    return lines


def braille_rows(points: Sequence[tuple[int, float]], low: float, high: float, columns: int, rows: int) -> list[str]:
    """Draw points (time ns, value), oldest first, on `columns` by `rows` cells of 2 by 4 dots."""
    dot_columns, dot_rows = columns * 2, rows * 4
    spans = _column_spans(points, low, high, dot_columns, dot_rows)
    grid = [[_BLANK] * columns for _ in range(rows)]
    held: int | None = None  # the newest value so far; a column without a point of its own shows it
    for column, span in enumerate(spans):
        if span is None and held is None:
            continue
        top, bottom, newest = span or (held or 0, held or 0, held or 0)
        if held is not None:  # close the gap to the column before, so that the line is one line
            top, bottom = min(top, held), max(bottom, held)
        for dot_row in range(top, bottom + 1):
            grid[dot_row // 4][column // 2] |= DOTS[dot_row % 4][column % 2]
        held = newest
    return ["".join(map(chr, row)) for row in grid]


def _column_spans(
    points: Sequence[tuple[int, float]], low: float, high: float, dot_columns: int, dot_rows: int
) -> list[tuple[int, int, int] | None]:
    """Return (highest, lowest, newest) dot row of each column's time."""
    first_ns, last_ns = points[0][0], points[-1][0]
    period_ns = max(1, last_ns - first_ns)
    unit = (dot_rows - 1) / (high - low)
    spans: list[tuple[int, int, int] | None] = [None] * dot_columns
    for at_ns, value in points:
        column = min(dot_columns - 1, max(0, (at_ns - first_ns) * (dot_columns - 1) // period_ns))
        dot_row = min(dot_rows - 1, max(0, round((high - value) * unit)))
        old = spans[column]
        spans[column] = (
            (dot_row, dot_row, dot_row) if old is None else (min(old[0], dot_row), max(old[1], dot_row), dot_row)
        )
    return spans
