"""A venue with the adapter on it, and what tests do there."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from core.book.book import Book, BookState
from core.ports.venue import SendResult
from core.risk.verdict import Check, Hardness, approve, approve_amend
from core.types.instrument import Instrument
from core.types.order import OrderIntent, OrderStatus, OrderType, Side
from tests.conformance.contract import OpenVenue, VenueUnderTest, Wish
from tests.conformance.jump_clock import JumpClock, JumpLoop
from tests.conformance.logs import MarketLog, levels_of
from tests.conformance.patience import until
from tests.venues.execution_records import ExecutionRecords
from tests.venues.news import LIMIT_S

PASSED = (Check(rule="test", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True),)
LONG_S = 200.0  # longer than any patience of a feed
_LOOK_S = 0.02
_MOST_LOOKS = 100
_MOST_S = 90.0  # of one scenario, whatever its own clock says
_PATIENCE_S = 15.0  # longer than an answer is waited for


class Scene:
    def __init__(self, venue: OpenVenue, clock: JumpClock, folder: Path) -> None:
        self.venue = venue
        self.clock = clock
        self.folder = folder
        self.market = venue.market
        self.told = ExecutionRecords(takes_payments=True)
        self.execution = venue.execution
        self._intents: dict[str, OrderIntent] = {}
        self._is_followed = False
        self._is_trading = False

    # the market ------------------------------------------------------------------------------------

    async def follow(self) -> None:
        """Start the feed and wait until its book is the venue's."""
        venue = self.venue
        self.market.watched, self.market.depth = venue.symbol, venue.depth if venue.is_whole else 0
        venue.note()
        self._is_followed = True
        await venue.feed.start(self.market)
        await self.in_step()

    @property
    def is_in_step(self) -> bool:
        book = self.market.books.get(self.venue.symbol)
        if book is None or book.state is not BookState.VALID:
            return False
        return levels_of(book, self.venue.depth) == self.venue.book()

    async def in_step(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not self.is_in_step:
                await self.venue.publish()
                await self.market.news.within(_LOOK_S, lambda: self.is_in_step)

    def stir(self, rounds: int = 1) -> None:
        """Let the crowd quote and trade around the touch."""
        for n in range(rounds):
            bid, ask = self.touch
            away, small = n % 3 * self.venue.step, self.venue.quantity / 2
            self.crowd(Side.BUY, bid - away, self.venue.quantity * (1 + n % 2))
            self.crowd(Side.SELL, ask + away, self.venue.quantity * (2 - n % 2))
            self.crowd(*((Side.SELL, bid, small) if n % 2 else (Side.BUY, ask, small)))

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.venue.crowd(side, price, quantity)
        self.venue.note()

    @property
    def book(self) -> Book:
        return self.market.books[self.venue.symbol]

    @property
    def instrument(self) -> Instrument:
        return self.book.instrument

    @property
    def touch(self) -> tuple[Decimal, Decimal]:
        """Return best bid and best ask at the venue."""
        bids, asks = self.venue.book()
        return bids[0][0], asks[0][0]

    @property
    def inside(self) -> Decimal:
        """Return a price at which a bid is the only best one."""
        bid, ask = self.touch
        assert bid + self.venue.step < ask, "the spread leaves no room"
        return bid + self.venue.step

    @property
    def deep(self) -> Decimal:
        """Return a price at which a bid rests behind others."""
        return self.touch[0] - 2 * self.venue.step

    async def while_time_passes(self, is_so: Callable[[], bool]) -> None:
        """Let long times pass, one a look, until something has happened."""
        for _ in range(_MOST_LOOKS):
            if is_so():
                return
            self.clock.jump(LONG_S)
            await self.market.news.within(_LOOK_S)
        raise TimeoutError("it does not happen, however long one waits")

    # trading ---------------------------------------------------------------------------------------

    async def part(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Let somebody trade with an order of ours."""
        self.crowd(side, price, quantity)
        if not self._is_followed:
            await self.venue.tell()

    async def trade(self) -> None:
        """Start the trading side and wait until it may send orders."""
        if self.venue.needs_feed and not self._is_followed:
            await self.follow()
        self._is_trading = True
        await self.execution.start(self.told)
        await self.venue.ready()

    async def submit(
        self,
        name: str,
        side: Side = Side.BUY,
        price: Decimal | None = None,
        quantity: Decimal | None = None,
        **terms: object,
    ) -> SendResult:
        """Send an order; without a price it is a market order."""
        intent = OrderIntent(
            client_order_id=name, venue=self.execution.venue, symbol=self.venue.symbol, side=side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=self.venue.quantity if quantity is None else quantity, limit_price=price,
            created_ns=self.clock.utc_ns(),
        )  # fmt: skip
        self._intents[name] = intent = msgspec.structs.replace(intent, **terms)
        return await self.execution.submit(approve(intent, PASSED))

    async def submit_past_patience(self, name: str) -> SendResult:
        """Send a resting order whose answer does not come, and let the time pass that one is waited for."""
        arrived = self.venue.arrived
        sending = asyncio.ensure_future(self.submit(name, price=self.deep))
        await until(lambda: sending.done() or self.venue.arrived > arrived)
        if not sending.done() and self.venue.waits_for_answers:
            self.clock.jump(_PATIENCE_S)
        return await sending

    async def cancel(self, name: str) -> SendResult:
        return await self.execution.cancel(name, self._intents[name].symbol)

    async def amend(self, name: str, price: Decimal, quantity: Decimal) -> SendResult:
        changed = msgspec.structs.replace(self._intents[name], limit_price=price, quantity=quantity)
        return await self.execution.amend(approve_amend(changed, PASSED))

    async def listed(self) -> list[str]:
        """Return the client ids of the account's open orders, as the adapter reads them."""
        report = await self.execution.account(self.clock.utc_ns())
        return sorted(order.intent.client_order_id for order in report.open_orders)

    async def until_told(self, name: str, status: OrderStatus) -> None:
        await self.told.news.until(lambda: status in self.told.statuses(name))

    async def until_filled(self, name: str, quantity: Decimal) -> None:
        await self.told.news.until(lambda: self.told.filled(name) == quantity)

    async def close(self) -> None:
        if self._is_trading:
            await self.execution.stop()
        if self._is_followed:
            await self.venue.feed.stop()


Play = Callable[[Scene], Awaitable[None]]


def play(venue: VenueUnderTest, scenario: Play, **wishes: Any) -> None:
    """Run a scenario at a venue that is opened for it alone."""

    async def run(clock: JumpClock) -> None:
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            wish = Wish(MarketLog(), clock, folder, **wishes)
            scene = Scene(await stack.enter_async_context(venue.open(wish)), clock, folder)
            stack.push_async_callback(scene.close)
            await scenario(scene)

    with asyncio.Runner(loop_factory=JumpLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, JumpLoop)
        loop.give_up_after(_MOST_S)
        runner.run(run(JumpClock(loop)))
