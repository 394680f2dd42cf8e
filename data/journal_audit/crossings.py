"""Crossings: no own order was sent against an own order that lived or may have lived on the same book (G4)."""

from collections.abc import Iterator
from typing import Final

from data.journal_audit.amount import plain
from data.journal_audit.finding import Finding, Row
from data.journal_audit.orders import Life, Orders
from data.journal_audit.symbols import named

CROSSINGS: Final = "crossings"


class Crossings:
    """A `Check`; runs after `Orders` has taken the row. An order withdrawn before it left has crossed nothing."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._suspects: list[tuple[Life, str]] = []

    def take(self, row: Row) -> Iterator[Finding]:
        if row.kind == "OrderIntended":
            life = self._orders.get(str(row.body["intent"]["client_order_id"]))
            if life is not None and life.sequence == row.sequence:
                self._look(life)
        yield from ()

    def _look(self, life: Life) -> None:
        for other in self._orders.live(life.book):
            if other.is_buy != life.is_buy and _could_meet(life, other):
                text = f"{_words(life)} could meet {_words(other)}, live since row {other.sequence}"
                self._suspects.append((life, f"{text}, on {named(life.book)}"))

    def finish(self) -> Iterator[Finding]:
        for life, text in self._suspects:
            if not life.was_withdrawn:
                yield Finding(life.sequence, CROSSINGS, text)

    def summary(self) -> dict[str, object]:
        return {}


def _could_meet(one: Life, other: Life) -> bool:
    if one.price is None or other.price is None:
        return True
    buying, selling = (one, other) if one.is_buy else (other, one)
    return buying.price is not None and selling.price is not None and buying.price >= selling.price


def _words(life: Life) -> str:
    side, price = "buy" if life.is_buy else "sell", "market" if life.price is None else plain(life.price)
    return f"order {life.client_order_id} ({side} at {price})"
