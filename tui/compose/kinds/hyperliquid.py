"""Hyperliquid as it is configured."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from adapters.hyperliquid.info import Info
from adapters.hyperliquid.network import ENDPOINTS, Endpoints, HyperliquidNetwork
from adapters.hyperliquid.settings import ExecutionSettings, FeedSettings
from adapters.hyperliquid.universe_reader import read_universe
from adapters.hyperliquid.venue import build_execution, build_feed, cancel_everything, key_rights, new_budget
from adapters.network.limited_transport import is_too_many
from adapters.network.transport import NetworkTransport
from adapters.streams.dialect import ReadTable
from adapters.streams.warm_up import warm_up_reader
from core.config.venues import CryptoVenueConfig, HyperliquidConfig
from core.ports.keys import KeyRights
from core.ports.randomness import NoRandomness
from core.ports.transport import HttpReply
from core.ports.venue import SendOutcome
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.kinds.venue_kind import (
    Addresses,
    CancelOutcome,
    Sides,
    TradingAccount,
    Wire,
    addresses_of,
    nonce_file,
)

T = TypeVar("T")


class HyperliquidKind:
    """Implements `VenueKind`; which network signatures are for is told by `testnet` alone, never by an address."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        main, test = ENDPOINTS[HyperliquidNetwork.MAINNET], ENDPOINTS[HyperliquidNetwork.TESTNET]
        return addresses_of(venue, Addresses(main.rest_url, main.stream_url), Addresses(test.rest_url, test.stream_url))

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
        budget = new_budget(wire.randomness, float(venue.rate_limit_share))
        network, endpoints = self._network(venue), self._endpoints(venue)
        feed = build_feed(
            FeedSettings(symbols=venue.symbols), **wire._asdict(),
            network=network, budget=budget, endpoints=endpoints, recorder=recorder,
        )  # fmt: skip
        if account is None:
            return Sides(feed, None, lambda: budget.use)
        execution = build_execution(
            account.credentials, venue.symbols, **wire._asdict(),
            network=network, budget=budget, nonce_file=nonce_file(account), book_of=feed.book_of, endpoints=endpoints,
            settings=ExecutionSettings(dead_man_s=_dead_man_s(venue)),
        )  # fmt: skip
        return Sides(feed, execution, lambda: budget.use)

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        result = await cancel_everything(
            account.credentials, network=self._network(venue), transport=wire.transport, clock=wire.clock,
            endpoints=self._endpoints(venue),
        )  # fmt: skip
        return CancelOutcome(result.outcome is SendOutcome.ACCEPTED, result.reason or "no order is left")

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        return await key_rights(
            account.credentials,
            network=self._network(venue),
            transport=wire.transport,
            endpoints=self._endpoints(venue),
        )

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        # the venue is asked by POST, which a table reader does not do
        del read
        transport = NetworkTransport()
        settings = ExecutionSettings()
        info = Info(
            transport, (new_budget(NoRandomness()),), self._endpoints(venue).info,
            timeout_s=settings.request_timeout_s,
        )  # fmt: skip

        def ask(question: Mapping[str, object], decode: Callable[[bytes], T], /) -> Awaitable[T]:
            return info.ask(question, decode)

        try:
            universe = await read_universe(ask, None)
        finally:
            await transport.close()
        return {listing.instrument.venue_symbol: listing.instrument for listing in universe.by_coin.values()}

    def server_time(self, venue: CryptoVenueConfig) -> None:
        """Return nothing: the venue does not tell its time."""
        del venue

    def warm_ups(self) -> list[Callable[[], None]]:
        return [warm_up_reader]

    def closes_host(self, reply: HttpReply) -> bool:
        return is_too_many(reply)

    def _network(self, venue: CryptoVenueConfig) -> HyperliquidNetwork:
        return HyperliquidNetwork.TESTNET if venue.testnet else HyperliquidNetwork.MAINNET

    def _endpoints(self, venue: CryptoVenueConfig) -> Endpoints:
        rest_url, ws_url = self.addresses(venue)
        return Endpoints(rest_url=rest_url, stream_url=ws_url)


def _dead_man_s(venue: CryptoVenueConfig) -> float | None:
    assert isinstance(venue, HyperliquidConfig), "a venue of kind hyperliquid"
    return venue.dead_man_s or None
