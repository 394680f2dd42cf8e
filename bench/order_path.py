"""A raw book message to a risk-approved, durably journaled order on the wire, and each stage's share of it."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from adapters.binance.depth import DepthDecoder, describe
from bench.books import Ours
from bench.loopback_venue import LoopbackExecution, LoopbackFeed
from bench.market import Market, make_market
from bench.percentile import percentile
from bench.result import BenchError, Result
from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.engine.assembly import EnginePorts, assemble
from core.engine.engine import Engine
from core.engine.settings import EngineSettings
from core.engine.stages import Stage
from core.io.interpreter import take_short_turns
from core.io.journal_store import Synchronous
from core.io.order_ids import OrderIds
from core.io.sqlite_journal import SqliteJournal
from core.io.system_clock import SystemClock
from core.ports.history import NoHistory
from core.ports.strategy import RunningStrategy, StrategyContext
from core.ports.time_budget import NoBudget
from core.risk.limits import RiskLimits
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobEnd
from core.types.market import Trade
from core.types.order import Fill, Order, OrderType, Side
from core.types.signal import Signal

ORDERS_A_ROUND: Final = 60
WARM_UP_MESSAGES: Final = 30
LEVELS: Final = 1_000
CHANGES: Final = 20
DEPTH: Final = 20
PATIENCE_S: Final = 10.0
SETTLE_S: Final = 0.002
BEHIND_TICKS: Final = 50
PATH: Final = (Stage.DECODE, Stage.DECIDE, Stage.RISK, Stage.JOURNAL)
WIRE: Final = "wire"
# Limits on how often: the benchmark sends one order after the other, as fast as they leave. Clocks: its messages are
# generated, with times of another year.
LIMITS: Final = RiskLimits(
    order_rate_per_s=100_000, message_rate_per_s=100_000, duplicate_order_window_s=0, max_clock_offset_ms=10**15
)


class JumpingClock(SystemClock):
    """The machine's clock, set forward a second a message: volatility needs steps, and waiting none."""

    def __init__(self) -> None:
        self._ahead_ns = 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self._ahead_ns

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self._ahead_ns

    def jump(self) -> None:
        self._ahead_ns += 1_000_000_000


class Quoter:
    """A `RunningStrategy` that answers every book with one resting order behind the best bid."""

    name = "quoter"
    timeframe = Timeframe.M1
    history_bars = 0
    wants_trades = False
    wants_books = True

    def __init__(self, instrument: Instrument) -> None:
        self.instruments: tuple[InstrumentId, ...] = (instrument.id,)
        self._instrument = instrument
        self.is_armed = False

    def parameter_texts(self) -> dict[str, str]:
        return {}

    def prepare(self) -> None: ...

    def handle_start(self, ctx: StrategyContext) -> None: ...

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None: ...

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None: ...

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        book = ctx.book(instrument_id)
        best = None if book is None else book.best_bid()
        if not self.is_armed or best is None:
            return
        ctx.submit(
            Signal(
                instrument_id=instrument_id, side=Side.BUY, quantity=Decimal("0.01"), order_type=OrderType.LIMIT,
                limit_price=self._instrument.ticks_to_price(best[0] - BEHIND_TICKS), confidence=0.9, reason="bench",
            )
        )  # fmt: skip

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None: ...

    def handle_order(self, ctx: StrategyContext, order: Order) -> None: ...

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None: ...

    def handle_stop(self, ctx: StrategyContext) -> None: ...


class OrderPath:
    """One engine between a feed and a socket."""

    def __init__(self, market: Market, folder: Path) -> None:
        ours = Ours(market)
        self._instrument = ours.instrument
        self._messages = iter([message.encode() for message in market.messages])
        self._clock = JumpingClock()
        self._decoder = DepthDecoder(self._instrument)
        self._feed = LoopbackFeed(
            self._instrument, ours.columns(market.bids), ours.columns(market.asks), market.last_update_id, self._clock
        )
        self._venue = LoopbackExecution(self._instrument.venue, self._clock)
        self._journal = SqliteJournal(folder / "journal.sqlite", Synchronous.FULL)
        self._quoter = Quoter(self._instrument)
        self._engine = self._assemble()

    def _assemble(self) -> Engine:
        return assemble(
            EngineSettings(version="bench", limits=LIMITS),
            EnginePorts(
                clock=self._clock,
                journal=self._journal,
                make_ids=OrderIds,
                history=NoHistory(),
                budget=NoBudget(),
                run_blocking=_at_once,
                call_soon=asyncio.get_running_loop().call_soon,
                feeds=lambda: [self._feed],
                executions=lambda: [self._venue],
                make_strategy=_no_other,
            ),
        )

    async def run(self, orders: int) -> list[dict[str, float]]:
        """Return for each order ns of every stage, and of the whole."""
        await self._engine.connect()
        await self._engine.trade([self._quoter])
        for _ in range(WARM_UP_MESSAGES):
            self._clock.jump()
            self._push()
            await asyncio.sleep(SETTLE_S)
        self._quoter.is_armed = True
        timed = [await self._one_order() for _ in range(orders)]
        self._quoter.is_armed = False
        await self._engine.stop("done", cancel_orders=False)
        await self._journal.close()
        return timed

    async def _one_order(self) -> dict[str, float]:
        self._clock.jump()
        started_ns = time.perf_counter_ns()
        self._push()
        try:
            async with asyncio.timeout(PATIENCE_S):
                on_wire_ns = await self._venue.on_wire_ns.get()
        except TimeoutError:
            refused = "; ".join(line.text for line in list(self._engine.parts.log.lines)[-3:])
            raise BenchError(f"no order left within {PATIENCE_S:g} s: {refused}") from None
        await asyncio.sleep(SETTLE_S)  # the answer and the cancel are booked before the next message comes
        stages = self._engine.parts.statistics.stages
        taken: dict[str, float] = {stage.value: stages.durations_ns(stage)[-1] for stage in PATH}
        whole_ns = on_wire_ns - started_ns
        return taken | {WIRE: whole_ns - sum(taken.values()), "whole": whole_ns}

    def _push(self) -> None:
        """Do what a live feed does with one message."""
        feed, received_ns = self._feed, self._clock.utc_ns()
        assert feed.book is not None
        assert feed.sink is not None
        error = self._decoder.decode(next(self._messages))
        if error or self._decoder.previous_update_id != feed.book.sequence:
            raise BenchError(f"a message was refused: {describe(error) if error else 'gap'}")
        self._decoder.apply_to(feed.book, received_ns)
        feed.sink.book_changed(self._instrument.id)


async def _at_once(work: Callable[[], None]) -> None:
    work()


def _no_other(name: str, parameters: dict[str, str]) -> RunningStrategy:
    raise ValueError(f"there is no strategy {name!r} with {parameters}")


def run(rounds: int, seed: int) -> Result:
    """Send orders one after the other, each the answer to one message, through an engine that lacks nothing."""
    take_short_turns()  # as the engine's process is set
    orders = rounds * ORDERS_A_ROUND
    market = make_market(seed, WARM_UP_MESSAGES + orders + ORDERS_A_ROUND, LEVELS, CHANGES, DEPTH)
    with tempfile.TemporaryDirectory(prefix="bench-order-path-") as folder:

        async def measure() -> list[dict[str, float]]:
            return await OrderPath(market, Path(folder)).run(ORDERS_A_ROUND + orders)

        timed = asyncio.run(measure())[ORDERS_A_ROUND:]  # the first round warms up and counts for nobody
    return Result("order-path", _measured(timed), {})


def _measured(timed: list[dict[str, float]]) -> dict[str, Any]:
    measured: dict[str, Any] = {}
    whole = sum(each["whole"] for each in timed)
    for name in ("whole", *(stage.value for stage in PATH), WIRE):
        values = [each[name] for each in timed]
        told = {"p50_us": round(percentile(values, 0.5) / 1e3, 1), "p99_us": round(percentile(values, 0.99) / 1e3, 1)}
        measured[name] = told | {"share": round(sum(values) / whole, 3)}
    without = [each["whole"] - each[Stage.JOURNAL.value] for each in timed]
    measured["without the disk"] = {
        "p50_us": round(percentile(without, 0.5) / 1e3, 1), "p99_us": round(percentile(without, 0.99) / 1e3, 1),
    }  # fmt: skip
    return measured | {"orders": len(timed), "synchronous": "FULL, write-ahead log"}
