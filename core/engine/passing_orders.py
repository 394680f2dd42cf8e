"""Own orders that stand in the way for a moment only: what would cross them waits instead of being refused.

Jobs that trade the same books in opposite directions meet all the time. An own order never crosses another (the gate
refuses it), but an immediate-or-cancel order is gone within a round trip: giving a begun hedge up for it would turn
every such meeting into a loss. An order in doubt, or one that rests, does not go by itself: there the gate decides,
but for what gives a naked leg back: that is the last way there is, so own resting orders are cancelled out of it.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

from core.types.instrument import InstrumentId
from core.types.order import Order, OrderType, Side, TimeInForce


class Wanted(NamedTuple):
    """An order that a job wants to send."""

    instrument_id: InstrumentId
    side: Side
    limit_price: Decimal


def in_the_way(wanted: Wanted, live: Iterable[Order], book_id: Callable[[InstrumentId], str]) -> list[Order]:
    """Return the account's orders that would be crossed."""
    book = book_id(wanted.instrument_id)
    return [
        order
        for order in live
        if order.status.may_live
        and order.intent.side is not wanted.side
        and book_id(order.intent.instrument_id) == book
        and could_meet(wanted, order)
    ]


def has_to_wait(met: Iterable[Order]) -> bool:
    """Tell whether own orders are in the way, and all of them end by themselves."""
    return bool(found := list(met)) and all(ends_by_itself(order) for order in found)


def could_meet(wanted: Wanted, order: Order) -> bool:
    """Tell whether a wanted order would trade with an own one of the other side at its limit."""
    prices = [price for price in order.possible_prices if price is not None]
    if not prices or order.intent.order_type is OrderType.MARKET:
        return True
    return wanted.limit_price >= min(prices) if wanted.side is Side.BUY else wanted.limit_price <= max(prices)


def ends_by_itself(order: Order) -> bool:
    """Tell whether an order is gone within a round trip."""
    intent = order.intent
    is_immediate = intent.order_type is OrderType.MARKET or intent.time_in_force is TimeInForce.IOC
    return is_immediate and not order.is_external and not order.is_in_doubt
