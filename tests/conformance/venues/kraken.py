"""Kraken's spot market."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

import msgspec

from adapters.kraken.client_ids import to_kraken
from adapters.kraken.endpoints import Tier, TradingSettings
from adapters.kraken.venue import build_execution, build_feed
from adapters.network.transport import NetworkTransport
from adapters.streams.dialect import StreamSettings
from core.config.venues import KrakenConfig
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials
from core.types.order import Side
from tests.conformance.contract import Fault, OpenVenue, Rules, VenueOrder, Wish
from tests.conformance.logs import Levels
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.venues.ladder import ladder_levels
from tests.venues.kraken.pairs import BTC_USD
from tests.venues.kraken.venue import LoopbackKraken

SYMBOL = "BTC/USD"
TRADING = TradingSettings(
    symbols=(SYMBOL,), tier=Tier.PRO, orders_per_s=100, orders_burst=100, check_interval_s=0.01, first_backoff_s=0.001,
    backoff_cap_s=0.01, dead_man_s=0, silence_limit_s=60.0,
)  # fmt: skip
FEED = StreamSettings(symbols=(), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01)


class OpenKraken(OpenVenue):
    symbol = SYMBOL
    quantity = Decimal("0.2")
    step = Decimal("0.5")
    waits_for_answers = True
    wait_s = 10.0  # the venue says no time

    def __init__(self, wish: Wish, server: LoopbackKraken, transport: NetworkTransport) -> None:
        self.market = wish.market
        self.server = server
        self.feed = build_feed(
            (SYMBOL,), transport=transport, clock=wish.clock, randomness=NoRandomness(), endpoints=server.endpoints,
            settings=FEED,
        )  # fmt: skip
        settings = msgspec.structs.replace(
            TRADING, dead_man_s=60 if wish.has_dead_man else 0, orders_burst=5 if wish.is_tight else 100,
            orders_per_s=1 if wish.is_tight else 100,
        )  # fmt: skip
        self.execution = build_execution(
            server.credentials(), settings, transport=transport, clock=wish.clock, randomness=NoRandomness(),
            nonce_file=wish.folder / "nonces", endpoints=server.endpoints,
        )  # fmt: skip

    # the market ------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return Rules(BTC_USD.tick, BTC_USD.lot, BTC_USD.least)

    def book(self) -> Levels:
        return ladder_levels(self.server.exchange.books[SYMBOL], self.rules, self.depth)

    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.server.exchange.crowd(SYMBOL, side, str(price), str(quantity))

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        faults = self.server.faults
        if point is Point.CHECKSUM:
            faults.wrong_checksums = 1
        elif point is Point.GAP:
            faults.lost_book_messages = 1
        else:
            faults.swapped_book_messages = faults.repeated_book_messages = 1
        act()
        act()

    def hush(self, *, is_silent: bool) -> None:
        self.server.faults.is_silent = is_silent

    async def cut(self) -> None:
        self.server.faults.refused_connections = 2
        await self.server.stream.close()

    @property
    def connections(self) -> int:
        return self.server.stream.connections

    # trading ---------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        return self.server.ours.balances["USD"]

    async def ready(self) -> None:
        await self.execution.until_ready()

    def orders(self, client_order_id: str) -> list[VenueOrder]:
        name = to_kraken(client_order_id)
        found = (each for each in self.server.exchange.orders.values() if each.cl_ord_id == name)
        return [VenueOrder(each.is_open, each.filled, each.price, each.quantity) for each in found]

    @property
    def resting(self) -> int:
        return len(list(self.server.exchange.open_orders(self.server.ours)))

    @property
    def arrived(self) -> int:
        return sum(method == "add_order" for method, _ in self.server.stream.asked)

    def fail(self, fault: Fault) -> None:
        faults = self.server.faults
        if fault is Fault.ANSWER_LOST:
            faults.lost_answers = 1
        elif fault is Fault.REQUEST_LOST:
            faults.lost_requests = 1
        else:
            text = {Fault.SERVER_ERROR: "EService:Unavailable", Fault.TOO_MANY: "EOrder:Rate limit exceeded"}[fault]
            faults.next_errors.append(text)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        self.server.faults.refused_connections = 10**6
        await self.server.stream.close()
        await until(lambda: not self.execution.is_ready)
        yield
        self.server.faults.refused_connections = 0

    def before_cancel(self, happens: Callable[[], None]) -> None:
        self.server.stream.before["cancel_order"] = happens

    def repeat_events(self) -> None:
        self.server.faults.repeated_executions = 1

    def skew(self, seconds: float) -> None:
        self.server.faults.clock_ahead_ns = int(seconds * 1e9)

    @property
    def is_armed(self) -> bool:
        return self.server.ours.dead_man_at_ns is not None

    @property
    def config(self) -> KrakenConfig:
        where = self.server.endpoints
        return KrakenConfig(kind="kraken", symbols=(SYMBOL,), rest_url=where.rest_url, ws_url=where.stream_url)

    @property
    def credentials(self) -> Credentials:
        return self.server.credentials()


class Kraken:
    name = "Kraken"
    library = None
    absent: ClassVar[Mapping[Point, str]] = {
        Point.REDUCE_ONLY: "spot without margin: a sell cannot exceed what is held",
    }
    lacking: ClassVar[Mapping[Point, str]] = {}

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        server, transport = LoopbackKraken(), NetworkTransport()
        server.faults.clock_ahead_ns = int(wish.skew_s * 1e9)
        async with server.running():
            try:
                yield OpenKraken(wish, server, transport)
            finally:
                await transport.close()


KRAKEN = Kraken()
