"""What one point of price on one unit of quantity is worth in dollars."""

from decimal import Decimal
from typing import Protocol

from core.ledger.marks import Marks
from core.ledger.outcome import InstrumentLookup
from core.ledger.position import EXACT
from core.types.instrument import InstrumentId


class PointValue(Protocol):
    """Return the dollars of price 1 and quantity 1: contract size times the quote's rate; None while unknown."""

    def __call__(self, instrument_id: InstrumentId, /) -> Decimal | None: ...


def point_value(instruments: InstrumentLookup, marks: Marks) -> PointValue:
    """Look contract sizes up in the instruments' rules and rates among the marks."""

    def value(instrument_id: InstrumentId, /) -> Decimal | None:
        instrument = instruments(instrument_id)
        rate = marks.asset_usd(instrument.venue, instrument.quote) if instrument else None
        return EXACT.multiply(instrument.contract_size, rate.price) if instrument and rate else None

    return value
