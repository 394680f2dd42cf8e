"""What an order would meet in a book, before it enters; own orders give way and count as not there."""

from collections.abc import Iterator
from decimal import Decimal

from adapters.sim.binance_protocol.symbol_book import SymbolBook
from core.types.order import Side


def _makers(book: SymbolBook, side: Side, owner: int) -> Iterator[tuple[int, int]]:
    """Yield price and lots of others that an order of a side would meet, best first."""
    ladder = book.matching.ladder(side.opposite)
    for key in reversed(ladder.keys):
        ticks = ladder.sign * key
        yield ticks, sum(order.lots for order in ladder.levels[ticks].orders.values() if order.owner != owner)


def value_of(book: SymbolBook, side: Side, price: Decimal | None, quantity: Decimal, owner: int) -> Decimal:
    """Return what an order is worth: at its price, or at those it would sweep."""
    if price is not None:
        return price * quantity
    left = int(quantity / book.instrument.lot_size)
    cost = 0
    for ticks, lots in _makers(book, side, owner):
        cost += ticks * min(lots, left)
        left -= min(lots, left)
        if left == 0:
            break
    swept = book.instrument.ticks_to_price(cost) * book.instrument.lot_size
    # What the book does not hold is valued at the mark: a book that is empty must not refuse for the size.
    return swept + book.mark * book.instrument.lots_to_quantity(left)


def lots_for_quote(book: SymbolBook, side: Side, quote: Decimal, owner: int) -> int:
    """Return how many lots an amount of the quote asset sweeps."""
    found, left = 0, quote
    for ticks, lots in _makers(book, side, owner):
        lot_value = book.instrument.ticks_to_price(ticks) * book.instrument.lot_size
        taken = min(lots, int(left / lot_value))
        found += taken
        left -= taken * lot_value
        if taken < lots:
            break
    return found


def fillable_lots(book: SymbolBook, side: Side, ticks: int | None, owner: int) -> int:
    """Return the lots that an order could take at its price or better."""
    found = 0
    for level, lots in _makers(book, side, owner):
        if ticks is not None and side.sign * (level - ticks) > 0:
            break
        found += lots
    return found


def first_of(book: SymbolBook, side: Side) -> int:
    """Return the id of the order that is served first on a side, 0 where there is none."""
    ladder = book.matching.ladder(side)
    best = ladder.best_ticks()
    return 0 if best is None else next(iter(ladder.levels[best].orders))
