"""Candles in terminal cells: two half rows a cell, a volume row, a price axis and own fills."""

from bisect import bisect_right
from math import ceil, floor, log10
from typing import NamedTuple

from core.state.desk import BarView, ChartView
from tui.present import numbers
from tui.present.cells import number, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span

# (upper half, lower half) of a cell: nothing, wick, body
_NOTHING, _WICK, _BODY = 0, 1, 2
_CELL = {
    (0, 0): " ",
    (0, 1): "╷",
    (1, 0): "╵",
    (1, 1): "│",
    (0, 2): "╻",
    (2, 0): "╹",
    (2, 2): "┃",
    (1, 2): "╽",
    (2, 1): "╿",
}
_VOLUME = " ▁▂▃▄▅▆▇█"
_FEET = 2  # the volume row and the time axis


class _Scale(NamedTuple):
    low: float
    high: float
    rows: int

    def half_row(self, price: float) -> int:
        """Return the half row of a price, 0 at the top."""
        span = self.high - self.low
        return min(self.rows * 2 - 1, max(0, int((self.high - price) / span * self.rows * 2)))


def chart_title(chart: ChartView | None) -> Line:
    if chart is None:
        return (Span("Chart", Ink.STRONG),)
    name = (Span(chart.symbol, Ink.STRONG, Decor.BOLD), Span(f"  {chart.venue} ", Ink.QUIET))
    return (*name, Span(chart.timeframe, Ink.ACCENT, Decor.BOLD))


def chart_note(chart: ChartView | None) -> Line:
    if chart is None or not chart.bars:
        return ()
    last, first = chart.bars[-1].close, chart.bars[0].open
    change = (last - first) / first * 100 if first else 0.0
    ink = Ink.GAIN if change > 0 else Ink.LOSS if change < 0 else Ink.TEXT
    return (
        Span(f"{last:,.{chart.price_decimals}f} ", Ink.STRONG),
        Span(f"{numbers.direction(change)}{change:+.2f} %", ink),
    )


def chart_lines(chart: ChartView | None, width: int, height: int) -> list[Line]:
    """Draw the newest bars that fit, one column a bar."""
    if chart is None or not chart.bars:
        return wrap(
            "Bars of the selected instrument appear here as trades arrive. [ and ] choose the timeframe.", width
        )
    label_cells = max(len(f"{bar.high:,.{chart.price_decimals}f}") for bar in chart.bars) + 2
    columns = width - label_cells - 1
    rows = height - _FEET
    if columns < 4 or rows < 3:
        return wrap("too small for a chart; z makes it large", width)
    bars = chart.bars[-columns:]
    scale = _scale(bars, rows)
    grid = [[Span(" ")] * columns for _ in range(rows)]
    for column, bar in enumerate(bars):
        _draw_candle(grid, column, bar, scale)
    _draw_fills(grid, bars, chart, scale)
    labels = _axis(scale, chart, label_cells)
    lines = [_merged((labels[row], *grid[row])) for row in range(rows)]
    pad = Span(" " * (label_cells - 2))
    lines.append((Span(" vol".ljust(label_cells), Ink.QUIET), *_volume_row(bars)))
    lines.append((pad, Span("  "), *_time_axis(bars, chart.timeframe)))
    return lines


def _scale(bars: list[BarView], rows: int) -> _Scale:
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    if high <= low:
        pad = abs(high) * 0.0005 or 1.0
        return _Scale(low - pad, high + pad, rows)
    margin = (high - low) * 0.02
    return _Scale(low - margin, high + margin, rows)


def _draw_candle(grid: list[list[Span]], column: int, bar: BarView, scale: _Scale) -> None:
    top, bottom = scale.half_row(bar.high), scale.half_row(bar.low)
    body_top = scale.half_row(max(bar.open, bar.close))
    body_bottom = scale.half_row(min(bar.open, bar.close))
    ink = Ink.GAIN if bar.close >= bar.open else Ink.LOSS
    for row in range(top // 2, bottom // 2 + 1):
        halves = tuple(_half(half, top, bottom, body_top, body_bottom) for half in (row * 2, row * 2 + 1))
        grid[row][column] = Span(_CELL[halves[0], halves[1]], ink)


def _half(half: int, top: int, bottom: int, body_top: int, body_bottom: int) -> int:
    if body_top <= half <= body_bottom:
        return _BODY
    return _WICK if top <= half <= bottom else _NOTHING


def _draw_fills(grid: list[list[Span]], bars: list[BarView], chart: ChartView, scale: _Scale) -> None:
    opens = [bar.open_ns for bar in bars]
    for at_ns, side, price in chart.fills:
        column = bisect_right(opens, at_ns) - 1
        if column < 0 or not scale.low <= price <= scale.high:
            continue
        mark = "▲" if side == "buy" else "▼"
        grid[scale.half_row(price) // 2][column] = Span(mark, Ink.OWN, Decor.BOLD)


def _axis(scale: _Scale, chart: ChartView, cells: int) -> list[Span]:
    labels = [Span(" " * (cells - 2) + "│ ", Ink.QUIET)] * scale.rows
    for price in _nice_prices(scale):
        text = number(f"{price:,.{chart.price_decimals}f}", cells - 2)
        labels[scale.half_row(price) // 2] = Span(f"{text}┤ ", Ink.QUIET)
    last = chart.bars[-1]
    text = number(f"{last.close:,.{chart.price_decimals}f}", cells - 2)
    ink = Ink.GAIN if last.close >= last.open else Ink.LOSS
    labels[scale.half_row(last.close) // 2] = Span(f"{text}▸ ", ink, Decor.BOLD)
    return labels


def _nice_prices(scale: _Scale) -> list[float]:
    """Return round prices about every fourth row."""
    rough = (scale.high - scale.low) / max(1, scale.rows / 4)
    power = 10.0 ** floor(log10(rough))
    step = next((factor * power for factor in (1, 2, 5, 10) if factor * power >= rough), 10 * power)
    first = ceil(scale.low / step)
    return [index * step for index in range(first, floor(scale.high / step) + 1)][:50]


def _volume_row(bars: list[BarView]) -> Line:
    most = max(bar.volume for bar in bars)
    spans = [Span(_VOLUME[min(8, ceil(bar.volume / most * 8))] if most > 0 else " ", Ink.QUIET) for bar in bars]
    return _merged(tuple(spans))


def _time_axis(bars: list[BarView], timeframe: str) -> Line:
    text = ""
    label_of = numbers.day if timeframe.endswith("d") else numbers.minute
    for column in range(0, len(bars) - 5, 12):
        text = text.ljust(column) + label_of(bars[column].open_ns)
    return (Span(text, Ink.QUIET),) if text else EMPTY_LINE


def _merged(line: Line) -> Line:
    """Join neighbouring spans that look the same: fewer escape sequences on the wire."""
    merged: list[Span] = []
    for span in line:
        if merged and merged[-1].ink is span.ink and merged[-1].decor == span.decor:
            merged[-1] = merged[-1]._replace(text=merged[-1].text + span.text)
        else:
            merged.append(span)
    return tuple(merged)
