"""The whole engine over the adapter: an order by command, its fills in the ledger, a restart that finds its orders."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

from adapters.hyperliquid.execution import HyperliquidExecution
from adapters.hyperliquid.feed import HyperliquidFeed
from adapters.hyperliquid.network import HyperliquidNetwork
from adapters.hyperliquid.settings import ExecutionSettings, FeedSettings
from adapters.hyperliquid.venue import build_execution, build_feed, new_budget
from adapters.network.transport import NetworkTransport
from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.engine.assembly import EnginePorts, assemble
from core.engine.settings import EngineSettings
from core.io.inline_journal import InlineJournal
from core.io.order_ids import OrderIds
from core.io.system_clock import SystemClock
from core.ports.history import NoHistory
from core.ports.randomness import NoRandomness
from core.ports.time_budget import NoBudget
from core.risk.limits import RiskLimits
from core.types.instrument import InstrumentId
from core.types.order import OrderStatus, Side
from tests.adapters.hyperliquid.rig import AGENT, NVDA, OWNER, QUICK, credentials
from tests.venues.hyperliquid.server import LoopbackHyperliquid
from tests.venues.news import LIMIT_S

D = Decimal
INSTRUMENT = InstrumentId("hyperliquid", NVDA)


class AheadClock(SystemClock):
    """The machine's clocks, so many seconds ahead: what takes seconds takes none."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self.ahead_ns

    def monotonic_ns(self) -> int:
        return super().monotonic_ns() + self.ahead_ns


async def at_once(work: Callable[[], None]) -> None:
    work()


class World:
    """A venue, a journal and a clock; engines come and go over them."""

    def __init__(self, venue: LoopbackHyperliquid, transport: NetworkTransport, folder: Path) -> None:
        self.venue, self.transport, self.folder = venue, transport, folder
        self.clock, self.journal = AheadClock(), InlineJournal()
        venue.state.clock_ns = self.clock.utc_ns

    def connect(self) -> None:
        """Make an engine; what the one before knew is in the journal alone."""
        network, budget = HyperliquidNetwork.MAINNET, new_budget(NoRandomness())
        self.feed: HyperliquidFeed = build_feed(
            FeedSettings(symbols=(NVDA,), stream=QUICK, context_silence_s=3600.0), network=network,
            transport=self.transport, clock=self.clock, randomness=NoRandomness(), budget=budget,
            endpoints=self.venue.endpoints,
        )  # fmt: skip
        self.execution: HyperliquidExecution = build_execution(
            credentials(), (NVDA,), network=network, transport=self.transport, clock=self.clock,
            randomness=NoRandomness(), budget=budget, nonce_file=self.folder / "nonce", book_of=lambda _: None,
            settings=ExecutionSettings(stream=QUICK), endpoints=self.venue.endpoints,
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        self.engine = assemble(
            EngineSettings(version="0", limits=RiskLimits()),
            EnginePorts(
                clock=self.clock, journal=self.journal, make_ids=OrderIds, history=NoHistory(), budget=NoBudget(),
                run_blocking=at_once, call_soon=loop.call_soon, feeds=lambda: [self.feed],
                executions=lambda: [self.execution],
                make_strategy=lambda name, _: (_ for _ in ()).throw(ValueError(name)),
            ),
        )  # fmt: skip

    async def start(self) -> None:
        self.connect()
        await self.engine.connect()
        await self.engine.trade(())
        for n in range(12):  # seconds of market, until its volatility can be told
            self.venue.state.crowd(NVDA, Side.BUY if n % 2 else Side.SELL, "190.4" if n % 2 else "190.6", "0.1")
            await self.second()

    async def second(self) -> None:
        """Let a second pass in which the venue says something."""
        self.clock.ahead_ns += 1_000_000_000
        self.venue.state.tell_book(self.venue.state.assets[NVDA])
        self.venue.say({"channel": "activeAssetCtx", "data": {"coin": NVDA, "ctx": self.venue.context(NVDA)}})
        changed = self.engine.parts.market.books.get(INSTRUMENT)
        assert changed is not None
        before = changed.received_ns
        await self.until(lambda: changed.received_ns > before)
        self.engine.second()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():  # noqa: ASYNC110 # the engine tells nobody
                await asyncio.sleep(0)

    async def place(self, side: str, price: str, quantity: str) -> CommandResult:
        wish = PlaceOrder(
            venue="hyperliquid", symbol=NVDA, side=side, quantity=D(quantity), order_type="limit", limit_price=D(price)
        )
        return await self.engine.execute(wish)

    @property
    def orders(self) -> list[tuple[OrderStatus, Decimal]]:
        orders = self.engine.parts.fold.orders
        return [(order.status, order.filled_quantity) for order in (*orders.finished(), *orders.live())]


def play(scenario: Callable[[World], Awaitable[None]], folder: Path) -> None:
    async def run() -> None:
        venue, transport = LoopbackHyperliquid(), NetworkTransport()
        venue.agents[AGENT] = OWNER
        venue.marks[NVDA] = D("190.5")
        for n in range(20):
            venue.state.crowd(NVDA, Side.BUY, f"{190.4 - n / 10:.1f}", "50")
            venue.state.crowd(NVDA, Side.SELL, f"{190.6 + n / 10:.1f}", "50")
        async with venue.running(), asyncio.timeout(3 * LIMIT_S):
            try:
                await scenario(World(venue, transport, folder))
            finally:
                await transport.close()

    asyncio.run(run())


def test_an_order_by_command_is_filled_booked_and_found_again_after_a_restart(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.start()
        taken = await world.place("buy", "190.6", "1")
        assert taken.outcome is Outcome.DONE, taken
        await world.until(lambda: world.orders == [(OrderStatus.FILLED, D(1))])
        rests = await world.place("buy", "190.1", "1")
        assert rests.outcome is Outcome.DONE, rests
        await world.until(lambda: (OrderStatus.OPEN, D(0)) in world.orders)
        assert world.engine.parts.fold.ledger.quantity(INSTRUMENT) == D(1)
        await world.feed.stop()
        await world.execution.stop()

        world.venue.state.crowd(NVDA, Side.SELL, "190.1", "201")  # what stands before it, and 0.4 of it
        await world.start()
        assert world.orders == [(OrderStatus.FILLED, D(1)), (OrderStatus.PARTIALLY_FILLED, D("0.4"))]
        assert world.engine.parts.fold.ledger.quantity(INSTRUMENT) == D("1.4")
        assert world.engine.parts.fold.orders.quarantine == ()
        await world.feed.stop()
        await world.execution.stop()

    play(scenario, tmp_path)
