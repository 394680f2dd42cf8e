"""What a venue's rig does for the conformance suite: a loopback server, the adapter on it, and faults on demand."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from core.config.venues import InteractiveBrokersConfig, RealVenue
from core.ports.venue import ExecutionVenue, Feed
from core.types.credentials import Credentials
from core.types.order import Side
from tests.conformance.jump_clock import JumpClock
from tests.conformance.logs import Levels, MarketLog
from tests.conformance.points import Point


class Fault(StrEnum):
    """What happens to the next order on its way."""

    ANSWER_LOST = "answer lost"  # the venue has taken it, and no answer comes
    REQUEST_LOST = "request lost"  # it never arrives, and no answer comes
    SERVER_ERROR = "server error"  # the venue says that something went wrong, and nothing is proven
    TOO_MANY = "too many"  # not taken, and nothing more is to be sent for a while


WAIT_S = 3  # what a venue says that can say a time


class Rules(NamedTuple):
    """An instrument as the venue lists it."""

    tick: Decimal
    lot: Decimal
    least: Decimal | None  # quantity; None where only a least value is told


class VenueOrder(NamedTuple):
    """An order as the venue knows it."""

    is_open: bool
    filled: Decimal
    price: Decimal | None
    quantity: Decimal


@dataclass(frozen=True)
class Wish:
    """How a venue is to be opened."""

    market: MarketLog
    clock: JumpClock
    folder: Path
    skew_s: float = 0.0  # the venue's clock before ours
    is_tight: bool = False  # a small allowance of requests
    has_dead_man: bool = False  # the venue is to cancel what a dead engine leaves


class OpenVenue(ABC):
    """One running venue; prices in its book are `step` apart at least, and its spread is two of them or more."""

    market: MarketLog
    feed: Feed
    execution: ExecutionVenue
    symbol: str
    quantity: Decimal  # of a usual order; a half of it can be ordered, too
    step: Decimal
    streams = 1  # connections that the feed follows the market on
    depth: int = 20  # levels a side that are compared
    is_whole = True  # every message leaves the book as the venue once had it
    wait_s: float = WAIT_S  # for so long nothing is sent after `TOO_MANY`
    needs_feed = False  # the trading side works beside a running feed only
    waits_for_answers = False  # where one is lost the connection stays: only patience tells

    # the market ------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def rules(self) -> Rules: ...

    @abstractmethod
    def book(self) -> Levels:
        """Return the best `depth` levels of each side as they are at the venue."""

    @abstractmethod
    def crowd(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Let somebody else's limit order arrive."""

    async def publish(self) -> None:  # noqa: B027 - most venues have nothing to do
        """Send what happened, where the venue does not by itself."""

    async def tell(self) -> None:  # noqa: B027 - the same
        """Send what accounts are told, where the venue does not by itself."""

    def note(self) -> None:
        """Remember the book as one that may be shown."""
        self.market.note_truth(self.book())

    def spoil(self, point: Point, act: Callable[[], None]) -> None:
        """Let `act` change the book twice, and the news of it go wrong in the way of a point."""
        raise NotImplementedError

    @abstractmethod
    def hush(self, *, is_silent: bool) -> None:
        """Keep connections open and say nothing on them, or speak again."""

    @abstractmethod
    async def cut(self) -> None:
        """Close every connection of the market's data."""

    @property
    @abstractmethod
    def connections(self) -> int:
        """Return how many connections for market data were opened in all."""

    # trading ---------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def cash(self) -> Decimal:
        """Return the account's cash at the venue."""

    @abstractmethod
    async def ready(self) -> None:
        """Return when the started trading side may send orders."""

    @abstractmethod
    def orders(self, client_order_id: str) -> list[VenueOrder]:
        """Return every order of ours that the venue has under a client order id."""

    @property
    @abstractmethod
    def resting(self) -> int:
        """Return how many orders of the account rest."""

    @property
    @abstractmethod
    def arrived(self) -> int:
        """Return how many requests for a new order reached the venue."""

    @abstractmethod
    def fail(self, fault: Fault) -> None: ...

    @abstractmethod
    def away(self) -> AbstractAsyncContextManager[None]:
        """Cut the private stream and keep it away until the end of the block."""

    def before_cancel(self, happens: Callable[[], None]) -> None:
        """Let something happen at the venue just before the next cancel is looked at."""
        raise NotImplementedError

    def repeat_events(self) -> None:
        """Tell the next private events twice."""
        raise NotImplementedError

    def skew(self, seconds: float) -> None:
        """Set the venue's clock so far before ours, from now on."""
        raise NotImplementedError

    @property
    def is_armed(self) -> bool:
        """Tell whether the venue would cancel our orders if it did not hear from us."""
        raise NotImplementedError

    @property
    @abstractmethod
    def config(self) -> RealVenue | InteractiveBrokersConfig:
        """Return what a user's configuration would say of this venue."""

    @property
    def credentials(self) -> Credentials:
        """Return the account's key, where there is one."""
        raise NotImplementedError


class VenueUnderTest(Protocol):
    """One venue's implementation of the contract."""

    name: str  # as the table calls it
    library: str | None  # that takes seconds to import: who needs it is tested in one process
    absent: Mapping[Point, str]  # what it cannot have, and why
    lacking: Mapping[Point, str]  # what it could have and has not, and what that means

    def open(self, wish: Wish) -> AbstractAsyncContextManager[OpenVenue]:
        """Run the venue, with neither side of the adapter started."""
        ...
