"""Binance spot and USD-M as they are configured."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.binance.answers import server_ns
from adapters.binance.depth import warm_up
from adapters.binance.endpoints import ENDPOINTS, Endpoints
from adapters.binance.errors import TOO_MANY_ORDERS, judge
from adapters.binance.instruments import read_instruments
from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import TRADING_ENDPOINTS, TradingEndpoints
from adapters.binance.venue import build_execution, build_feed, cancel_everything, key_rights, new_budget
from adapters.network.limited_transport import is_too_many
from adapters.streams.dialect import ReadTable
from core.config.venues import CryptoVenueConfig
from core.ports.keys import KeyRights
from core.ports.transport import HttpReply
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.kinds.venue_kind import (
    Addresses,
    CancelOutcome,
    ServerTime,
    Sides,
    TradingAccount,
    Wire,
    addresses_of,
)

_TESTNETS: Final = {
    BinanceMarket.SPOT: Addresses("https://testnet.binance.vision", "wss://stream.testnet.binance.vision"),
    BinanceMarket.USDM: Addresses("https://demo-fapi.binance.com", "wss://fstream.binancefuture.com"),
}
_SPOT_TESTNET_API: Final = "wss://ws-api.testnet.binance.vision/ws-api/v3"  # has a host of its own, as at the venue
_NS_PER_MS: Final = 1_000_000


class BinanceKind:
    """Implements `VenueKind`."""

    def __init__(self, market: BinanceMarket) -> None:
        self._market = market

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        usual = ENDPOINTS[self._market]
        return addresses_of(venue, Addresses(usual.rest_url, usual.stream_url), _TESTNETS[self._market])

    def probe_url(self, venue: CryptoVenueConfig) -> str:
        return self._endpoints(venue).probe_url

    def sides(
        self,
        venue: CryptoVenueConfig,
        wire: Wire,
        *,
        account: TradingAccount | None = None,
        recorder: Recorder | None = None,
    ) -> Sides:
        kind, endpoints = self._market.value, self._endpoints(venue)
        share = float(venue.rate_limit_share)
        budget = new_budget(kind, wire.randomness, share)
        feed = build_feed(kind, venue.symbols, **wire._asdict(), endpoints=endpoints, recorder=recorder, budget=budget)
        if account is None:
            return Sides(feed, None, lambda: budget.use)
        execution = build_execution(
            kind, venue.symbols, **wire._asdict(),
            credentials=account.credentials, endpoints=self._trading_endpoints(venue),
            rate_limit_share=share, budget=budget,
        )  # fmt: skip
        return Sides(feed, execution, lambda: budget.use)

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        report = await cancel_everything(
            self._market.value, **wire._asdict(),
            credentials=account.credentials, endpoints=self._trading_endpoints(venue),
        )  # fmt: skip
        gone = sum(len(symbol.gone) for symbol in report.symbols)
        return CancelOutcome(report.is_clean, report.text or f"{gone} orders cancelled, none left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        return await key_rights(
            self._market.value, **wire._asdict(),
            credentials=account.credentials, endpoints=self._trading_endpoints(venue),
        )  # fmt: skip

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        url = self._endpoints(venue).rest("exchangeInfo")
        return await read(url, {}, lambda body: read_instruments(self._market, body))

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        return ServerTime(self._endpoints(venue).rest("time"), server_ns, _NS_PER_MS)

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up]

    def closes_host(self, reply: HttpReply) -> bool:
        # too many orders, perhaps of a day, keep no cancel back
        return is_too_many(reply) and judge(self._market, reply).code != TOO_MANY_ORDERS

    def _endpoints(self, venue: CryptoVenueConfig) -> Endpoints:
        rest_url, ws_url = self.addresses(venue)
        return msgspec.structs.replace(ENDPOINTS[self._market], rest_url=rest_url, stream_url=ws_url)

    def _trading_endpoints(self, venue: CryptoVenueConfig) -> TradingEndpoints:
        """Return where is traded: a configured address serves everything that has several at the venue itself."""
        usual = TRADING_ENDPOINTS[self._market]
        rest_url, ws_url = self.addresses(venue)
        if not (venue.testnet or venue.rest_url or venue.ws_url):
            return usual
        if self._market is BinanceMarket.USDM:
            private_url = f"{ws_url}/private"
        elif venue.ws_url:
            private_url = f"{ws_url}/ws-api/v3"
        else:
            private_url = _SPOT_TESTNET_API if venue.testnet else usual.private_url
        wallet_url = None if venue.testnet and venue.rest_url is None else rest_url
        return msgspec.structs.replace(usual, rest_url=rest_url, private_url=private_url, wallet_url=wallet_url)
