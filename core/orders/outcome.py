"""What folding a fact did to the orders, as values."""

import msgspec

from core.types.order import Fill, Order, OrderStatus


class Applied(msgspec.Struct, frozen=True):
    """An order entered (`before` None) or moved; `fill` is the execution that moved it.

    `parked` are the executions that came before the order did: it enters with them booked (F11).
    """

    order: Order
    before: OrderStatus | None
    fill: Fill | None
    parked: tuple[Fill, ...] = ()

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Return every execution that was booked."""
        return self.parked if self.fill is None else (self.fill,)


class Duplicate(msgspec.Struct, frozen=True):
    """The same execution came again and changed nothing."""

    fill: Fill


class Parked(msgspec.Struct, frozen=True):
    """An execution of an order nobody has heard of; booked when the order shows up."""

    fill: Fill


class Quarantined(msgspec.Struct, frozen=True):
    """A fact that contradicts what is known; it changed nothing and asks for a look at the venue."""

    at_ns: int
    client_order_id: str
    reason: str


TrackerOutcome = Applied | Duplicate | Parked | Quarantined
