"""What a venue may say that is no fact: a number that is none would come back from the journal as another value."""

from collections.abc import Iterator
from decimal import Decimal
from math import isfinite

from core.engine.pump import ExecutionEvent
from core.types.account import AccountReport, FundingPayment
from core.types.order import Fill, Order

Named = tuple[str, Decimal | float | None]


def malformed_execution(event: ExecutionEvent) -> str | None:
    """Return what is wrong with an execution event, None where it can be journaled."""
    match event:
        case Fill():
            return _flaw_of_fill(event)
        case FundingPayment():
            return _first_flaw(f"funding {event.payment_id}", (("amount", event.amount), ("rate", event.rate)))
        case _:
            return None


def malformed_report(report: AccountReport) -> str | None:
    """Return what is wrong with an account report, None where all of it can be journaled."""
    for balance in report.balances:
        flaw = _first_flaw(f"balance of {balance.asset}", (("total", balance.total),))
        if flaw is not None:
            return flaw
    for position in report.positions:
        parts = (("quantity", position.quantity), ("average price", position.average_price))
        flaw = _first_flaw(f"position in {position.instrument_id}", parts)
        if flaw is not None:
            return flaw
    for order in report.open_orders:
        flaw = _first_flaw(f"order {order.intent.client_order_id}", _of_order(order))
        if flaw is not None:
            return flaw
    executions: tuple[ExecutionEvent, ...] = (*report.fills, *report.funding)
    return next((flaw for event in executions if (flaw := malformed_execution(event)) is not None), None)


def _flaw_of_fill(fill: Fill) -> str | None:
    what = f"fill {fill.fill_id}"
    flaw = _first_flaw(what, (("quantity", fill.quantity), ("price", fill.price), ("fee", fill.fee)))
    if flaw is None and (fill.quantity <= 0 or fill.price <= 0):
        return f"{what} has quantity {fill.quantity} and price {fill.price}; both must be above 0"
    return flaw


def _of_order(order: Order) -> Iterator[Named]:
    yield from (("quantity", order.intent.quantity), ("limit price", order.intent.limit_price))


def _first_flaw(what: str, parts: "Iterator[Named] | tuple[Named, ...]") -> str | None:
    for name, value in parts:
        if value is not None and not isfinite(value):
            return f"{what} has {name} {value}"
    return None
