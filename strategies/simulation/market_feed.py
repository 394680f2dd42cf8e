"""The market-data side of one engine's connection to an exchange, with everything that can go wrong on it."""

import numpy as np
from numpy.typing import NDArray

from core.book.book import Book
from core.ports.clock import Clock
from core.ports.venue import MarketSink
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedState, FeedStatus, FundingRate, MarkPrice, Trade
from strategies.simulation.exchange import Exchange
from strategies.simulation.timeline import NS_PER_S, Timeline

Ints = NDArray[np.int64]
FUNDING_INTERVAL_S = 28_800
MANY_LEVELS = 100


class MarketFeed:
    """A Feed that shows the exchange's books.

    `shown_ns` says when each book was last shown as it is, `shown_mid_ticks` where its middle was then.
    """

    def __init__(self, exchange: Exchange, timeline: Timeline, clock: Clock) -> None:
        self._exchange = exchange
        self._timeline = timeline
        self._clock = clock
        self._sink: MarketSink | None = None
        self._books: dict[str, Book] = {}
        self._trades = 0
        self.is_dead = False
        self.is_down = False
        self.silent_until_ns: dict[str, int] = {}
        self.invalid_until_ns: dict[str, int] = {}
        self.shown_ns: dict[str, int] = {}
        self.shown_mid_ticks: dict[str, int] = {}

    @property
    def venue(self) -> str:
        return self._exchange.name

    async def start(self, sink: MarketSink) -> None:
        self._sink = sink
        for instrument in self._exchange.instruments.values():
            self._books[instrument.symbol] = sink.add_instrument(instrument)
        self.tell_state(FeedState.UP)
        for symbol in self._exchange.instruments:
            self.show(symbol)
            self.tell_funding(symbol, FUNDING_INTERVAL_S, 0.0001)

    async def stop(self) -> None:
        self._sink = None

    def show(self, symbol: str) -> None:
        """Show the book as it is, unless a fault is in the way."""
        now_ns = self._timeline.now_ns
        is_hindered = now_ns < max(self.silent_until_ns.get(symbol, 0), self.invalid_until_ns.get(symbol, 0))
        if self._sink is None or self.is_dead or self.is_down or is_hindered:
            return
        book = self._exchange.books[symbol]
        self.write(symbol, book.bids, book.asks)
        self.shown_ns[symbol] = now_ns
        self.shown_mid_ticks[symbol] = book.mid_ticks

    def write(self, symbol: str, bids: list[list[int]], asks: list[list[int]]) -> None:
        """Load a book with levels, true ones or not."""
        if self._sink is None or self.is_dead:
            return
        now_ns, book = self._clock.utc_ns(), self._books[symbol]
        book.apply_snapshot(
            *_columns(bids),
            *_columns(asks),
            sequence=self._exchange.books[symbol].sequence,
            venue_ns=self._timeline.now_ns,
            received_ns=now_ns,
        )
        self._sink.book_changed(InstrumentId(self.venue, symbol))

    def add_ghosts(self, symbol: str) -> None:
        """Leave levels in the book that the venue no longer has, too far away to cross."""
        if self._sink is None or self.is_dead:
            return
        book, true = self._books[symbol], self._exchange.books[symbol]
        ghosts = [[true.bids[-1][0] - 3, 777]]
        now_ns = self._clock.utc_ns()
        sequence = true.sequence
        book.apply_delta(*_columns(ghosts), *_columns([]), sequence=sequence, venue_ns=now_ns, received_ns=now_ns)

    def invalidate(self, symbol: str, reason: str, for_s: float) -> None:
        if self._sink is None or self.is_dead:
            return
        self.invalid_until_ns[symbol] = self._timeline.now_ns + int(for_s * NS_PER_S)
        self._books[symbol].invalidate(reason, self._clock.utc_ns())
        self.shown_ns[symbol] = 0
        self._sink.book_changed(InstrumentId(self.venue, symbol))

    def silence(self, symbol: str, for_s: float) -> None:
        self.silent_until_ns[symbol] = self._timeline.now_ns + int(for_s * NS_PER_S)

    def tell_state(self, state: FeedState, detail: str = "") -> None:
        if self._sink is not None and not self.is_dead:
            self.is_down = state is FeedState.DOWN
            self._sink.feed_status(FeedStatus(self.venue, state, detail, None, self._clock.utc_ns()))
            if self.is_down:
                self._forget_books(detail)

    def come_back(self) -> None:
        """Connect again: say so, and show every book as it is now."""
        if self.is_down:
            self.tell_state(FeedState.UP)
            for symbol in self._exchange.instruments:
                self.show(symbol)

    def _forget_books(self, reason: str) -> None:
        """Take what was shown back: nobody knows what happens at the venue from here on."""
        self.shown_ns.clear()
        for book in self._books.values():
            book.invalidate(reason, self._clock.utc_ns())

    def tell_rules(self, instrument: Instrument) -> None:
        if self._sink is not None and not self.is_dead:
            self._books[instrument.symbol] = self._sink.add_instrument(instrument)

    def tell_funding(self, symbol: str, interval_s: int, rate: float, due_in_s: float = FUNDING_INTERVAL_S) -> None:
        if self._sink is not None and not self.is_dead:
            now_ns = self._clock.utc_ns()
            due_ns = now_ns + int(due_in_s * NS_PER_S)
            instrument_id = InstrumentId(self.venue, symbol)
            self._sink.funding_rate(FundingRate(instrument_id, rate, interval_s, due_ns, now_ns))

    def tell_mark(self, symbol: str, mark: float) -> None:
        if self._sink is not None and not self.is_dead:
            self._sink.mark_price(MarkPrice(InstrumentId(self.venue, symbol), mark, None, self._clock.utc_ns()))

    def tell_trade(self, symbol: str) -> None:
        if self._sink is None or self.is_dead or self.is_down:
            return
        self._trades += 1
        now_ns = self._clock.utc_ns()
        ticks = self._exchange.books[symbol].mid_ticks
        self._sink.trade(Trade(InstrumentId(self.venue, symbol), self._trades, ticks, 100, False, now_ns, now_ns))

    def levels(self, symbol: str) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]]]:
        """Return what the engine sees: the book's state, bids and asks as (ticks, lots), best first."""
        book = self._books[symbol]
        bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(MANY_LEVELS)
        bids = list(zip(bid_ticks.tolist(), bid_lots.tolist(), strict=True))
        return book.state.value, bids, list(zip(ask_ticks.tolist(), ask_lots.tolist(), strict=True))


def shown(levels: list[list[int]]) -> list[tuple[int, int]]:
    """Return the levels of a side that a feed shows: those with something in them."""
    return [(ticks, lots) for ticks, lots in levels if lots]


def _columns(levels: list[list[int]]) -> tuple[Ints, Ints]:
    kept = shown(levels)
    return np.array([ticks for ticks, _ in kept], np.int64), np.array([lots for _, lots in kept], np.int64)
