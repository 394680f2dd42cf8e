"""Coinbase Advanced Trade as it is configured."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.coinbase.answers import server_ns
from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.endpoints import REST_URL, STREAM_URL, TIME, TradingEndpoints
from adapters.coinbase.venue import build_execution, build_feed, cancel_everything, key_rights, new_public_budget
from adapters.network.limited_transport import is_too_many
from adapters.streams.dialect import ReadTable
from adapters.streams.warm_up import warm_up_reader
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

_NS_PER_MS: Final = 1_000_000


class CoinbaseKind:
    """Implements `VenueKind`; the venue has no test network."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        return addresses_of(venue, Addresses(REST_URL, STREAM_URL))

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
        rest_url, ws_url = self.addresses(venue)
        share = float(venue.rate_limit_share)
        public = new_public_budget(wire.randomness, share)
        feed = build_feed(
            venue.symbols, **wire._asdict(), rest_url=rest_url, stream_url=ws_url, recorder=recorder, budget=public
        )
        if account is None:
            return Sides(feed, None)
        execution = build_execution(
            venue.symbols, **wire._asdict(), credentials=account.credentials, endpoints=self._endpoints(venue),
            rate_limit_share=share, public_budget=public,
        )  # fmt: skip
        return Sides(feed, execution, lambda: execution.budget_use)

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        report = await cancel_everything(
            **wire._asdict(), credentials=account.credentials, endpoints=self._endpoints(venue)
        )
        return CancelOutcome(report.is_clean, report.text or "no order is left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        return await key_rights(**wire._asdict(), credentials=account.credentials, endpoints=self._endpoints(venue))

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        rest_url, ws_url = self.addresses(venue)
        return await CoinbaseDialect(rest_url=rest_url, stream_url=ws_url).instruments(read)

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        return ServerTime(f"{self.addresses(venue).rest_url}{TIME}", server_ns, _NS_PER_MS)

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up_reader]

    def closes_host(self, reply: HttpReply) -> bool:
        return is_too_many(reply)

    def _endpoints(self, venue: CryptoVenueConfig) -> TradingEndpoints:
        """Return where is traded: a configured stream serves the user channel as well."""
        usual = TradingEndpoints()
        rest_url, ws_url = self.addresses(venue)
        return TradingEndpoints(
            rest_url=rest_url, user_stream_url=usual.user_stream_url if venue.ws_url is None else ws_url
        )
