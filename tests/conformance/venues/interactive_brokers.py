"""Interactive Brokers: a stock, through TWS; one connection carries quotes, orders and executions."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

from adapters.interactive_brokers.venue import build_connection, build_execution, build_feed, build_history
from core.config.venues import InteractiveBrokersConfig
from core.ports.randomness import NoRandomness
from core.types.market import FeedState
from core.types.order import Side
from tests.conformance.contract import Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.jump_clock import JumpClock
from tests.conformance.logs import Levels
from tests.conformance.points import Point
from tests.venues.interactive_brokers.exchange import DONE, Ordered
from tests.venues.interactive_brokers.fake_tws import ACCOUNT, COMMISSION, START_CASH, FakeTws, OrderFault
from tests.venues.interactive_brokers.rig import at_ns, settings_for

OPEN_NS = at_ns("2026-11-23T15:30:00")  # a Monday, New York is open
CROWD = 99  # the client id of everybody else


class MarketHoursClock:
    """A day on which the market is open, and the steady time of the loop."""

    def __init__(self, clock: JumpClock) -> None:
        self._clock = clock

    def utc_ns(self) -> int:
        return OPEN_NS

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns()


class OpenInteractiveBrokers(OpenVenue):
    symbol = "NVDA"
    quantity = Decimal(10)
    step = Decimal("0.01")
    depth = 1
    is_whole = False  # each message changes one side
    needs_feed = True
    waits_for_answers = True

    def __init__(self, wish: Wish, tws: FakeTws) -> None:
        self.market = wish.market
        self.tws = tws
        self.settings = settings_for(tws, **({"messages_per_s": 22.0} if wish.is_tight else {}))
        clock = MarketHoursClock(wish.clock)
        self.connection = connection = build_connection(self.settings, clock=clock, randomness=NoRandomness())
        self.feed = build_feed(connection, build_history(connection, randomness=NoRandomness()))
        self.execution = build_execution(connection, self.feed)
        self._numbers = 0

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return Rules(Decimal("0.01"), Decimal(1), Decimal(1))

    def book(self) -> Levels:
        bid, ask = self.tws.exchange.top(self.symbol)
        return (() if bid is None else (bid,)), (() if ask is None else (ask,))

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self._numbers += 1
        order = Ordered(
            CROWD, self._numbers, 50_000 + self._numbers, self.symbol, side is Side.BUY, quantity, "LMT", price, "GTC",
            "DU999", "",
        )  # fmt: skip
        executed = self.tws.exchange.place(order)
        self.tws.tell(executed)
        self.tws.publish(self.symbol)
        if executed:
            self.tws.last(self.symbol, f"{price};{quantity};1795447800000;1;{price};true")

    def hush(self, *, is_silent: bool) -> None:
        if is_silent:
            self.tws.is_silent = True
        else:
            self.tws.wake()

    async def cut(self) -> None:
        self.tws.cut()

    @property
    def connections(self) -> int:
        return self.tws.connections

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        return self.tws.exchange.cash(ACCOUNT, START_CASH, COMMISSION)

    async def ready(self) -> None:
        await self.market.news.until(lambda: self.market.state is FeedState.UP and self.connection.session is not None)

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        found = (each for each in self.tws.exchange.orders if each.reference == client_order_id)
        return [VenueOrder(each.status not in DONE, each.filled, each.limit, each.quantity) for each in found]

    @property
    def resting(self) -> int:
        return sum(order.client_id != CROWD for order in self.tws.exchange.working())

    @property
    def arrived(self) -> int:
        return len([fields for fields in self.tws.asked("3") if fields[84] != "1"])

    def fail(self, fault: Fault) -> None:
        if fault is Fault.SERVER_ERROR:
            self.tws.replies.append((100, "Max rate of messages per second has been exceeded"))
        else:
            scripted = {
                Fault.ANSWER_LOST: OrderFault.LINE_CUT_AFTER, Fault.REQUEST_LOST: OrderFault.LINE_CUT_BEFORE,
            }  # fmt: skip
            self.tws.faults.append(scripted[fault])

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        await self.tws.close()
        await self.market.news.until(lambda: self.market.state is FeedState.DOWN)
        yield
        await self.tws.listen()

    def before_cancel(self, happens: Callable[[], None]) -> None:
        self.tws.before_cancel = happens

    def repeat_events(self) -> None:
        self.tws.repeats = 1

    @property
    def config(self) -> InteractiveBrokersConfig:
        """Return that of another program: two cannot have one client id."""
        return InteractiveBrokersConfig(
            kind="interactive_brokers", symbols=(self.symbol,), port=self.tws.port, client_id=18
        )


class InteractiveBrokers:
    name = "Interactive Brokers"
    library = None
    absent: ClassVar[Mapping[Point, str]] = {
        Point.GAP: "quotes carry no numbers: each one says the whole of a side",
        Point.CHECKSUM: "quotes carry none",
        Point.DISORDER: "one ordered connection, and a quote says the whole of a side",
        Point.POST_ONLY: "IB has no post-only orders for stocks",
        Point.RATE_LIMIT: "TWS says no time to wait: 44 messages a second are kept to, and code 100 is doubt",
        Point.CLOCK_SKEW: "requests carry no time",
        Point.DEAD_MAN: "IB has no such timer",
    }
    lacking: ClassVar[Mapping[Point, str]] = {
        Point.RECORDER: "its connection is not a stream of texts",
    }

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenInteractiveBrokers]:
        async with FakeTws(chunk=4096) as tws:
            venue = OpenInteractiveBrokers(wish, tws)
            for n in range(5):
                venue.crowd(Side.BUY, Decimal("150.10") - n * venue.step, Decimal(300 + n))
                venue.crowd(Side.SELL, Decimal("150.13") + n * venue.step, Decimal(200 + n))
            yield venue


INTERACTIVE_BROKERS = InteractiveBrokers()
