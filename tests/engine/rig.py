"""A real engine in virtual time between scripted venues. Nothing of the engine is replaced."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from core.bars.bar import Bar
from core.bars.timeframe import Timeframe
from core.control.commands import AnyCommand, CommandResult, Kill, PlaceOrder
from core.engine.assembly import EnginePorts, assemble
from core.engine.engine import Engine
from core.engine.kill_switch import no_wish
from core.engine.settings import EngineSettings
from core.io.heartbeat import VIRTUAL_PROBE_S, Heartbeat
from core.io.inline_journal import InlineJournal
from core.io.order_ids import OrderIds
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.journal.facts import AnyFact, OrderRefused
from core.ports.alert_sink import AlertRoute
from core.ports.history import NoHistory
from core.ports.journal import Journal, JournalError
from core.ports.randomness import NoRandomness, Randomness
from core.ports.strategy import RunningStrategy, StrategyContext
from core.ports.time_budget import Budget, NoBudget
from core.ports.venue import ExecutionVenue, Feed
from core.risk.limits import RiskLimits
from core.types.instrument import Instrument, InstrumentId
from core.types.job import JobEnd
from core.types.market import Trade
from core.types.order import Fill, Order, OrderStatus, OrderType, Side
from core.types.signal import Signal
from tests.engine.venues import START_NS, ScriptedFeed, ScriptedVenue, perpetual

T = TypeVar("T")
PERP = "BTC/USDT:USDT"
WARM_UP_S = 8  # until every book has enough steps for its volatility
Script = Callable[..., None]


class SteppableClock(VirtualClock):
    """Virtual time whose UTC side can be set forward and back, as a machine's clock can."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__(loop)
        self.offset_ns = 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self.offset_ns

    def step(self, seconds: float) -> None:
        self.offset_ns += int(seconds * 1e9)


class JournalInTheWay:
    """A journal that holds commits back or fails when a test says so; otherwise an `InlineJournal`."""

    def __init__(self, inner: InlineJournal) -> None:
        self.inner = inner
        self.is_held = False
        self.durable: list[AnyFact] = []
        self._waiting: list[tuple[AnyFact, asyncio.Future[None]]] = []
        self._failed_reason: str | None = None

    def hold(self) -> None:
        self.is_held = True

    def release(self) -> None:
        self.is_held = False
        waiting, self._waiting = self._waiting, []
        for fact, future in waiting:
            self._commit(fact, future)

    def fail(self, reason: str = "disk full") -> None:
        """Fail everything from now on, what is held back as well."""
        self._failed_reason = reason
        self.release()

    def write_what_is_held(self) -> None:
        """Make it durable without a word to those who wait, as a crash between the two does."""
        for fact, _ in self._waiting:
            self.inner.append(fact)

    def _commit(self, fact: AnyFact, future: "asyncio.Future[None]") -> None:
        if self._failed_reason is not None:
            future.set_exception(JournalError(self._failed_reason))
            future.exception()
            return
        self.inner.append(fact)
        self.durable.append(fact)
        future.set_result(None)

    # the port ------------------------------------------------------------------------------------------

    @property
    def identity(self) -> str:
        return self.inner.identity

    @property
    def failed_reason(self) -> str | None:
        return self._failed_reason

    def append(self, fact: AnyFact) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_held:
            self._waiting.append((fact, future))
        else:
            self._commit(fact, future)
        return future

    def save_snapshot(self, state: bytes) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().create_future() if self.is_held else self.inner.save_snapshot(state)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        return self.inner.load_snapshot()

    def rows(self, after_sequence: int) -> Any:
        return self.inner.rows(after_sequence)

    def digest(self) -> str:
        return self.inner.digest()

    async def close(self) -> None:
        await self.inner.close()


class ScriptedStrategy:
    """A strategy made of functions; every callback is written down."""

    def __init__(self, name: str, *instruments: InstrumentId, **scripts: Script) -> None:
        self.name = name
        self.instruments = instruments
        self.timeframe = Timeframe.M1
        self.history_bars = 0
        self.wants_trades = "trade" in scripts
        self.wants_books = "book" in scripts
        self.ctx: StrategyContext | None = None
        self.calls: list[str] = []
        self.orders: list[tuple[str, OrderStatus]] = []
        self.fills: list[Fill] = []
        self.jobs: list[JobEnd] = []
        self._scripts = scripts

    def script(self, callback: str, script: Script) -> None:
        self._scripts[callback] = script

    def parameter_texts(self) -> dict[str, str]:
        return {}

    def prepare(self) -> None:
        self._run("prepare")

    def handle_start(self, ctx: StrategyContext) -> None:
        self.ctx = ctx
        self._run("start", ctx)

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        self._run("bar", ctx, bar)

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None:
        self._run("trade", ctx, trade)

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        self._run("book", ctx, instrument_id)

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None:
        self.fills.append(fill)
        self._run("fill", ctx, fill)

    def handle_order(self, ctx: StrategyContext, order: Order) -> None:
        self.orders.append((order.intent.client_order_id, order.status))
        self._run("order", ctx, order)

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None:
        self.jobs.append(end)
        self._run("job", ctx, end)

    def handle_stop(self, ctx: StrategyContext) -> None:
        self._run("stop", ctx)

    def _run(self, callback: str, *arguments: object) -> None:
        self.calls.append(callback)
        script = self._scripts.get(callback)
        if script is not None:
            script(*arguments)


def buy(
    instrument_id: InstrumentId, quantity: str = "1", price: str | None = None, side: Side = Side.BUY, **more: Any
) -> Signal:
    return Signal(
        instrument_id=instrument_id, side=side, quantity=Decimal(quantity), confidence=0.9, reason="test",
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        limit_price=None if price is None else Decimal(price), **more,
    )  # fmt: skip


class EngineRig:
    """One engine over its venues. `crash` ends it without a word; a new rig over the same parts goes on from there."""

    def __init__(
        self,
        loop: VirtualLoop,
        venues: Sequence[str | tuple[str, Sequence[Instrument]]] = ("v1",),
        *,
        journal: Journal | None = None,
        limits: RiskLimits | None = None,
        budget: Budget | None = None,
        strategies: Mapping[str, Callable[[], RunningStrategy]] | None = None,
        cash: str = "100000",
        world: "EngineRig | None" = None,
        run_blocking: "Callable[[Callable[[], None]], Awaitable[None]] | None" = None,
        kill_wish: Callable[[], Kill | None] = no_wish,
        settings: EngineSettings | None = None,
        alert_routes: Sequence[AlertRoute] = (),
        randomness: Randomness | None = None,
    ) -> None:
        self.loop = loop
        self.before = world  # work that died with it waits for ever: collected as garbage it would count as lost
        self.clock = SteppableClock(loop)
        named = [(each, [perpetual(each)]) if isinstance(each, str) else (each[0], list(each[1])) for each in venues]
        self.feeds = {name: ScriptedFeed(name, instruments, self.clock) for name, instruments in named}
        self.venues = (
            world.venues
            if world is not None
            else {name: ScriptedVenue(self.feeds[name], self.clock, cash) for name, _ in named}
        )
        for name, venue in self.venues.items():
            venue.feed = self.feeds[name]
        self.journal = journal or (world.journal if world is not None else InlineJournal())
        self.settings = settings or EngineSettings(version="0", limits=limits or RiskLimits())
        self.limits = self.settings.limits
        self._makers = dict(strategies or {})
        self._trade_ids = count(1)
        self.engine: Engine = assemble(
            self.settings,
            EnginePorts(
                clock=self.clock,
                journal=self.journal,
                make_ids=OrderIds,
                history=NoHistory(),
                budget=budget or NoBudget(),
                run_blocking=run_blocking or _at_once,
                call_soon=loop.call_soon,
                feeds=lambda: _feeds(self),
                executions=self.executions,
                make_strategy=self._make_strategy,
                alert_routes=alert_routes,
                randomness=randomness or NoRandomness(),
                kill_wish=kill_wish,
            ),
        )
        self.heartbeat = Heartbeat(self.engine.second, self.engine.parts.lag, probe_every_s=VIRTUAL_PROBE_S)

    def _make_strategy(self, name: str, parameters: dict[str, str]) -> RunningStrategy:
        if name not in self._makers:
            raise ValueError(f"there is no strategy {name!r}")
        return self._makers[name]()

    def executions(self) -> list[ExecutionVenue]:
        """Return what the engine reaches its venues through."""
        return list(self.venues.values())

    # life ------------------------------------------------------------------------------------------------

    async def start(self, *strategies: RunningStrategy, warm_up_s: float = WARM_UP_S) -> "EngineRig":
        await self.engine.connect()
        self.heartbeat.start()
        await self.engine.trade(strategies)
        await self.elapse(warm_up_s)
        return self

    async def elapse(self, seconds: float) -> None:
        await self.loop.elapse(seconds)

    async def settle(self) -> None:
        """Let what is under way arrive, well within any time-out."""
        await self.elapse(0.1)

    async def crash(self) -> None:
        self.heartbeat.stop()
        for feed in self.feeds.values():
            await feed.stop()
        for venue in self.venues.values():
            await venue.stop()

    # shortcuts -------------------------------------------------------------------------------------------

    @property
    def venue(self) -> ScriptedVenue:
        return self.venues["v1"]

    @property
    def feed(self) -> ScriptedFeed:
        return self.feeds["v1"]

    @property
    def fold(self) -> Any:
        return self.engine.parts.fold

    async def execute(self, command: AnyCommand) -> CommandResult:
        return await self.engine.execute(command)

    async def place(
        self, side: str = "buy", quantity: str = "1", price: str | None = None, venue: str = "v1", **more: Any
    ) -> CommandResult:
        return await self.execute(
            PlaceOrder(
                venue=venue, symbol=more.pop("symbol", PERP), side=side, quantity=Decimal(quantity),
                order_type="market" if price is None else "limit",
                limit_price=None if price is None else Decimal(price), **more,
            )
        )  # fmt: skip

    def next_trade_id(self) -> int:
        return next(self._trade_ids)

    def order(self, client_order_id: str) -> Order:
        order = self.fold.orders.get(client_order_id)
        assert order is not None, f"no order {client_order_id}"
        return order

    def status(self, client_order_id: str) -> OrderStatus:
        return self.order(client_order_id).status

    def position(self, venue: str = "v1", symbol: str = PERP) -> Decimal:
        return self.fold.ledger.quantity(InstrumentId(venue, symbol))

    def facts(self, kind: type[T]) -> list[T]:
        inner = self.journal.inner if isinstance(self.journal, JournalInTheWay) else self.journal
        return [row.fact for row in inner.rows(0) if isinstance(row.fact, kind)]

    def refusals(self) -> list[str]:
        """Return the rules that refused, one text for each refused order."""
        return [" ".join(check.rule for check in fact.checks if not check.passed) for fact in self.facts(OrderRefused)]

    def causes(self) -> list[str]:
        return [blocker.cause for blocker in self.engine.monitoring().risk.blockers]

    def log(self) -> str:
        return "\n".join(f"{line.level} {line.topic}: {line.text}" for line in self.engine.parts.log.lines)

    def agrees_with_venues(self) -> bool:
        """Tell whether positions, cash and open orders are what the venues hold."""
        return all(self._agrees(name, venue) for name, venue in self.venues.items())

    def _agrees(self, name: str, venue: ScriptedVenue) -> bool:
        cash = self.fold.ledger.cash_of(name, "USDT")
        ours = {order.intent.client_order_id for order in self.fold.orders.live() if order.intent.venue == name}
        theirs = {order.intent.client_order_id for order in venue.open_orders}
        return (
            all(self.position(name, symbol) == quantity for symbol, quantity in venue.positions.items())
            and cash is not None
            and cash.total == venue.cash
            and ours == theirs
        )


def _feeds(rig: EngineRig) -> list[Feed]:
    return list(rig.feeds.values())


class LogErrors(logging.Handler):
    """Keep what the process's log is told of errors: nothing in these tests may be one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


async def _at_once(work: Callable[[], None]) -> None:
    work()


def in_virtual_time(
    work: Callable[[VirtualLoop], Awaitable[T]], *, start_ns: int = START_NS, limit_s: float = 2e4
) -> T:
    """Run in virtual time; an error that only the loop saw fails the test too."""
    loop = VirtualLoop(start_ns)
    unseen: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: unseen.append(context))
    log = LogErrors()
    logging.getLogger("core").addHandler(log)
    try:
        result = loop.run_until_complete(asyncio.wait_for(work(loop), limit_s))
    finally:
        _drain(loop)
        loop.close()
        gc.collect()
        logging.getLogger("core").removeHandler(log)
    assert not unseen, unseen
    assert log.texts == []
    return result


def _drain(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
