"""What a strategy wants: a signal becomes an order only where risk and capital let it."""

from decimal import Decimal

import msgspec

from core.types.instrument import InstrumentId
from core.types.order import OrderType, Side


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
        if size is None or not size.is_finite() or size <= 0:
            raise ValueError(f"signal for {self.instrument_id}: size {size} is not allowed: more than 0")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"signal for {self.instrument_id}: confidence {self.confidence} is not in [0, 1]")
        if (self.order_type is OrderType.LIMIT) != (self.limit_price is not None):
            raise ValueError(f"signal for {self.instrument_id}: a limit order, and no other, has a limit_price")
        if self.limit_price is not None and not (self.limit_price.is_finite() and self.limit_price > 0):
            raise ValueError(
                f"signal for {self.instrument_id}: limit_price {self.limit_price} is not allowed: more than 0"
            )
