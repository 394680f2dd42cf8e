"""What an order takes from a book at once: the levels it walks, and where it has to stop."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from core.book.book import Book
from core.types.order import Side

ZERO = Decimal(0)
FIRST_DEPTH = 64  # levels that are read first; most orders need few


class Taken(NamedTuple):
    """What a taker gets; `worst_price` is that of the last level, None where nothing is taken."""

    quantity: Decimal
    value: Decimal  # Σ price·quantity
    levels: int
    worst_price: Decimal | None

    @property
    def average_price(self) -> Decimal | None:
        return self.value / self.quantity if self.quantity else None


def take(book: Book, side: Side, quantity: Decimal, limit_price: Decimal | None) -> Taken:
    """Walk the levels up to the limit, without one to the end of the book; a book that is not VALID gives nothing."""
    depth = FIRST_DEPTH
    while True:
        levels = _levels(book, side, depth)
        taken = _walk(levels, side, quantity, limit_price)
        if taken.levels < len(levels) or len(levels) < depth or taken.quantity == quantity:
            return taken
        depth *= 8


def _levels(book: Book, side: Side, depth: int) -> list[tuple[Decimal, Decimal]]:
    bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(depth)
    ticks, lots = (ask_ticks, ask_lots) if side is Side.BUY else (bid_ticks, bid_lots)
    rules = book.instrument
    return [
        (rules.ticks_to_price(tick), rules.lots_to_quantity(lot))
        for tick, lot in zip(ticks.tolist(), lots.tolist(), strict=True)
    ]


def _walk(
    levels: Iterable[tuple[Decimal, Decimal]], side: Side, quantity: Decimal, limit_price: Decimal | None
) -> Taken:
    taken, value, count, worst = ZERO, ZERO, 0, None
    for price, shown in levels:
        if taken >= quantity or (limit_price is not None and (price - limit_price) * side.sign > 0):
            break
        part = min(shown, quantity - taken)
        taken, value, count, worst = taken + part, value + part * price, count + 1, price
    return Taken(taken, value, count, worst)
