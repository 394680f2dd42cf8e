"""The line above a chart: one bar in numbers, the one under the crosshair or else the newest."""

from math import isfinite
from typing import Final

from core.bars.timeframe import NS_PER_S, Timeframe
from core.state.desk import BarView, ChartView
from tui.present import numbers
from tui.present.cells import joined, line_width
from tui.present.ink import Decor, Ink, Line, Span, signed_ink

_DAY_S: Final = 86_400


def bar_time(open_ns: int, timeframe: str) -> str:
    """Return when a bar began, as exactly as its length asks for."""
    length_s = _length_s(timeframe)
    if length_s < 60:
        return numbers.clock(open_ns)
    if length_s < 3_600:
        return numbers.minute(open_ns)
    return numbers.day(open_ns) if length_s >= _DAY_S else f"{numbers.day(open_ns)} {numbers.minute(open_ns)}"


def axis_time(open_ns: int, timeframe: str) -> str:
    """Return the same for the time axis, in eight cells at most."""
    length_s = _length_s(timeframe)
    return numbers.clock(open_ns) if length_s < 60 else _short(open_ns, length_s)


def _short(open_ns: int, length_s: int) -> str:
    return numbers.day(open_ns) if length_s >= 4 * 3_600 else numbers.minute(open_ns)


def _length_s(timeframe: str) -> int:
    try:
        return Timeframe.parse(timeframe).ns // NS_PER_S
    except ValueError:
        return 60


def is_running(chart: ChartView, bar: BarView) -> bool:
    return chart.is_running and bar is chart.bars[-1]


def legend(chart: ChartView, bar: BarView, width: int, *, is_chosen: bool) -> Line:
    """Write a bar's time and prices, and that trades of it are missing; parts that do not fit are left out whole."""
    decor = Decor.REVERSED if is_chosen else Decor.NONE
    head: Line = (Span(bar_time(bar.open_ns, chart.timeframe), Ink.ACCENT if is_chosen else Ink.QUIET, decor),)
    if is_running(chart, bar):
        head = (*head, Span(" running", Ink.WARNING))
    if not bar.is_whole:
        head = (*head, Span(" part", Ink.WARNING))
    change = _change(bar)
    prices = tuple(
        span
        for letter, price in (("O", bar.open), ("H", bar.high), ("L", bar.low), ("C", bar.close))
        for span in (Span(f" {letter} ", Ink.QUIET), Span(numbers.money(price, chart.price_decimals), Ink.STRONG))
    )
    volume = (Span(" V ", Ink.QUIET), Span(amount(bar.volume)))
    if line_width((*head, *prices)) <= width:
        return joined((*head, *prices), volume, change, width=width)
    return joined(head, prices[-2:], volume, change, width=width)


def _change(bar: BarView) -> Line:
    """Return how the bar moved, by shape and sign."""
    change = (bar.close - bar.open) / bar.open * 100 if bar.open else 0.0
    return (Span(f" {numbers.change(change)}", signed_ink(round(change, 2))),)


def amount(value: float) -> str:
    """Format a volume so that four digits count."""
    if not isfinite(value):
        return numbers.NOTHING
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
