"""Cancel every order at every live venue from this process, for when the engine does not."""

import asyncio
from typing import Final

import msgspec

from adapters.network.transport import NetworkTransport
from core.config.config import Config
from core.config.venues import CryptoVenueConfig, RealVenue, VenueMode
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.paths import Paths
from core.ports.keys import KeySource, KeyStoreError
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import TradingAccount, Wire

PATIENCE_S: Final = 10.0


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one venue; `is_clear` only where the venue said that none of the account's orders rests."""

    venue: str
    is_clear: bool
    detail: str


def live_venues(config: Config) -> dict[str, RealVenue]:
    """Return the venues where own orders may rest."""
    return {
        name: venue
        for name, venue in config.venues.items()
        if isinstance(venue, CryptoVenueConfig) and venue.mode is VenueMode.LIVE
    }


async def cancel_everywhere(config: Config, paths: Paths, keys: KeySource) -> list[Cancelled]:
    """Ask all venues at once; never raises for one of them."""
    transport = NetworkTransport()
    try:
        asked = (_at(transport, name, venue, paths, keys) for name, venue in live_venues(config).items())
        return list(await asyncio.gather(*asked))
    finally:
        await transport.close()


async def _at(transport: NetworkTransport, name: str, venue: RealVenue, paths: Paths, keys: KeySource) -> Cancelled:
    try:
        credentials = await asyncio.to_thread(keys.read, venue.kind, venue.account)
        if credentials is None:
            return Cancelled(venue=name, is_clear=False, detail=f"there is no key {venue.kind}/{venue.account}")
        account = TradingAccount(credentials, paths.state_dir)
        wire = Wire(transport, SystemClock(), SystemRandomness())
        async with asyncio.timeout(PATIENCE_S):
            is_clear, detail = await venue_kind(venue.kind).cancel_everything(account, venue, wire)
    except KeyStoreError as error:
        return Cancelled(venue=name, is_clear=False, detail=str(error))
    except TimeoutError:
        return Cancelled(venue=name, is_clear=False, detail=f"no answer within {PATIENCE_S:g} s")
    except Exception as error:  # one venue's fault must not keep the others from being told
        return Cancelled(venue=name, is_clear=False, detail=f"{type(error).__name__}: {error}")
    return Cancelled(venue=name, is_clear=is_clear, detail=detail)
