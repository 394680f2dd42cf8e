"""What an order would meet in a book, before it enters."""

from decimal import Decimal

from adapters.sim.binance_protocol.symbol_book import SymbolBook
from core.types.order import Side


def value_of(book: SymbolBook, side: Side, price: Decimal | None, quantity: Decimal) -> Decimal:
    """Return what an order is worth: at its price, or at those it would sweep."""
    if price is not None:
        return price * quantity
    lots = int(quantity / book.instrument.lot_size)
    if lots < 1:
        return Decimal(0)
    cost, found = book.matching.sweep_cost(side, lots)
    swept = book.instrument.ticks_to_price(cost) * book.instrument.lot_size
    # What the book does not hold is valued at the mark: a book that is empty must not refuse for the size.
    return swept + book.mark * book.instrument.lots_to_quantity(lots - found)


def lots_for_quote(book: SymbolBook, side: Side, quote: Decimal) -> int:
    """Return how many lots an amount of the quote asset sweeps."""
    lots, left = 0, quote
    makers = book.matching.ladder(side.opposite)
    for key in reversed(makers.keys):
        ticks = makers.sign * key
        lot_value = book.instrument.ticks_to_price(ticks) * book.instrument.lot_size
        taken = min(makers.levels[ticks].lots, int(left / lot_value))
        lots += taken
        left -= taken * lot_value
        if taken < makers.levels[ticks].lots:
            break
    return lots


def fillable_lots(book: SymbolBook, side: Side, ticks: int | None, owner: int) -> int:
    """Return the lots of others that an order could take at its price or better."""
    makers = book.matching.ladder(side.opposite)
    lots = 0
    for key in reversed(makers.keys):
        level = makers.sign * key
        if ticks is not None and side.sign * (level - ticks) > 0:
            break
        lots += sum(order.lots for order in makers.levels[level].orders.values() if order.owner != owner)
    return lots


def first_of(book: SymbolBook, side: Side) -> int:
    """Return the id of the order that is served first on a side, 0 where there is none."""
    ladder = book.matching.ladder(side)
    best = ladder.best_ticks()
    return 0 if best is None else next(iter(ladder.levels[best].orders))
