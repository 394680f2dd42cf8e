"""A row is the same object while what it shows is as it was, and another as soon as that is not so."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.engine.shown_rows import MOST_KEPT, KeptRows, ShownRows
from core.types.order import AmendState, Order, OrderIntent, OrderStatus, OrderType, PendingAmend, Side


def order() -> Order:
    intent = OrderIntent(
        client_order_id="o-1", venue="sim-a", symbol="BTC/USDT", side=Side.BUY, order_type=OrderType.LIMIT,
        quantity=Decimal(2), limit_price=Decimal(100), source="manual", created_ns=1,
    )  # fmt: skip
    return Order(intent=intent, status=OrderStatus.OPEN, updated_ns=1)


def test_an_order_that_stays_as_it_is_is_the_same_row_at_every_look() -> None:
    shown, kept = ShownRows(), order()
    assert shown.order(kept) is shown.order(kept)


@pytest.mark.parametrize(
    ("field", "value", "shows"),
    [
        ("status", OrderStatus.CANCELLED, ("status", "cancelled")),
        ("filled_quantity", Decimal(1), ("filled_quantity", Decimal(1))),
        ("filled_notional", Decimal(100), ("average_price", None)),
        ("reason", "no margin", ("reason", "no margin")),
        ("updated_ns", 2, ("updated_ns", 2)),
        ("is_external", True, ("is_external", True)),
        (
            "pending_amend",
            PendingAmend(number=1, limit_price=Decimal(101), quantity=Decimal(2), state=AmendState.ASKED),
            ("new_price", Decimal(101)),
        ),
    ],
)
def test_whatever_changes_of_an_order_changes_its_row(field: str, value: Any, shows: tuple[str, Any]) -> None:
    shown, kept = ShownRows(), order()
    before = shown.order(kept)
    setattr(kept, field, value)
    after = shown.order(kept)
    assert after is not before
    assert getattr(after, shows[0]) == shows[1]


def test_an_amended_orders_row_has_the_new_terms() -> None:
    shown, kept = ShownRows(), order()
    shown.order(kept)
    kept.intent = msgspec.structs.replace(kept.intent, limit_price=Decimal(99))
    assert shown.order(kept).limit_price == Decimal(99)


def test_rows_that_nobody_looks_for_are_let_go_and_those_that_are_stay() -> None:
    rows = KeptRows[object]()
    wanted = rows.keep("wanted", (1,), object())
    for number in range(3 * MOST_KEPT):
        rows.keep(str(number), (number,), object())
        assert rows.find("wanted", (1,)) is wanted
    assert rows.find("0", (0,)) is None
