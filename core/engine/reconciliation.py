"""Compare the venue's truth with the journal's and say, as facts, what has to change. Pure.

The venue is right about what is resting, what was filled and what the account holds. What it cannot say is
whether a request is still on its way: so an order that it shows otherwise is only believed when the report is
younger than the order's last movement by `settle_ns`, and one that was never answered for by `SETTLE_NS` always.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.journal.facts import (
    AnyFact,
    BalanceReported,
    OrderAdopted,
    OrderStatusChanged,
    PositionAdopted,
)
from core.ledger.ledger import Ledger
from core.orders.tracker import OrderTracker
from core.types.account import AccountReport
from core.types.order import Order, OrderStatus

SETTLE_NS: Final = 10_000_000_000


def order_differences(
    report: AccountReport, orders: OrderTracker, at_ns: int, settle_ns: int
) -> Iterator[tuple[AnyFact, str]]:
    """Yield (fact, finding) for orders that the venue shows otherwise than the journal."""
    resting = {order.intent.client_order_id: order for order in report.open_orders}
    for found in report.open_orders:
        ours = orders.get(found.intent.client_order_id)
        if ours is None or report.at_ns - ours.updated_ns >= settle_ns:
            yield from _resting_difference(found, ours, at_ns)
    for known in list(orders.live()):
        if known.intent.venue != report.venue or known.intent.client_order_id in resting:
            continue
        if not known.status.may_live:  # reported filled, and its fills are still to come
            continue
        if report.at_ns - known.updated_ns < (SETTLE_NS if _was_never_answered(known) else settle_ns):
            continue
        yield _gone(known, at_ns)


def _resting_difference(found: Order, known: Order | None, at_ns: int) -> Iterator[tuple[AnyFact, str]]:
    client_order_id = found.intent.client_order_id
    if known is None:
        fact = OrderAdopted(at_ns=at_ns, intent=found.intent, venue_order_id=found.venue_order_id)
        yield fact, f"order {client_order_id} was not sent from here"
    elif known.status not in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
        fact = OrderAdopted(at_ns=at_ns, intent=known.intent, venue_order_id=found.venue_order_id)
        yield fact, f"order {client_order_id} is open at the venue, was {known.status.value}"


def _gone(known: Order, at_ns: int) -> tuple[AnyFact, str]:
    status = OrderStatus.REJECTED if _was_never_answered(known) else OrderStatus.CANCELLED
    fact = OrderStatusChanged(
        at_ns=at_ns, client_order_id=known.intent.client_order_id, status=status, reason="not at the venue"
    )
    return fact, f"order {known.intent.client_order_id} is not at the venue, was {known.status.value}"


def _was_never_answered(known: Order) -> bool:
    """Tell whether nobody ever said that the venue had the order."""
    is_unsure = known.status in {OrderStatus.INTENDED, OrderStatus.IN_DOUBT}
    return is_unsure and known.venue_order_id is None and not known.filled_quantity


def account_differences(report: AccountReport, ledger: Ledger, at_ns: int) -> Iterator[tuple[AnyFact, str]]:
    """Yield (fact, finding) for positions and cash that the venue holds otherwise than the ledger."""
    at_venue = {position.instrument_id: position for position in report.positions}
    held = [position.instrument_id for position in ledger.positions() if position.venue == report.venue]
    for instrument_id in sorted({*at_venue, *held}):
        theirs = at_venue.get(instrument_id)
        quantity = theirs.quantity if theirs else Decimal(0)
        ours = ledger.quantity(instrument_id)
        if quantity != ours:
            finding = f"{instrument_id} is {quantity} at the venue, {ours} in the journal"
            adopted = PositionAdopted(
                at_ns=at_ns,
                venue=report.venue,
                symbol=instrument_id.symbol,
                quantity=quantity,
                average_price=theirs.average_price if theirs else Decimal(0),
                cause=finding,
            )
            yield adopted, finding
    for balance in report.balances:
        cash = ledger.cash_of(report.venue, balance.asset)
        if cash is None or not cash.is_reported or cash.total != balance.total:
            fact = BalanceReported(at_ns=at_ns, venue=report.venue, asset=balance.asset, total=balance.total)
            known = "unknown" if cash is None or not cash.is_reported else str(cash.total)
            yield fact, "" if known == "unknown" else f"{balance.asset} is {balance.total} at the venue, {known} here"
