"""What an engine's resident memory grows by per million depth messages on many books."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from adapters.binance.market import BinanceMarket
from adapters.binance.market_data import BinanceMarketData
from bench.books import Ours
from bench.depth_server import CHANGES, LEVELS, symbol_of
from bench.market import FIRST_ID, IDS_A_MESSAGE, SYMBOL, Market, Walk, make_market
from bench.result import BenchError, Result
from bench.watching_engine import WatchingEngine
from core.io.interpreter import calm_garbage_collection, take_short_turns
from core.ports.venue import MarketSink
from core.types.instrument import Instrument
from core.types.market import FeedState, FeedStatus

BOOKS: Final = 50
MESSAGES: Final = 500_000
WARM_UP_SHARE: Final = 0.1
STEPS: Final = 10
MILLION: Final = 1_000_000
_TURNS: Final = 1_000  # of the loop, after which a look that did not come is missed
VENUE: Final = "binanceusdm"


class WalkingFeed:
    """A `Feed` whose books all make the same moves, through the handler of Binance's messages."""

    venue = VENUE

    def __init__(self, start: Market, walk: Walk) -> None:
        self._start, self._walk = start, walk
        self._symbols = [symbol_of(book) for book in range(BOOKS)]
        like = Ours(start).instrument
        self.instruments: list[Instrument] = [
            msgspec.structs.replace(like, symbol=f"{name}/USDT:USDT", venue_symbol=name, base=name)
            for name in self._symbols
        ]

    async def start(self, sink: MarketSink) -> None:
        start, now_ns = self._start, time.time_ns()
        self._data = BinanceMarketData(BinanceMarket.USDM, sink, self.instruments, request_snapshot=lambda _: None)
        snapshot = {"lastUpdateId": FIRST_ID, "E": 1, "T": 1, "bids": start.bids, "asks": start.asks}
        sink.feed_status(FeedStatus(VENUE, FeedState.UP, "", None, now_ns))
        self.move()  # waits for the snapshots: they are taken on behind it
        for name in self._symbols:
            self._data.handle_snapshot(name, msgspec.json.encode(snapshot), now_ns)

    async def stop(self) -> None: ...

    def move(self) -> None:
        """Send one message to each book."""
        text = self._walk.message()
        for name in self._symbols:
            raw = text.replace(SYMBOL.lower(), name.lower(), 1).replace(SYMBOL, name, 1)
            self._data.handle(raw.encode(), time.time_ns())

    @property
    def malformed(self) -> int:
        return self._data.malformed


def run(rounds: int, seed: int, messages: int = MESSAGES) -> Result:
    """Send `messages` behind a warm-up through an engine with a strategy that looks at every book, in one round."""
    del rounds
    take_short_turns()
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as folder:
        return asyncio.run(_measure(seed, messages, Path(folder)))


async def _measure(seed: int, messages: int, folder: Path) -> Result:
    moves = max(messages // BOOKS, STEPS)
    feed = WalkingFeed(make_market(seed, 0, LEVELS, CHANGES, 0), Walk(seed, LEVELS, CHANGES))
    looks = Looks()
    engine = WatchingEngine(feed, [instrument.symbol for instrument in feed.instruments], folder, looks.note)
    await engine.start()
    calm_garbage_collection()
    warm_up = int(moves * WARM_UP_SHARE)
    await _move(feed, engine, looks, warm_up)
    before, began_s, resident = looks.count, time.perf_counter(), [resident_mb()]
    for step in range(STEPS):
        await _move(feed, engine, looks, moves * (step + 1) // STEPS - moves * step // STEPS)
        resident.append(resident_mb())
    seconds = time.perf_counter() - began_s
    sent, wanted = moves * BOOKS, FIRST_ID + IDS_A_MESSAGE * (1 + warm_up + moves)
    if feed.malformed or looks.count - before != sent or set(looks.last.values()) != {wanted}:
        raise BenchError(f"of {sent} messages the strategy saw {looks.count - before}, {feed.malformed} malformed")
    await engine.stop()
    growth_mb = resident[-1] - resident[0]
    return Result(
        "memory",
        {
            "MB a million messages": round(growth_mb / sent * MILLION, 3),
            "MB at each tenth": [round(each, 1) for each in resident],
            "messages": sent,
            "warm-up": warm_up * BOOKS,
            "books": BOOKS,
            "messages/s": round(sent / seconds),
        },
        {},
    )


class Looks:
    """Counts what a strategy is shown."""

    def __init__(self) -> None:
        self.count = 0
        self.last: dict[str, int] = {}

    def note(self, symbol: str, sequence: int) -> None:
        self.count += 1
        self.last[symbol] = sequence


async def _move(feed: WalkingFeed, engine: WatchingEngine, looks: Looks, moves: int) -> None:
    for _ in range(moves):
        wanted = looks.count + BOOKS
        feed.move()
        for _ in range(_TURNS):
            if looks.count >= wanted:
                break
            await asyncio.sleep(0)
        else:
            raise BenchError(f"the strategy was shown {looks.count} messages and no more: {engine.last_words}")


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MILLION
