"""The day's profit in braille with its falls below: every column shows the lowest and highest value of its time."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Final, NamedTuple

from core.state.desk import PnlPoint
from tui.present import numbers
from tui.present.braille import DOTS
from tui.present.cells import fit, joined, line_width, number, wrap
from tui.present.drawdown import deepest, drawdowns, missing_until_ns
from tui.present.freshness import Freshness, freshness
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.inputs import Inputs
from tui.present.time_axis import axis_labels, marked_axis

_BLANK = 0x2800
_FALL_FROM_ROWS: Final = 6  # below that there is room for the curve alone
_LEGEND_FROM_ROWS: Final = 8
_MINUTE_NS: Final = 60_000_000_000
_LABEL_EVERY: Final = 12  # cells of the time axis


def pnl_notes(points: Sequence[PnlPoint], inputs: Inputs | None = None) -> Sequence[Line]:
    """Return the newest profit, struck where a price that it stands on is stale, with the age of the oldest.

    The shorter one leaves out of what the age is.
    """
    if not points:
        return ()
    last = points[-1].pnl_usd
    if inputs is None or (inputs.oldest_age_s is None and not inputs.has_unknown):
        return (_profit(last, Freshness.FRESH),)
    age_s = None if inputs.has_unknown else inputs.oldest_age_s
    state = freshness(age_s)
    profit, age = _profit(last, state), numbers.age(age_s)
    return tuple((*profit, Span(f" {what}{age}", state.ink, Decor.PUBLIC)) for what in ("marks ", ""))


def _profit(last: float, state: Freshness) -> Line:
    text = f"{numbers.direction(last)}{numbers.signed_money(last)} USD"
    return (Span(text, signed_ink(round(last, 2)), state.decor),)


def pnl_lines(
    points: Sequence[PnlPoint],
    width: int,
    height: int,
    *,
    cursor_ns: int | None = None,
    equity_usd: Decimal | None = None,
) -> list[Line]:
    """Plot the day's profit over time from its zero line, where the day began, and below it the fall from the peak."""
    if len(points) < 2:
        return wrap("Profit of the UTC day appears here, one point a second, as soon as it is known.", width)
    known = [point.pnl_usd for point in points if isfinite(point.pnl_usd)]
    if not known:
        return wrap("The profit of the UTC day is not known.", width)
    falls = drawdowns(points)
    low, high = min((0.0, *known)), max((0.0, *known))
    if high - low < 1e-9:
        high = low + 1.0
    cells = max(len(f"{value:+,.0f}") for value in (low, high, deepest(points, falls).usd)) + 1
    columns = width - cells
    if columns < 4 or height < 1:
        return [fit(next(iter(pnl_notes(points)), ()), width)]
    heads = 1 if height >= _LEGEND_FROM_ROWS else 0
    feet = max(1, (height - heads - 1) // 4) + 1 if height >= _FALL_FROM_ROWS else 0
    column = None if cursor_ns is None else column_of(points, cursor_ns, columns)
    lines = [_legend(points, falls, width, cursor_ns, equity_usd)] * heads
    lines += _profit_rows(points, (low, high), columns, height - heads - feet, cells, column)
    if feet:
        lines += _fall_rows(points, falls, columns, feet - 1, cells, column)
        lines.append((Span(" " * cells), *_time_axis(points, columns, column)))
    return lines


def _profit_rows(
    points: Sequence[PnlPoint], ends: tuple[float, float], columns: int, height: int, cells: int, cursor: int | None
) -> list[Line]:
    low, high = ends
    rows = braille_rows([(point.at_ns, point.pnl_usd) for point in points], low, high, columns, height)
    zero_row = min(height - 1, int((high - 0.0) / (high - low) * height))
    lines: list[Line] = []
    for index, text in enumerate(rows):
        value = high if index == 0 else low if index == height - 1 else 0.0 if index == zero_row else None
        label = " " * cells if value is None else number(f"{value:+,.0f}" if round(value) else "0", cells - 1) + "┤"
        ink = (
            Ink.GAIN if index < zero_row else Ink.LOSS if index > zero_row else signed_ink(round(points[-1].pnl_usd, 2))
        )
        lines.append((Span(label, Ink.QUIET), *_ruled(text, ink, cursor, is_zero=index == zero_row)))
    return lines


def _ruled(text: str, ink: Ink, cursor: int | None, *, is_zero: bool) -> Line:
    """Draw the day's start as a line through what is blank, and the crosshair over it."""
    blank = chr(_BLANK)
    if is_zero:
        text = text.replace(blank, "┈")
    if cursor is None:
        return (Span(text, ink),)
    cross = text[cursor] if text[cursor] not in {blank, "┈"} else "┆"
    return (Span(text[:cursor], ink), Span(cross, Ink.ACCENT), Span(text[cursor + 1 :], ink))


def _fall_rows(
    points: Sequence[PnlPoint], falls: Sequence[float], columns: int, height: int, cells: int, cursor: int | None
) -> list[Line]:
    """Hang the fall from its zero at the top; the deepest one is marked where it was."""
    fall = deepest(points, falls)
    low = min(fall.usd, -1e-9)
    spans = column_spans([(point.at_ns, value) for point, value in zip(points, falls, strict=True)], low, 0.0,
                         columns * 2, height * 4)  # fmt: skip
    grid = [[_BLANK] * columns for _ in range(height)]
    held = 0
    for column, span in enumerate(spans):
        if span is not None:
            held = span.newest or 0
        bottom = held if span is None else span.bottom
        for dot_row in range(bottom + 1 if bottom else 0):
            grid[dot_row // 4][column // 2] |= DOTS[dot_row % 4][column % 2]
    lines: list[Line] = []
    for index, row in enumerate(grid):
        value = "dd" if index == 0 else f"{low:+,.0f}" if index == height - 1 else None
        label = " " * cells if value is None else number(value, cells - 1) + "┤"
        lines.append((Span(label, Ink.QUIET), *_ruled("".join(map(chr, row)), Ink.LOSS, cursor, is_zero=False)))
    if round(fall.usd, 2) < 0:
        at = column_of(points, fall.at_ns, columns)
        lines[-1] = _marked(lines[-1], cells + at, "▼")
    return lines


def _marked(line: Line, at: int, mark: str) -> Line:
    """Put a mark over one cell of a line whose characters are one cell each."""
    spans: list[Span] = []
    for span in line:
        if 0 <= at < len(span.text):
            spans += [span._replace(text=span.text[:at]), Span(mark, Ink.ALARM, Decor.BOLD)]
            spans.append(span._replace(text=span.text[at + 1 :]))
        else:
            spans.append(span)
        at -= len(span.text)
    return tuple(spans)


def _legend(
    points: Sequence[PnlPoint], falls: Sequence[float], width: int, cursor_ns: int | None, equity_usd: Decimal | None
) -> Line:
    """Write time, profit and fall under the crosshair, else equity, the fall of this moment and the deepest one.

    Falls say since when they are counted where that is not the day's beginning.
    """
    since_ns = missing_until_ns(points)
    since: Line = () if since_ns is None else (Span(f" since {numbers.minute(since_ns)}", Ink.QUIET),)
    if cursor_ns is not None:
        place = place_at(points, cursor_ns)
        head: Line = (Span(numbers.clock(points[place].at_ns), Ink.ACCENT, Decor.REVERSED),)
        return joined(head, _money(" ", points[place].pnl_usd), (*_money(" dd ", falls[place]), *since), width=width)
    fall = deepest(points, falls)
    head = (Span("equity ", Ink.QUIET), Span(numbers.money(equity_usd), Ink.STRONG))
    worst = (*_money(" worst ", fall.usd), Span(f" {numbers.clock(fall.at_ns)}", Ink.QUIET)) if fall.usd < 0 else ()
    fell = (*_money(" dd ", falls[-1]), *since)
    if since and worst and line_width(head) + line_width((*fell, *worst)) > width:
        without_equity = (*_money("dd ", falls[-1]), *since, *worst)  # the header tells that too
        if line_width(without_equity) <= width:
            return without_equity
    return joined(head, fell, worst, width=width)


def _money(label: str, value: float) -> Line:
    shown = round(value, 2) + 0.0  # no negative zero
    return (Span(label, Ink.QUIET), Span(f"{numbers.direction(shown)}{numbers.signed_money(shown)}", signed_ink(shown)))


def place_at(points: Sequence[PnlPoint], at_ns: int) -> int:
    """Return the newest point at a time or before, the first one for an earlier time."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if points[middle].at_ns <= at_ns else (low, middle)
    return max(0, low - 1)


def column_of(points: Sequence[PnlPoint], at_ns: int, columns: int) -> int:
    """Return the cell that a time stands in."""
    first_ns, last_ns = points[0].at_ns, points[-1].at_ns
    dots = columns * 2 - 1
    return min(columns - 1, max(0, (at_ns - first_ns) * dots // max(1, last_ns - first_ns) // 2))


def moved_in_time(points: Sequence[PnlPoint], cursor_ns: int | None, step: int, columns: int) -> int | None:
    """Return the cursor's time `step` cells further; without one begin at the newest point."""
    if not points:
        return None
    first_ns, last_ns = points[0].at_ns, points[-1].at_ns
    if cursor_ns is None:
        return last_ns
    cell_ns = max(1, (last_ns - first_ns) // max(1, columns))
    return min(last_ns, max(first_ns, cursor_ns + step * cell_ns))


def _time_axis(points: Sequence[PnlPoint], columns: int, cursor: int | None) -> Line:
    first_ns, period_ns = points[0].at_ns, points[-1].at_ns - points[0].at_ns
    time_of = numbers.clock if period_ns * _LABEL_EVERY < _MINUTE_NS * columns else numbers.minute
    labels = [(at, time_of(first_ns + period_ns * at // columns)) for at in range(0, columns - 8, _LABEL_EVERY)]
    return axis_labels(labels) if cursor is None else marked_axis(labels, cursor, Span("▲", Ink.ACCENT))


def braille_rows(points: Sequence[tuple[int, float]], low: float, high: float, columns: int, rows: int) -> list[str]:
    """Draw points (time ns, value), oldest first, on `columns` by `rows` cells of 2 by 4 dots."""
    dot_columns, dot_rows = columns * 2, rows * 4
    spans = column_spans(points, low, high, dot_columns, dot_rows)
    grid = [[_BLANK] * columns for _ in range(rows)]
    held: int | None = None  # the newest value so far; a column without a point of its own shows it
    for column, span in enumerate(spans):
        if span is None and held is None:
            continue
        top, bottom, newest = span or (held or 0, held or 0, held)
        if held is not None and span is not _UNKNOWN:  # joined to the column before, so that the line is one line
            top, bottom = min(top, held), max(bottom, held)
        for dot_row in range(top, bottom + 1):
            grid[dot_row // 4][column // 2] |= DOTS[dot_row % 4][column % 2]
        held = newest
    return ["".join(map(chr, row)) for row in grid]


class ColumnSpan(NamedTuple):
    """The dot rows of what was seen in the time of one column."""

    top: int
    bottom: int
    newest: int | None  # None where the newest value is no number: nothing is held from there


_UNKNOWN: Final = ColumnSpan(0, -1, None)  # no dot at all


def column_spans(
    points: Sequence[tuple[int, float]], low: float, high: float, dot_columns: int, dot_rows: int
) -> list[ColumnSpan | None]:
    """Return the dot rows of each column; None for a time without a point."""
    times_ns, values = [at_ns for at_ns, _ in points], [value for _, value in points]
    first_ns, period_ns = times_ns[0], max(1, times_ns[-1] - times_ns[0])
    unit, last = (dot_rows - 1) / (high - low), dot_rows - 1
    spans: list[ColumnSpan | None] = [None] * dot_columns
    begin = 0
    for column in range(dot_columns):
        # the first time that belongs to the next column: whole numbers, so that none falls between two
        until_ns = first_ns - (-(column + 1) * period_ns // max(1, dot_columns - 1))
        end = len(points) if column == dot_columns - 1 else bisect_left(times_ns, until_ns, begin)
        if end > begin:
            known = [value for value in values[begin:end] if isfinite(value)]
            spans[column] = _UNKNOWN
            if known:
                found = (max(known), min(known), known[-1])
                top, bottom, newest = (min(last, max(0, round((high - value) * unit))) for value in found)
                spans[column] = ColumnSpan(top, bottom, newest if isfinite(values[end - 1]) else None)
        begin = end
    return spans
