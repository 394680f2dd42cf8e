"""The simulated market's past as bars of any timeframe from a minute on."""

from collections.abc import Sequence

from adapters.sim.history import HistoryBar
from adapters.sim.market import SimMarket
from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument


class SimHistory:
    """A `BarHistory` over one simulated market."""

    def __init__(self, market: SimMarket) -> None:
        self._market = market

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        if instrument.venue not in self._market.venues or timeframe.ns < Timeframe.M1.ns:
            return ()
        grouped: dict[int, list[HistoryBar]] = {}
        for minute in self._market.history(instrument.id):
            grouped.setdefault(timeframe.open_ns_of(minute.open_ns), []).append(minute)
        return [_bar(instrument, timeframe, open_ns, minutes) for open_ns, minutes in grouped.items()][-count:]


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
        is_complete=len(minutes) * Timeframe.M1.ns == timeframe.ns,
    )
