"""Studies of a scripted chart: lines that are near the price, or that swing below it."""

import math
from collections.abc import Sequence

from core.indicators.study import StudyKind, parse_study
from core.state.desk import BarView, StudyLine, StudyView

_LABELS = {StudyKind.BOLLINGER: ("middle", "upper", "lower"), StudyKind.MACD: ("line", "signal", "histogram")}
WARM_UP = 5


def some_studies(names: Sequence[str], bars: Sequence[BarView]) -> list[StudyView]:
    views: list[StudyView] = []
    for name in names:
        study = parse_study(name)
        lines = [
            StudyLine(label=label, values=[None if n < WARM_UP else _value(study.kind, n, bar, place) for n, bar in
                                           enumerate(bars)])
            for place, label in enumerate(_LABELS.get(study.kind, ("",)))
        ]  # fmt: skip
        since_ns = bars[0].open_ns if study.kind is StudyKind.VWAP else None
        views.append(StudyView(name=name, is_over_price=study.kind.is_over_price, lines=lines, since_ns=since_ns))
    return views


def _value(kind: StudyKind, number: int, bar: BarView, place: int) -> float:
    if kind.is_over_price:
        return bar.close + (0, 12, -12)[place]
    return 50 + 30 * math.sin(number / 8 + place)
