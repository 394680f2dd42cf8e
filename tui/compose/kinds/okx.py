"""OKX as it is configured."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from adapters.okx.answers import server_ns
from adapters.okx.dialect import OkxDialect
from adapters.okx.endpoints import DEMO, LIVE, Endpoints
from adapters.okx.routes import TIME
from adapters.okx.venue import build_execution, build_feed, cancel_everything, key_rights, new_instruments_budget
from adapters.streams.dialect import ReadTable
from adapters.streams.warm_up import warm_up_checksum, warm_up_reader
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


class OkxKind:
    """Implements `VenueKind`; its test network is the venue's demo trading."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        usual, demo = Addresses(LIVE.rest_url, LIVE.public_url), Addresses(DEMO.rest_url, DEMO.public_url)
        return addresses_of(venue, usual, demo)

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
        budget = new_instruments_budget(wire.randomness, share)
        feed = build_feed(venue.symbols, **wire._asdict(), endpoints=endpoints, recorder=recorder, budget=budget)
        if account is None:
            return Sides(feed, None)
        execution = build_execution(
            venue.symbols, **wire._asdict(), credentials=account.credentials, endpoints=endpoints,
            rate_limit_share=share, instruments_budget=budget,
        )  # fmt: skip
        return Sides(feed, execution, execution.budget_use)

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        report = await cancel_everything(
            **wire._asdict(), credentials=account.credentials, endpoints=self._endpoints(venue)
        )
        return CancelOutcome(report.is_clean, report.text or f"{len(report.gone)} orders cancelled, none left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        return await key_rights(**wire._asdict(), credentials=account.credentials, endpoints=self._endpoints(venue))

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        return await OkxDialect(self._endpoints(venue)).instruments(read)

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        return ServerTime(f"{self.addresses(venue).rest_url}{TIME.path}", server_ns, _NS_PER_MS)

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up_reader, warm_up_checksum]

    def closes_host(self, reply: HttpReply) -> bool:
        del reply  # a limit is that of one route: a cancel must not wait because something else was too often
        return False

    def _endpoints(self, venue: CryptoVenueConfig) -> Endpoints:
        rest_url, ws_url = self.addresses(venue)
        usual = DEMO if venue.testnet else LIVE
        private_url = usual.private_url if venue.ws_url is None else f"{ws_url.removesuffix('/public')}/private"
        return msgspec.structs.replace(usual, rest_url=rest_url, public_url=ws_url, private_url=private_url)
