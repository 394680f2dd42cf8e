"""OKX: a perpetual, which has every kind of order."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

import msgspec
from aiohttp import web

from adapters.network.transport import NetworkTransport
from adapters.okx.client_ids import to_venue
from adapters.okx.settings import TradingSettings
from adapters.okx.venue import build_execution, build_feed, feed_settings
from core.config.venues import OkxConfig
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from core.types.order import Side
from tests.conformance.contract import WAIT_S, Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.logs import Levels
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.venues.ladder import ladder_levels
from tests.venues.okx.listing import ROWS
from tests.venues.okx.rig import SWAP, SWAP_ID
from tests.venues.okx.server import CREDENTIALS, TRADE, LoopbackOkx, Serve, lost_answer, lost_request, told

ORDER, CANCEL = f"{TRADE}/order", f"{TRADE}/cancel-order"
LISTED = ROWS[SWAP_ID]


class OpenOkx(OpenVenue):
    symbol = SWAP
    quantity = Decimal(2)  # contracts
    step = Decimal("0.5")

    def __init__(self, wish: Wish, server: LoopbackOkx, transport: NetworkTransport) -> None:
        self.market = wish.market
        self.server = server
        usual = feed_settings((SWAP,))
        self.feed = build_feed(
            (SWAP,), transport=transport, clock=wish.clock, randomness=NoRandomness(), endpoints=server.endpoints,
            settings=msgspec.structs.replace(usual, first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01),
        )  # fmt: skip
        settings = TradingSettings(
            symbols=(SWAP,), endpoints=server.endpoints, first_backoff_s=0.001, backoff_cap_s=0.01,
            check_interval_s=0.01, amend_look_interval_s=0.001, dead_man_s=60 if wish.has_dead_man else 0,
        )  # fmt: skip
        self.execution = build_execution(
            (SWAP,), transport=transport, clock=wish.clock, randomness=NoRandomness(), credentials=CREDENTIALS,
            settings=settings,
        )  # fmt: skip

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return Rules(Decimal(LISTED["tickSz"]), Decimal(LISTED["lotSz"]), Decimal(LISTED["minSz"]))

    def book(self) -> Levels:
        return ladder_levels(self.server.exchange.books[SWAP_ID], self.rules, self.depth)

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.server.exchange.crowd(SWAP_ID, side, str(price), str(quantity))

    async def publish(self) -> None:
        await self.server.flush()

    tell = publish

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        sockets = self.server.sockets
        if point is Point.CHECKSUM:
            sockets.with_checksums, sockets.wrong_checksums = True, 1
            act()
        elif point is Point.GAP:
            act()
            sockets.lose_outbox()
            act()
        else:
            act()
            sockets.shuffle_outbox()

    def hush(self, *, is_silent: bool) -> None:
        self.server.sockets.answers_pings = not is_silent

    async def cut(self) -> None:
        self.server.sockets.refuse = 2
        await self.server.sockets.close()

    @property
    def connections(self) -> int:
        return self.server.sockets.public_connections

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        return self.server.exchange.cash["USDT"]

    async def ready(self) -> None:
        await until(lambda: self.execution.is_listening)

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        name = to_venue(client_order_id)
        found = (each for each in self.server.exchange.orders.values() if each.terms.get("clOrdId") == name)
        return [VenueOrder(each.is_resting, each.filled, each.price, each.size) for each in found]

    @property
    def resting(self) -> int:
        return len(self.server.exchange.resting())

    @property
    def arrived(self) -> int:
        return len(self.server.asked(ORDER))

    def fail(self, fault: Fault) -> None:
        faults = {
            Fault.ANSWER_LOST: lost_answer,
            Fault.REQUEST_LOST: lost_request,
            Fault.SERVER_ERROR: told("50001", status=503),
            Fault.TOO_MANY: told("50011", status=429, **{"Retry-After": str(WAIT_S)}),
        }
        self.server.fail(ORDER, faults[fault])

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        sockets = self.server.sockets
        sockets.refuse = 10**6
        await sockets.close_private()
        await until(lambda: not self.execution.is_listening)
        yield
        sockets.lose_outbox()
        sockets.refuse = 0

    def before_cancel(self, happens: Callable[[], None]) -> None:
        async def fault(request: web.Request, serve: Serve) -> web.Response:
            happens()
            return await serve()

        self.server.fail(CANCEL, fault)

    def repeat_events(self) -> None:
        self.server.sockets.repeats = 1

    def skew(self, seconds: float) -> None:
        self.server.clock_ahead_ms = int(seconds * 1000)

    @property
    def is_armed(self) -> bool:
        timer = self.server.timer
        return timer is not None and timer["timeOut"] != "0"

    @property
    def config(self) -> OkxConfig:
        where = self.server.endpoints
        return OkxConfig(kind="okx", symbols=(SWAP,), rest_url=where.rest_url, ws_url=where.public_url)

    @property
    def credentials(self) -> Credentials:
        return CREDENTIALS


class Okx:
    name = "OKX"
    library = None
    absent: ClassVar[Mapping[Point, str]] = {}
    lacking: ClassVar[Mapping[Point, str]] = {}

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        server, transport = LoopbackOkx(), NetworkTransport()
        server.clock_ahead_ms = int(wish.skew_s * 1000)
        for n in range(30):
            server.exchange.crowd(SWAP_ID, Side.BUY, f"{49_999 - n}.5", "11")
            server.exchange.crowd(SWAP_ID, Side.SELL, f"{50_001 + n}", "20")
        async with server.running():
            venue = OpenOkx(wish, server, transport)
            try:
                yield venue
            finally:
                await transport.close()


OKX = Okx()
