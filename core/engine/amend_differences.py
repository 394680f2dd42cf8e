"""Which terms of an order hold, by the venue's own list of open orders. Pure.

The list proves that an amend arrived as soon as it shows the new terms. That one never will arrive is only believed
when it has gone unanswered and unseen for `SETTLE_NS` by the steady clock, as with an order that never shows up.
"""

from collections.abc import Iterator
from decimal import Decimal

from core.journal.facts import AnyFact, OrderAmended, OrderAmendRefused
from core.types.order import Order, OrderStatus, PendingAmend

Finding = tuple[AnyFact, str]


def resting_terms(found: Order, known: Order, at_ns: int, *, is_overdue: bool) -> Iterator[Finding]:
    """Yield (fact, finding) where an order rests on other terms than are known, or an open amend is settled by it."""
    price, quantity = found.intent.limit_price, found.intent.quantity
    pending, name = known.pending_amend, known.intent.client_order_id
    if price is None or known.intent.limit_price is None:
        return
    if pending is not None and (price, quantity) == (pending.limit_price, pending.quantity):
        yield _amended(found, pending.number, at_ns), f"the amend of order {name} has arrived"
    elif (price, quantity) != (known.intent.limit_price, known.intent.quantity):
        # Terms that are neither the old nor the new: somebody else's hand, or an amend given up for lost.
        number = known.amends if pending is None or is_overdue else pending.number - 1
        yield _amended(found, number, at_ns), f"order {name} is {quantity:f} at {price:f} at the venue"
    elif pending is not None and is_overdue:
        yield _refused(known, pending, at_ns), f"the amend of order {name} never arrived"


def ended_terms(known: Order, at_ns: int) -> Iterator[Finding]:
    """Yield (fact, finding) that settles the open amend of an order that rests no more, as far as its fills tell."""
    pending, name = known.pending_amend, known.intent.client_order_id
    if pending is None:
        return
    filled, before = known.filled_quantity, known.intent.quantity
    if filled > before or (filled == pending.quantity != before):
        fact = OrderAmended(
            at_ns=at_ns,
            client_order_id=name,
            number=pending.number,
            limit_price=pending.limit_price,
            quantity=pending.quantity,
        )
        yield fact, f"the amend of order {name} had arrived before it ended"
    elif known.status is not OrderStatus.FILLED or filled == before:
        yield _refused(known, pending, at_ns), f"order {name} ended before its amend"


def amend_key(order: Order) -> str:
    """Name the open amend of an order."""
    return f"{order.intent.client_order_id}#{order.amends}"


def _amended(found: Order, number: int, at_ns: int) -> OrderAmended:
    return OrderAmended(
        at_ns=at_ns,
        client_order_id=found.intent.client_order_id,
        number=number,
        limit_price=found.intent.limit_price or Decimal(0),
        quantity=found.intent.quantity,
        venue_order_id=found.venue_order_id,
    )


def _refused(known: Order, pending: PendingAmend, at_ns: int) -> OrderAmendRefused:
    return OrderAmendRefused(
        at_ns=at_ns,
        client_order_id=known.intent.client_order_id,
        number=pending.number,
        limit_price=pending.limit_price,
        quantity=pending.quantity,
        reason="not at the venue",
    )
