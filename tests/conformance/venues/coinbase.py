"""Coinbase Advanced Trade, spot."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

from aiohttp import web

from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.endpoints import TradingEndpoints, TradingSettings
from adapters.coinbase.execution import CoinbaseExecution
from adapters.coinbase.signing import Signer
from adapters.network.transport import NetworkTransport
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.config.venues import CoinbaseConfig
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from core.types.order import Side
from tests.adapters.coinbase.rig import OURS, credentials, loopback
from tests.adapters.coinbase.trading_rig import CANCEL, SUBMIT
from tests.conformance.contract import WAIT_S, Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.logs import Levels
from tests.conformance.points import Point
from tests.conformance.venues.ladder import ladder_levels
from tests.venues.coinbase.server import Fault as Scripted
from tests.venues.coinbase.server import LoopbackCoinbase

SYMBOL, PRODUCT = "BTC/USD", "BTC-USD"
FEED = StreamSettings(symbols=(SYMBOL,), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01)


class OpenCoinbase(OpenVenue):
    symbol = SYMBOL
    quantity = Decimal("0.2")
    step = Decimal("0.02")

    def __init__(self, wish: Wish, server: LoopbackCoinbase, transport: NetworkTransport) -> None:
        self.market = wish.market
        self.server = server
        dialect = CoinbaseDialect(rest_url=server.url, stream_url=server.stream_url)
        self.feed = StreamFeed(dialect, FEED, transport, wish.clock, NoRandomness())
        settings = TradingSettings(
            symbols=(SYMBOL,), endpoints=TradingEndpoints(rest_url=server.url, user_stream_url=server.stream_url),
            check_interval_s=0.01, first_backoff_s=0.001, backoff_cap_s=0.01, fills_retry_s=0.01,
        )  # fmt: skip
        self.execution = CoinbaseExecution(settings, transport, Signer(credentials()), wish.clock, NoRandomness())

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        product = self.server.exchange.products[PRODUCT]
        return Rules(product.tick, product.lot, product.lot)

    def book(self) -> Levels:
        return ladder_levels(self.server.exchange.products[PRODUCT].book, self.rules, self.depth)

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.server.exchange.crowd(PRODUCT, side, str(quantity), str(price))

    async def publish(self) -> None:
        await self.server.flush()

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        sockets = self.server.sockets
        if point is Point.GAP:
            sockets.lose["l2_data"] = 1
        else:
            sockets.swaps = sockets.repeats = 1
        act()

    def hush(self, *, is_silent: bool) -> None:
        """Nothing is said by itself: the server's heartbeats are beaten by hand."""

    async def cut(self) -> None:
        self.server.sockets.refuse = 2
        await self.server.sockets.close()

    @property
    def connections(self) -> int:
        return self.server.sockets.opened

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        return self.server.exchange.purse(OURS, "USD")[0]

    async def ready(self) -> None:
        await self.server.heard(lambda: not self.execution.stream_trouble)

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        found = (each for each in self.server.exchange.orders.values() if each.client_order_id == client_order_id)
        return [VenueOrder(each.status == "OPEN", each.filled, each.price, each.size) for each in found]

    @property
    def resting(self) -> int:
        return sum(order.user == OURS and order.status == "OPEN" for order in self.server.exchange.orders.values())

    @property
    def arrived(self) -> int:
        return self.server.requests.count(SUBMIT)

    def fail(self, fault: Fault) -> None:
        faults = {
            Fault.ANSWER_LOST: Scripted(SUBMIT, lost_after=True),
            Fault.REQUEST_LOST: Scripted(SUBMIT, lost_before=True),
            Fault.SERVER_ERROR: Scripted(SUBMIT, answer=lambda: web.Response(status=503)),
            Fault.TOO_MANY: Scripted(
                SUBMIT, answer=lambda: web.Response(status=429, headers={"Retry-After": str(WAIT_S)})
            ),
        }
        self.server.faults.append(faults[fault])

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        self.server.sockets.refuse = 10**6
        await self.server.sockets.close()
        await self.server.heard(lambda: bool(self.execution.stream_trouble))
        yield
        self.server.sockets.refuse = 0

    def before_cancel(self, happens: Callable[[], None]) -> None:
        self.server.faults.append(Scripted(CANCEL, before=happens))

    def repeat_events(self) -> None:
        self.server.sockets.repeats = 1

    def skew(self, seconds: float) -> None:
        self.server.skew_s = seconds

    @property
    def config(self) -> CoinbaseConfig:
        server = self.server
        return CoinbaseConfig(kind="coinbase", symbols=(SYMBOL,), rest_url=server.url, ws_url=server.stream_url)

    @property
    def credentials(self) -> Credentials:
        return credentials()


class Coinbase:
    name = "Coinbase"
    library = None
    absent: ClassVar[Mapping[Point, str]] = {
        Point.CHECKSUM: "its books carry none: every message of the connection is numbered",
        Point.REDUCE_ONLY: "spot: a sell cannot exceed what is held",
        Point.AMEND: "its answer does not say when new terms hold: the engine cancels and sends anew",
        Point.DEAD_MAN: "the venue has no such timer",
    }
    lacking: ClassVar[Mapping[Point, str]] = {}

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        server, transport = loopback(skew_s=wish.skew_s), NetworkTransport()
        for n in range(1, 21):
            server.exchange.crowd(PRODUCT, Side.BUY, f"1.{n:02d}", f"{100 - 0.02 * n:.2f}")
            server.exchange.crowd(PRODUCT, Side.SELL, f"1.{n:02d}", f"{100.02 + 0.02 * n:.2f}")
        async with server.running():
            try:
                yield OpenCoinbase(wish, server, transport)
            finally:
                await transport.close()


COINBASE = Coinbase()
