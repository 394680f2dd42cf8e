"""Bars from before the engine started, read within IB's pacing and kept until the engine asks."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import ROUND_HALF_EVEN, Decimal
from math import ceil
from typing import Final, NamedTuple

from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.instruments import ListedStock
from adapters.interactive_brokers.session import RequestRefusedError
from adapters.interactive_brokers.wire import BarSaid
from adapters.network.rate_gate import RateGate
from core.bars.bar import Bar
from core.bars.timeframe import NS_PER_S, Timeframe
from core.ports.randomness import Randomness
from core.types.instrument import Instrument, InstrumentId

_BURST: Final = 5  # IB: at most six requests for a contract within 2 s
_PER_S: Final = 2.5
_SMALL_PER_S: Final = 0.09  # bars of 30 s and less: 60 requests within ten minutes
_SMALL_S: Final = 30
_SAME_AGAIN_NS: Final = 15 * NS_PER_S  # an identical request sooner is a violation
_SESSION_S: Final = 23_400  # of a usual day in New York, the shortest of the large exchanges'
_MOST_DAYS: Final = 365


class _Size(NamedTuple):
    """IB's name of a bar and its length; longer timeframes are made of bars that begin on their grid in UTC."""

    name: str
    length_s: int


_SIZES: Final[Mapping[Timeframe, _Size]] = {
    Timeframe.S1: _Size("1 secs", 1),
    Timeframe.S5: _Size("5 secs", 5),
    Timeframe.M1: _Size("1 min", 60),
    Timeframe.M5: _Size("5 mins", 300),
    Timeframe.M15: _Size("15 mins", 900),
    Timeframe.H1: _Size("30 mins", 1_800),  # IB's own hours begin at 9:30 with half of one
    Timeframe.H4: _Size("30 mins", 1_800),
    Timeframe.D1: _Size("1 day", 86_400),
}


class _Loaded(NamedTuple):
    bars: tuple[Bar, ...]
    at_ns: int


class InteractiveBrokersHistory:
    """A `BarHistory` of what `load` and `read` have fetched: the port answers at once, IB takes seconds."""

    def __init__(self, connection: Connection, randomness: Randomness) -> None:
        self._connection = connection
        self._gate = RateGate(randomness, burst=_BURST, per_s=_PER_S)
        self._small_gate = RateGate(randomness, burst=_BURST, per_s=_SMALL_PER_S)
        self._loaded: dict[tuple[InstrumentId, Timeframe], _Loaded] = {}
        self._wanted: dict[tuple[InstrumentId, Timeframe], int] = {}  # beside what the settings ask for
        self._renewed: dict[tuple[InstrumentId, Timeframe], None] = {}
        self.is_due = asyncio.Event()  # something is wanted that was not read yet

    def bars(self, instrument: Instrument, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        """Return what was read; what never was is read soon, and told of by `renewed`."""
        key = (instrument.id, timeframe)
        loaded = self._loaded.get(key)
        if loaded is None and timeframe not in self._connection.settings.history and key not in self._wanted:
            self._wanted[key] = count
            self.is_due.set()
        return loaded.bars[-count:] if loaded is not None and count > 0 else ()

    def renewed(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        renewed, self._renewed = self._renewed, {}
        return list(renewed)

    async def load(self, stocks: Sequence[ListedStock]) -> None:
        """Read what the settings ask for, and what somebody asked for since; a stock without history has none."""
        for stock in stocks:
            wanted = {timeframe: n for (whose, timeframe), n in self._wanted.items() if whose == stock.instrument.id}
            for timeframe, count in {**self._connection.settings.history, **wanted}.items():
                with suppress(RequestRefusedError):
                    await self.read(stock, timeframe, count)

    async def read(self, stock: ListedStock, timeframe: Timeframe, count: int) -> Sequence[Bar]:
        """Return up to `count` closed bars of regular hours, adjusted for splits and not for dividends.

        Raises
        ------
        RequestRefusedError
            Where IB has no such history or does not give it.
        """
        key, clock = (stock.instrument.id, timeframe), self._connection.clock
        known = self._loaded.get(key)
        if known is not None and clock.monotonic_ns() - known.at_ns < _SAME_AGAIN_NS:
            return known.bars[-count:]
        size = _SIZES[timeframe]
        await (self._small_gate if size.length_s <= _SMALL_S else self._gate).passed()
        rows = await self._connection.demand().historical_bars(
            stock.contract, duration=duration_of(timeframe, count), bar_size=size.name
        )
        bars = bars_of(stock.instrument, timeframe, rows, clock.utc_ns())
        self._loaded[key] = _Loaded(tuple(bars[-count:]), clock.monotonic_ns())
        self._renewed[key] = None
        return self._loaded[key].bars


def duration_of(timeframe: Timeframe, count: int) -> str:
    """Return how far back to ask, in IB's words, so that weekends and holidays leave enough bars."""
    length_s = timeframe.ns // NS_PER_S
    if timeframe is Timeframe.S1 or timeframe is Timeframe.S5:  # IB's limit for bars of seconds
        return f"{min(max(60, count * length_s), 1_800 if length_s == 1 else 7_200)} S"
    sessions = count if timeframe is Timeframe.D1 else ceil(count * length_s / _SESSION_S)
    days = ceil(sessions * 7 / 5) + 4
    return f"{days} D" if days <= _MOST_DAYS else f"{ceil(days / _MOST_DAYS)} Y"


def bars_of(instrument: Instrument, timeframe: Timeframe, rows: Sequence[BarSaid], now_ns: int) -> list[Bar]:
    """Make closed bars of IB's; prices adjusted off the tick grid are rounded to it."""
    grouped: dict[int, list[BarSaid]] = {}
    for row in rows:
        grouped.setdefault(timeframe.open_ns_of(row.begin_ns), []).append(row)
    return [
        _bar(instrument, timeframe, open_ns, part)
        for open_ns, part in sorted(grouped.items())
        if open_ns + timeframe.ns <= now_ns
    ]


def _bar(instrument: Instrument, timeframe: Timeframe, open_ns: int, rows: Sequence[BarSaid]) -> Bar:
    return Bar(
        instrument_id=instrument.id,
        timeframe=timeframe,
        open_ns=open_ns,
        open_ticks=_ticks(instrument, rows[0].open),
        high_ticks=max(_ticks(instrument, row.high) for row in rows),
        low_ticks=min(_ticks(instrument, row.low) for row in rows),
        close_ticks=_ticks(instrument, rows[-1].close),
        volume_lots=sum(row.volume for row in rows),
        trade_count=sum(row.trades for row in rows),
    )


def _ticks(instrument: Instrument, price: Decimal) -> int:
    return int((price / instrument.tick_size).to_integral_value(ROUND_HALF_EVEN))
