"""What the stream says about one coin, put into its book and reported."""

from collections import deque
from typing import Final

import numpy as np

from adapters.binance.grid import Grid
from adapters.hyperliquid.instruments import FUNDING_INTERVAL_S
from adapters.hyperliquid.wire import AssetContext, BookSnapshot, Level, PublicTrade
from adapters.streams.delivery import GuardedSink
from adapters.streams.message_layout import VENUE_MS
from adapters.streams.message_reader import MessageReader
from core.book.book import Book, Ints
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from core.types.market import FundingRate, MarkPrice, Trade

NS_PER_MS: Final = 1_000_000
_NS_PER_HOUR: Final = FUNDING_INTERVAL_S * 1_000_000_000
_REMEMBERED_TRADES: Final = 2_000
# a new subscription begins with trades from before it; those this much older than it are history
_HISTORY_NS: Final = 5_000_000_000
_SIDES: Final = {"A": True, "B": False}  # whether the buyer was the maker


class MessageError(ValueError):
    """A message contradicts itself; the text says how."""


class CoinMarket:
    """Every method raises ValueError for a message that cannot be true, and has then changed nothing."""

    def __init__(self, instrument: Instrument, book: Book, sink: MarketSink) -> None:
        self.instrument = instrument
        self.book = book
        self.late = 0  # snapshots older than the book
        self.latency_ns: int | None = None
        self._sink = GuardedSink(sink)
        self._id = instrument.id
        self._prices = Grid(instrument.tick_size)
        self._quantities = Grid(instrument.lot_size)
        self._book_ms = 0
        self._seen = deque[tuple[int, int]](maxlen=_REMEMBERED_TRADES)
        self._seen_set: set[tuple[int, int]] = set()

    def forget(self, reason: str, received_ns: int) -> None:
        """Make the book unreadable; the next snapshot is taken whatever its time."""
        self._book_ms = 0
        self.book.invalidate(reason, received_ns)
        self._sink.book_changed(self._id)

    def on_book(self, snapshot: BookSnapshot, received_ns: int) -> bool:
        """Replace the book; return False for a snapshot older than the one that is there."""
        if snapshot.time_ms < self._book_ms:
            self.late += 1
            return False
        bid_ticks, bid_lots = self._side(snapshot.levels[0], -1)
        ask_ticks, ask_lots = self._side(snapshot.levels[1], +1)
        if len(bid_ticks) and len(ask_ticks) and bid_ticks[0] >= ask_ticks[0]:
            raise MessageError("the best bid is not below the best ask")
        venue_ns = snapshot.time_ms * NS_PER_MS
        self.book.apply_snapshot(
            bid_ticks, bid_lots, ask_ticks, ask_lots,
            sequence=snapshot.time_ms, venue_ns=venue_ns, received_ns=received_ns,
        )  # fmt: skip
        self._book_ms = snapshot.time_ms
        self.latency_ns = received_ns - venue_ns
        self._sink.book_changed(self._id)
        return True

    def on_read_book(self, reader: MessageReader, received_ns: int) -> bool:
        """Do what `on_book` does with a snapshot that a compiled reader has found in order."""
        time_ms = reader.notes[VENUE_MS]
        if time_ms < self._book_ms:
            self.late += 1
            return False
        venue_ns = time_ms * NS_PER_MS
        self.book.load_batch(reader.batch, time_ms, venue_ns, received_ns)
        self._book_ms = time_ms
        self.latency_ns = received_ns - venue_ns
        self._sink.book_changed(self._id)
        return True

    def on_trade(self, trade: PublicTrade, subscribed_ns: int, received_ns: int) -> None:
        """Report a trade once; what was traded before the subscription is left out."""
        buyer_is_maker = _SIDES.get(trade.side)
        price_ticks, quantity_lots = self._prices.steps(trade.price), self._quantities.steps(trade.quantity)
        if buyer_is_maker is None or price_ticks <= 0 or quantity_lots <= 0:
            raise MessageError(f"a trade with side {trade.side!r}, price {trade.price}, quantity {trade.quantity}")
        venue_ns, key = trade.time_ms * NS_PER_MS, (trade.time_ms, trade.trade_id)
        if venue_ns < subscribed_ns - _HISTORY_NS or key in self._seen_set:
            return
        self._remember(key)
        self._sink.trade(
            Trade(self._id, trade.trade_id, price_ticks, quantity_lots, buyer_is_maker, venue_ns, received_ns)
        )

    def on_context(self, context: AssetContext, received_ns: int) -> None:
        """Report mark, oracle and the funding of the running hour."""
        mark, oracle, rate = (_finite(text) for text in (context.mark, context.oracle, context.funding))
        if mark <= 0 or _finite(context.open_interest) < 0:
            raise MessageError(f"mark price {context.mark}, open interest {context.open_interest}")
        self._sink.mark_price(MarkPrice(self._id, mark, oracle if oracle > 0 else None, received_ns))
        next_ns = (received_ns // _NS_PER_HOUR + 1) * _NS_PER_HOUR
        self._sink.funding_rate(FundingRate(self._id, rate, FUNDING_INTERVAL_S, next_ns, received_ns))

    def _side(self, levels: list[Level], away: int) -> tuple[Ints, Ints]:
        """Return ticks and lots of a side whose levels must lead away from the touch; bids lead down."""
        ticks = np.array([self._prices.steps(level.price) for level in levels], np.int64)
        lots = np.array([self._quantities.steps(level.quantity) for level in levels], np.int64)
        if len(ticks) and (ticks.min() <= 0 or lots.min() <= 0):
            raise MessageError("a level without price or quantity")
        if (np.diff(ticks) * away <= 0).any():
            raise MessageError("the levels of a side are not in order")
        return ticks, lots

    def _remember(self, key: tuple[int, int]) -> None:
        if len(self._seen) == _REMEMBERED_TRADES:
            self._seen_set.discard(self._seen[0])
        self._seen.append(key)
        self._seen_set.add(key)


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise MessageError(f"{text!r} is not a finite number")
    return value
