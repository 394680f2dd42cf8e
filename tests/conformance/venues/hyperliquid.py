"""Hyperliquid: a perpetual of a builder's dex."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

from adapters.hyperliquid.client_ids import to_cloid
from adapters.hyperliquid.network import HyperliquidNetwork
from adapters.hyperliquid.settings import ExecutionSettings, FeedSettings, StreamSettings
from adapters.hyperliquid.venue import build_execution, build_feed, new_budget
from adapters.network.request_budget import RequestBudget
from adapters.network.transport import NetworkTransport
from core.config.venues import HyperliquidConfig
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from core.types.order import Side
from tests.adapters.hyperliquid.rig import AGENT, NVDA, OWNER, credentials
from tests.conformance.contract import WAIT_S, Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.logs import Levels
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.venues.hyperliquid import faults
from tests.venues.hyperliquid.server import LoopbackHyperliquid

STREAM = StreamSettings(first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01)
NETWORK = HyperliquidNetwork.MAINNET
TIGHT = 300.0  # of weights: what the start takes, and some orders


class OpenHyperliquid(OpenVenue):
    symbol = NVDA
    quantity = Decimal(2)
    step = Decimal("0.1")
    needs_feed = True  # a market order is a limit order with a bound from the book

    def __init__(self, wish: Wish, server: LoopbackHyperliquid, transport: NetworkTransport) -> None:
        self.market = wish.market
        self.server = server
        shared = {"network": NETWORK, "transport": transport, "clock": wish.clock, "randomness": NoRandomness()}
        budget = new_budget(NoRandomness())
        if wish.is_tight:
            budget = RequestBudget(NoRandomness(), allowance=TIGHT, interval_s=100_000.0)
        self.feed = build_feed(
            FeedSettings(symbols=(NVDA,), stream=STREAM, book_silence_s=60.0), **shared, budget=budget,
            endpoints=server.endpoints,
        )  # fmt: skip
        settings = ExecutionSettings(stream=STREAM, dead_man_s=60.0 if wish.has_dead_man else None)
        self.execution = build_execution(
            credentials(), (NVDA,), **shared, budget=budget, nonce_file=wish.folder / "nonces",
            book_of=self.market.books.get, settings=settings, endpoints=server.endpoints,
        )  # fmt: skip

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        asset = self.server.state.assets[NVDA]
        return Rules(asset.tick, asset.lot, None)

    def book(self) -> Levels:
        bids, asks = (
            tuple((Decimal(level["px"]), Decimal(level["sz"])) for level in side)
            for side in self.server.state.levels(self.server.state.assets[NVDA], self.depth)
        )
        return bids, asks

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.server.state.crowd(NVDA, side, str(price), str(quantity))

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        self.server.swaps = self.server.repeats = 1
        act()

    def hush(self, *, is_silent: bool) -> None:
        self.server.is_silent = is_silent

    async def cut(self) -> None:
        self.server.refuse_connections = 2
        await self.server.close_sockets()

    @property
    def connections(self) -> int:
        return self.server.connections

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        return self.server.state.account(OWNER).cash

    async def ready(self) -> None:
        await self.execution.until_ready()

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        name = to_cloid(client_order_id)
        found = (each for each in self.server.state.orders.values() if each.cloid == name)
        return [VenueOrder(each.status == "open", each.size - each.left, each.price, each.size) for each in found]

    @property
    def resting(self) -> int:
        return sum(order.user == OWNER and order.status == "open" for order in self.server.state.orders.values())

    @property
    def arrived(self) -> int:
        return len(self.server.sent("order"))

    def fail(self, fault: Fault) -> None:
        scripted = {
            Fault.ANSWER_LOST: faults.done_and_lost,
            Fault.REQUEST_LOST: faults.lost,
            Fault.SERVER_ERROR: faults.answered(502, "<html>bad gateway</html>"),
            Fault.TOO_MANY: faults.answered(429, **{"Retry-After": str(WAIT_S)}),
        }
        self.server.exchange_faults.append(scripted[fault])

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        self.server.refuse_connections = 10**6
        await self.server.close_sockets()
        await until(lambda: not self.execution.ready)
        yield
        self.server.refuse_connections = 0

    def before_cancel(self, happens: Callable[[], None]) -> None:
        self.server.exchange_faults.append(faults.after(lambda _: happens()))

    def repeat_events(self) -> None:
        self.server.repeats = 2  # the fill, and what is said of the order

    def skew(self, seconds: float) -> None:
        self.server.skew_s = seconds

    @property
    def is_armed(self) -> bool:
        return self.server.scheduled_ms is not None

    @property
    def config(self) -> HyperliquidConfig:
        where = self.server.endpoints
        return HyperliquidConfig(kind="hyperliquid", symbols=(NVDA,), rest_url=where.rest_url, ws_url=where.stream_url)

    @property
    def credentials(self) -> Credentials:
        return credentials()


class Hyperliquid:
    name = "Hyperliquid"
    library = None
    absent: ClassVar[Mapping[Point, str]] = {
        Point.GAP: "every message is a whole book: none needs the one before it",
        Point.CHECKSUM: "every message is a whole book",
    }
    lacking: ClassVar[Mapping[Point, str]] = {}

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        server, transport = LoopbackHyperliquid(dexs={"": [("BTC", 5)], "xyz": [("xyz:NVDA", 3)]}), NetworkTransport()
        server.agents[AGENT] = OWNER
        server.skew_s = wish.skew_s
        for n in range(25):
            server.state.crowd(NVDA, Side.BUY, f"{190.4 - n / 10:.1f}", "11")
            server.state.crowd(NVDA, Side.SELL, f"{190.7 + n / 10:.1f}", "12")
        async with server.running():
            try:
                yield OpenHyperliquid(wish, server, transport)
            finally:
                await transport.close()


HYPERLIQUID = Hyperliquid()
