"""The one table of order states: what an order becomes when something happens to it."""

from enum import StrEnum
from typing import Final

from core.types.order import OrderStatus as S


class OrderEvent(StrEnum):
    """What can happen to an order: a word from the venue, its silence, or an execution."""

    REPORTED_OPEN = "reported_open"
    REPORTED_PARTIALLY_FILLED = "reported_partially_filled"
    REPORTED_FILLED = "reported_filled"
    CANCEL_ASKED = "cancel_asked"
    SILENT = "silent"  # no answer in time
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FOUND_AT_VENUE = "found_at_venue"  # reconciliation saw it in the venue's list of open orders
    FILLED_IN_PART = "filled_in_part"
    FILLED_IN_FULL = "filled_in_full"


E = OrderEvent

EVENT_OF_STATUS: Final[dict[S, OrderEvent]] = {
    S.OPEN: E.REPORTED_OPEN,
    S.PARTIALLY_FILLED: E.REPORTED_PARTIALLY_FILLED,
    S.FILLED: E.REPORTED_FILLED,
    S.CANCELLING: E.CANCEL_ASKED,
    S.IN_DOUBT: E.SILENT,
    S.REJECTED: E.REJECTED,
    S.CANCELLED: E.CANCELLED,
    S.EXPIRED: E.EXPIRED,
}
"""The event behind a reported status; nobody can report INTENDED."""

_TABLE: Final[dict[S, dict[OrderEvent, S]]] = {
    S.INTENDED: {
        E.REPORTED_OPEN: S.OPEN,
        E.REPORTED_PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.CANCELLING,
        E.SILENT: S.IN_DOUBT,  # F01, F02: the answer is lost, the order may live
        E.REJECTED: S.REJECTED,
        E.CANCELLED: S.CANCELLED,  # IOC and cancel-all end an order whose ack never came
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,
        E.FILLED_IN_PART: S.PARTIALLY_FILLED,  # F11: the fill overtakes the ack
        E.FILLED_IN_FULL: S.FILLED,
    },
    S.OPEN: {
        E.REPORTED_OPEN: S.OPEN,
        E.REPORTED_PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.CANCELLING,
        E.SILENT: S.IN_DOUBT,  # F05: a status question went unanswered
        E.REJECTED: S.IN_DOUBT,  # F04: a duplicate-id reject says nothing of the first order; ask, do not drop it
        E.CANCELLED: S.CANCELLED,
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,
        E.FILLED_IN_PART: S.PARTIALLY_FILLED,
        E.FILLED_IN_FULL: S.FILLED,
    },
    S.PARTIALLY_FILLED: {
        E.REPORTED_OPEN: S.PARTIALLY_FILLED,  # F11: the ack comes after the fill
        E.REPORTED_PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.CANCELLING,
        E.SILENT: S.IN_DOUBT,
        E.CANCELLED: S.CANCELLED,
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.PARTIALLY_FILLED,
        E.FILLED_IN_PART: S.PARTIALLY_FILLED,
        E.FILLED_IN_FULL: S.FILLED,
    },
    S.CANCELLING: {
        E.REPORTED_OPEN: S.OPEN,  # F07: the cancel was refused; it may be asked for again
        E.REPORTED_PARTIALLY_FILLED: S.CANCELLING,  # F06: a fill says nothing about the cancel in flight
        E.REPORTED_FILLED: S.FILLED,  # F06
        E.CANCEL_ASKED: S.CANCELLING,
        E.SILENT: S.IN_DOUBT,
        E.REJECTED: S.REJECTED,  # the cancel was asked before the ack, and the order itself was refused
        E.CANCELLED: S.CANCELLED,
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,  # F07
        E.FILLED_IN_PART: S.CANCELLING,  # F06
        E.FILLED_IN_FULL: S.FILLED,  # F06
    },
    S.IN_DOUBT: {
        E.REPORTED_OPEN: S.OPEN,  # F01, F03: it lived all along
        E.REPORTED_PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.IN_DOUBT,  # asking for a cancel answers nothing
        E.SILENT: S.IN_DOUBT,  # F05: an hour of silence is still doubt, never failure
        E.REJECTED: S.REJECTED,  # F02: the venue's own word that it never had the order
        E.CANCELLED: S.CANCELLED,
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,  # F01
        E.FILLED_IN_PART: S.PARTIALLY_FILLED,
        E.FILLED_IN_FULL: S.FILLED,
    },
    S.FILLED: {
        E.REPORTED_OPEN: S.FILLED,  # F11: reports overtaken by the fill
        E.REPORTED_PARTIALLY_FILLED: S.FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.FILLED,  # F07: asked before the fill was seen
        E.SILENT: S.FILLED,  # a late time-out changes nothing known
        E.FILLED_IN_PART: S.FILLED,  # F10: reported filled first, the fills follow
        E.FILLED_IN_FULL: S.FILLED,
    },
    S.CANCELLED: {
        E.REPORTED_OPEN: S.CANCELLED,  # the send's answer comes after the stream said cancelled (IOC)
        E.REPORTED_PARTIALLY_FILLED: S.CANCELLED,
        E.REPORTED_FILLED: S.FILLED,  # F06
        E.CANCEL_ASKED: S.CANCELLED,
        E.SILENT: S.CANCELLED,
        E.CANCELLED: S.CANCELLED,
        E.EXPIRED: S.CANCELLED,  # some venues say both of an IOC remainder
        E.FOUND_AT_VENUE: S.OPEN,  # the venue's list of open orders outranks an earlier word
        E.FILLED_IN_PART: S.CANCELLED,  # F06: the quantity counts, the rest stays cancelled
        E.FILLED_IN_FULL: S.FILLED,  # F06
    },
    S.REJECTED: {
        E.REPORTED_OPEN: S.OPEN,  # F03: "not found", then it appears: still owned by the same id
        E.REPORTED_PARTIALLY_FILLED: S.PARTIALLY_FILLED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.REJECTED,
        E.SILENT: S.REJECTED,
        E.REJECTED: S.REJECTED,
        E.CANCELLED: S.CANCELLED,  # F03: it lived and was cancelled
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,  # F03
        E.FILLED_IN_PART: S.PARTIALLY_FILLED,  # F03
        E.FILLED_IN_FULL: S.FILLED,  # F03
    },
    S.EXPIRED: {
        E.REPORTED_OPEN: S.EXPIRED,
        E.REPORTED_PARTIALLY_FILLED: S.EXPIRED,
        E.REPORTED_FILLED: S.FILLED,
        E.CANCEL_ASKED: S.EXPIRED,
        E.SILENT: S.EXPIRED,
        E.CANCELLED: S.EXPIRED,
        E.EXPIRED: S.EXPIRED,
        E.FOUND_AT_VENUE: S.OPEN,
        E.FILLED_IN_PART: S.EXPIRED,  # F06: a fill raced the expiry
        E.FILLED_IN_FULL: S.FILLED,
    },
}


def next_status(status: S, event: OrderEvent, *, has_fills: bool) -> S | None:
    """Return the status an order takes, None where the event contradicts what is known of it.

    Parameters
    ----------
    has_fills
        Whether any quantity of the order is filled, this event included: such an order is
        never merely open and was never rejected.
    """
    following = _TABLE[status].get(event)
    if has_fills and following is S.OPEN:
        return S.PARTIALLY_FILLED
    if has_fills and following is S.REJECTED:
        return None
    return following
