"""Whether a venue takes an order at all, judged by its instrument's rules alone."""

from decimal import Decimal

from core.types.instrument import Instrument
from core.types.order import OrderIntent, OrderType


def order_fault(instrument: Instrument, intent: OrderIntent, reference_price: Decimal | None, at_ns: int) -> str | None:
    """Return why the venue refuses the order, or None; `reference_price` values market orders."""
    if not instrument.market_hours.is_open(at_ns):
        return f"market closed: {instrument.id} ({instrument.market_hours.calendar})"
    return _size_fault(instrument, intent.quantity) or _price_fault(instrument, intent, reference_price)


def _size_fault(instrument: Instrument, quantity: Decimal) -> str | None:
    if not quantity.is_finite() or quantity <= 0:
        return f"quantity {quantity} must be above 0"
    if quantity % instrument.lot_size:
        return f"quantity {quantity} is not a multiple of the lot size {instrument.lot_size}"
    if quantity < instrument.min_quantity:
        return f"quantity {quantity} is below the minimum {instrument.min_quantity}"
    return None


def _price_fault(instrument: Instrument, intent: OrderIntent, reference_price: Decimal | None) -> str | None:
    price = intent.limit_price
    if intent.order_type is OrderType.MARKET:
        if intent.post_only:
            return "a market order cannot be post-only"
        price = reference_price
    elif price is None or not price.is_finite() or price <= 0:
        return f"limit price {price} must be above 0"
    elif price % instrument.tick_size:
        return f"limit price {price} is not a multiple of the tick size {instrument.tick_size}"
    if price is None:
        return f"no price for {instrument.id}"
    notional = instrument.notional(price, intent.quantity)
    # Venues let a position be closed whatever its size, else dust could never be sold.
    if notional < instrument.min_notional and not intent.reduce_only:
        return f"notional {notional} is below the minimum {instrument.min_notional} {instrument.quote}"
    return None
