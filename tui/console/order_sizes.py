"""The size of one-key orders, by instrument: it starts at the least that makes sense and moves in 1-2-5 steps."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from core.state.desk import BookView, InstrumentView

_STEPS: Final = (1, 2, 5)
_MOST_LOTS: Final = 10**12


class OrderSizes:
    """What the trader chose; nothing is kept for the next start, so that each begins small."""

    def __init__(self) -> None:
        self._chosen: dict[str, Decimal] = {}

    def of(self, instrument: InstrumentView, book: BookView | None) -> Decimal:
        """Return the size of an instrument's next one-key order."""
        chosen = self._chosen.get(_name(instrument))
        if chosen is not None:
            return chosen
        least = least_size(instrument, book)
        if _lowest_touch(book):
            self._chosen[_name(instrument)] = least  # from here on the trader alone changes it, no move of the price
        return least

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
