"""What an amend does to an order, and why a cancel that comes with one may be no end of it.

Hazards and what meets them:

- an answer that never comes: the order counts with the worse of both terms until the venue's list decides;
- a venue that amends by replacing, and reports the old order as cancelled (F08): while an amend is open, an end
  that the venue reports is doubt, and it is the order's own only if the amend was refused or the new order had it;
- reports about a venue order id that was given up: they are of the past and change nothing; an end under an id that
  nobody has heard of is doubt;
- an answer to an amend that something else has settled meanwhile: amends are numbered, an old number settles nothing.
"""

from typing import Final, NamedTuple

import msgspec

from core.journal.facts import OrderAmendAsked, OrderAmendDoubted, OrderAmended, OrderAmendRefused
from core.orders.transitions import EVENT_OF_STATUS, OrderEvent
from core.types.order import AmendState, Order, OrderType, PendingAmend, SaidEnd

AmendFact = OrderAmendAsked | OrderAmended | OrderAmendRefused | OrderAmendDoubted
KEPT_VENUE_IDS: Final = 32
_ENDS: Final = frozenset({OrderEvent.CANCELLED, OrderEvent.EXPIRED})


class Change(NamedTuple):
    """The event that moves the order's status now, None where it stays; or why the fact cannot be true."""

    event: OrderEvent | None = None
    flaw: str | None = None


def fold_amend(order: Order, fact: AmendFact) -> Change:
    """Change the order's terms by one fact and return what that means for its status."""
    match fact:
        case OrderAmendAsked():
            return _asked(order, fact)
        case OrderAmended():
            return _amended(order, fact)
        case OrderAmendRefused():
            return _refused(order, fact)
        case OrderAmendDoubted():
            pending = order.pending_amend
            if pending is not None and pending.number == fact.number:
                order.pending_amend = msgspec.structs.replace(pending, state=AmendState.IN_DOUBT)
                order.reason = fact.reason
            return Change()


def _asked(order: Order, fact: OrderAmendAsked) -> Change:
    if order.pending_amend is not None:
        return Change(flaw=f"amend {fact.number} asked for while amend {order.pending_amend.number} is open")
    if order.intent.order_type is not OrderType.LIMIT or not order.status.may_live:
        return Change(flaw=f"amend of an order that is {order.intent.order_type} and {order.status}")
    order.amends = fact.number
    order.pending_amend = PendingAmend(number=fact.number, limit_price=fact.limit_price, quantity=fact.quantity)
    return Change()


def _amended(order: Order, fact: OrderAmended) -> Change:
    if fact.quantity < order.filled_quantity:
        return Change(flaw=f"amended to {fact.quantity}, of which {order.filled_quantity} are filled already")
    pending = order.pending_amend
    order.intent = msgspec.structs.replace(order.intent, limit_price=fact.limit_price, quantity=fact.quantity)
    take_venue_id(order, fact.venue_order_id)
    if pending is None or fact.number < pending.number:
        return Change()
    order.pending_amend = None
    if order.remaining_quantity == 0:
        return Change(OrderEvent.FILLED_IN_FULL)
    end = pending.said_end
    if end is None or end.venue_order_id is None or fact.venue_order_id is None:
        return Change()  # without ids nobody can tell whose end it was: the order stays in doubt
    is_own_end = end.venue_order_id == order.venue_order_id
    return Change(EVENT_OF_STATUS[end.status] if is_own_end else OrderEvent.REPORTED_OPEN)


def _refused(order: Order, fact: OrderAmendRefused) -> Change:
    pending = order.pending_amend
    if pending is None or pending.number != fact.number:
        return Change()
    if order.filled_quantity > order.intent.quantity:
        return Change(flaw=f"amend {fact.number} refused, but more is filled than the order had before")
    order.pending_amend = None
    if order.remaining_quantity == 0:
        return Change(OrderEvent.FILLED_IN_FULL)
    return Change() if pending.said_end is None else Change(EVENT_OF_STATUS[pending.said_end.status])


def lowers(order: Order) -> bool:
    """Tell whether the open amend asks for no more quantity, at a price that is no more likely to be met."""
    pending, price = order.pending_amend, order.intent.limit_price
    if pending is None or price is None or pending.quantity > order.intent.quantity:
        return False
    return order.intent.side.sign * (pending.limit_price - price) <= 0


def is_of_the_past(order: Order, venue_order_id: str | None) -> bool:
    """Tell whether a report is about a venue order that an amend has replaced."""
    return venue_order_id is not None and venue_order_id in order.former_venue_ids


def reported(order: Order, event: OrderEvent, venue_order_id: str | None) -> OrderEvent:
    """Follow the venue's id of a report, and return what its event means now.

    An end is doubt, and remembered until the amend is settled, while one is open; it is doubt as well under an id that
    nobody has heard of: that may be a later one of this order, or an earlier one whose coming was missed.
    """
    pending, is_end = order.pending_amend, event in _ENDS and order.status.may_live
    if is_end and pending is not None:
        status = next(status for status, known in EVENT_OF_STATUS.items() if known is event)
        end = SaidEnd(status=status, venue_order_id=venue_order_id)
        order.pending_amend = msgspec.structs.replace(pending, said_end=end)
        return OrderEvent.SILENT
    if is_end and None not in {venue_order_id, order.venue_order_id} and venue_order_id != order.venue_order_id:
        return OrderEvent.SILENT
    take_venue_id(order, venue_order_id)
    return event


def take_venue_id(order: Order, venue_order_id: str | None) -> None:
    """Follow the venue to another order id, and remember the one it gave up."""
    known = order.venue_order_id
    if venue_order_id is None or venue_order_id == known or is_of_the_past(order, venue_order_id):
        return
    order.venue_order_id = venue_order_id
    if known is not None:
        order.former_venue_ids = (*order.former_venue_ids, known)[-KEPT_VENUE_IDS:]
