"""What a strategy wants: a signal becomes an order only where risk and capital let it."""

from decimal import Decimal
from typing import Final

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import OrderType, Side

MAX_EXPONENT: Final = 18
_SENSIBLE: Final = f"more than 0, within 10^-{MAX_EXPONENT} and 10^{MAX_EXPONENT}"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to trade, sized by quantity (base units) or by notional (US dollars): one of the two.

    Raises ValueError where the parts do not fit together.
    """

    instrument_id: InstrumentId
    side: Side
    quantity: Decimal | None = None
    notional_usd: Decimal | None = None
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    reduce_only: bool = False
    confidence: float  # in [0, 1]
    reason: str

    def __post_init__(self) -> None:
        size = self.quantity if self.notional_usd is None else self.notional_usd
        if (self.quantity is None) == (self.notional_usd is None):
            raise ValueError(f"signal for {self.instrument_id}: give either quantity or notional_usd")
        if size is None or not _is_sensible(size):
            raise ValueError(f"signal for {self.instrument_id}: size {size} is not allowed: {_SENSIBLE}")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"signal for {self.instrument_id}: confidence {self.confidence} is not in [0, 1]")
        if (self.order_type is OrderType.LIMIT) != (self.limit_price is not None):
            raise ValueError(f"signal for {self.instrument_id}: a limit order, and no other, has a limit_price")
        price = self.limit_price
        if price is not None and not _is_sensible(price):
            raise ValueError(f"signal for {self.instrument_id}: limit_price {price} is not allowed: {_SENSIBLE}")


def _is_sensible(value: Decimal) -> bool:
    """Tell whether sums and texts of a number stay of a size that can be worked with."""
    return value.is_finite() and value > 0 and abs(value.adjusted()) <= MAX_EXPONENT
