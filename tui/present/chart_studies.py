"""Indicators in a chart: curves over the price, panels below it, and their values in words."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final, NamedTuple

from core.state.desk import ChartView, StudyView
from tui.present import numbers
from tui.present.braille import curve_masks
from tui.present.cells import joined, number
from tui.present.chart_scale import Grid, Scale, blank, cell_of, merged
from tui.present.ink import Ink, Line, Span

VOLUME: Final = "volume"  # drawn from the bars themselves, so the engine knows nothing of it
_MARKS: Final = "·∘+*~=^o"
_INKS: Final = (Ink.STUDY_A, Ink.STUDY_B, Ink.STUDY_C)
_BLANK: Final = 0x2800
_FIXED: Final = {"rsi": (0.0, 100.0)}
_MOST_BEYOND: Final = 0.5  # of the bars' own range, on each side: a far average must not flatten the bars
PANEL_ROWS: Final = 3


class Look(NamedTuple):
    """How one study is told from the others: by shape and by ink."""

    mark: str
    ink: Ink


def look_of(index: int) -> Look:
    return Look(_MARKS[index % len(_MARKS)], _INKS[index % len(_INKS)])


def wider(low: float, high: float, chart: ChartView, first: int, columns: int) -> list[float]:
    """Return the ends of the price axis with room for the curves, as far as the bars stay readable."""
    room = (high - low) * _MOST_BEYOND
    values = [value for _, curve in _curves(chart, first, columns) for value in curve if value is not None]
    near = [value for value in values if low - room <= value <= high + room]
    return [low, high, *near]


def _curves(chart: ChartView, first: int, columns: int) -> Iterator[tuple[Look, list[float | None]]]:
    for index, study in enumerate(chart.studies):
        if study.is_over_price:
            for line in study.lines:
                yield look_of(index), line.values[first : first + columns]


def draw_curves(grid: Grid, chart: ChartView, first: int, columns: int, scale: Scale) -> None:
    """Mark each value where nothing stands; a candle in its way keeps its shape and takes the curve's ink."""
    for look, curve in _curves(chart, first, columns):
        for column, value in enumerate(curve):
            if value is None or not scale.holds(value):
                continue
            row = grid[scale.row(value)]
            row[column] = cell_of(row[column].text if column in row else look.mark, look.ink)


def panels(studies: Sequence[StudyView]) -> list[StudyView]:
    """Return the studies that are drawn below the price."""
    return [study for study in studies if not study.is_over_price]


def panel_lines(chart: ChartView, study: StudyView, first: int, columns: int, label_cells: int) -> list[Line]:
    """Draw one panel: its curves over their own axis, the first of them over the others."""
    ink = look_of(chart.studies.index(study)).ink
    curves = [line.values[first : first + columns] for line in study.lines if line.label != "histogram"]
    known = [value for curve in curves for value in curve if value is not None and isfinite(value)]
    low, high = _FIXED.get(study.name.split()[0], (min(known, default=0.0), max(known, default=1.0)))
    if high - low <= 0:
        low, high = low - 1.0, high + 1.0
    masks = [curve_masks(curve, low, high, PANEL_ROWS) for curve in curves]
    lines: list[Line] = []
    for row in range(PANEL_ROWS):
        label = _panel_label(row, study.name, low, high, label_cells)
        cells = [_cell([mask[row][column] for mask in masks], ink) for column in range(len(curves[0]) if curves else 0)]
        lines.append((label, *merged(cells)))
    return lines


def _panel_label(row: int, name: str, low: float, high: float, cells: int) -> Span:
    text = {0: short(high), PANEL_ROWS - 1: short(low)}.get(row, name)
    cut = number(text, cells - 2) if row != 1 else text[: cells - 2].rjust(cells - 2)
    return Span(f"{cut}{'│' if row == 1 else '┤'} ", Ink.QUIET)


def _cell(masks: Sequence[int], ink: Ink) -> Span:
    dots = 0
    for mask in masks:
        dots |= mask
    if not dots:
        return blank(1)
    return cell_of(chr(_BLANK | dots), ink if masks[0] else Ink.QUIET)


def short(value: float) -> str:
    """Write a value of an axis in few cells, so that four digits count."""
    return (
        f"{value:,.0f}"
        if abs(value) >= 1_000
        else f"{value:.4g}"
        if abs(value) >= 1e-4 or not value
        else f"{value:.1e}"
    )


def study_legend(chart: ChartView, at: int, width: int, left_out: Sequence[str]) -> Line:
    """Write each study with its values at one bar; those that do not fit are left out whole."""
    parts: list[Line] = []
    for index, study in enumerate(chart.studies):
        look = look_of(index)
        head = Span(f"{look.mark if study.is_over_price else '▁'} {study.name} ", look.ink)
        parts.append(
            (head, Span(_values(chart, study, at, is_left_out=study.name in left_out), Ink.STRONG), Span("  "))
        )
    return joined((), *parts, width=width)


def _values(chart: ChartView, study: StudyView, at: int, *, is_left_out: bool) -> str:
    if not study.lines:
        return "…"
    decimals = chart.price_decimals if study.is_over_price else 2
    found = [line.values[at] if at < len(line.values) else None for line in study.lines]
    text = " ".join(_value(value, study, decimals) for value in found)
    if is_left_out:
        return f"{text} (no room for its panel)"
    if study.since_ns is not None and study.since_ns % numbers.DAY_NS:
        return f"{text} since {numbers.minute(study.since_ns)}"
    return text


def _value(value: float | None, study: StudyView, decimals: int) -> str:
    if value is None or not isfinite(value):
        return numbers.NOTHING
    return f"{value:,.{decimals}f}" if study.is_over_price else short(value)
