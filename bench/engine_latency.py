"""How late an engine is: short sleeps on its loop, and orders, from the message that they answer to the wire."""

import asyncio
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.console_load import RestlessWalk
from bench.depth_server import CHANGES, LEVELS
from bench.loopback_venue import LoopbackExecution
from bench.market import make_market
from bench.memory import WalkingFeed
from bench.order_path import LIMITS, Quoter
from bench.percentile import percentile
from bench.result import BenchError
from bench.watching_engine import WatchingEngine
from core.io.system_clock import SystemClock
from core.ports.strategy import StrategyContext
from core.types.instrument import InstrumentId

PROBE_S: Final = 0.02
ORDER_EVERY_S: Final = 0.2
PATIENCE_S: Final = 10.0
_WARM_UP_S: Final = 90.0


class Samples(msgspec.Struct):
    """What was found while things stood one way, in milliseconds."""

    lateness_ms: list[float] = []
    orders_ms: list[float] = []

    def figures(self) -> dict[str, float]:
        return {
            "lateness_p50_ms": round(percentile(self.lateness_ms, 0.5), 3),
            "lateness_p99_ms": round(percentile(self.lateness_ms, 0.99), 3),
            "tick_to_order_p50_ms": round(percentile(self.orders_ms, 0.5), 3),
            "tick_to_order_p99_ms": round(percentile(self.orders_ms, 0.99), 3),
            "probes": len(self.lateness_ms),
            "orders": len(self.orders_ms),
        }


class OneOrder(Quoter):
    """Answers the next change of its book with one order, each time that it is armed."""

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        super().handle_book(ctx, instrument_id)
        self.is_armed = False


class MeasuredEngine:
    """A whole engine over many moving books, with a journal on the disk and a venue on a socket."""

    def __init__(self, seed: int, folder: Path, moves_per_s: float) -> None:
        self.feed = WalkingFeed(make_market(seed, 0, LEVELS, CHANGES, 0), RestlessWalk(seed, LEVELS, CHANGES))
        self._venue = LoopbackExecution(self.feed.venue, SystemClock())
        self._quoter = OneOrder(self.feed.instruments[0])
        symbols = [each.symbol for each in self.feed.instruments]
        self.engine = WatchingEngine(
            self.feed, symbols, folder, lambda _symbol, _sequence: None,
            executions=[self._venue], others=[self._quoter], limits=LIMITS,
        )  # fmt: skip
        self._moves_per_s = moves_per_s
        self._moved_ns = 0
        self._tasks: list[asyncio.Future[None]] = []
        self.ticks = 0

    async def start(self) -> None:
        """Start, and go on until an order leaves: before that the engine does not know its market well enough."""
        await self.engine.start()
        self._tasks = [asyncio.ensure_future(self._move()), asyncio.ensure_future(self._say())]
        until = time.monotonic() + _WARM_UP_S
        while await self._order_ms(1.0) is None:
            if time.monotonic() > until:
                raise BenchError(f"no order ever left: {self.engine.last_words}")
        await asyncio.sleep(1.0)  # for those that left too late to be waited for

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.engine.stop()

    async def sample(self, seconds: float, into: Samples) -> None:
        """Add what the engine does in the next seconds."""
        trading = asyncio.ensure_future(self._trade(into))
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (due := loop.time() + PROBE_S) < until:
            await asyncio.sleep(PROBE_S)
            into.lateness_ms.append((loop.time() - due) * 1e3)
        trading.cancel()

    async def _trade(self, into: Samples) -> None:
        while True:
            took_ms = await self._order_ms(PATIENCE_S)
            if took_ms is None:
                raise BenchError(f"an order never left: {self.engine.last_words}")
            into.orders_ms.append(took_ms)
            await asyncio.sleep(ORDER_EVERY_S)

    async def _order_ms(self, patience_s: float) -> float | None:
        """Return how long an order takes from the message that it answers until it is with the kernel."""
        written = self._venue.on_wire_ns
        while not written.empty():
            written.get_nowait()
        self._moved_ns = 0
        try:
            async with asyncio.timeout(patience_s):
                on_wire_ns = await written.get()
        except TimeoutError:
            return None
        return (on_wire_ns - self._moved_ns) / 1e6

    async def _move(self) -> None:
        while True:
            if not self._moved_ns:
                self._moved_ns, self._quoter.is_armed = time.perf_counter_ns(), True
            self.feed.move()
            await asyncio.sleep(1 / self._moves_per_s)

    async def _say(self) -> None:
        """Number the moments in the engine's log, so that a screen tells which one it shows."""
        while True:
            self.ticks += 1
            self.engine.access.parts.log.info("engine", f"moment {self.ticks} of the engine")
            await asyncio.sleep(0.25)
