from decimal import Decimal
from itertools import count

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.book.book import Book
from core.ledger.position import Position
from core.risk.kill import FlattenPlan, plan_flatten
from core.risk.limits import RiskLimits
from core.types.control import HaltLevel
from core.types.instrument import Instrument, MarketHours
from core.types.order import OrderType, Side, TimeInForce
from tests.orders.making import PERP, D, instrument
from tests.risk.scene import decide, holding, view

NOW = 10_000_000_000
LIMITS = RiskLimits()
Levels = list[tuple[int, int]]


def book(bids: Levels, asks: Levels, of: Instrument = PERP, at_ns: int = NOW) -> Book:
    made = Book(of, window_ticks=4_096)
    columns = [np.array([level[part] for level in side], np.int64) for side in (bids, asks) for part in (0, 1)]
    made.apply_snapshot(*columns, sequence=1, venue_ns=at_ns, received_ns=at_ns)
    return made


def flatten(quantity: Decimal, made: Book | None, of: Instrument = PERP, limits: RiskLimits = LIMITS) -> FlattenPlan:
    numbers = count(1)
    return plan_flatten(
        positions=[Position(venue=of.venue, symbol=of.symbol, quantity=quantity)],
        instruments={of.id: of}.get,
        books=lambda _: made,
        book_age_ns=lambda _: None if made is None else NOW - made.received_ns,
        next_order_id=lambda: f"k{next(numbers)}",
        limits=limits,
        now_ns=NOW,
    )


# mid 100.0, band 2 %: bids down to 98.0 and asks up to 102.0 are inside
DEEP = ([(999, 500), (980, 1_500), (979, 9_000)], [(1001, 400), (1020, 1_600), (1021, 9_000)])


@pytest.mark.parametrize(("quantity", "side", "price"), [("1.5", Side.SELL, "98.0"), ("-1.5", Side.BUY, "102.0")])
def test_a_position_is_closed_reduce_only_at_the_edge_of_the_band(quantity: str, side: Side, price: str) -> None:
    plan = flatten(D(quantity), book(*DEEP))
    (order,) = plan.flatten
    assert (order.side, order.limit_price, order.quantity) == (side, D(price), D("1.5"))
    assert (order.reduce_only, order.time_in_force, order.source) == (True, TimeInForce.IOC, "flatten")
    assert order.order_type is OrderType.LIMIT
    assert plan.not_flattened == ()


def test_no_more_is_sent_than_the_book_shows_within_the_band_and_the_rest_is_named() -> None:
    plan = flatten(D("2.5"), book(*DEEP))
    assert [order.quantity for order in plan.flatten] == [D("2.000")]
    (left,) = plan.not_flattened
    assert (left.quantity, left.reason) == (D("0.5"), "more than the book shows within the band")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (None, "it has no book"),
        (book(*DEEP, at_ns=NOW - LIMITS.stale_after_ns - 1), "its book is older than 2 s"),
        (book([(1001, 5)], [(999, 5)]), "its book is invalid: "),
        (book([(999, 5)], []), "its book has no two sides"),
        (book([(900, 500)], [(1100, 500)]), "its book shows nothing within the band"),
        (book([(999, 1)], [(1001, 1)]), "its value is below the least value, 10"),
    ],
)
def test_what_cannot_be_closed_safely_is_reported_with_its_reason(made: Book | None, reason: str) -> None:
    plan = flatten(D(1), made)
    assert plan.flatten == ()
    (left,) = plan.not_flattened
    assert left.quantity == 1
    assert left.reason.startswith(reason)


def test_a_closed_market_and_an_unknown_instrument_are_reported() -> None:
    shut = instrument(market_hours=MarketHours(always_open=False))
    assert [left.reason for left in flatten(D(1), book(*DEEP, of=shut), shut).not_flattened] == ["its market is closed"]
    unknown = plan_flatten(
        positions=[Position(venue="x", symbol="Y", quantity=D(1))],
        instruments=lambda _: None,
        books=lambda _: None,
        book_age_ns=lambda _: None,
        next_order_id=lambda: "k",
        limits=LIMITS,
        now_ns=NOW,
    )
    assert [left.reason for left in unknown.not_flattened] == ["its rules are unknown"]


def test_dust_below_a_lot_is_named_and_flat_positions_are_left_alone() -> None:
    plan = flatten(D("1.0004"), book(*DEEP))
    assert [order.quantity for order in plan.flatten] == [D("1.000")]
    assert [(left.quantity, left.reason) for left in plan.not_flattened] == [(D("0.0004"), "less than a lot")]
    assert flatten(D(0), None) == FlattenPlan(flatten=(), not_flattened=())


_levels = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 5_000)), min_size=1, max_size=8, unique_by=lambda x: x[0]
)


@settings(max_examples=50, deadline=None)
@given(_levels, _levels, st.decimals(min_value=D(-9), max_value=D(9), places=4))
@example([(1, 1)], [(1, 99)], D("-0.0990"))  # worth enough at its limit, too little at the middle
def test_flattening_orders_are_on_the_grid_inside_the_band_and_pass_the_gate(
    below: Levels, above: Levels, quantity: Decimal
) -> None:
    made = book([(1000 - d, lots) for d, lots in sorted(below)], [(1000 + d, lots) for d, lots in sorted(above)])
    mid = made.mid()
    assert mid is not None
    plan = flatten(quantity, made)
    closed = sum((order.quantity for order in plan.flatten), D(0))
    left = sum((abs(part.quantity) for part in plan.not_flattened), D(0))
    assert closed + left == abs(quantity)
    for order in plan.flatten:
        assert order.limit_price is not None
        assert abs(order.limit_price - mid) * 100 <= mid * LIMITS.flatten_band_pct
        verdict = decide(order, view(exposures=holding(quantity), reference_price=mid, halt_level=HaltLevel.FLATTEN))
        assert [check.rule for check in verdict.checks if not check.passed] == []
