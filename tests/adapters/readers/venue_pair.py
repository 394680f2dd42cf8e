"""One venue's handler twice: with its compiled reader, and by way of typed messages alone."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from adapters.hyperliquid.market_data import MarketData
from bench.market import change_side
from bench.venue_books import BookSink, Handler, handler_of, instrument_of
from bench.venue_market import SHAPES, Moment

LEVELS = 12
NANOSECOND = 1_723_161_300_000_000_000


class Step(NamedTuple):
    """A message that continues what the snapshot shows."""

    snapshot: bytes
    update: bytes


def walk(venue: str, seed: int, steps: int) -> Iterator[Step]:
    """Yield a small market's messages, each with a snapshot of what came before it."""
    shape, chance, middle = SHAPES[venue], random.Random(seed), 61_800
    bids = {middle - step: chance.randint(1, 5_000) for step in range(1, LEVELS + 1)}
    asks = {middle + step: chance.randint(1, 5_000) for step in range(1, LEVELS + 1)}
    for number in range(1, steps + 1):
        old = _best_first(bids, -1), _best_first(asks, 1)
        snapshot = shape.write(Moment(number - 1, list(old[0].items()), list(old[1].items()), *old, is_snapshot=True))
        middle += chance.choice((-1, 0, 0, 1))
        changed = [
            change_side(chance, side, middle, direction, LEVELS, chance.choice((0, 1, 1, 3)))
            for side, direction in ((bids, -1), (asks, 1))
        ]
        new = _best_first(bids, -1), _best_first(asks, 1)
        rows = [list(side.items()) for side in new] if shape.is_whole else changed
        yield Step(snapshot.encode(), shape.write(Moment(number, *rows, *new)).encode())


def _best_first(side: dict[int, int], sign: int) -> dict[int, int]:
    return {ticks: side[ticks] for ticks in sorted(side, key=lambda ticks: sign * ticks)}


class Watched:
    """A handler and all that can be seen of what it did."""

    def __init__(self, venue: str, *, is_typed: bool) -> None:
        self.sink = WrittenSink()
        self.compared: list[tuple[int, bool]] = []
        self.resynced = 0
        self.handler: Handler = handler_of(venue, instrument_of(venue), self.sink, resync=self._resync, observer=self)
        self.typed = 0
        self._typed = self.handler.handle_typed
        self.handler.handle_typed = self._count  # what the compiled reader leaves
        self.handle = self._typed if is_typed else self.handler.handle

    def checksum_compared(self, instrument_id: object, sequence: int, *, is_equal: bool) -> None:
        self.compared.append((sequence, is_equal))

    @property
    def book(self):
        return self.sink.book

    def restore(self, snapshot: bytes) -> None:
        """Begin anew with a snapshot, as on a new connection."""
        if isinstance(self.handler, MarketData):
            self.handler.lost("begun anew")
        else:
            self.handler.market.connection_lost("begun anew", NANOSECOND)
        self._typed(snapshot, NANOSECOND)

    def state(self) -> tuple[object, ...]:
        book = self.book
        about = (book.state, book.reason, book.sequence, book.venue_ns, book.received_ns, self.sink.changes)
        levels = [column.tolist() for column in book.top(60)]
        return (*about, levels, self.resynced, self.compared[-2:], len(self.compared), *self._counts())

    def _counts(self) -> tuple[object, ...]:
        handler = self.handler
        if isinstance(handler, MarketData):
            coin = handler.coins["BTC"]
            return handler.malformed, handler.late, handler.last_error, coin.latency_ns, len(self.sink.trades)
        market = handler.market
        (symbol,) = market.symbols.values()
        happened = symbol.updates, symbol.gaps, symbol.resyncs, symbol.damaged, symbol.is_live
        counts = market.malformed, market.ignored, market.trades, getattr(market, "sequence", None)
        return *happened, *counts, symbol.last_ns, symbol.latency_ns

    def _resync(self, venue_symbol: str) -> None:
        self.resynced += 1

    def _count(self, raw: bytes, received_ns: int) -> None:
        self.typed += 1
        self._typed(raw, received_ns)


class WrittenSink(BookSink):
    """Counts what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0
        self.trades: list[object] = []

    def book_changed(self, instrument_id: object) -> None:
        self.changes += 1

    def trade(self, trade: object) -> None:
        self.trades.append(trade)


class Pair:
    """Both forms of a venue's handler, given the same messages."""

    def __init__(self, venue: str) -> None:
        self.compiled = Watched(venue, is_typed=False)
        self.typed = Watched(venue, is_typed=True)
        self.messages = 0
        self.read = 0  # by compiled code
        self.took = 0  # left a book that can be read
        self._at_ns = NANOSECOND

    def take(self, raw: bytes) -> None:
        """Give a message to both and look whether they did the same."""
        self.messages += 1
        self._at_ns += 1
        typed_before = self.compiled.typed
        for watched in (self.compiled, self.typed):
            watched.handle(raw, self._at_ns)
        self.read += self.compiled.typed == typed_before
        states = self.compiled.state(), self.typed.state()
        self.took += states[0][0] == "valid"
        assert states[0] == states[1], f"{raw!r}\ncompiled: {states[0]}\ntyped:    {states[1]}"

    def restore(self, snapshot: bytes) -> None:
        for watched in (self.compiled, self.typed):
            watched.restore(snapshot)
