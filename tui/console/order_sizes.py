"""The size of one-key orders, by instrument: it starts at the least, or at a worth, and moves in 1-2-5 steps."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Final

from core.state.desk import BookView, InstrumentView

_STEPS: Final = (1, 2, 5)
_MOST_LOTS: Final = 10**12


class OrderSizes:
    """What the trader chose, by instrument; of it only what a first order is worth is kept for the next start."""

    def __init__(self, quote_usd: Callable[[InstrumentView], Decimal | None] = lambda _: None) -> None:
        """Take what a unit of an instrument's quote currency is worth in dollars, None where nobody knows."""
        self._quote_usd = quote_usd
        self._chosen: dict[str, Decimal] = {}
        self._begun: dict[str, Decimal] = {}
        self._first_usd: Decimal | None = None

    @property
    def first_usd(self) -> Decimal | None:
        """Return what an order is worth where the trader has chosen no size yet; None: the least that makes sense."""
        return self._first_usd

    def begin_with(self, usd: Decimal | None) -> None:
        """Begin at the size of this worth, on every instrument whose size the trader has not chosen."""
        self._first_usd = usd
        self._begun.clear()

    def of(self, instrument: InstrumentView, book: BookView | None) -> Decimal:
        """Return the size of an instrument's next one-key order."""
        name = _name(instrument)
        known = self._chosen.get(name, self._begun.get(name))
        if known is not None:
            return known
        first = self._first_size(instrument, book)
        if first is not None:
            self._begun[name] = first  # from here on the trader alone changes it, no move of the price
            return first
        return least_size(instrument, book)

    def _first_size(self, instrument: InstrumentView, book: BookView | None) -> Decimal | None:
        """Return the size to begin with, None as long as a price that it takes is not known."""
        price = _lowest_touch(book)
        if not price:
            return None
        least = least_size(instrument, book)
        if self._first_usd is None:
            return least
        quote_usd = self._quote_usd(instrument)
        if not quote_usd:
            return None
        worth = price * instrument.contract_size * instrument.order_lot * quote_usd
        return max(least, self._first_usd // worth * instrument.order_lot)

    def choose(self, instrument: InstrumentView, size: Decimal) -> None:
        self._chosen[_name(instrument)] = size

    def step(self, instrument: InstrumentView, book: BookView | None, direction: int) -> Decimal:
        """Take the next larger or smaller size of the series, never less than the least."""
        size = next_size(self.of(instrument, book), instrument, direction)
        if direction < 0:
            size = max(size, min(least_size(instrument, book), self.of(instrument, book)))
        self.choose(instrument, size)
        return size


def least_size(instrument: InstrumentView, book: BookView | None) -> Decimal:
    """Return the smallest size of the series that the venue takes, by its least quantity and least value."""
    needed = max(instrument.min_quantity, instrument.order_lot)
    price = _lowest_touch(book)
    if price:
        value = instrument.min_notional / (price * instrument.contract_size)
        needed = max(needed, value)
    lots = int((needed / instrument.order_lot).to_integral_value(ROUND_CEILING))
    return _at_least(lots) * instrument.order_lot


def next_size(size: Decimal, instrument: InstrumentView, direction: int) -> Decimal:
    """Return the neighbour of a size in the series 1, 2, 5, 10 … lots."""
    lots = int(size / instrument.order_lot)
    if direction > 0:
        return _at_least(lots + 1) * instrument.order_lot
    return _at_most(max(1, lots - 1)) * instrument.order_lot


def _at_least(lots: int) -> int:
    return next(each for each in _series() if each >= min(lots, _MOST_LOTS))


def _at_most(lots: int) -> int:
    found = 1
    for each in _series():
        if each > lots:
            return found
        found = each
    return found


def _series() -> list[int]:
    return [digit * 10**power for power in range(13) for digit in _STEPS]


def _lowest_touch(book: BookView | None) -> Decimal | None:
    if book is None or not book.bid_ticks:
        return None
    return book.bid_ticks[0] * book.tick_size


def _name(instrument: InstrumentView) -> str:
    return f"{instrument.symbol}@{instrument.venue}"
