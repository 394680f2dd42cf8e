"""A simulated market on a virtual clock with sinks that write everything down."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from adapters.sim.config import SimConfig
from adapters.sim.market import SimMarket
from adapters.venue_store.store import MEMORY, VenueStore
from core.book.book import Book
from core.io.virtual_loop import VirtualClock, VirtualLoop
from core.ports.venue import ExecutionVenue, OrderReport, SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.account import FundingPayment
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from core.types.order import Fill, OrderIntent, OrderType, Side

T = TypeVar("T")
START_NS = 1_795_010_400_000_000_000  # Wednesday 2026-11-18 14:00:00 UTC, half an hour before New York opens


PASSED = Check(rule="test", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True)


class Records:
    """Market sink and execution sink in one."""

    def __init__(self) -> None:
        self.books: dict[InstrumentId, Book] = {}
        self.changes: dict[InstrumentId, int] = {}
        self.trades: list[Trade] = []
        self.marks: dict[InstrumentId, MarkPrice] = {}
        self.funding: dict[InstrumentId, FundingRate] = {}
        self.statuses: list[FeedStatus] = []
        self.reports: list[OrderReport] = []
        self.fills: list[Fill] = []
        self.payments: list[FundingPayment] = []
        self.on_change: Callable[[InstrumentId], None] = lambda _: None

    def add_instrument(self, instrument: Instrument) -> Book:
        book = self.books[instrument.id] = Book(instrument)
        return book

    def book_changed(self, instrument_id: InstrumentId) -> None:
        self.changes[instrument_id] = self.changes.get(instrument_id, 0) + 1
        self.on_change(instrument_id)

    def trade(self, trade: Trade) -> None:
        self.trades.append(trade)

    def funding_rate(self, funding: FundingRate) -> None:
        self.funding[funding.instrument_id] = funding

    def mark_price(self, mark: MarkPrice) -> None:
        self.marks[mark.instrument_id] = mark

    def feed_status(self, status: FeedStatus) -> None:
        self.statuses.append(status)

    def order_report(self, report: OrderReport) -> None:
        self.reports.append(report)

    def fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    def funding_payment(self, payment: FundingPayment) -> None:
        self.payments.append(payment)

    def statuses_of(self, client_order_id: str) -> list[str]:
        return [report.status.value for report in self.reports if report.client_order_id == client_order_id]


class Trader:
    """Send orders to one venue, numbered."""

    def __init__(self, execution: ExecutionVenue, prefix: str = "o") -> None:
        self.execution = execution
        self.prefix = prefix
        self.sent = 0
        self.intents: dict[str, OrderIntent] = {}

    async def send(
        self, symbol: str, side: Side, quantity: str, price: str | Decimal | None = None, **terms: Any
    ) -> SendResult:
        self.sent += 1
        intent = OrderIntent(
            client_order_id=f"{self.prefix}{self.sent}",
            venue=self.execution.venue,
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=Decimal(quantity),
            limit_price=None if price is None else Decimal(price),
            created_ns=0,
            **terms,
        )
        self.intents[intent.client_order_id] = intent
        return await self.execution.submit(approve(intent, (PASSED,)))

    async def amend(self, client_order_id: str, price: str | Decimal, quantity: str) -> SendResult:
        """Ask for another price and total quantity of an order sent before."""
        intent = msgspec.structs.replace(
            self.intents[client_order_id], limit_price=Decimal(price), quantity=Decimal(quantity)
        )
        return await self.execution.amend(approve_amend(intent, (PASSED,)))


class Rig:
    """One running market with its feeds and executions started."""

    def __init__(self, loop: VirtualLoop, config: SimConfig, store: VenueStore) -> None:
        self.loop = loop
        self.clock = VirtualClock(loop)
        self.store = store
        self.market = SimMarket(config, self.clock, store)
        self.records = Records()

    async def start(self) -> None:
        for venue in self.market.venues:
            await self.market.feed(venue).start(self.records)
            await self.market.execution(venue).start(self.records)

    async def stop(self) -> None:
        for venue in self.market.venues:
            await self.market.execution(venue).stop()
            await self.market.feed(venue).stop()
        await self.market.stop()

    def trader(self, venue: str, prefix: str = "o") -> Trader:
        return Trader(self.market.execution(venue), prefix)

    def book(self, venue: str, symbol: str) -> Book:
        return self.records.books[InstrumentId(venue, symbol)]

    def best(self, venue: str, symbol: str, side: Side) -> Decimal:
        book = self.book(venue, symbol)
        best = book.best_bid() if side is Side.BUY else book.best_ask()
        assert best is not None
        return book.instrument.ticks_to_price(best[0])


def only(venue: str, *symbols: str, **settings: Any) -> SimConfig:
    """Configure a market of one venue and a few symbols, which is quicker and moves the same."""
    config = SimConfig(**{"seed": 7, **settings})
    return SimConfig(
        **{"seed": 7, "venues": {venue: config.venues[venue]}, "symbols": symbols, **settings},
    )


def in_virtual_time(work: Callable[[VirtualLoop], Awaitable[T]], start_ns: int = START_NS) -> T:
    loop = VirtualLoop(start_ns)
    try:
        return loop.run_until_complete(asyncio.wait_for(work(loop), 1e7))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def with_rig(
    config: SimConfig, work: Callable[[Rig], Awaitable[T]], store: VenueStore | None = None, start_ns: int = START_NS
) -> T:
    """Start a market, do the work, stop it."""

    async def run(loop: VirtualLoop) -> T:
        rig = Rig(loop, config, store or VenueStore(MEMORY))
        await rig.start()
        try:
            return await work(rig)
        finally:
            await rig.stop()

    return in_virtual_time(run, start_ns)
