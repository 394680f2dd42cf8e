"""Own orders that stand in the way for a moment only: what would cross them waits instead of being refused.

Jobs that trade the same books in opposite directions meet all the time. An own order never crosses another (the gate
refuses it), but an immediate-or-cancel order is gone within a round trip: giving a begun hedge up for it would turn
every such meeting into a loss. An order in doubt, or one that rests, does not go by itself: there the gate decides.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from core.types.instrument import InstrumentId
from core.types.order import Order, OrderStatus, OrderType, Side, TimeInForce


class Wanted(NamedTuple):
    """An order that a job wants to send."""

    instrument_id: InstrumentId
    side: Side
    limit_price: Decimal


def has_to_wait(wanted: Wanted, live: Iterable[Order], book_id: Callable[[InstrumentId], str]) -> bool:
    """Tell whether own orders would be crossed, and all of them end by themselves."""
    book = book_id(wanted.instrument_id)
    met = [
        order
        for order in live
        if order.status.may_live
        and order.intent.side is not wanted.side
        and book_id(order.intent.instrument_id) == book
        and _could_meet(wanted, order)
    ]
    return bool(met) and all(_ends_by_itself(order) for order in met)


def _could_meet(wanted: Wanted, order: Order) -> bool:
    price = order.intent.limit_price
    if price is None or order.intent.order_type is OrderType.MARKET:
        return True
    return wanted.limit_price >= price if wanted.side is Side.BUY else wanted.limit_price <= price


def _ends_by_itself(order: Order) -> bool:
    intent = order.intent
    is_immediate = intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC
    return is_immediate and not order.is_external and order.status is not OrderStatus.IN_DOUBT
