"""The market-data side of one simulated venue."""

from typing import Final, NamedTuple

import msgspec
from numpy.random import Generator

from adapters.delay_line import DelayLine
from adapters.sim.config import VenueConfig
from adapters.sim.sim_book import Levels, SimBook
from adapters.sim.sim_venue import SimVenue
from core.book.book import Book, BookState
from core.ports.clock import Clock
from core.ports.venue import MarketSink
from core.types.market import FeedState, FeedStatus, FundingRate, MarkPrice, Trade

_STOPPED: Final = "feed is stopped"


class _Line(NamedTuple):
    """What one step has to tell about one book."""

    symbol: str
    levels: Levels | None
    trades: list[Trade]


class SimFeed:
    """Send books, trades, marks and funding of one venue to a sink, late by the feed's latency."""

    def __init__(self, sim_venue: SimVenue, clock: Clock, config: VenueConfig, random: Generator, chance: Generator):
        self._sim_venue = sim_venue
        self._clock = clock
        self._latency = config.latency
        self._faults = config.faults
        self._random = random
        self._chance = chance  # of faults; a stream apart, so faults do not move the market
        self._line = DelayLine(clock)
        self._sink: MarketSink | None = None
        self._books: dict[str, Book] = {}
        self._snapshot_sequence: dict[str, int] = {}
        self._resync_at_ns: dict[str, int] = {}
        self._latency_ns = 0
        sim_venue.on_step = self.publish
        sim_venue.on_second = self.publish_second

    @property
    def venue(self) -> str:
        return self._sim_venue.venue

    async def start(self, sink: MarketSink) -> None:
        await self._sim_venue.ready()
        self._sink = sink
        self._status(FeedState.CONNECTING, "subscribing")
        for symbol, sim_book in self._sim_venue.books.items():
            self._books[symbol] = sink.add_instrument(sim_book.instrument)
            self._send_snapshot(symbol)
        now_ns = self._clock.utc_ns()
        self.publish_second(now_ns)

    async def stop(self) -> None:
        self._line.close()
        if self._sink is not None:
            self._status(FeedState.DOWN, _STOPPED)
        self._sink = None

    def publish(self, at_ns: int) -> None:
        """Send what changed in one step; the draws are taken whether or not anybody listens."""
        jitter_ns = int(self._random.standard_exponential() * self._latency.feed_jitter_ns)
        lines = [_Line(s, book.take_delta(), book.tape.take()) for s, book in self._sim_venue.books.items()]
        if self._sink is not None:
            latency_ns = self._latency.feed_ns + jitter_ns
            self._latency_ns = self._line.push(latency_ns, lambda: self._deliver(lines, at_ns))

    def _deliver(self, lines: list[_Line], venue_ns: int) -> None:
        sink = self._sink
        if sink is None:
            return
        received_ns = self._clock.utc_ns()
        for line in lines:
            book = self._books.get(line.symbol)
            if book is None:
                continue
            if line.levels is not None:
                self._deliver_levels(sink, book, line.symbol, line.levels, venue_ns=venue_ns, received_ns=received_ns)
            for trade in line.trades:
                sink.trade(msgspec.structs.replace(trade, received_ns=received_ns))

    def _deliver_levels(
        self, sink: MarketSink, book: Book, symbol: str, levels: Levels, *, venue_ns: int, received_ns: int
    ) -> None:
        if self._faults.feed_gap and self._chance.random() < self._faults.feed_gap and symbol not in self._resync_at_ns:
            book.invalidate(f"sequence gap: {levels.sequence} is missing", received_ns)
            self._resync_at_ns[symbol] = received_ns + self._faults.resnapshot_after_ns
            sink.book_changed(book.instrument_id)
            return
        if symbol in self._resync_at_ns:
            if received_ns >= self._resync_at_ns[symbol]:
                del self._resync_at_ns[symbol]
                self._send_snapshot(symbol)
            return
        if levels.sequence <= self._snapshot_sequence[symbol]:
            return
        if book.state is not BookState.VALID:
            self._send_snapshot(symbol)
            return
        book.apply_delta(*levels[:4], sequence=levels.sequence, venue_ns=venue_ns, received_ns=received_ns)
        sink.book_changed(book.instrument_id)

    def _send_snapshot(self, symbol: str) -> None:
        assert self._sink is not None
        levels = self._sim_venue.books[symbol].snapshot()
        now_ns = self._clock.utc_ns()
        book = self._books[symbol]
        book.apply_snapshot(*levels[:4], sequence=levels.sequence, venue_ns=now_ns, received_ns=now_ns)
        self._snapshot_sequence[symbol] = levels.sequence
        self._sink.book_changed(book.instrument_id)

    def publish_second(self, at_ns: int) -> None:
        """Send marks, funding and the feed's own state, once a second."""
        if self._sink is None:
            return
        for sim_book in self._sim_venue.books.values():
            self._send_mark(self._sink, sim_book, at_ns)
        if self._sim_venue.is_open(at_ns):
            self._status(FeedState.UP, "")
        else:
            self._status(FeedState.CLOSED, "market closed")

    def _send_mark(self, sink: MarketSink, sim_book: SimBook, at_ns: int) -> None:
        funding = sim_book.funding
        if funding is None:
            return
        instrument_id = sim_book.instrument.id
        sink.mark_price(MarkPrice(instrument_id, funding.mark, funding.index, at_ns))
        sink.funding_rate(FundingRate(instrument_id, funding.rate, funding.interval_s, funding.next_funding_ns, at_ns))

    def _status(self, state: FeedState, detail: str) -> None:
        if self._sink is not None:
            now_ns = self._clock.utc_ns()
            self._sink.feed_status(FeedStatus(self.venue, state, detail, self._latency_ns or None, now_ns))
