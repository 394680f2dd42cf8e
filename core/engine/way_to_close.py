"""Clears the way for a person's order that closes a position: own exits that rest hold what it is to close.

Hazards and what meets them:

- a close that would be refused all the same: the gate is asked first, as if the exits were gone, and then none goes;
- a close that fails leaves a position: only resting limit orders go, a stop that the core holds stays until it is flat;
- an exit that is filled while it is cancelled: its end is waited for and the account read, and what is left is closed;
- a cancel or a halt meanwhile: the close is given up; two closes at once: the later one closes what the other left.
"""

import asyncio
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from core.engine.amend_desk import END_PATIENCE_S
from core.engine.held_closers import waiting_quantity
from core.engine.narrator import plain
from core.engine.order_desk import RESTING
from core.engine.parts import EngineParts
from core.types.held_order import HeldKind
from core.types.held_tag import HeldRole
from core.types.order import Order, OrderIntent, OrderStatus, OrderType

PERSON: Final = "manual"


class Way(NamedTuple):
    """The order as it may be judged now, the orders that made way for it, and why it is not to be sent."""

    intent: OrderIntent
    gone: tuple[Order, ...] = ()
    problem: str | None = None

    @property
    def words(self) -> str:
        return f"; for it {_names(self.gone)} made way" if self.gone else ""


class WayToClose:
    """Looks at a person's market orders that only reduce; all others go as they are."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def in_the_way(self, intent: OrderIntent) -> tuple[Order, ...]:
        """Return the orders that are to be gone before this one can close what it says; none where that helps nothing.

        Those of strategies and jobs stay, and so does what a stop has sent: that closes the position already.
        """
        if not _is_persons_close(intent):
            return ()
        same_side, held = self._same_side(intent), self._held(intent)
        missing = intent.quantity + waiting_quantity(same_side) - held
        if intent.quantity > held:
            return ()
        going: list[Order] = []
        for order in sorted((order for order in same_side if _may_go(order)), key=_rank):
            if missing > 0:
                going.append(order)
                missing -= order.remaining_quantity
        return tuple(going) if missing <= 0 else ()

    async def clear(self, intent: OrderIntent) -> Way:
        """Have what is in the way cancelled, wait for its end, and return the order for what is left to close."""
        desk, going = self._parts.desk, self.in_the_way(intent)
        if not going or not desk.rehearse(intent, going).is_approved:
            return Way(intent)
        desk.waiting.begin(intent)
        try:
            problem = await self._problem_of_going(going, intent.venue)
            if desk.waiting.is_given_up(intent.client_order_id):
                problem = "it was cancelled meanwhile"
        finally:
            desk.waiting.end(intent.client_order_id)
        gone = tuple(order for order in going if not order.status.may_live)
        instrument = self._parts.market.instruments[intent.instrument_id]
        left = min(intent.quantity, self._held(intent) - waiting_quantity(self._same_side(intent)))
        if problem is None and instrument.floor_quantity(max(left, Decimal(0))) <= 0:
            problem = "nothing is left that no other order closes"
        if problem is not None:
            return Way(intent, gone, problem)
        quantity = instrument.floor_quantity(left)
        return Way(msgspec.structs.replace(intent, quantity=quantity, created_ns=self._parts.clock.utc_ns()), gone)

    async def _problem_of_going(self, going: tuple[Order, ...], venue: str) -> str | None:
        """Cancel, and return None once nothing of the orders can be filled any more and the account says what was."""
        desk = self._parts.desk
        for order in going:
            desk.waiting.give_up(order.intent.client_order_id)  # what is being moved would come back
        names = [order.intent.client_order_id for order in going]
        resting = [order.intent.client_order_id for order in going if order.status in RESTING]
        results = await asyncio.gather(*(desk.cancel(client_order_id) for client_order_id in resting))
        await asyncio.gather(*(desk.end_of(client_order_id, END_PATIENCE_S) for client_order_id in names))
        standing = tuple(order for order in going if order.status.may_live)
        if standing:
            said = "; ".join(result.reason for result in results if result.reason)
            return f"{_names(standing)} did not end" + (f": {said}" if said else "")
        if not await self._parts.account_reads.booked_since(venue, self._parts.fold.applied, END_PATIENCE_S):
            return "the venue's account could not be read; nothing is in its way any more"
        return None

    def end_protection(self, way: Way) -> None:
        """End the brackets of a position that such an order has closed: their stops would close the next one."""
        intent = way.intent
        if not _is_persons_close(intent) or self._parts.fold.ledger.quantity(intent.instrument_id):
            return
        for held_id in list(self._parts.fold.held.on(intent.instrument_id)):
            run = self._parts.fold.held.active(held_id)
            if run is None or run.order.kind is not HeldKind.BRACKET or run.order.side is not intent.side or run.live:
                continue
            self._parts.held.end(held_id, f"its position was closed by {intent.client_order_id}")

    def _same_side(self, intent: OrderIntent) -> list[Order]:
        live = self._parts.fold.orders.live(intent.instrument_id)
        return [order for order in live if order.intent.side is intent.side]

    def _held(self, intent: OrderIntent) -> Decimal:
        return -intent.side.sign * self._parts.fold.ledger.quantity(intent.instrument_id)


def _is_persons_close(intent: OrderIntent) -> bool:
    is_persons = intent.source == PERSON and intent.held is None and intent.job is None
    return is_persons and intent.reduce_only and intent.order_type is OrderType.MARKET


def _names(orders: tuple[Order, ...]) -> str:
    return ", ".join(f"{order.intent.client_order_id} ({_terms(order.intent)})" for order in orders)


def _terms(intent: OrderIntent) -> str:
    price = "market" if intent.limit_price is None else plain(intent.limit_price)
    return f"{intent.side} {plain(intent.quantity)} at {price}"


def _may_go(order: Order) -> bool:
    intent, tag = order.intent, order.intent.held
    if order.is_external or intent.job is not None:
        return False
    if order.status is OrderStatus.CANCELLING:
        return True
    if order.status not in RESTING:
        return False
    return intent.source == PERSON if tag is None else tag.role is HeldRole.LIMIT and intent.reduce_only


def _rank(order: Order) -> int:
    """Rank first what leaves anyway, then what only reduces: without the position it has no use."""
    if order.status is OrderStatus.CANCELLING:
        return 0
    return 1 if order.intent.reduce_only else 2
