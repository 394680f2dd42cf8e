"""Bars of every instrument somebody watches: strategies and charts share them."""

from typing import Final, NamedTuple

from core.bars.bar import Bar
from core.bars.gaps import fill_gaps
from core.bars.instrument_bars import InstrumentBars
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
            series.preload(self._history.bars(instrument, timeframe, max(history_bars, HISTORY_BARS)))
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
                series.preload(self._history.bars(series.instrument, timeframe, HISTORY_BARS))
        return [bar for bars in self._bars.values() for bar in bars.advance(now_ns)]

    def note_gap(self, venue: str, resumed_ns: int) -> None:
        """Say that trades of a venue before `resumed_ns` may be missing."""
        for instrument_id, bars in self._bars.items():
            if instrument_id.venue == venue:
                bars.note_gap(resumed_ns)

    def recent(self, instrument_id: InstrumentId, timeframe_text: str, count: int) -> RecentBars:
        """Return the newest bars for a chart, gaps drawn flat, the running bar last."""
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
        return RecentBars(fill_gaps(bars, count), running)


def _same_grid(one: Instrument, other: Instrument) -> bool:
    return (one.tick_size, one.lot_size) == (other.tick_size, other.lot_size)
