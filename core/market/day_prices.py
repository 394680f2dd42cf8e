"""What each instrument cost when the UTC day began, or when it was first heard of later that day."""

from decimal import Decimal
from typing import Final, NamedTuple

from core.types.instrument import InstrumentId

DAY_NS: Final = 86_400_000_000_000


class DayPrice(NamedTuple):
    """The price that the change of a day is measured from, and when it was taken."""

    price: Decimal
    at_ns: int


class DayPrices:
    """Keep the first price of the running day; an engine that starts in the middle of one begins there."""

    def __init__(self) -> None:
        self._prices: dict[InstrumentId, DayPrice] = {}

    def note(self, instrument_id: InstrumentId, price: Decimal, at_ns: int) -> None:
        known = self._prices.get(instrument_id)
        if known is None or known.at_ns // DAY_NS != at_ns // DAY_NS:
            self._prices[instrument_id] = DayPrice(price, at_ns)

    def of(self, instrument_id: InstrumentId, now_ns: int) -> DayPrice | None:
        """Return where the day at `now_ns` began, None where no price of that day is known."""
        known = self._prices.get(instrument_id)
        return known if known is not None and known.at_ns // DAY_NS == now_ns // DAY_NS else None
