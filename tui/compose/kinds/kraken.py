"""Kraken's spot market as it is configured."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.kraken.dialect import KrakenDialect
from adapters.kraken.endpoints import LIVE, Endpoints, TradingSettings
from adapters.kraken.rest import TIME
from adapters.kraken.venue import build_execution, build_feed, cancel_everything, key_rights, new_public_budget
from adapters.kraken.wire import server_ns
from adapters.network.limited_transport import is_too_many
from adapters.streams.dialect import ReadTable
from adapters.streams.warm_up import warm_up_checksum, warm_up_reader
from core.config.venues import CryptoVenueConfig
from core.ports.keys import KeyRights
from core.ports.transport import HttpReply
from core.ports.venue import SendOutcome
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
    nonce_file,
)

_NS_PER_S: Final = 1_000_000_000


class KrakenKind:
    """Implements `VenueKind`; the venue has no test network for spot."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        return addresses_of(venue, Addresses(LIVE.rest_url, LIVE.stream_url))

    def probe_url(self, venue: CryptoVenueConfig) -> str:
        return self.addresses(venue).ws_url

    def sides(
        self,
        venue: CryptoVenueConfig,
        wire: Wire,
        *,
        account: TradingAccount | None = None,
        recorder: Recorder | None = None,
    ) -> Sides:
        endpoints = self._endpoints(venue)
        share = float(venue.rate_limit_share)
        public = new_public_budget(wire.randomness, share)
        feed = build_feed(venue.symbols, **wire._asdict(), endpoints=endpoints, recorder=recorder, budget=public)
        if account is None:
            return Sides(feed, None)
        settings = TradingSettings(symbols=venue.symbols, rate_limit_share=share)
        execution = build_execution(
            account.credentials, settings, **wire._asdict(), nonce_file=nonce_file(account), endpoints=endpoints,
            public_budget=public,
        )  # fmt: skip
        return Sides(feed, execution, lambda: execution.budget_use)

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        result = await cancel_everything(
            account.credentials, transport=wire.transport, clock=wire.clock, endpoints=self._endpoints(venue)
        )
        return CancelOutcome(result.outcome is SendOutcome.ACCEPTED, result.reason or "no order is left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        return await key_rights(
            account.credentials, transport=wire.transport, clock=wire.clock, endpoints=self._endpoints(venue)
        )

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        return await KrakenDialect(rest_url=self.addresses(venue).rest_url).instruments(read)

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        return ServerTime(f"{self.addresses(venue).rest_url}{TIME.path}", server_ns, _NS_PER_S)

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up_reader, warm_up_checksum]

    def closes_host(self, reply: HttpReply) -> bool:
        return is_too_many(reply)

    def _endpoints(self, venue: CryptoVenueConfig) -> Endpoints:
        rest_url, ws_url = self.addresses(venue)
        if venue.ws_url is None:
            return msgspec.structs.replace(LIVE, rest_url=rest_url, stream_url=ws_url)
        # a configured address serves the private stream too, under the name that it has at the venue
        return Endpoints(
            rest_url=rest_url, stream_url=ws_url, private_stream_url=f"{ws_url.removesuffix('/v2')}/auth/v2"
        )
