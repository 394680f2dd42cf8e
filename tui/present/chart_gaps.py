"""Empty columns for time that the engine has no bars of, so that a chart's time runs evenly."""

from collections.abc import Sequence
from math import nan
from typing import Final

import msgspec

from core.bars.timeframe import Timeframe
from core.state.desk import BarView, ChartView

MOST_EMPTY: Final = 2_000  # columns in all: more than a screen is wide


def with_gaps(chart: ChartView) -> ChartView:
    """Return the chart with a bar of no numbers for each interval left out between two bars, and no study there.

    Intervals in which nothing was traded come as flat bars; those that are left out were lost. What is further back
    than `MOST_EMPTY` empty columns has one for each gap.
    """
    missing = _missing(chart)
    if not any(missing):
        return chart
    length_ns = Timeframe.parse(chart.timeframe).ns
    bars: list[BarView] = []
    for bar, count in zip(chart.bars, missing, strict=True):
        bars += [_empty(bar.open_ns - left * length_ns) for left in range(count, 0, -1)]
        bars.append(bar)
    studies = [
        msgspec.structs.replace(
            study,
            lines=[msgspec.structs.replace(line, values=_spread(line.values, missing)) for line in study.lines],
        )
        for study in chart.studies
    ]
    return msgspec.structs.replace(chart, bars=bars, studies=studies)


def _missing(chart: ChartView) -> list[int]:
    """Return how many empty columns stand before each bar."""
    try:
        length_ns = Timeframe.parse(chart.timeframe).ns
    except ValueError:
        return [0] * len(chart.bars)
    room, missing = MOST_EMPTY, [0] * len(chart.bars)
    for place in range(len(chart.bars) - 1, 0, -1):
        lost = (chart.bars[place].open_ns - chart.bars[place - 1].open_ns) // length_ns - 1
        missing[place] = min(max(0, lost), max(1, room))
        room -= missing[place]
    return missing


def _empty(open_ns: int) -> BarView:
    return BarView(open_ns, nan, nan, nan, nan, nan)


def _spread(values: Sequence[float | None], missing: Sequence[int]) -> list[float | None]:
    spread: list[float | None] = []
    for place, value in enumerate(values):
        spread += [None] * missing[place]
        spread.append(value)
    return spread
