"""One bar on the integer grid of its instrument."""

import msgspec

from core.bars.timeframe import Timeframe
from core.types.instrument import Instrument, InstrumentId


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Trades with ``open_ns <= venue_ns < close_ns``. `revision` counts corrections after the first, in-order close.

    `is_complete` is False where trades of the interval are known to be missing (it began before the feed did): its
    close is right, its volume, high and low may not be. History whose source does not count trades has `trade_count` 0.
    """

    instrument_id: InstrumentId
    timeframe: Timeframe
    open_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    volume_lots: int
    buy_lots: int = 0  # of it, bought by the aggressor
    trade_count: int = 0
    revision: int = 0
    is_complete: bool = True

    @property
    def close_ns(self) -> int:
        return self.open_ns + self.timeframe.ns


def as_floats(bar: Bar, instrument: Instrument) -> tuple[float, float, float, float, float]:
    """Return open, high, low, close in money and volume in base units, each the float nearest to the exact value."""
    tick = instrument.tick_size.as_integer_ratio()
    return (
        _nearest(bar.open_ticks, tick),
        _nearest(bar.high_ticks, tick),
        _nearest(bar.low_ticks, tick),
        _nearest(bar.close_ticks, tick),
        _nearest(bar.volume_lots, instrument.lot_size.as_integer_ratio()),
    )


def _nearest(steps: int, step: tuple[int, int]) -> float:
    return steps * step[0] / step[1]  # one correctly rounded division of integers
