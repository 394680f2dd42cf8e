"""Cancel every order at every live venue from this process, for when the engine does not."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.network.transport import NetworkTransport
from core.config.venues import InteractiveBrokersConfig
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.paths import Paths
from core.ports.keys import KeySource, KeyStoreError
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import CancelOutcome, TradingAccount, Wire, key_venue
from tui.compose.live_venues import LiveVenue

PATIENCE_S: Final = 10.0


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one venue; `is_clear` only where the venue said that none of the account's orders rests."""

    venue: str
    is_clear: bool
    detail: str


async def cancel_everywhere(venues: Mapping[str, LiveVenue], paths: Paths, keys: KeySource) -> list[Cancelled]:
    """Ask all venues at once; never raises for one of them."""
    transport = NetworkTransport()
    try:
        asked = (_at(transport, name, venue, paths, keys) for name, venue in venues.items())
        return list(await asyncio.gather(*asked))
    finally:
        await transport.close()


async def _at(transport: NetworkTransport, name: str, venue: LiveVenue, paths: Paths, keys: KeySource) -> Cancelled:
    try:
        async with asyncio.timeout(PATIENCE_S):
            is_clear, detail = await _cancel(transport, name, venue, paths, keys)
    except KeyStoreError as error:
        return Cancelled(venue=name, is_clear=False, detail=str(error))
    except TimeoutError:
        return Cancelled(venue=name, is_clear=False, detail=f"no answer within {PATIENCE_S:g} s")
    except Exception as error:  # one venue's fault must not keep the others from being told
        return Cancelled(venue=name, is_clear=False, detail=f"{type(error).__name__}: {error}")
    return Cancelled(venue=name, is_clear=is_clear, detail=detail)


async def _cancel(
    transport: NetworkTransport, name: str, venue: LiveVenue, paths: Paths, keys: KeySource
) -> CancelOutcome:
    if isinstance(venue, InteractiveBrokersConfig):
        from tui.compose.interactive_brokers import cancel_at_interactive_brokers  # noqa: PLC0415 - only where needed

        return await cancel_at_interactive_brokers(name, venue, SystemRandomness())
    credentials = await asyncio.to_thread(keys.read, key_venue(venue), venue.account)
    if credentials is None:
        return CancelOutcome(is_clear=False, detail=f"there is no key {key_venue(venue)}/{venue.account}")
    account = TradingAccount(credentials, paths.state_dir)
    wire = Wire(transport, SystemClock(), SystemRandomness())
    return await venue_kind(venue.kind).cancel_everything(account, venue, wire)
