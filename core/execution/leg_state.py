"""Where a leg of a job stands, told from its orders."""

from collections.abc import Sequence
from decimal import Decimal

from core.execution.job_order import ZERO, JobOrder
from core.types.job_tag import LegRole
from core.types.order import OrderStatus


def opened_quantity(orders: Sequence[JobOrder]) -> Decimal:
    """Return what was filled of a leg; what was given back since does not count against it."""
    return sum((order.filled_quantity for order in orders if order.role is not LegRole.UNWIND), ZERO)


def leg_state(orders: Sequence[JobOrder], filled: Decimal, wanted: Decimal) -> str:
    """Say where a leg stands; what is worst comes first."""
    if any(order.status is OrderStatus.IN_DOUBT for order in orders):
        return "in doubt"
    unwinds = [order for order in orders if order.role is LegRole.UNWIND]
    if unwinds:
        return "unwinding" if any(not order.is_over for order in unwinds) else "given back"
    if filled >= wanted:
        return "filled"
    if any(not order.is_over for order in orders):
        return "sent"
    return "partly filled" if filled else "planned"
