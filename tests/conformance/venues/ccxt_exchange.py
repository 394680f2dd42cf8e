"""An exchange of ccxt: its own binanceusdm, at the rehearsal venue."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import ClassVar

from adapters.ccxt_exchange.settings import ExchangeSettings, ExecutionSettings, FeedSettings
from adapters.ccxt_exchange.venue import build_execution, build_feed
from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.market_kind import MarketKind
from core.config.venues import CcxtVenueConfig
from core.ports.randomness import NoRandomness
from tests.conformance.contract import OpenVenue, Wish
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.venues.rehearsal import CountingServer, OpenRehearsal, rehearsal

EXCHANGE, SYMBOL = "binanceusdm", "BTC/USDT:USDT"


class OpenCcxt(OpenRehearsal):
    symbol = SYMBOL
    event = "ORDER_TRADE_UPDATE"
    streams = 3  # one a channel

    def __init__(self, wish: Wish, server: CountingServer, account: Account) -> None:
        super().__init__(wish, server, MarketKind.USDM, account)
        where = ExchangeSettings(
            exchange=EXCHANGE, symbols=(SYMBOL,), rest_url=server.url, ws_url=server.stream_url,
            may_replace_native=True, rate_limit_share=Decimal(100), request_timeout_s=5.0,
        )  # fmt: skip
        self.feed = build_feed(
            where, clock=wish.clock, randomness=NoRandomness(),
            settings=FeedSettings(first_backoff_s=0.001, backoff_cap_s=0.01),
        )  # fmt: skip
        self.execution = build_execution(
            where, self.credentials, clock=wish.clock, randomness=NoRandomness(),
            settings=ExecutionSettings(first_backoff_s=0.001, backoff_cap_s=0.01),
        )  # fmt: skip

    async def ready(self) -> None:
        await self.execution.until_ready()

    async def until_deaf(self) -> None:
        await until(lambda: not self.execution.ready)

    @property
    def config(self) -> CcxtVenueConfig:
        return CcxtVenueConfig(
            kind="ccxt", exchange=EXCHANGE, symbols=(SYMBOL,), use_ccxt_anyway=True, rest_url=self.server.url,
            ws_url=self.server.stream_url,
        )  # fmt: skip


class Ccxt:
    name = "ccxt"
    library = "ccxt"
    absent: ClassVar[Mapping[Point, str]] = {
        Point.CHECKSUM: "ccxt proves no checksum of this exchange",
        Point.DEAD_MAN: "ccxt offers no such timer",
    }
    lacking: ClassVar[Mapping[Point, str]] = {
        Point.SLICE: "ccxt spaces requests in one queue of its own: a cancel waits for the orders before it",
        Point.CLOCK_SKEW: "it signs by this machine's clock: where that is off, requests are refused and trading waits",
        Point.RECORDER: "ccxt's messages are not seen by this program",
    }

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        async with rehearsal(wish) as (server, account):
            yield OpenCcxt(wish, server, account)


CCXT = Ccxt()
