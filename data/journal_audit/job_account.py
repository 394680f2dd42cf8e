"""What one job was to trade, and what its fills say it did."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from data.journal_audit.amount import WIDE, ZERO, add, amount, multiply
from data.journal_audit.finding import Body
from data.journal_audit.symbols import DOLLARS, Book, read_symbol

PRIMARY: Final = "primary"
HEDGE: Final = "hedge"
UNWIND: Final = "unwind"


@dataclass(slots=True)
class Leg:
    book: Book
    is_buy: bool
    quantity: Decimal
    filled: dict[str, Decimal] = field(default_factory=dict[str, Decimal])  # by role; taken again is given back less
    last_price: Decimal = ZERO
    closes: Decimal = ZERO  # what of it is to close a position, by its claim

    def did(self, role: str) -> Decimal:
        return self.filled.get(role, ZERO)

    @property
    def is_overdrawn(self) -> bool:
        """Tell whether more was given back than there was: fills of an unwind may come after its end."""
        return self.did(UNWIND) > self.did(PRIMARY) + self.did(HEDGE)

    @property
    def share(self) -> Decimal:
        """Return the part of the leg that is filled and was not given back."""
        return WIDE.divide(self.did(PRIMARY) + self.did(HEDGE) - self.did(UNWIND), self.quantity)


@dataclass(slots=True)
class Job:
    """A job from its submission on; `cash` and `volume` are per contract size of one."""

    job_id: str
    legs: list[Leg]
    submitted_at: int
    started_at: int | None = None
    finished_at: int | None = None
    dropped_at: int | None = None
    cash: dict[Book, Decimal] = field(default_factory=dict[Book, Decimal])
    volume: dict[Book, Decimal] = field(default_factory=dict[Book, Decimal])
    sizes: dict[Book, Decimal] = field(default_factory=dict[Book, Decimal])  # of the contracts it was planned in
    fees: Decimal = ZERO
    fills: int = 0
    end: Body | None = None  # the newest one
    late_fill: tuple[int, str] | None = None  # row and fill, of one that came after the end and reopened nothing

    @property
    def is_running(self) -> bool:
        return self.started_at is not None and self.finished_at is None

    def plan_in(self, book: Book, size: Decimal) -> None:
        """Take the first contract size that is known of a leg: a job ends in the units it began in."""
        if any(leg.book == book for leg in self.legs):
            self.sizes.setdefault(book, size)

    def book_fill(self, leg: Leg, role: str, fill: Body) -> None:
        quantity, price, fee = amount(fill, "quantity"), amount(fill, "price"), amount(fill, "fee")
        value = multiply(quantity, price)
        leg.last_price = price
        is_taken_again = role == UNWIND and (fill["side"] == "buy") == leg.is_buy
        leg.filled[role] = add(leg.did(role), -quantity if is_taken_again else quantity)
        self.cash[leg.book] = add(self.cash.get(leg.book, ZERO), -value if fill["side"] == "buy" else value)
        self.volume[leg.book] = add(self.volume.get(leg.book, ZERO), value)
        self.fees = add(self.fees, fee)
        self.fills += 1

    @property
    def is_in_dollars(self) -> bool:
        return all(read_symbol(leg.book[1]).quote in DOLLARS for leg in self.legs)

    def naked(self) -> Decimal:
        """Return what is naked in units of the primary leg, signed like a position there."""
        first = self.legs[0]
        gap = max((first.share - leg.share for leg in self.legs[1:]), key=abs)
        return multiply(gap, first.quantity if first.is_buy else -first.quantity)

    def rests(self) -> dict[Book, Decimal]:
        """Return what the rest of each leg beyond the smallest share was worth at its last fill, signed.

        No share below nothing is one that others should have.
        """
        level = max(ZERO, min(leg.share for leg in self.legs))
        return {
            leg.book: multiply(multiply(leg.share - level, leg.quantity), leg.last_price * (1 if leg.is_buy else -1))
            for leg in self.legs
        }

    def over_hedged(self, leg: Leg) -> bool:
        """Tell whether a leg hedges more than was filled of the primary one, in the ratio of the legs (G3)."""
        primary = self.legs[0]
        return multiply(leg.did(HEDGE), primary.quantity) > multiply(primary.did(PRIMARY), leg.quantity)


def job_of(sequence: int, body: Body) -> Job:
    legs: list[Any] = list(body["legs"])
    return Job(
        job_id=str(body["job_id"]),
        legs=[
            Leg((str(leg["venue"]), str(leg["symbol"])), leg["side"] == "buy", amount(leg, "quantity")) for leg in legs
        ],
        submitted_at=sequence,
    )


def in_dollars(by_book: dict[Book, Decimal], sizes: dict[Book, Decimal]) -> Decimal:
    """Sum amounts of several books with the contract size of each."""
    total = ZERO
    for book, value in by_book.items():
        total = WIDE.fma(value, sizes.get(book, Decimal(1)), total)
    return total
