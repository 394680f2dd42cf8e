"""Put decimal numbers of a message on an instrument's integer grid, exactly."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import numpy as np

from adapters.streams.market_data import MessageError
from adapters.streams.stream_book import Levels
from core.types.instrument import Instrument

LARGEST: Final = 2**63 - 1
_DIGITS: Final = 19


class LevelGrid:
    """Counts ticks and lots of one instrument; no float, no rounding."""

    def __init__(self, instrument: Instrument) -> None:
        self._tick = instrument.tick_size
        self._lot = instrument.lot_size

    def arrays(self, levels: Iterable[tuple[Decimal, Decimal]]) -> Levels:
        """Return ticks and lots; raise MessageError for a level off the grid, at no price or beyond 64 bits."""
        ticks: list[int] = []
        lots: list[int] = []
        for price, quantity in levels:
            ticks.append(_steps(price, self._tick))
            lots.append(_steps(quantity, self._lot))
        if ticks and (min(ticks) <= 0 or min(lots) < 0 or max(ticks) > LARGEST or max(lots) > LARGEST):
            raise MessageError("a level has no price, a negative size, or does not fit 64 bits")
        return np.array(ticks, np.int64), np.array(lots, np.int64)


def _steps(value: Decimal, step: Decimal) -> int:
    if not value.is_finite():
        raise MessageError(f"{value} is not a number")
    steps = value / step
    if steps.adjusted() > _DIGITS:  # before it is made an integer of as many digits
        raise MessageError(f"{value} does not fit 64 bits")
    whole = int(steps)
    if whole * step != value:  # the quotient may have been rounded, this product is not
        raise MessageError(f"{value} is not a multiple of {step}")
    return whole
