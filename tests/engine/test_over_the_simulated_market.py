"""Random trading over the embedded market with faults, halts and crashes; the oracle is the venue's own truth."""

import asyncio
from decimal import Decimal

import pytest

from adapters.sim.bar_history import SimHistory
from adapters.sim.config import SimConfig, VenueConfig
from adapters.sim.market import SimMarket
from adapters.venue_desk.settings import Faults
from adapters.venue_store.store import MEMORY, VenueStore
from core.control.commands import AnyCommand, CancelOrder, CancelOrders, Kill, Outcome, Pause, PlaceOrder, Resume
from core.engine.assembly import EnginePorts, assemble
from core.engine.settings import EngineSettings
from core.io.heartbeat import VIRTUAL_PROBE_S, Heartbeat
from core.io.inline_journal import InlineJournal
from core.io.order_ids import OrderIds
from core.io.seeded_randomness import SeededRandomness
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.journal.facts import OrderFilled, OrderIntended, PositionAdopted
from core.ports.strategy import RunningStrategy
from core.ports.time_budget import NoBudget
from core.ports.venue import AmendSupport, ExecutionSink, ExecutionVenue, OrderReport, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, FundingPayment
from core.types.instrument import InstrumentId
from core.types.order import Fill, OrderStatus
from tests.engine.rig import JournalInTheWay, in_virtual_time

SYMBOLS = ("BTC/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT")
SIZES = {"BTC": "0.005", "ETH": "0.1"}
FAULTS = Faults(feed_gap=0.002, response_lost=0.1, in_doubt_after_ns=10_000_000_000, fill_duplicated=0.2)
NO_FAULTS = Faults()
LOSSES = 0.08
START_USDT = Decimal(100_000)
TRADING_S = 90


class Wire:
    """An `ExecutionVenue` and the sink behind it that lose messages, each way, until told to be whole again."""

    def __init__(self, execution: ExecutionVenue, chance: SeededRandomness, losses: float) -> None:
        self.venue = execution.venue
        self._execution = execution
        self._chance = chance
        self._losses = losses
        self._sink: ExecutionSink | None = None

    def _loses(self) -> bool:
        return self._chance.uniform() < self._losses

    async def start(self, sink: ExecutionSink) -> None:
        self._sink = sink
        await self._execution.start(self)

    async def stop(self) -> None:
        await self._execution.stop()

    async def submit(self, approved: Approved) -> SendResult:
        return await (_silence() if self._loses() else self._execution.submit(approved))

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        return await (_silence() if self._loses() else self._execution.cancel(client_order_id, symbol))

    @property
    def amend_support(self) -> AmendSupport:
        return self._execution.amend_support

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        return await (_silence() if self._loses() else self._execution.amend(approved))

    async def cancel_all(self) -> SendResult:
        return await (_silence() if self._loses() else self._execution.cancel_all())

    async def account(self, since_ns: int) -> AccountReport:
        if self._loses():
            raise ConnectionError("unreachable")
        return await self._execution.account(since_ns)

    def order_report(self, report: OrderReport) -> None:
        if self._sink is not None and not self._loses():
            self._sink.order_report(report)

    def fill(self, fill: Fill) -> None:
        if self._sink is not None and not self._loses():
            self._sink.fill(fill)

    def funding_payment(self, payment: FundingPayment) -> None:
        if self._sink is not None and not self._loses():
            self._sink.funding_payment(payment)


async def _silence() -> SendResult:
    return await asyncio.get_running_loop().create_future()


class World:
    """The market and its truth, which outlive the engine."""

    def __init__(self, loop: VirtualLoop, seed: int) -> None:
        self.loop, self.clock, self.seed = loop, VirtualClock(loop), seed
        self.store, self.log = VenueStore(MEMORY), InlineJournal()
        self.chance = SeededRandomness(seed, "trader")

    async def start(self, faults: Faults, losses: float) -> None:
        """Start market and engine, as one process does."""
        cash = {"USDT": START_USDT}
        config = SimConfig(
            seed=self.seed,
            symbols=SYMBOLS,
            venues={name: VenueConfig(starting_cash=cash, faults=faults) for name in ("sim-a", "sim-b")},
        )
        self.market = SimMarket(config, self.clock, self.store)
        self.journal = JournalInTheWay(self.log)
        self.engine = assemble(
            EngineSettings(version="0"),
            EnginePorts(
                clock=self.clock,
                journal=self.journal,
                make_ids=OrderIds,
                history=SimHistory(self.market),
                budget=NoBudget(),
                run_blocking=_never,
                call_soon=self.loop.call_soon,
                feeds=lambda: [self.market.feed(venue) for venue in self.market.venues],
                executions=lambda: [
                    Wire(self.market.execution(venue), self.chance, losses) for venue in self.market.venues
                ],
                make_strategy=_no_strategy,
            ),
        )
        self.heartbeat = Heartbeat(self.engine.second, self.engine.parts.lag, probe_every_s=VIRTUAL_PROBE_S)
        await self.engine.connect()
        self.heartbeat.start()
        await self.engine.trade(())

    async def crash(self) -> None:
        """End everything at once; what the engine still does reaches neither disk nor venue."""
        self.journal.hold()
        self.heartbeat.stop()
        for venue in self.market.venues:
            await self.market.execution(venue).stop()
            await self.market.feed(venue).stop()
        await self.market.stop()

    # chance --------------------------------------------------------------------------------------------

    def pick(self, *choices: str) -> str:
        return choices[int(self.chance.uniform() * len(choices))]

    def random_order(self) -> PlaceOrder | None:
        venue, symbol, side = self.pick("sim-a", "sim-b"), self.pick(*SYMBOLS), self.pick("buy", "sell")
        book = self.engine.parts.market.books[InstrumentId(venue, symbol)]
        mid, tick = book.mid(), book.instrument.order_tick
        size = Decimal(SIZES[symbol.split("/")[0]])
        if self.pick("market", "limit") == "market" or mid is None:
            return PlaceOrder(venue=venue, symbol=symbol, side=side, quantity=size)
        away = mid * Decimal(repr(self.chance.uniform())) / 1_000 * (1 if side == "sell" else -1)
        return PlaceOrder(
            venue=venue, symbol=symbol, side=side, quantity=size, order_type="limit",
            limit_price=book.instrument.floor_price(mid + away) + tick, time_in_force=self.pick("gtc", "gtc", "ioc"),
        )  # fmt: skip

    def random_command(self) -> AnyCommand | None:
        live = [order.intent.client_order_id for order in self.engine.parts.fold.orders.live()]
        match self.pick(*["order"] * 12, *["cancel"] * 4, "cancel many", "pause", "resume"):
            case "order":
                return self.random_order()
            case "cancel":
                return CancelOrder(client_order_id=self.pick(*live)) if live else None
            case "cancel many":
                return CancelOrders(venue=self.pick("sim-a", "sim-b"))
            case "pause":
                return Pause(reason="chance")
            case _:
                return Resume(reason="chance")

    async def trade(self, seconds: float) -> None:
        end = self.loop.time() + seconds
        pending = []
        while self.loop.time() < end:
            command = self.random_command()
            if command is not None:
                pending.append(self.loop.create_task(self.engine.execute(command)))
            await self.loop.elapse(0.05 + self.chance.uniform())
            self.check_always()
        for answer in pending:
            assert (await answer).outcome in set(Outcome)

    # what must hold ------------------------------------------------------------------------------------

    def check_always(self) -> None:
        tracker = self.engine.parts.fold.orders
        assert [q for q in tracker.quarantine if "more than" in q.reason] == []
        for venue in self.market.venues:
            for order in self.market.execution(venue).desk.live.values():
                known = tracker.get(order.intent.client_order_id)
                assert known is not None, "nothing rests that was never journaled"
                assert known.status.may_live or known.status is OrderStatus.CANCELLED

    def check_money(self) -> None:
        """Equity and profit are what the venues hold, valued at the engine's own marks."""
        market, equity = self.engine.parts.market, Decimal(0)
        for venue in self.market.venues:
            desk = self.market.execution(venue).desk
            equity += desk.cash["USDT"]
            for symbol, position in desk.positions.items():
                mark = market.marks.mark(InstrumentId(venue, symbol))
                assert mark is not None
                equity += position.quantity * mark.price - (position.cost if ":" in symbol else 0)
        valuation = self.engine.parts.views.valuation()
        assert valuation.equity_usd is not None
        assert valuation.total_pnl_usd is not None
        assert abs(valuation.equity_usd - equity) < Decimal("1e-12")
        assert abs(valuation.total_pnl_usd - (equity - len(self.market.venues) * START_USDT)) < Decimal("1e-12")

    def check_agreement(self) -> None:
        """The engine's books are the venue's, to the last digit."""
        ledger, orders = self.engine.parts.fold.ledger, self.engine.parts.fold.orders
        for venue in self.market.venues:
            desk = self.market.execution(venue).desk
            ours = {held.symbol: held.quantity for held in ledger.positions() if held.venue == venue and held.quantity}
            assert ours == {symbol: position.quantity for symbol, position in desk.positions.items()}
            cash = ledger.cash_of(venue, "USDT")
            assert cash is not None
            assert cash.total == desk.cash["USDT"]
            live = {o.intent.client_order_id: o.filled_quantity for o in orders.live() if o.intent.venue == venue}
            assert live == {o.intent.client_order_id: o.filled_quantity for o in desk.live.values()}
            fills = self.store.fills(venue)
            booked = [row.fact.fill.fill_id for row in self.log.rows(0) if isinstance(row.fact, OrderFilled)]
            assert {fill.fill_id for fill in fills} <= set(booked)
            filled: dict[str, Decimal] = {}
            for fill in fills:
                filled[fill.client_order_id] = filled.get(fill.client_order_id, Decimal(0)) + fill.quantity
            intents = {row.fact.intent.client_order_id: row.fact.intent for row in self.log.rows(0)
                       if isinstance(row.fact, OrderIntended)}  # fmt: skip
            assert all(quantity <= intents[order_id].quantity for order_id, quantity in filled.items())


async def _never(_: object) -> None:
    raise AssertionError("no strategy is started here")


def _no_strategy(name: str, _: dict[str, str]) -> RunningStrategy:
    raise ValueError(f"there is no strategy {name!r}")


@pytest.mark.parametrize("seed", range(1, 5))
def test_whatever_goes_wrong_the_books_are_the_venues_once_it_stops(seed: int):
    async def work(loop: VirtualLoop) -> None:
        world = World(loop, seed)
        await world.start(FAULTS, LOSSES)
        await world.trade(TRADING_S)
        await world.crash()
        await loop.elapse(world.chance.uniform() * 100)
        await world.start(FAULTS, LOSSES)
        await world.trade(TRADING_S)
        await world.crash()
        await world.start(NO_FAULTS, 0.0)
        await loop.elapse(100)
        world.check_agreement()
        world.check_money()
        facts = [row.fact for row in world.log.rows(0)]
        intended = [fact.intent.client_order_id for fact in facts if isinstance(fact, OrderIntended)]
        assert len(intended) > 50
        assert len(set(intended)) == len(intended)
        adopted = [fact for fact in facts if isinstance(fact, PositionAdopted)]
        assert [fact.cause for fact in adopted if "on average" not in fact.cause] == []
        world.engine.parts.recorder.save_snapshot()
        await world.engine.execute(Resume(reason="all is well", word="resume"))
        await world.engine.execute(Kill(flatten=True))
        await loop.elapse(30)
        contracts = [symbol for symbol in SYMBOLS if ":" in symbol]
        for venue in world.market.venues:
            desk = world.market.execution(venue).desk
            assert desk.live == {}
            assert [symbol for symbol in contracts if symbol in desk.positions] == []
        world.check_agreement()
        await world.crash()

    in_virtual_time(work)
