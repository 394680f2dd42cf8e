"""Bars of every instrument somebody watches: strategies and charts share them."""

from typing import Final, NamedTuple

from core.bars.bar import Bar
from core.bars.gaps import fill_gaps
from core.bars.instrument_bars import InstrumentBars
from core.bars.lost_time import LostTime
from core.bars.series import BarSeries
from core.bars.timeframe import Timeframe
from core.market.market import Market
from core.ports.history import BarHistory
from core.types.instrument import Instrument, InstrumentId
from core.types.market import Trade

HISTORY_BARS: Final = 500


class RecentBars(NamedTuple):
    """Bars for a chart, oldest first."""

    bars: list[Bar]
    running: Bar | None  # the last one, where it is not done yet


class BarStore:
    """Build bars from trades as they come and fill a new series from history."""

    def __init__(self, market: Market, history: BarHistory) -> None:
        self._market = market
        self._history = history
        self._bars: dict[InstrumentId, InstrumentBars] = {}
        self._lost: dict[str, LostTime] = {}  # by venue
        self._told_until_ns: dict[tuple[InstrumentId, Timeframe], int] = {}  # by history, empty intervals included

    def watch(self, instrument_id: InstrumentId, timeframe: Timeframe, history_bars: int = 0) -> BarSeries | None:
        """Build bars of a timeframe from now on; return their series, None for an unknown instrument."""
        instrument = self._market.instruments.get(instrument_id)
        if instrument is None:
            return None
        bars = self._bars.get(instrument_id)
        if bars is None or not _same_grid(bars.instrument, instrument):
            bars = self._bars[instrument_id] = InstrumentBars(instrument)
        known = bars.series(timeframe)
        series = bars.watch(timeframe)
        if known is None or len(series) < history_bars:
            self._preload(series, max(history_bars, HISTORY_BARS))
        return series

    def series(self, instrument_id: InstrumentId, timeframe: Timeframe) -> BarSeries | None:
        bars = self._bars.get(instrument_id)
        return None if bars is None else bars.series(timeframe)

    def add(self, trade: Trade) -> list[Bar]:
        """Take a trade; return the bars it closed or corrected."""
        bars = self._bars.get(trade.instrument_id)
        return [] if bars is None else bars.add(trade)

    def advance(self, now_ns: int) -> list[Bar]:
        """Take the time; return the bars whose end has passed."""
        for instrument_id, timeframe in self._history.renewed():
            series = self.series(instrument_id, timeframe)
            if series is not None:  # what a lost connection has missed, and what came too late for the start
                self._preload(series, HISTORY_BARS)
        return [bar for bars in self._bars.values() for bar in bars.advance(now_ns)]

    def note_lost(self, venue: str, at_ns: int) -> None:
        """Say that a venue's trades are missing from now on, until its feed is back or its market closes."""
        self._lost.setdefault(venue, LostTime()).begin(at_ns)
        self.note_gap(venue, at_ns)

    def note_not_lost(self, venue: str, at_ns: int) -> None:
        """Say that nothing that a venue trades is missing any more."""
        self._lost.setdefault(venue, LostTime()).end(at_ns)

    def note_gap(self, venue: str, resumed_ns: int) -> None:
        """Say that trades of a venue before `resumed_ns` may be missing."""
        for instrument_id, bars in self._bars.items():
            if instrument_id.venue == venue:
                bars.note_gap(resumed_ns)

    def recent(self, instrument_id: InstrumentId, timeframe_text: str, count: int) -> RecentBars:
        """Return the newest bars for a chart, the running one last.

        Intervals without a trade are drawn flat; those whose trades are lost are left out.
        """
        try:
            timeframe = Timeframe.parse(timeframe_text)
        except ValueError:
            return RecentBars([], None)
        series = self.watch(instrument_id, timeframe)
        if series is None:
            return RecentBars([], None)
        bars = series.bars(count)
        running = self._bars[instrument_id].running(timeframe)
        if running is not None:
            while bars and bars[-1].open_ns >= running.open_ns:  # history may have its begin already
                bars.pop()
            bars.append(running)

        def first_lost_ns(from_ns: int, until_ns: int) -> int | None:
            return self._first_lost_ns(instrument_id, timeframe, from_ns, until_ns)

        return RecentBars(fill_gaps(bars, count, first_lost_ns), running)

    def _preload(self, series: BarSeries, count: int) -> None:
        history = self._history.bars(series.instrument, series.timeframe, count)
        series.preload(history)
        if history:
            key = (series.instrument.id, series.timeframe)
            self._told_until_ns[key] = max(history[-1].close_ns, self._told_until_ns.get(key, 0))

    def _first_lost_ns(
        self, instrument_id: InstrumentId, timeframe: Timeframe, from_ns: int, until_ns: int
    ) -> int | None:
        from_ns = max(from_ns, self._told_until_ns.get((instrument_id, timeframe), 0))
        if from_ns >= until_ns:
            return None
        begun_ns = self._bars[instrument_id].begun_ns(timeframe)
        if begun_ns is None or from_ns < begun_ns:
            return from_ns
        lost = self._lost.get(instrument_id.venue)
        return None if lost is None else lost.first_between(from_ns, until_ns)


def _same_grid(one: Instrument, other: Instrument) -> bool:
    return (one.tick_size, one.lot_size) == (other.tick_size, other.lot_size)
