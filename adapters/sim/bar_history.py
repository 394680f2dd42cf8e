"""Past bars of the simulated market in the form the engine asks for."""

from collections.abc import Sequence

from adapters.sim.history import MINUTE_NS, HistoryBar
from adapters.sim.market import SimMarket
from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument, InstrumentId


class SimHistory:
    """A `BarHistory` over the simulated market: whole minutes and what is made of them, nothing shorter."""

    def __init__(self, market: SimMarket) -> None:
        self._market = market

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        """Return up to `count` closed bars, oldest first; none for another venue's instrument."""
        if timeframe.ns < MINUTE_NS or not self._market.lists(instrument.id):
            return ()
        grouped: dict[int, list[HistoryBar]] = {}
        now_ns = self._market.now_ns()
        minutes = self._market.history(instrument.id)
        for minute in minutes:
            grouped.setdefault(timeframe.open_ns_of(minute.open_ns), []).append(minute)
        # The first bar may have begun before history does, the last one may still be running.
        closed = [
            _bar(instrument, timeframe, open_ns, part)
            for open_ns, part in grouped.items()
            if open_ns >= minutes[0].open_ns and open_ns + timeframe.ns <= now_ns
        ]
        return closed[-count:] if count > 0 else ()

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        """Return nothing: what is past here is known at once."""
        return ()


def _bar(instrument: Instrument, timeframe: Timeframe, open_ns: int, minutes: list[HistoryBar]) -> Bar:
    return Bar(
        instrument_id=instrument.id,
        timeframe=timeframe,
        open_ns=open_ns,
        open_ticks=minutes[0].open,
        high_ticks=max(minute.high for minute in minutes),
        low_ticks=min(minute.low for minute in minutes),
        close_ticks=minutes[-1].close,
        volume_lots=sum(minute.volume for minute in minutes),
    )
