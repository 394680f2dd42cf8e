"""Kraken's spot market as it is configured."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.kraken.dialect import REST_URL, STREAM_URL, KrakenDialect
from adapters.kraken.venue import build_feed
from adapters.streams.dialect import ReadTable
from core.config.venues import CryptoVenueConfig
from core.ports.venue import Feed
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.kinds.venue_kind import Addresses, ServerTime, Wire, addresses_of

_NS_PER_S: Final = 1_000_000_000


class _Moment(msgspec.Struct):
    unixtime: int


class _Time(msgspec.Struct):
    result: _Moment


_decode_time = msgspec.json.Decoder(_Time).decode


class KrakenKind:
    """Implements `VenueKind`; the venue has no test network for spot."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        return addresses_of(venue, Addresses(REST_URL, STREAM_URL))

    def feed(self, name: str, venue: CryptoVenueConfig, wire: Wire, recorder: Recorder | None = None) -> Feed:
        rest_url, ws_url = self.addresses(venue)
        return build_feed(
            venue.symbols,
            transport=wire.transport,
            clock=wire.clock,
            randomness=wire.randomness,
            rest_url=rest_url,
            ws_url=ws_url,
            name=name,
            recorder=recorder,
        )

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        return await KrakenDialect(rest_url=self.addresses(venue).rest_url).instruments(read)

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        url = f"{self.addresses(venue).rest_url}/0/public/Time"
        return ServerTime(url, _read_time, _NS_PER_S)

    def warm_ups(self) -> list[Callable[[], None]]:
        return []


def _read_time(body: bytes) -> int:
    return _decode_time(body).result.unixtime * _NS_PER_S
