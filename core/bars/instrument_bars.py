"""All bars of one instrument: trades in, bars of every watched timeframe out."""

from collections.abc import Iterable

from core.bars.admission import Admission, TradeAdmission
from core.bars.bar import Bar
from core.bars.builder import BarBuilder
from core.bars.series import DEFAULT_CAPACITY, BarSeries
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument
from core.types.market import Trade


class InstrumentBars:
    """Builders and series of one instrument; bars closed or corrected are kept in the series and given out."""

    def __init__(
        self, instrument: Instrument, timeframes: Iterable[Timeframe] = (), capacity: int = DEFAULT_CAPACITY
    ) -> None:
        self.instrument = instrument
        self.admission = TradeAdmission()
        self._capacity = capacity
        self._builders: dict[Timeframe, BarBuilder] = {}
        self._series: dict[Timeframe, BarSeries] = {}
        for timeframe in timeframes:
            self.watch(timeframe)

    def watch(self, timeframe: Timeframe) -> BarSeries:
        """Begin (or go on) to build bars of a timeframe and return their series."""
        if timeframe not in self._series:
            self._builders[timeframe] = BarBuilder(self.instrument.id, timeframe)
            self._series[timeframe] = BarSeries(self.instrument, timeframe, self._capacity)
        return self._series[timeframe]

    def series(self, timeframe: Timeframe) -> BarSeries | None:
        """Return the series of a watched timeframe, None for another."""
        return self._series.get(timeframe)

    def running(self, timeframe: Timeframe) -> Bar | None:
        """Return the bar in the making of a watched timeframe."""
        builder = self._builders.get(timeframe)
        return None if builder is None else builder.running()

    def begun_ns(self, timeframe: Timeframe) -> int | None:
        """Return when the first trade of a watched timeframe was, None before it."""
        builder = self._builders.get(timeframe)
        return None if builder is None else builder.begun_ns

    @property
    def late_dropped(self) -> int:
        """Return how many times a trade came too late for a bar."""
        return sum(builder.late_dropped for builder in self._builders.values())

    def add(self, trade: Trade) -> list[Bar]:
        """Take one trade and return the bars it closed or corrected (mostly none)."""
        if self.admission.judge(trade) is not Admission.ACCEPTED:
            return []
        changed: list[Bar] = []
        for builder in self._builders.values():
            changed.extend(builder.add(trade))
        return self._keep(changed)

    def advance(self, now_ns: int) -> list[Bar]:
        """Take the time and return the bars whose end has passed."""
        changed: list[Bar] = []
        for builder in self._builders.values():
            changed.extend(builder.advance(now_ns))
        return self._keep(changed)

    def note_gap(self, resumed_ns: int) -> None:
        """Say that trades before `resumed_ns` may be missing, e.g. after a reconnection."""
        for builder in self._builders.values():
            builder.note_gap(resumed_ns)

    def _keep(self, changed: list[Bar]) -> list[Bar]:
        for bar in changed:
            self._series[bar.timeframe].put(bar)
        return changed
