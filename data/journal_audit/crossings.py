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
        self._suspects: list[tuple[int, Life, int | None, str]] = []  # row, order, number of its amend

    def take(self, row: Row) -> Iterator[Finding]:
        if row.kind == "OrderIntended":
            life = self._orders.get(str(row.body["intent"]["client_order_id"]))
            if life is not None and life.sequence == row.sequence:
                self._look(row.sequence, life, None)
        elif row.kind == "OrderAmendAsked":
            life = self._orders.get(str(row.body["client_order_id"]))
            if life is not None:
                self._look(row.sequence, life, int(row.body["number"]))
        yield from ()

    def _look(self, sequence: int, life: Life, amend: int | None) -> None:
        for other in self._orders.live(life.book):
            if other.is_buy != life.is_buy and _could_meet(life, other):
                text = f"{_words(life)} could meet {_words(other)}, live since row {other.sequence}"
                self._suspects.append((sequence, life, amend, f"{text}, on {named(life.book)}"))

    def finish(self) -> Iterator[Finding]:
        for sequence, life, amend, text in self._suspects:
            was_sent = not life.was_withdrawn if amend is None else amend not in life.terms.unsent
            if was_sent:
                yield Finding(sequence, CROSSINGS, text)

    def summary(self) -> dict[str, object]:
        return {}


def _could_meet(one: Life, other: Life) -> bool:
    """Tell whether two orders could trade with each other on any of their terms."""
    buying, selling = (one, other) if one.is_buy else (other, one)
    bids = [price for price in buying.prices if price is not None]
    asks = [price for price in selling.prices if price is not None]
    return not bids or not asks or max(bids) >= min(asks)


def _words(life: Life) -> str:
    side, prices = "buy" if life.is_buy else "sell", [price for price in life.prices if price is not None]
    return f"order {life.client_order_id} ({side} at {' or '.join(map(plain, prices)) or 'market'})"
