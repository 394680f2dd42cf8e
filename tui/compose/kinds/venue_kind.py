"""What the program needs of every kind of real venue, whichever adapter serves it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from adapters.streams.dialect import ReadTable
from core.config.venues import CryptoVenueConfig
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport
from core.ports.venue import Feed
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder


class Wire(NamedTuple):
    """What reaches the outside."""

    transport: Transport
    clock: Clock
    randomness: Randomness


class Addresses(NamedTuple):
    rest_url: str
    ws_url: str


class ServerTime(NamedTuple):
    """Where a venue says what time it is, and how it is read, in UTC nanoseconds."""

    url: str
    read: Callable[[bytes], int]
    resolution_ns: int


class VenueKind(Protocol):
    """One kind of venue as it is configured."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        """Return where it is reached: as configured, else its test network, else itself."""
        ...

    def feed(self, name: str, venue: CryptoVenueConfig, wire: Wire, recorder: Recorder | None = None) -> Feed: ...

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        """Return everything that is traded there, by the venue's symbol."""
        ...

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime: ...

    def warm_ups(self) -> list[Callable[[], None]]:
        """Return what has to be compiled before the first message."""
        ...


def addresses_of(venue: CryptoVenueConfig, usual: Addresses, testnet: Addresses | None = None) -> Addresses:
    """Put what is configured over a kind's own addresses."""
    given = testnet if venue.testnet and testnet is not None else usual
    return Addresses(venue.rest_url or given.rest_url, venue.ws_url or given.ws_url)
