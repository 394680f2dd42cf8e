"""Own orders that close what a held order is to close: what of it they may take, and which of them may be cancelled."""

from collections.abc import Iterable
from decimal import Decimal

from core.engine.order_desk import RESTING
from core.held.look import Closer
from core.types.held_order import HeldOrder
from core.types.held_tag import HeldRole
from core.types.order import Order


def waiting_quantity(orders: Iterable[Order]) -> Decimal:
    """Return what the orders may still fill."""
    return sum((order.remaining_quantity for order in orders), Decimal(0))


def closers_for(held: HeldOrder, same_side: Iterable[Order]) -> tuple[Closer, ...]:
    """Return the resting ones of persons and strategies, plain ones first; what another stop sent is left alone."""
    found = [order for order in same_side if _may_go(held, order)]
    found.sort(key=lambda order: order.intent.held is not None)
    return tuple(Closer(order.intent.client_order_id, order.remaining_quantity) for order in found)


def _may_go(held: HeldOrder, order: Order) -> bool:
    tag = order.intent.held
    if order.status not in RESTING or order.is_external or order.intent.job is not None:
        return False
    return tag is None or (tag.held_id != held.held_id and tag.role is not HeldRole.STOP)
