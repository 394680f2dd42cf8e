"""One held order and what became of it: the fold of its facts and of every order that was sent for it.

Nothing is remembered beside the facts: that an order was sent is said by its own intent, which carries the held
order's id. So a crash between two facts can neither lose a stop that triggered nor send it twice.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from core.types.held_order import HeldKind, HeldOrder, HeldOutcome, TriggerBy
from core.types.held_tag import HeldRole
from core.types.order import Order, OrderStatus, OrderType

ZERO = Decimal(0)


class HeldChild(msgspec.Struct, frozen=True, kw_only=True):
    """An order sent for a held one, as far as it is known."""

    client_order_id: str
    role: HeldRole
    order_type: OrderType
    quantity: Decimal
    filled: Decimal
    status: OrderStatus
    changed_ns: int
    ended_ns: int | None = None  # when it was first known to be over
    ended_at: int | None = None  # how many facts there were then
    reason: str | None = None

    @property
    def may_live(self) -> bool:
        """Tell whether more of it may be filled; reported filled without its fills counts as alive."""
        return self.status.may_live or (self.status is OrderStatus.FILLED and self.left > 0)

    @property
    def left(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_short(self) -> bool:
        """Tell whether it ended with a part that was not filled."""
        return not self.may_live and self.left > 0


class HeldTrigger(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int
    price: Decimal
    by: TriggerBy


class HeldRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the newest order for a role did not come to life, and how often in a row that happened."""

    reason: str
    at_ns: int
    times: int


class HeldEnd(msgspec.Struct, frozen=True, kw_only=True):
    at_ns: int
    outcome: HeldOutcome
    reason: str


class HeldRun(msgspec.Struct, kw_only=True):
    """Mutable; changed by facts only."""

    order: HeldOrder
    children: list[HeldChild] = []  # in the order in which they were sent
    trigger: HeldTrigger | None = None
    refusals: dict[HeldRole, HeldRefusal] = {}
    is_limit_dropped: bool = False  # somebody cancelled the resting limit order: it is not placed again
    end: HeldEnd | None = None

    # reading ---------------------------------------------------------------------------------------

    def of(self, role: HeldRole) -> Iterator[HeldChild]:
        return (child for child in self.children if child.role is role)

    @property
    def live(self) -> list[HeldChild]:
        return [child for child in self.children if child.may_live]

    @property
    def base(self) -> Decimal:
        """Return what the exits may add up to: what of the entry is filled, the whole quantity without one."""
        if self.order.kind is not HeldKind.BRACKET:
            return self.order.quantity
        return sum((child.filled for child in self.of(HeldRole.ENTRY)), ZERO)

    @property
    def done(self) -> Decimal:
        """Return what the exits have filled."""
        return sum((child.filled for child in self.children if child.role is not HeldRole.ENTRY), ZERO)

    @property
    def rest(self) -> Decimal:
        return self.base - self.done

    @property
    def may_fill(self) -> Decimal:
        """Return what live exits may still fill."""
        return sum((child.left for child in self.live if child.role is not HeldRole.ENTRY), ZERO)

    @property
    def has_live_entry(self) -> bool:
        return any(child.may_live for child in self.of(HeldRole.ENTRY))

    def refusal(self, role: HeldRole) -> HeldRefusal | None:
        return self.refusals.get(role)

    # folding ---------------------------------------------------------------------------------------

    def follow(self, order: Order, at_ns: int, applied: int) -> None:
        """Take over the state of an order that was sent for this one; `applied` counts the facts so far."""
        tag = order.intent.held
        if tag is None:
            return
        child = HeldChild(
            client_order_id=order.intent.client_order_id,
            role=tag.role,
            order_type=order.intent.order_type,
            quantity=order.intent.quantity,
            filled=order.filled_quantity,
            status=order.status,
            changed_ns=at_ns,
            reason=order.reason,
        )
        at = next((i for i, each in enumerate(self.children) if each.client_order_id == child.client_order_id), None)
        known = None if at is None else self.children[at]
        if not child.may_live:
            was_over = known is not None and not known.may_live
            ended_ns, ended_at = (
                (known.ended_ns, known.ended_at) if known is not None and was_over else (at_ns, applied)
            )
            child = msgspec.structs.replace(child, ended_ns=ended_ns, ended_at=ended_at)
        if at is None:
            self.children.append(child)
        else:
            self.children[at] = child
        if child.is_short and (known is None or known.may_live):
            self._ended_short(child, at_ns)
        elif child.filled and (known is None or child.filled > known.filled):
            self.refusals.pop(child.role, None)

    def _ended_short(self, child: HeldChild, at_ns: int) -> None:
        if child.status is OrderStatus.REJECTED or child.role is HeldRole.STOP:
            self.refuse(child.role, child.reason or f"{child.client_order_id} ended {child.status}", at_ns)
        elif child.role is HeldRole.LIMIT and self.trigger is None and self.end is None:
            self.is_limit_dropped = True

    def refuse(self, role: HeldRole, reason: str, at_ns: int) -> None:
        before = self.refusals.get(role)
        times = 1 if before is None else before.times + 1
        self.refusals[role] = HeldRefusal(reason=reason, at_ns=at_ns, times=times)
