"""Candles in terminal cells, two half rows a cell, with their axes, studies, crosshair and what is own."""

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Final, NamedTuple

from core.state.desk import BarView, ChartView, StudyView
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.chart_cursor import window_of
from tui.present.chart_gaps import with_gaps
from tui.present.chart_legend import axis_time, bar_time, is_running, legend
from tui.present.chart_own import OwnLine, draw_fills, draw_own_lines
from tui.present.chart_scale import Grid, Scale, axis_text, cell_of, grid_line, merged, nice_values, scale_of
from tui.present.chart_studies import PANEL_ROWS, draw_curves, panel_lines, panels, study_legend, wider
from tui.present.freshness import Freshness
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.market_age import MarketAge
from tui.present.time_axis import axis_labels, marked_axis

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
_PART_CELL = {"│": "┊", "┃": "┋"}  # a bar that is not done yet, or lacks trades, is dashed
_VOLUME = " ▁▂▃▄▅▆▇█"
_FEET = 2  # the volume row and the time axis
_LEGEND_FROM_ROWS: Final = 8  # below that the legend shows only with a crosshair
_STUDY_LEGEND_FROM_ROWS: Final = 11
_LEAST_CANDLE_ROWS: Final = 5
_LABEL_EVERY: Final = 12


def chart_title(chart: ChartView | None) -> Line:
    if chart is None:
        return (Span("Chart", Ink.STRONG),)
    name = (Span(chart.symbol, Ink.STRONG, Decor.BOLD), Span(f"  {chart.venue} ", Ink.QUIET))
    return (*name, Span(chart.timeframe, Ink.ACCENT, Decor.BOLD))


def chart_notes(chart: ChartView | None, age: MarketAge) -> Sequence[Line]:
    """Return the last price with its change over the bars that are kept and its age, less of that, the age alone."""
    if chart is None:
        return ()
    ages: list[Line] = [(word,) for word in age.words]
    if not chart.bars:
        return ages
    last, first = chart.bars[-1].close, chart.bars[0].open
    change = (last - first) / first * 100 if first else 0.0
    ink = Ink.GAIN if change > 0 else Ink.LOSS if change < 0 else Ink.TEXT
    price = Span(numbers.money(last, chart.price_decimals), Ink.STRONG, age.state.decor)
    changed, longest = Span(f" {numbers.change(change)}", ink, age.state.decor), (Span(" "), age.words[0])
    return (price, changed, *longest), (price, *longest), *ages


class _Layout(NamedTuple):
    """How the rows of a chart are shared."""

    heads: int  # the legend, and below it that of the studies
    rows: int  # of the candles
    panels: Sequence[StudyView]  # those with room
    left_out: Sequence[str]
    has_volume: bool


def _layout(chart: ChartView, height: int, *, has_cursor: bool, has_volume: bool) -> _Layout:
    """Give the candles what they need first, then the legend, then panels as far as they leave room."""
    has_legend = height >= _LEGEND_FROM_ROWS or (has_cursor and height > _FEET + 3)
    heads = 0 if not has_legend else 2 if chart.studies and height >= _STUDY_LEGEND_FROM_ROWS else 1
    has_volume = has_volume and height > _FEET + 2
    rows = height - heads - (_FEET if has_volume else 1)
    wanted = panels(chart.studies)
    fitting = min(len(wanted), max(0, rows - _LEAST_CANDLE_ROWS) // PANEL_ROWS)
    left_out = [study.name for study in wanted[fitting:]]
    return _Layout(heads, rows - fitting * PANEL_ROWS, wanted[:fitting], left_out, has_volume)


def chart_lines(
    chart: ChartView | None,
    width: int,
    height: int,
    *,
    cursor_ns: int | None = None,
    own: Sequence[OwnLine] = (),
    has_volume: bool = True,
    last: Freshness = Freshness.FRESH,
    keys: KeyWords = AS_WRITTEN,
) -> list[Line]:
    """Draw the newest bars that fit, one column a bar; with a crosshair, so far back that its bar is among them.

    `last` is how fresh the last price is.
    """
    if chart is None or not chart.bars:
        text = (
            "Bars of the selected instrument appear here as trades arrive. {previous-instrument} and "
            "{next-instrument} choose the instrument, {longer-bars} and {shorter-bars} the length of a bar, "
            "{indicators} what is drawn over and below them."
        )
        return wrap(keys(text), width)
    chart = with_gaps(chart)
    highest = max((bar.high for bar in chart.bars if _has_prices(bar)), default=0.0)
    label_cells = len(f"{highest:,.{chart.price_decimals}f}") + 2
    columns = width - label_cells - 1
    layout = _layout(chart, height, has_cursor=cursor_ns is not None, has_volume=has_volume)
    if columns < 4 or layout.rows < 3:
        return wrap(keys.with_room("too small for a chart", "; {zoom} makes it large"), width)
    first, cursor = window_of([bar.open_ns for bar in chart.bars], columns, cursor_ns)
    bars = chart.bars[first : first + columns]
    if not any(map(_has_prices, bars)):
        return wrap("The prices of these bars are not known.", width)
    at = first + (len(bars) - 1 if cursor is None else cursor)
    heads = [
        legend(chart, chart.bars[at], width, is_chosen=cursor is not None),
        study_legend(chart, at, width, layout.left_out),
    ]
    lines = [
        *heads[: layout.heads],
        *_candle_rows(chart, bars, first, (columns, layout.rows), label_cells, cursor, own, last),
    ]
    for study in layout.panels:
        lines += panel_lines(chart, study, first, columns, label_cells)
    if layout.has_volume:
        lines.append((Span(" vol".ljust(label_cells), Ink.QUIET), *_volume_row(bars)))
    lines.append((Span(" " * label_cells), *_time_axis(bars, chart.timeframe, cursor)))
    return lines


def _candle_rows(
    chart: ChartView,
    bars: Sequence[BarView],
    first: int,
    room: tuple[int, int],
    label_cells: int,
    cursor: int | None,
    own: Sequence[OwnLine],
    last: Freshness,
) -> list[Line]:
    columns, rows = room
    known = [bar for bar in bars if _has_prices(bar)]
    low, high = min(bar.low for bar in known), max(bar.high for bar in known)
    scale = scale_of(wider(low, high, chart, first, columns), rows)
    grid: Grid = [{} for _ in range(rows)]
    for column, bar in enumerate(bars):
        if _has_prices(bar):
            _draw_candle(grid, column, bar, scale, is_whole=bar.is_whole and not is_running(chart, bar))
    draw_curves(grid, chart, first, columns, scale)
    draw_fills(grid, bars, chart, scale)
    labels = _axis(scale, chart, label_cells)
    draw_own_lines(grid, columns, labels, own, scale, chart.price_decimals)
    _mark_last(labels, scale, chart, last)
    if cursor is not None:
        _draw_crosshair(grid, cursor)
    return [grid_line(grid[row], columns, labels[row]) for row in range(rows)]


def _has_prices(bar: BarView) -> bool:
    """Tell whether a bar can be drawn; one with a price that is no number is a gap."""
    return isfinite(bar.open + bar.high + bar.low + bar.close)


def _draw_candle(grid: Grid, column: int, bar: BarView, scale: Scale, *, is_whole: bool) -> None:
    top, bottom = scale.half_row(bar.high), scale.half_row(bar.low)
    body_top = scale.half_row(max(bar.open, bar.close))
    body_bottom = scale.half_row(min(bar.open, bar.close))
    ink = Ink.GAIN if bar.close >= bar.open else Ink.LOSS
    for row in range(top // 2, bottom // 2 + 1):
        upper = _half(row * 2, top, bottom, body_top, body_bottom)
        cell = _CELL[upper, _half(row * 2 + 1, top, bottom, body_top, body_bottom)]
        grid[row][column] = cell_of(cell if is_whole else _PART_CELL.get(cell, cell), ink)


def _half(half: int, top: int, bottom: int, body_top: int, body_bottom: int) -> int:
    if body_top <= half <= body_bottom:
        return _BODY
    return _WICK if top <= half <= bottom else _NOTHING


def _draw_crosshair(grid: Grid, column: int) -> None:
    for row in grid:
        if column not in row or row[column].text in "╌┈":
            row[column] = Span("┆", Ink.ACCENT)


def _axis(scale: Scale, chart: ChartView, cells: int) -> list[Span]:
    labels = [Span(" " * (cells - 2) + "│ ", Ink.QUIET)] * scale.rows
    for price in nice_values(scale):
        labels[scale.row(price)] = Span(f"{axis_text(price, chart.price_decimals, cells - 2)}┤ ", Ink.QUIET)
    return labels


def _mark_last(labels: list[Span], scale: Scale, chart: ChartView, freshness: Freshness) -> None:
    last = chart.bars[-1]
    if not _has_prices(last):
        return
    ink = Ink.GAIN if last.close >= last.open else Ink.LOSS
    text = axis_text(last.close, chart.price_decimals, len(labels[0].text) - 2)
    mark = "▸" if scale.holds(last.close) else "▴" if last.close > scale.high else "▾"
    labels[scale.row(last.close)] = Span(f"{text}{mark} ", ink, Decor.BOLD | freshness.decor)


def _volume_row(bars: Sequence[BarView]) -> Line:
    volumes = [bar.volume if isfinite(bar.volume) else 0.0 for bar in bars]
    most = max(volumes)
    return merged(
        cell_of(_VOLUME[min(8, ceil(volume / most * 8))] if most > 0 else " ", Ink.QUIET) for volume in volumes
    )


def _time_axis(bars: Sequence[BarView], timeframe: str, cursor: int | None) -> Line:
    columns = len(bars)
    labels = [(at, axis_time(bars[at].open_ns, timeframe)) for at in range(0, columns - 5, _LABEL_EVERY)]
    if cursor is None:
        return axis_labels(labels)
    label = bar_time(bars[cursor].open_ns, timeframe)
    return marked_axis(labels, max(0, min(cursor, columns - len(label))), Span(label, Ink.ACCENT, Decor.REVERSED))
