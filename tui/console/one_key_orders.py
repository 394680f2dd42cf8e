"""The orders that single keys make on an armed console. Pure: an order, or in words why there is none."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.control.commands import PlaceOrder
from core.state.desk import BookView, InstrumentView, PositionView

BAND_BPS: Final = Decimal(10)  # what a lift or a hit may pay beyond the touch
_BPS: Final = Decimal(10_000)


def join_touch(side: str, instrument: InstrumentView, book: BookView | None, size: Decimal) -> PlaceOrder | str:
    """Return a limit order at the best price of its own side."""
    if book is None:
        return UNREADABLE
    ticks = book.bid_ticks if side == "buy" else book.ask_ticks
    if not ticks:
        return f"there is no {'bid' if side == 'buy' else 'ask'} to join"
    price = _on_grid(ticks[0] * book.tick_size, instrument, side)
    return _limit(side, instrument, size, price)


def take_touch(side: str, instrument: InstrumentView, book: BookView | None, size: Decimal) -> PlaceOrder | str:
    """Return an immediate limit order through the best price of the other side, within the band."""
    if book is None:
        return UNREADABLE
    ticks = book.ask_ticks if side == "buy" else book.bid_ticks
    if not ticks:
        return f"there is no {'ask' if side == 'buy' else 'bid'} to take"
    touch, sign = ticks[0] * book.tick_size, 1 if side == "buy" else -1
    price = _on_grid(touch * (1 + sign * BAND_BPS / _BPS), instrument, side)
    if (price - touch) * sign < 0:  # a tick coarser than the band: the nearest price that reaches the touch
        price += sign * instrument.order_tick
    return _limit(side, instrument, size, price, is_immediate=True)


def close_position(instrument: InstrumentView, position: PositionView | None) -> PlaceOrder | str:
    """Return a market order that only reduces, for all of the position."""
    if position is None or not position.quantity:
        return f"no position in {instrument.symbol} at {instrument.venue}"
    lot = instrument.order_lot
    quantity = (abs(position.quantity) / lot).to_integral_value(ROUND_FLOOR) * lot
    if quantity < max(lot, instrument.min_quantity):
        return f"the position of {abs(position.quantity):f} is below the least order of {instrument.min_quantity:f}"
    return PlaceOrder(
        venue=instrument.venue,
        symbol=instrument.symbol,
        side="sell" if position.quantity > 0 else "buy",
        quantity=quantity,
        order_type="market",
        reduce_only=True,
    )


UNREADABLE: Final = "its book cannot be read: nothing is sent without a price"


def _limit(
    side: str, instrument: InstrumentView, size: Decimal, price: Decimal, *, is_immediate: bool = False
) -> PlaceOrder:
    return PlaceOrder(
        venue=instrument.venue,
        symbol=instrument.symbol,
        side=side,
        quantity=size,
        order_type="limit",
        limit_price=price,
        time_in_force="ioc" if is_immediate else "gtc",
    )


def _on_grid(price: Decimal, instrument: InstrumentView, side: str) -> Decimal:
    """Round to what an order may have, towards the better price: down for a purchase, up for a sale."""
    rounding, tick = ROUND_FLOOR if side == "buy" else ROUND_CEILING, instrument.order_tick
    return (price / tick).to_integral_value(rounding) * tick
