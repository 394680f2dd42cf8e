"""One order of a job as the job needs to remember it."""

from decimal import Decimal
from typing import Final

import msgspec

from core.types.job_tag import LegRole
from core.types.order import Fill, Order, OrderStatus, Side

ZERO: Final = Decimal(0)
_RESTING: Final = (OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED)
_ASKED: Final = (OrderStatus.CANCELLING, OrderStatus.IN_DOUBT)


class JobOrder(msgspec.Struct, kw_only=True):
    """Follows the tracker's `Order`; changed only by `follow`."""

    client_order_id: str
    leg: int
    role: LegRole
    side: Side
    quantity: Decimal
    status: OrderStatus
    intended_ns: int
    filled_quantity: Decimal = ZERO
    notional: Decimal = ZERO  # Σ price·quantity of its fills
    fees: Decimal = ZERO  # in the quote currency
    last_price: Decimal | None = None  # of its newest fill
    reason: str | None = None
    ended_ns: int | None = None  # when it was last said to be over
    ended_at: int | None = None  # and by which fact of the journal: a clock that is set back has no part in this
    cancels_asked: int = 0
    cancel_asked_ns: int | None = None

    @property
    def unfilled(self) -> Decimal:
        return self.quantity - self.filled_quantity

    @property
    def is_over(self) -> bool:
        """Tell whether the venue has said the last word and all its fills are here."""
        return self.status.is_final and not self.awaits_fills

    @property
    def awaits_fills(self) -> bool:
        return self.status is OrderStatus.FILLED and self.unfilled > 0

    def may_still_fill(self, account_read: int | None) -> bool:
        """Tell whether more of it may have been filled than is known.

        An order that ended short is believed once the account was asked for after its end: a fill report can be lost or
        late (F06, F10), and the next order would come on top of it. A rejected order never was in the book.
        """
        if not self.is_over:
            return True
        if self.unfilled == 0 or self.status is OrderStatus.REJECTED:
            return False
        return account_read is None or self.ended_at is None or account_read < self.ended_at

    def follow(self, order: Order, fills: tuple[Fill, ...], at_ns: int, number: int) -> None:
        """Take over what the tracker made of a fact, the `number`-th of the journal."""
        for fill in fills:
            self.fees += fill.fee
            self.last_price = fill.price
        if order.status is OrderStatus.CANCELLING and not fills:
            self.cancels_asked += 1
            self.cancel_asked_ns = at_ns
        elif order.status in _RESTING and self.status in _ASKED:
            self.cancels_asked = 0  # F07: the venue has it still, so a cancel is worth asking for again
        self.status = order.status
        self.filled_quantity = order.filled_quantity
        self.notional = order.filled_notional
        self.reason = order.reason
        self.ended_ns, self.ended_at = (at_ns, number) if order.status.is_final else (None, None)
