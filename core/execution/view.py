"""What a running job may look at, as one frozen value. None is a missing input, and nothing is sent on it."""

from decimal import Decimal

import msgspec

from core.book.book import Book, BookState
from core.execution.plan import Plan
from core.jobs.limits import JobLimits
from core.types.control import HaltLevel
from core.types.instrument import Instrument
from core.types.order import Side


class LegView(msgspec.Struct, frozen=True, kw_only=True):
    """The market of one leg; prices in the quote currency."""

    instrument: Instrument | None
    book_state: BookState = BookState.SYNCING
    book_age_ns: int | None = None
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    quote_usd: Decimal | None = None  # dollars a unit of the quote currency is worth
    halt: HaltLevel = HaltLevel.NORMAL  # the tightest of global, venue and strategy
    account_read: int | None = None  # facts there were when the venue was asked for the account booked last

    def touch(self, side: Side) -> Decimal | None:
        """Return the best price that a taker on this side meets."""
        return self.best_ask if side is Side.BUY else self.best_bid

    @property
    def mid(self) -> Decimal | None:
        if self.book_state is not BookState.VALID or self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """The world at the moment of one decision about one job; `legs` in the order of the job's."""

    now_ns: int
    naked_age_ns: int = 0  # since when the job is naked, by the steady clock
    phase_age_ns: int = 0  # since when it can do what its phase is for, by the steady clock
    legs: tuple[LegView, ...]
    limits: JobLimits
    stale_after_ns: int
    plan: Plan | None  # None after a restart: no new primary order
    cancel_reason: str | None = None  # somebody asked for the job's end


def leg_view(
    instrument: Instrument | None,
    book: Book | None,
    *,
    book_age_ns: int | None,
    quote_usd: Decimal | None,
    halt: HaltLevel,
    account_read: int | None,
) -> LegView:
    """Put together what is to be seen of one leg."""
    if instrument is None or book is None:
        return LegView(instrument=instrument, quote_usd=quote_usd, halt=halt, account_read=account_read)
    bid, ask = book.best_bid(), book.best_ask()
    return LegView(
        instrument=instrument,
        book_state=book.state,
        book_age_ns=book_age_ns,
        best_bid=None if bid is None else instrument.ticks_to_price(bid[0]),
        best_ask=None if ask is None else instrument.ticks_to_price(ask[0]),
        quote_usd=quote_usd,
        halt=halt,
        account_read=account_read,
    )
