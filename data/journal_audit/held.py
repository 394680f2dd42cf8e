"""Held orders: sent for only after they were placed and triggered, and exits never more than what entered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from data.journal_audit.amount import ZERO, add, amount, plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.orders import Orders
from data.journal_audit.symbols import Book, named

HELD: Final = "held orders"
ENTRY, STOP = "entry", "stop"


@dataclass(slots=True)
class _Held:
    """One held order and the orders that were sent for it."""

    held_id: str
    is_bracket: bool
    book: Book
    side: str
    quantity: Decimal
    is_triggered: bool = False
    has_ended: bool = False
    entries: list[str] = field(default_factory=list[str])
    exits: list[str] = field(default_factory=list[str])


class HeldOrders:
    """A `Check`; takes a row in after `Orders` did."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._held: dict[str, _Held] = {}
        self._of_order: dict[str, _Held] = {}

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "HeldOrderPlaced":
                self._place(row.body["order"])
            case "HeldOrderTriggered":
                self._known(row.body).is_triggered = True
            case "HeldOrderEnded":
                self._known(row.body).has_ended = True
            case "OrderIntended" if row.body["intent"].get("held") is not None:
                yield from (Finding(row.sequence, HELD, text) for text in self._sent(row.body["intent"]))
            case "OrderFilled":
                yield from self._filled(row.sequence, str(row.body["fill"]["client_order_id"]))
            case _:
                pass

    def finish(self) -> Iterator[Finding]:
        yield from ()

    def summary(self) -> dict[str, object]:
        return {
            "held_orders": len(self._held),
            "held_orders_left": sum(not each.has_ended for each in self._held.values()),
        }

    def _place(self, order: Body) -> None:
        held_id = str(order["held_id"])
        self._held[held_id] = _Held(
            held_id=held_id,
            is_bracket=order["kind"] == "bracket",
            book=(str(order["venue"]), str(order["symbol"])),
            side=str(order["side"]),
            quantity=amount(order, "quantity"),
        )

    def _known(self, body: Body) -> _Held:
        return self._held[str(body["held_id"])]

    def _sent(self, intent: Body) -> Iterator[str]:
        client_order_id, tag = str(intent["client_order_id"]), intent["held"]
        role, held = str(tag["role"]), self._held.get(str(tag["held_id"]))
        if held is None:
            yield f"order {client_order_id} was sent for {tag['held_id']}, which was never placed"
            return
        self._of_order[client_order_id] = held
        (held.entries if role == ENTRY else held.exits).append(client_order_id)
        name = f"order {client_order_id}, {role} of {held.held_id},"
        book, is_same_side = (str(intent["venue"]), str(intent["symbol"])), intent["side"] == held.side
        if book != held.book or is_same_side == (role == ENTRY):
            yield f"{name} is {intent['side']} {named(book)}: exits {held.side} {named(held.book)}"
        if held.has_ended:
            yield f"{name} was sent after that had ended"
        if role == STOP and not held.is_triggered:
            yield f"{name} was sent, and nothing had triggered it"
        if role != ENTRY and held.is_bracket and not intent.get("reduce_only"):
            yield f"{name} may open a position"
        if role != ENTRY:
            yield from self._too_much(held, add(self._filled_of(held.exits), self._may_fill(held)), "may fill")

    def _filled(self, sequence: int, client_order_id: str) -> Iterator[Finding]:
        held = self._of_order.get(client_order_id)
        if held is not None and client_order_id in held.exits:
            for text in self._too_much(held, self._filled_of(held.exits), "have filled"):
                yield Finding(sequence, HELD, text)

    def _too_much(self, held: _Held, exits: Decimal, what: str) -> Iterator[str]:
        entered = self._filled_of(held.entries) if held.is_bracket else held.quantity
        if exits > entered:
            yield f"exits of {held.held_id} {what} {plain(exits)} of the {plain(entered)} that entered"

    def _filled_of(self, client_order_ids: list[str]) -> Decimal:
        lives = [self._orders.get(each) for each in client_order_ids]
        return sum((life.filled for life in lives if life is not None), ZERO)

    def _may_fill(self, held: _Held) -> Decimal:
        lives = [self._orders.get(each) for each in held.exits]
        return sum((life.quantity - life.filled for life in lives if life is not None and life.may_live), ZERO)
