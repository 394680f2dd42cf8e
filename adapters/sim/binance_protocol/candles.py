"""Candles of one symbol: an invented past, then what traded."""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from adapters.sim.binance_protocol.trades import PublicTrade
from adapters.sim.history import HistoryBar
from core.types.instrument import Instrument

MINUTE_MS: Final = 60_000
NS_PER_MS: Final = 1_000_000
_KEPT: Final = 3_000
_ZERO: Final = Decimal(0)
INTERVAL_MINUTES: Final = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480,
    "12h": 720, "1d": 1440,
}  # fmt: skip


class Candle(msgspec.Struct):
    """One interval; volumes in base and quote, in all and by takers who bought."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = _ZERO
    quote_volume: Decimal = _ZERO
    trades: int = 0
    taker_volume: Decimal = _ZERO
    taker_quote_volume: Decimal = _ZERO
    first_id: int = -1
    last_id: int = -1

    def take(self, later: "Candle") -> None:
        """Add a candle that follows."""
        self.high, self.low, self.close = max(self.high, later.high), min(self.low, later.low), later.close
        self.volume += later.volume
        self.quote_volume += later.quote_volume
        self.trades += later.trades
        self.taker_volume += later.taker_volume
        self.taker_quote_volume += later.taker_quote_volume
        self.first_id = later.first_id if self.first_id < 0 else self.first_id
        self.last_id = max(self.last_id, later.last_id)


class Candles:
    """Minutes, and longer intervals made of them."""

    def __init__(self, instrument: Instrument, past: Iterable[HistoryBar]) -> None:
        self._minutes: deque[Candle] = deque((_past(instrument, bar) for bar in past), maxlen=_KEPT)

    @property
    def last_price(self) -> Decimal:
        return self._minutes[-1].close

    def record(self, trade: PublicTrade) -> None:
        single = _of_trade(trade)
        if self._minutes[-1].open_ms >= single.open_ms:
            self._minutes[-1].take(single)
        else:
            self._roll(single.open_ms)
            self._minutes[-1].take(single)

    def advance(self, at_ms: int) -> None:
        """Begin the minute of a moment, also where nothing traded: it stands at the last close."""
        self._roll(at_ms - at_ms % MINUTE_MS)

    def _roll(self, open_ms: int) -> None:
        while self._minutes[-1].open_ms < open_ms:
            last = self._minutes[-1]
            self._minutes.append(Candle(last.open_ms + MINUTE_MS, last.close, last.close, last.close, last.close))

    def read(self, minutes: int) -> list[Candle]:
        """Return candles of an interval, oldest first, the running one last."""
        grouped: dict[int, Candle] = {}
        span_ms = minutes * MINUTE_MS
        for minute in self._minutes:
            open_ms = minute.open_ms - minute.open_ms % span_ms
            if open_ms in grouped:
                grouped[open_ms].take(minute)
            else:
                grouped[open_ms] = msgspec.structs.replace(minute, open_ms=open_ms)
        return list(grouped.values())

    def running(self, minutes: int) -> Candle:
        """Return the candle of an interval that is not over yet."""
        span_ms = minutes * MINUTE_MS
        open_ms = self._minutes[-1].open_ms // span_ms * span_ms
        part = _since(self._minutes, open_ms)
        return _joined(open_ms, part)

    def before_last(self, minutes: int) -> Candle | None:
        """Return the newest candle of an interval that is over."""
        span_ms = minutes * MINUTE_MS
        end_ms = self._minutes[-1].open_ms // span_ms * span_ms
        part = [minute for minute in self._minutes if end_ms - span_ms <= minute.open_ms < end_ms]
        return _joined(end_ms - span_ms, part) if part else None

    def last(self, minutes: int) -> Candle:
        """Return the last so many minutes as one candle, the running minute with them."""
        first_ms = self._minutes[-1].open_ms - (minutes - 1) * MINUTE_MS
        return _joined(first_ms, _since(self._minutes, first_ms))


def _since(minutes: Sequence[Candle], open_ms: int) -> list[Candle]:
    return [minute for minute in minutes if minute.open_ms >= open_ms]


def _joined(open_ms: int, part: list[Candle]) -> Candle:
    joined = msgspec.structs.replace(part[0], open_ms=open_ms)
    for minute in part[1:]:
        joined.take(minute)
    return joined


def _past(instrument: Instrument, bar: HistoryBar) -> Candle:
    open_, high, low, close = (instrument.ticks_to_price(ticks) for ticks in (bar.open, bar.high, bar.low, bar.close))
    volume, half = instrument.lots_to_quantity(bar.volume), instrument.lots_to_quantity(bar.volume // 2)
    return Candle(
        bar.open_ns // NS_PER_MS,
        open_,
        high,
        low,
        close,
        volume=volume,
        quote_volume=volume * close,
        trades=max(1, bar.volume // 100),
        taker_volume=half,
        taker_quote_volume=half * close,
    )


def _of_trade(trade: PublicTrade) -> Candle:
    price, quote = trade.price, trade.price * trade.quantity
    return Candle(
        trade.at_ms - trade.at_ms % MINUTE_MS,
        price,
        price,
        price,
        price,
        volume=trade.quantity,
        quote_volume=quote,
        trades=1,
        taker_volume=_ZERO if trade.buyer_is_maker else trade.quantity,
        taker_quote_volume=_ZERO if trade.buyer_is_maker else quote,
        first_id=trade.trade_id,
        last_id=trade.trade_id,
    )
