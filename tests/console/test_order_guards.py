"""What asks before an order leaves: a twin, a slip of the finger, an own order in the way."""

from decimal import Decimal
from typing import Any

import pytest

from core.control.commands import PlaceOrder
from core.state.desk import BookView, OrderView
from tests.console.ladders import book
from tui.console.order_guards import SentOrders, Sight, Weight, concerns, crossed

D = Decimal
S = 1_000_000_000
NOW = 1_000 * S


def order(side: str = "buy", quantity: str = "0.5", price: str | None = "50", **more: Any) -> PlaceOrder:
    return PlaceOrder(
        venue="sim-a",
        symbol="BTC/USDT",
        side=side,
        quantity=D(quantity),
        order_type="market" if price is None else "limit",
        limit_price=None if price is None else D(price),
        **more,
    )


def own(side: str = "sell", price: str = "51", **more: Any) -> OrderView:
    fields: dict[str, Any] = {
        "client_order_id": "o1", "venue": "sim-a", "symbol": "BTC/USDT", "side": side, "order_type": "limit",
        "quantity": D("0.5"), "filled_quantity": D(0), "limit_price": D(price), "average_price": None,
        "status": "open", "source": "manual", "reason": None, "is_external": False, "created_ns": NOW - 60 * S,
        "updated_ns": NOW,
    }  # fmt: skip
    return OrderView(**(fields | more))


def held(kind: str, **more: Any) -> OrderView:
    """Return the row of an order that the engine holds: nothing of it is in a book."""
    return own("sell", "51", client_order_id="held-s0001-2", order_type=kind, **more)


def found(
    wanted: PlaceOrder,
    *orders: OrderView,
    sent: SentOrders | None = None,
    shown: BookView | None = None,
    now_ns: int = NOW,
    has_book: bool = True,
) -> list[tuple[str, Weight]]:
    sight = Sight((shown or book()) if has_book else None, orders, now_ns)
    return [(each.text, each.weight) for each in concerns(wanted, sight, sent or SentOrders())]


def sent(*orders: PlaceOrder, at_ns: int = NOW) -> SentOrders:
    memory = SentOrders()
    for each in orders:
        memory.note(each, at_ns)
    return memory


def test_an_ordinary_order_is_not_asked_about() -> None:
    assert found(order()) == []
    assert found(order(price=None)) == []


def test_the_same_order_within_five_seconds_asks() -> None:
    memory = sent(order())
    assert found(order(), sent=memory, now_ns=NOW + 3 * S) == [("the same order was sent 3.0 s ago", Weight.ASKS)]
    assert found(order(), sent=memory, now_ns=NOW + 6 * S) == []


@pytest.mark.parametrize("other", [order(side="sell", price="51"), order(price="49.5"), order(quantity="0.4")])
def test_another_side_price_or_quantity_is_another_order(other: PlaceOrder) -> None:
    assert found(other, sent=sent(order()), now_ns=NOW + 3 * S) == []


def test_at_once_after_it_another_price_is_the_same_order_still() -> None:
    memory = sent(order(price="49.5"))
    assert found(order(), sent=memory, now_ns=NOW + S // 2) == [("the same order was sent 0.5 s ago", Weight.ASKS)]
    assert found(order(), sent=memory, now_ns=NOW + S) == []


def test_an_order_that_the_engine_refused_has_no_twin() -> None:
    memory = sent(order())
    memory.forget(order())
    assert found(order(), sent=memory, now_ns=NOW + S) == []


def test_the_same_order_from_another_hand_asks_too() -> None:
    theirs = own("buy", "50", created_ns=NOW - 2 * S)
    assert found(order(), theirs) == [("the same order was sent 2.0 s ago", Weight.ASKS)]
    assert found(order(), own("buy", "50", created_ns=NOW - 2 * S, source="strategy:ma")) == []
    assert found(order(), own("buy", "50", created_ns=NOW - 2 * S, status="rejected")) == []


@pytest.mark.parametrize(("price", "words"), [("53", "3.9 % above the touch at 51"), ("48", "4.0 % below the touch")])
def test_a_price_far_from_the_touch_is_typed(price: str, words: str) -> None:
    ((text, weight),) = found(order(price=price))
    assert words in text
    assert weight is Weight.TYPED


def test_a_book_that_cannot_be_read_checks_nothing_and_is_typed() -> None:
    ((text, weight),) = found(order(), has_book=False)
    assert "cannot be read" in text
    assert weight is Weight.TYPED


def test_a_size_far_above_the_usual_is_typed_once_there_is_a_usual() -> None:
    usual = [own("buy", "40", quantity=D("0.1")) for _ in range(3)]
    ((text, weight),) = found(order(quantity="1.5"), *usual)
    assert "15 times the usual 0.1" in text
    assert weight is Weight.TYPED
    assert found(order(quantity="1"), *usual) == []
    assert found(order(quantity="1.5"), *usual[:2]) == []


def test_a_size_above_what_the_book_shows_is_typed() -> None:
    ((text, weight),) = found(order(quantity="20.1"))
    assert "above the 20.045 that the book shows" in text
    assert weight is Weight.TYPED


def test_a_reducing_order_is_not_measured_by_its_size() -> None:
    usual = [own("buy", "40", quantity=D("0.1")) for _ in range(3)]
    assert found(order(quantity="30", reduce_only=True), *usual) == []


@pytest.mark.parametrize(
    ("wanted", "other", "is_crossed"),
    [
        (order("buy", price="51"), own("sell", "51"), True),
        (order("buy", price="50.5"), own("sell", "51"), False),
        (order("sell", price="50"), own("buy", "50"), True),
        (order("sell", price="50.5"), own("buy", "50"), False),
        (order("buy", price=None), own("sell", "60"), True),
        (order("buy", price="51"), own("sell", "51", status="cancelled"), False),
        (order("buy", price="51"), own("sell", "51", symbol="ETH/USDT"), False),
        (order("buy", price="51"), own("buy", "51"), False),
        (order("buy", price="51"), own("sell", "52", new_price=D(51)), True),
        (order("buy", price=None, reduce_only=True), own("sell", "60"), False),
        (order("buy", price="51"), held("stop_limit", stop_price=D(45)), False),
        (order("buy", price="51"), held("bracket", status="waiting"), False),  # a take profit without a stop loss
        (order("buy", price=None), held("bracket", status="waiting"), False),
        (order("buy", price=None), held("bracket", status="triggered"), False),  # what it sent is a row of its own
    ],
)
def test_an_own_order_on_the_other_side_is_never_traded_with(
    wanted: PlaceOrder, other: OrderView, is_crossed: bool
) -> None:
    words = crossed(wanted, [other])
    assert (words is not None) is is_crossed
    assert words is None or "is in the way: cancel it first" in words
