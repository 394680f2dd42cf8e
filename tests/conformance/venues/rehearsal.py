"""The rehearsal venue, which speaks as Binance does, for the adapters that speak with Binance."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
from aiohttp import web

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.connection import Connection
from adapters.sim.binance_protocol.faults import Fault as Scripted
from adapters.sim.binance_protocol.faults import FaultKind
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.server import RehearsalServer
from adapters.venue_desk.desk_execution import FIRST_OWN_ID
from core.matching.events import MatchKind
from core.matching.kernel import ANONYMOUS
from core.types.credentials import Credentials, Secret
from core.types.order import Side
from tests.conformance.contract import WAIT_S, Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.jump_clock import JumpClock
from tests.conformance.logs import Levels
from tests.conformance.points import Point
from tests.conformance.venues.ladder import ladder_levels

VENUE_SYMBOL = "BTCUSDT"
ROOM = 4  # best levels that are taken off one side, so that there is room in the spread


class VenueClock:
    """The venue's own clock, before ours by `skew_s`."""

    def __init__(self, clock: JumpClock, skew_s: float) -> None:
        self._clock = clock
        self.skew_s = skew_s

    def utc_ns(self) -> int:
        return self._clock.utc_ns() + int(self.skew_s * 1e9)

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns()


class CountingServer(RehearsalServer):
    """Counts and refuses connections, and remembers requests."""

    def __init__(self, config: RehearsalConfig, accounts: list[Account], clock: VenueClock) -> None:
        super().__init__(config, accounts, clock, drives=False)
        self.venue_clock = clock
        self.opened = 0
        self.refuse = 0
        self.requests: list[tuple[str, str]] = []
        self.before: dict[str, Callable[[], None]] = {}  # by method: what happens once before a request is looked at
        self._of_request = self.exchange.faults.of_request
        self.exchange.faults.of_request = self._request

    def _request(self, method: str, path: str) -> Scripted | None:
        self.requests.append((method, path))
        self.before.pop(method, lambda: None)()
        return self._of_request(method, path)

    async def _serve(self, connection: Connection, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        self.opened += 1
        return await super()._serve(connection, request)


class OpenRehearsal(OpenVenue):
    """Everything but the adapter itself."""

    quantity = Decimal("0.02")
    event: str  # by which an order's news comes

    def __init__(self, wish: Wish, server: CountingServer, kind: MarketKind, account: Account) -> None:
        self.market = wish.market
        self.server = server
        self.kind = kind
        self.account = account
        self.venue_market = server.exchange.markets[kind]
        self.symbol_book = self.venue_market.books[VENUE_SYMBOL]
        self.step = self.symbol_book.instrument.tick_size
        self._crowd_ids = FIRST_OWN_ID // 2
        self._is_silent = False
        self._publish = self.venue_market.hub.publish
        best = self.symbol_book.matching.asks.depth(ROOM)[0]
        for ticks in best:
            for order in list(self.symbol_book.matching.orders_at(Side.SELL, ticks)):
                self.symbol_book.matching.cancel(order.order_id)

    @property
    def credentials(self) -> Credentials:
        fields = {"api_key": Secret(self.account.key), "secret": Secret(self.account.secret)}
        return Credentials(venue="binance", fields=fields)

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        listed = self.symbol_book.instrument
        return Rules(listed.tick_size, listed.lot_size, listed.min_quantity)

    def book(self) -> Levels:
        return ladder_levels(self.symbol_book.matching, self.rules, self.depth)

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self._crowd_ids += 1
        rules = self.symbol_book.instrument
        ticks, lots = rules.price_to_ticks(price), rules.quantity_to_lots(quantity)
        events = self.symbol_book.matching.submit(
            self._crowd_ids, ANONYMOUS, side, ticks, lots, kind=MatchKind.LIMIT
        )  # fmt: skip
        self.venue_market.desk.settle(self.symbol_book, events, self.server.exchange.now_ms())

    async def publish(self) -> None:
        """Let a tenth of a second pass in the market: diffs are cut so often."""
        if not self._is_silent:
            self._step()

    def _step(self) -> None:
        for _ in range(2):
            self.server.step()
            self.note()

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        if point is Point.GAP:
            self._fault(FaultKind.DEPTH_GAP, symbol=VENUE_SYMBOL)
        else:
            self.venue_market.hub.publish = self._shuffled()
        for _ in range(2):
            act()
            self._step()

    def _shuffled(self) -> Callable[[str, object], None]:
        """Return what sends the next diff after the one that follows it, and each twice."""
        held: list[tuple[str, object]] = []

        def publish(stream: str, event: object) -> None:
            if "@depth" not in stream:
                self._publish(stream, event)
            elif not held:
                held.append((stream, event))
            else:
                self.venue_market.hub.publish = self._publish
                for late in ((stream, event), *held):
                    self._publish(*late)
                    self._publish(*late)

        return publish

    def hush(self, *, is_silent: bool) -> None:
        self._is_silent = is_silent

    async def cut(self) -> None:
        self.server.refuse = 2
        await self.server.drop_sockets()

    @property
    def connections(self) -> int:
        return self.server.opened

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        spot = self.kind is MarketKind.SPOT
        return self.account.spot.amount_free("USDT") if spot else self.account.usdm.balance

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        found = self.venue_market.orders.all_of(self.account, VENUE_SYMBOL)
        return [
            VenueOrder(order.status.is_open, order.executed, order.price, order.quantity)
            for order in found
            if order.request.client_order_id.endswith(client_order_id)
        ]

    @property
    def resting(self) -> int:
        return len(self.venue_market.orders.open_of(self.account))

    @property
    def arrived(self) -> int:
        return sum(method == "POST" and path.endswith("/order") for method, path in self.server.requests)

    def fail(self, fault: Fault) -> None:
        kinds = {
            Fault.ANSWER_LOST: FaultKind.DROP_ACK,
            Fault.REQUEST_LOST: FaultKind.DROP_REQUEST,
            Fault.SERVER_ERROR: FaultKind.UNKNOWN,
            Fault.TOO_MANY: FaultKind.TOO_MANY,
        }
        self._fault(kinds[fault], method="POST", path="*/order", retry_after_s=WAIT_S)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        self.server.refuse = 10**6
        await self.server.drop_sockets()
        await self.until_deaf()
        yield
        self.server.refuse = 0

    async def until_deaf(self) -> None:
        """Wait until the adapter has noticed that its private stream is gone."""
        raise NotImplementedError

    def before_cancel(self, happens: Callable[[], None]) -> None:
        self.server.before["DELETE"] = happens

    def repeat_events(self) -> None:
        self._fault(FaultKind.REPEAT_EVENT, event=self.event)

    def skew(self, seconds: float) -> None:
        self.server.venue_clock.skew_s = seconds

    def _fault(self, kind: FaultKind, **what: object) -> None:
        self.server.exchange.faults.add(msgspec.convert({"kind": kind, **what}, Scripted))


@asynccontextmanager
async def rehearsal(wish: Wish) -> AsyncIterator[tuple[CountingServer, Account]]:
    config = RehearsalConfig(history_minutes=2)
    accounts = make_accounts(config, invent_keys(("ann",), config.seed))
    server = CountingServer(config, accounts, VenueClock(wish.clock, wish.skew_s))
    await server.start()
    try:
        yield server, accounts[0]
    finally:
        await server.stop()
