"""Binance spot and USD-M as they are configured."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.binance.depth import warm_up
from adapters.binance.endpoints import ENDPOINTS, Endpoints
from adapters.binance.instruments import read_instruments
from adapters.binance.market import BinanceMarket
from adapters.binance.venue import build_feed
from adapters.streams.dialect import ReadTable
from core.config.venues import CryptoVenueConfig
from core.ports.venue import Feed
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.kinds.venue_kind import Addresses, ServerTime, Wire, addresses_of

_TESTNETS: Final = {
    BinanceMarket.SPOT: Addresses("https://testnet.binance.vision", "wss://stream.testnet.binance.vision"),
    BinanceMarket.USDM: Addresses("https://testnet.binancefuture.com", "wss://stream.binancefuture.com"),
}
_NS_PER_MS: Final = 1_000_000


class _Time(msgspec.Struct, rename="camel"):
    server_time: int


_decode_time = msgspec.json.Decoder(_Time).decode


class BinanceKind:
    """Implements `VenueKind`."""

    def __init__(self, market: BinanceMarket) -> None:
        self._market = market

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        usual = ENDPOINTS[self._market]
        return addresses_of(venue, Addresses(usual.rest_url, usual.stream_url), _TESTNETS[self._market])

    def feed(self, name: str, venue: CryptoVenueConfig, wire: Wire, recorder: Recorder | None = None) -> Feed:
        return build_feed(
            self._market.value,
            venue.symbols,
            transport=wire.transport,
            clock=wire.clock,
            randomness=wire.randomness,
            endpoints=self._endpoints(venue),
            name=name,
            recorder=recorder,
        )

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        url = self._endpoints(venue).rest("exchangeInfo")
        return await read(url, {}, lambda body: read_instruments(self._market, body))

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        url = self._endpoints(venue).rest("time")
        return ServerTime(url, _read_time, _NS_PER_MS)

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up]

    def _endpoints(self, venue: CryptoVenueConfig) -> Endpoints:
        rest_url, ws_url = self.addresses(venue)
        return msgspec.structs.replace(ENDPOINTS[self._market], rest_url=rest_url, stream_url=ws_url)


def _read_time(body: bytes) -> int:
    return _decode_time(body).server_time * _NS_PER_MS
