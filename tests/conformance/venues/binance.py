"""Binance, spot and USD-M."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from adapters.binance.endpoints import CHANNELS, ENDPOINTS, FeedSettings
from adapters.binance.execution import BinanceExecution
from adapters.binance.feed import BinanceFeed
from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import TRADING_ENDPOINTS, TradingSettings
from adapters.network.transport import NetworkTransport
from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.market_kind import MarketKind
from core.config.venues import BinanceFuturesConfig, BinanceSpotConfig
from core.ports.randomness import NoRandomness
from tests.conformance.contract import OpenVenue, Wish
from tests.conformance.patience import until
from tests.conformance.points import Point
from tests.conformance.venues.rehearsal import VENUE_SYMBOL, CountingServer, OpenRehearsal, rehearsal

SPOT, USDM = BinanceMarket.SPOT, BinanceMarket.USDM
KINDS = {SPOT: MarketKind.SPOT, USDM: MarketKind.USDM}
SYMBOLS = {SPOT: "BTC/USDT", USDM: "BTC/USDT:USDT"}
EVENTS = {SPOT: "executionReport", USDM: "ORDER_TRADE_UPDATE"}
STREAMS = {SPOT: ("", "/ws-api/v3"), USDM: ("/usdm", "/private")}


class OpenBinance(OpenRehearsal):
    def __init__(
        self, wish: Wish, server: CountingServer, account: Account, market: BinanceMarket, transport: NetworkTransport
    ) -> None:
        super().__init__(wish, server, KINDS[market], account)
        self.symbol, self.event = SYMBOLS[market], EVENTS[market]
        self.streams = 1 if market is SPOT else 2  # USD-M may tell books and the rest at two addresses
        self._market = market
        public, private = (f"{server.stream_url}{path}" for path in STREAMS[market])
        endpoints = msgspec.structs.replace(
            ENDPOINTS[market], rest_url=server.url, stream_url=public, snapshot_burst=1000, snapshots_per_s=1000.0
        )
        followed = FeedSettings(
            market=market, symbols=(self.symbol,), endpoints=endpoints, channels=CHANNELS[market],
            first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01, least_silence_s=60.0,
        )  # fmt: skip
        self.feed = BinanceFeed(followed, transport, wish.clock, NoRandomness())
        traded = TradingSettings(
            market=market, symbols=(self.symbol,), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.01,
            endpoints=msgspec.structs.replace(
                TRADING_ENDPOINTS[market], rest_url=server.url, private_url=private, wallet_url=server.url
            ),
            dead_man_s=60.0 if wish.has_dead_man else 0.0,
        )  # fmt: skip
        self.execution = BinanceExecution(traded, transport, wish.clock, NoRandomness(), self.credentials)

    async def ready(self) -> None:
        await until(lambda: self.execution.is_listening)

    async def until_deaf(self) -> None:
        await until(lambda: not self.execution.is_listening)

    @property
    def is_armed(self) -> bool:
        return self.venue_market.countdowns.is_running(self.account, VENUE_SYMBOL)

    @property
    def config(self) -> BinanceSpotConfig | BinanceFuturesConfig:
        symbols, rest_url = (self.symbol,), self.server.url
        stream_url = self.server.stream_url
        if self._market is SPOT:
            return BinanceSpotConfig(kind="binance", symbols=symbols, rest_url=rest_url, ws_url=stream_url)
        return BinanceFuturesConfig(kind="binanceusdm", symbols=symbols, rest_url=rest_url, ws_url=f"{stream_url}/usdm")


@dataclass(frozen=True)
class Binance:
    name: str
    market: BinanceMarket
    absent: Mapping[Point, str]
    lacking: Mapping[Point, str] = field(default_factory=dict)
    library: None = None

    @asynccontextmanager
    async def open(self, wish: Wish) -> AsyncIterator[OpenVenue]:
        transport = NetworkTransport()
        async with rehearsal(wish) as (server, account):
            try:
                yield OpenBinance(wish, server, account, self.market, transport)
            finally:
                await transport.close()


NO_CHECKSUM = {Point.CHECKSUM: "its books carry none: every diff names the one before it"}
BINANCE_SPOT = Binance(
    "Binance spot",
    SPOT,
    {
        **NO_CHECKSUM,
        Point.REDUCE_ONLY: "spot: a sell cannot exceed what is held",
        Point.AMEND: "the venue can only make a quantity smaller: the engine cancels and sends anew",
        Point.DEAD_MAN: "the venue has no such timer for spot",
    },
)
BINANCE_USDM = Binance("Binance USD-M", USDM, NO_CHECKSUM)
