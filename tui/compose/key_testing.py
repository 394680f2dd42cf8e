"""Ask a venue what a key may do, at the address that the configuration gives for it."""

from typing import Protocol

from pydantic import TypeAdapter

from adapters.network.transport import NetworkTransport
from core.config.config import Config
from core.config.venues import CryptoVenueConfig, RealVenue, VenueConfig
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.paths import Paths
from core.ports.keys import KeyRight, KeyRights
from core.types.credentials import Credentials
from tui.compose.kinds.registry import KINDS, venue_kind
from tui.compose.kinds.venue_kind import TradingAccount, Wire, key_venue


class KeyTester(Protocol):
    async def __call__(self, credentials: Credentials) -> KeyRights:
        """Ask the venue; raise where it does not answer or does not know the key."""
        ...


def tester_of(kind: str, config: Config, paths: Paths) -> KeyTester | None:
    """Return who asks a kind of venue, None where nobody can."""
    venue = _configured(kind, config)
    if venue is None:
        return None

    async def ask(credentials: Credentials) -> KeyRights:
        transport = NetworkTransport()
        account = TradingAccount(credentials, paths.state_dir)
        try:
            wire = Wire(transport, SystemClock(), SystemRandomness())
            return await venue_kind(venue.kind).key_rights(account, venue, wire)
        finally:
            await transport.close()

    return ask


def may_withdraw(rights: KeyRights) -> bool:
    """Tell whether a venue says that a key could move money away; what is not known is not held against it."""
    return rights.rights is not None and KeyRight.WITHDRAW in rights.rights


def _configured(kind: str, config: Config) -> RealVenue | None:
    """Return the venue that such a key is for, where nothing is configured the kind's own; None for an unknown one."""
    for venue in config.venues.values():
        if isinstance(venue, CryptoVenueConfig) and key_venue(venue) == kind:
            return venue
    if kind not in KINDS:
        return None
    made = TypeAdapter[VenueConfig](VenueConfig).validate_python({"kind": kind})
    assert isinstance(made, CryptoVenueConfig), "every kind that has an adapter is one"
    return made
