"""A price that somebody wants to hear of."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.types.instrument import InstrumentId


class Crossing(StrEnum):
    """On which side of its price an alert goes off."""

    ABOVE = "above"
    BELOW = "below"


class PriceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Goes off at or beyond `price`: once, or where it is repeated each time that the market comes there anew."""

    alert_id: str
    venue: str
    symbol: str
    crossing: Crossing
    price: Decimal
    is_repeated: bool
    severity: str  # info, warning, severe
    who: str
    set_ns: int

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)
