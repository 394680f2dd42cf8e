"""An exchange of ccxt as it is configured."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.ccxt_exchange.from_config import exchange_settings
from adapters.ccxt_exchange.settings import ExchangeSettings
from adapters.ccxt_exchange.venue import ask_time, build_execution, build_feed, cancel_everything, list_instruments
from adapters.network.closing import Closing
from adapters.network.limited_transport import LimitedTransport, is_too_many
from adapters.streams.dialect import ReadTable
from core.config.venues import CcxtVenueConfig, CryptoVenueConfig
from core.io.redaction import redact
from core.io.system_clock import SystemClock
from core.ports.keys import KeyRights
from core.ports.transport import HttpReply
from core.ports.venue import SendOutcome
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.kinds.venue_kind import (
    Addresses,
    CancelOutcome,
    NoTimeError,
    NotRecordableError,
    ServerTime,
    Sides,
    TradingAccount,
    Wire,
    host_of,
)
from tui.compose.venue_reading import Answer, VenueUnreachableError

_NS_PER_MS: Final = 1_000_000


class CcxtKind:
    """Implements `VenueKind`; ccxt has a transport of its own."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        network = "the test network of " if venue.testnet else ""
        usual = f"as ccxt has it for {network}{_settings(venue).exchange}"
        return Addresses(venue.rest_url or usual, venue.ws_url or usual)

    def probe_url(self, venue: CryptoVenueConfig) -> None:
        """Return nothing: only ccxt knows its addresses."""
        del venue

    def sides(
        self,
        venue: CryptoVenueConfig,
        wire: Wire,
        *,
        account: TradingAccount | None = None,
        recorder: Recorder | None = None,
    ) -> Sides:
        if recorder is not None:
            raise NotRecordableError("what ccxt receives cannot be recorded: it does not show it")
        settings, closing = _settings(venue), self._closing(venue, wire)
        feed = build_feed(settings, clock=wire.clock, randomness=wire.randomness, closing=closing)
        if account is None:
            return Sides(feed, None)
        execution = build_execution(
            settings, account.credentials, clock=wire.clock, randomness=wire.randomness, closing=closing
        )
        return Sides(feed, execution, lambda: execution.budget_use)

    def _closing(self, venue: CryptoVenueConfig, wire: Wire) -> Closing:
        """Return what closes the exchange for every venue that is configured of it."""
        shared = wire.transport
        host = host_of(self.addresses(venue).rest_url)
        return shared.closing_of(host) if isinstance(shared, LimitedTransport) else Closing()

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        result = await cancel_everything(_settings(venue), account.credentials, clock=wire.clock)
        return CancelOutcome(result.outcome is SendOutcome.ACCEPTED, result.reason or "no order is left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        del account, wire
        return KeyRights(rights=None, detail=f"ccxt does not ask {_settings(venue).exchange} what a key may do")

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        del read
        return {each.venue_symbol: each for each in await list_instruments(_settings(venue))}

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime:
        settings = _settings(venue)

        async def ask() -> Answer:
            try:
                moment = await ask_time(settings, SystemClock())
            except Exception as error:  # of whichever exchange, by ccxt
                raise VenueUnreachableError(f"{settings.exchange} by ccxt: {redact(str(error))}") from None
            if moment is None:
                raise NoTimeError
            return Answer(str(moment.venue_ns).encode(), moment.sent_ns, moment.received_ns)

        return ServerTime(f"{settings.exchange} by ccxt", int, _NS_PER_MS, ask)

    def warm_ups(self) -> list[Callable[[], None]]:
        return []

    def closes_host(self, reply: HttpReply) -> bool:
        return is_too_many(reply)


def _settings(venue: CryptoVenueConfig) -> ExchangeSettings:
    assert isinstance(venue, CcxtVenueConfig), "a venue of kind ccxt"
    return exchange_settings(venue.exchange, venue)
