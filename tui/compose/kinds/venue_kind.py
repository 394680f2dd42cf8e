"""What the program needs of every kind of real venue, whichever adapter serves it."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from adapters.network.request_budget import BudgetUse
from adapters.streams.dialect import ReadTable
from core.config.venues import CcxtVenueConfig, CryptoVenueConfig, RealVenue
from core.ports.clock import Clock
from core.ports.keys import KeyRights
from core.ports.randomness import Randomness
from core.ports.transport import HttpReply, Transport
from core.ports.venue import ExecutionVenue, Feed
from core.types.credentials import Credentials
from core.types.instrument import Instrument
from data.recordings.recorder import Recorder
from tui.compose.venue_reading import Answer


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
    ask: Callable[[], Awaitable[Answer]] | None = None  # where no address is asked; raises NoTimeError


class NoTimeError(Exception):
    """A venue turned out not to tell its time."""


class NotRecordableError(Exception):
    """What a kind of venue sends cannot be recorded; the text says why."""


class TradingAccount(NamedTuple):
    """Whose orders go to a venue, and where what must survive a restart is kept."""

    credentials: Credentials
    state_dir: Path


class Sides(NamedTuple):
    """A venue's two sides, under the venue's own name; `execution` only where an account was given.

    `budget_use` tells what is left of the allowance that orders are sent from; None while there is nothing to tell.
    """

    feed: Feed
    execution: ExecutionVenue | None
    budget_use: Callable[[], BudgetUse | None] = lambda: None


class CancelOutcome(NamedTuple):
    """What came of cancelling everything; clear only where the venue itself shows that nothing rests."""

    is_clear: bool
    detail: str


class VenueKind(Protocol):
    """One kind of venue as it is configured."""

    def addresses(self, venue: CryptoVenueConfig) -> Addresses:
        """Return where it is reached: as configured, else its test network, else itself."""
        ...

    def probe_url(self, venue: CryptoVenueConfig) -> str | None:
        """Return a websocket that opens where the streams work, None where nobody here knows one."""
        ...

    def sides(
        self,
        venue: CryptoVenueConfig,
        wire: Wire,
        *,
        account: TradingAccount | None = None,
        recorder: Recorder | None = None,
    ) -> Sides:
        """Build feed and trading side.

        Raises ValueError for a key that cannot sign, NotRecordableError for a recorder where none can listen.
        """
        ...

    async def cancel_everything(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> CancelOutcome:
        """Cancel every order of the account, without an engine."""
        ...

    async def key_rights(self, account: TradingAccount, venue: CryptoVenueConfig, wire: Wire) -> KeyRights:
        """Ask what the key may do; raises where the venue does not say."""
        ...

    async def instruments(self, venue: CryptoVenueConfig, read: ReadTable) -> Mapping[str, Instrument]:
        """Return everything that is traded there, by the venue's symbol."""
        ...

    def server_time(self, venue: CryptoVenueConfig) -> ServerTime | None:
        """Return where its time is told, None where it tells none."""
        ...

    def warm_ups(self) -> list[Callable[[], None]]:
        """Return what has to be compiled before the first message."""
        ...

    def closes_host(self, reply: HttpReply) -> bool:
        """Tell of an answer whether nothing of this machine may be sent to its host for a while."""
        ...


def addresses_of(venue: CryptoVenueConfig, usual: Addresses, testnet: Addresses | None = None) -> Addresses:
    """Put what is configured over a kind's own addresses."""
    given = testnet if venue.testnet and testnet is not None else usual
    return Addresses(venue.rest_url or given.rest_url, venue.ws_url or given.ws_url)


def host_of(rest_url: str) -> str:
    """Return what a venue's limits are counted for: the host, or the text that stands for one nobody here knows."""
    return urlsplit(rest_url).netloc or rest_url


def nonce_file(account: TradingAccount) -> Path:
    """Return where the numbers of one key's requests are kept: they must rise across restarts."""
    key = account.credentials
    return account.state_dir / f"nonces-{key.venue}-{key.account}"


def key_venue(venue: RealVenue) -> str:
    """Return the name that a venue's key is kept under: that of the exchange."""
    return venue.exchange if isinstance(venue, CcxtVenueConfig) else venue.kind
