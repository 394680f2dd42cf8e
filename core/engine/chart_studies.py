"""Indicators of a chart: over all bars that are kept, the running one last, as a strategy would see them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.bars.bar import Bar, as_floats
from core.bars.series import BarSeries
from core.bars.timeframe import Timeframe
from core.engine.engine_log import EngineLog
from core.engine.tasks import TaskGroup
from core.indicators.study import MAX_STUDIES, Study, StudyKind, known_study
from core.state.desk import StudyLine, StudyView

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
StudyValues = Callable[[Study, Ints, Floats], dict[str, Floats]]

_KEPT: Final = 8  # charts whose values are kept until a bar changes
_MORE_DECIMALS: Final = 2  # than the price has: an average is a quotient


class ChartStudies:
    """Compute what charts ask for; the compiler is made ready in a thread when the first one asks."""

    def __init__(
        self, run_blocking: Callable[[Callable[[], None]], Awaitable[None]], tasks: TaskGroup, log: EngineLog
    ) -> None:
        self._run_blocking = run_blocking
        self._tasks = tasks
        self._log = log
        self._is_warming = False
        self._values: StudyValues | None = None
        self._kept: dict[tuple[object, ...], tuple[object, list[StudyView]]] = {}

    def views(
        self, names: Sequence[str], series: BarSeries, running: Bar | None, opens_ns: Sequence[int], decimals: int
    ) -> list[StudyView]:
        """Return the studies' values at each bar of a chart; without values until the compiler is ready.

        A name that is not known is left out. An interval without trades has the value of the bar before it.
        """
        studies = known_studies(names)
        if not studies or not opens_ns:
            return []
        if self._values is None:
            self._warm_up()
            return [StudyView(name=study.name) for study in studies]
        key = (series.instrument.id, series.timeframe, studies, len(opens_ns))
        state = (len(series), series.last(), running, opens_ns[-1])
        found = self._kept.get(key)
        if found is None or found[0] != state:
            found = (state, _views(self._values, studies, _Bars.of(series, running), opens_ns, decimals))
            self._kept.pop(key, None)
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return found[1]

    def _warm_up(self) -> None:
        if not self._is_warming:
            self._is_warming = True
            self._tasks.spawn(self._compile())

    async def _compile(self) -> None:
        """Make ready once; after a failure charts go on without studies, and the log says why."""
        try:
            await self._run_blocking(_compile_all)
        except Exception as error:  # whatever the compiler raises: a chart must not take the engine down
            self._log.error("engine", f"charts have no studies: {type(error).__name__}: {error}")
            return
        from core.indicators.study_values import study_values  # noqa: PLC0415  # brings the compiler in

        self._values = study_values


class _Bars(NamedTuple):
    opens_ns: Ints
    columns: Floats  # open, high, low, close, volume

    @classmethod
    def of(cls, series: BarSeries, running: Bar | None) -> "_Bars":
        """Return what is kept and then the running bar."""
        opens_ns, columns = series.open_times_ns(), series.columns()
        if running is None:
            return cls(opens_ns, columns)
        before = int(np.searchsorted(opens_ns, running.open_ns))
        opens_ns, columns = opens_ns[:before], columns[:, :before]
        newest = np.array([as_floats(running, series.instrument)]).T
        return cls(np.append(opens_ns, running.open_ns), np.hstack([columns, newest]))


def _views(
    values: StudyValues, studies: Sequence[Study], bars: _Bars, opens_ns: Sequence[int], decimals: int
) -> list[StudyView]:
    places = np.searchsorted(bars.opens_ns, np.array(opens_ns), side="right") - 1
    return [
        StudyView(
            name=study.name,
            is_over_price=study.kind.is_over_price,
            since_ns=_since_ns(bars.opens_ns) if study.kind is StudyKind.VWAP else None,
            lines=[
                StudyLine(label=label, values=_at(places, line, decimals + _MORE_DECIMALS))
                for label, line in values(study, bars.opens_ns, bars.columns).items()
            ],
        )
        for study in studies
    ]


def _at(places: Ints, line: Floats, decimals: int) -> list[float | None]:
    """Return the line's values at places, None where it has none; JSON knows no NaN."""
    found = np.where(places >= 0, line[np.maximum(places, 0)], np.nan)
    return [value if value == value else None for value in np.round(found, decimals).tolist()]  # noqa: PLR0124  # NaN


def _since_ns(opens_ns: Ints) -> int:
    """Return the first bar that is kept of the newest one's UTC day."""
    newest_ns = int(opens_ns[-1])
    return int(opens_ns[np.searchsorted(opens_ns, newest_ns - newest_ns % Timeframe.D1.ns)])


def known_studies(names: Sequence[str]) -> tuple[Study, ...]:
    """Return the studies that can be drawn, each once, at most as many as a chart may have."""
    found = dict.fromkeys(study for name in names if (study := known_study(name)) is not None)
    return tuple(found)[:MAX_STUDIES]


def _compile_all() -> None:
    from core.indicators.study_values import warm_up_studies  # noqa: PLC0415  # beside its user

    warm_up_studies()
