"""What the engine asks of a venue, and what a venue may tell the engine.

A venue has two sides. The feed writes books in place and reports trades, funding and its own
state to a `MarketSink`. The execution side takes approved orders and reports what became of
them to an `ExecutionSink`. `sim` has both sides in one object; `paper` is an execution side over
somebody else's feed.
"""

from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from core.book.book import Book
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, FundingPayment
from core.types.instrument import Instrument, InstrumentId
from core.types.market import FeedStatus, FundingRate, MarkPrice, Trade
from core.types.order import Fill, OrderStatus


class MarketSink(Protocol):
    """Takes what a feed sees. Calls are cheap and never block."""

    def add_instrument(self, instrument: Instrument) -> Book:
        """Make an instrument known (or its rules fresh) and return the book its feed writes into."""
        ...

    def book_changed(self, instrument_id: InstrumentId) -> None:
        """Say that the book was written; several calls before the next slice count as one."""
        ...

    def trade(self, trade: Trade) -> None: ...

    def funding_rate(self, funding: FundingRate) -> None: ...

    def mark_price(self, mark: MarkPrice) -> None: ...

    def feed_status(self, status: FeedStatus) -> None: ...


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says what state an order is in; fills come apart, as `Fill`."""

    client_order_id: str
    venue: str
    status: OrderStatus
    venue_order_id: str | None = None
    reason: str | None = None
    venue_ns: int


class ExecutionSink(Protocol):
    """Takes what an execution side reports, in the venue's order. Never loses one."""

    def order_report(self, report: OrderReport) -> None: ...

    def fill(self, fill: Fill) -> None: ...

    def funding_payment(self, payment: FundingPayment) -> None: ...


class SendOutcome(StrEnum):
    """Three ways a request can end; in doubt is never guessed away."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"


class SendResult(msgspec.Struct, frozen=True):
    outcome: SendOutcome
    reason: str = ""
    venue_order_id: str | None = None


class AmendSupport(StrEnum):
    """What a venue does about other terms for a resting order."""

    NATIVE = "native"  # price and quantity of the order change, it stays the same order by its client id
    REPLACE = "replace"  # nothing: the engine cancels, waits for the confirmed end and sends a new order


class Feed(Protocol):
    """The market-data side of a venue."""

    @property
    def venue(self) -> str: ...

    async def start(self, sink: MarketSink) -> None:
        """Begin; return once instruments are known. Keeps itself connected from then on."""
        ...

    async def stop(self) -> None: ...


@runtime_checkable
class Cautioning(Protocol):
    """A trading side that may have something to say which a person has to know for as long as it stands."""

    @property
    def cautions(self) -> tuple[str, ...]: ...


class ExecutionVenue(Protocol):
    """The trading side of a venue."""

    @property
    def venue(self) -> str: ...

    async def start(self, sink: ExecutionSink) -> None: ...

    async def stop(self) -> None:
        """Leave; resting orders stay where they are."""
        ...

    async def submit(self, approved: Approved) -> SendResult: ...

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult: ...

    @property
    def amend_support(self) -> AmendSupport: ...

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        """Give the order of the intent's client id the intent's price and total quantity; asked where it is native.

        `venue_order_id` of the result is the id that the order has from then on. Where that is another one, the venue
        may report the old one as cancelled: the result must say the new id. REJECTED means that the terms from
        before hold, or that the order has ended.
        """
        ...

    async def cancel_all(self) -> SendResult:
        """Cancel every order of the account, also those this engine does not know."""
        ...

    async def account(self, since_ns: int) -> AccountReport:
        """Read the venue's truth, with fills and funding at or after `since_ns`.

        Balances and positions are all that the account holds of what this engine follows: one that is left out is
        held no more, and is counted as nothing from then on. A report without any balance says nothing about balances;
        what could not be read whole raises instead.
        """
        ...
