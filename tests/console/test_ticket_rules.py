from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.state.desk import InstrumentView
from core.state.monitoring import LimitUse
from tests.console.test_present import book
from tui.console.ticket_rules import Draft, amount_text, describe, is_large, judge

INSTRUMENT = InstrumentView(
    venue="sim-a",
    symbol="BTC/USDT",
    asset_type="crypto_spot",
    tick_size=Decimal("0.5"),
    lot_size=Decimal("0.001"),
    min_quantity=Decimal("0.002"),
    min_notional=Decimal(5),
)
LIMITS = [
    LimitUse(name="max_position_per_trade", unit="USD", limit=Decimal(2000), used=Decimal(0), left=Decimal(2000)),
    LimitUse(name="drawdown", unit="%", limit=Decimal(10), used=Decimal(1), left=Decimal(9)),
]


def test_a_good_draft_becomes_the_order_it_says() -> None:
    judged = judge(Draft("buy", "0.5", "50"), INSTRUMENT, book(), LIMITS)
    assert judged.errors == []
    assert judged.order is not None
    assert judged.notional == Decimal(25)
    assert [(room.name, room.left_after) for room in judged.rooms] == [("max_position_per_trade", Decimal(1975))]
    assert describe(judged.order) == "BUY 0.5 BTC/USDT sim-a @ 50"


@pytest.mark.parametrize(
    ("draft", "complaint"),
    [
        (Draft("buy", "", "50"), "quantity is missing"),
        (Draft("buy", "abc", "50"), "quantity 'abc' is not a number above zero"),
        (Draft("buy", "-1", "50"), "is not a number above zero"),
        (Draft("buy", "nan", "50"), "is not a number above zero"),
        (Draft("buy", "1e999999999", "50"), "is not a size any market has"),
        (Draft("buy", "0.0015", "50"), "not a multiple of the lot 0.001; below it 0.001"),
        (Draft("buy", "0.001", "50"), "below the least 0.002"),
        (Draft("buy", "0.5", "50.3"), "not a multiple of the tick 0.5; nearest 50.0 or 50.5"),
        (Draft("buy", "0.01", "50"), "value 0.5 is below the least 5"),
        (Draft("buy", "0.5", "", post_only=True), "post-only needs a price"),
        (Draft("buy", "0.5", "50", post_only=True, is_ioc=True), "exclude each other"),
        (Draft("buy", "0.5", "", stop="60.3"), "stop price 60.3 is not a multiple of the tick"),
        (Draft("buy", "0.5", "", stop="60", profit="70"), "not one with a stop"),
        (Draft("buy", "0.5", "50", stop="60", is_ioc=True), "do not go with a stop"),
        (Draft("buy", "0.5", "50", loss="40", reduce_only=True), "reduce-only does not fit"),
        (Draft("buy", "0.5", "", stop="60", is_pair=True), "a pair has two prices"),
    ],
)
def test_a_bad_draft_says_what_is_wrong_and_makes_no_order(draft: Draft, complaint: str) -> None:
    judged = judge(draft, INSTRUMENT, book(), LIMITS)
    assert judged.order is None
    assert any(complaint in error for error in judged.errors)


@pytest.mark.parametrize("validity", ["stale", "invalid", "syncing", "closed"])
def test_a_market_order_needs_a_valid_book(validity: str) -> None:
    judged = judge(Draft("buy", "0.5", ""), INSTRUMENT, book(validity=validity), LIMITS)
    assert judged.order is None
    assert validity in judged.errors[0]


def test_a_market_order_is_valued_at_the_touch_it_meets() -> None:
    assert judge(Draft("buy", "0.5", ""), INSTRUMENT, book(), LIMITS).notional == Decimal("25.5")
    assert judge(Draft("sell", "0.5", ""), INSTRUMENT, book(), LIMITS).notional == Decimal(25)


@given(st.integers(2, 1_000_000), st.integers(1, 1_000_000))
def test_whatever_passes_is_on_both_grids(lots: int, ticks: int) -> None:
    draft = Draft("sell", f"{lots * INSTRUMENT.lot_size}", f"{ticks * INSTRUMENT.tick_size}")
    judged = judge(draft, INSTRUMENT, book(), LIMITS)
    if judged.order is not None:
        assert judged.order.quantity == lots * INSTRUMENT.lot_size
        assert judged.order.limit_price == ticks * INSTRUMENT.tick_size
    else:
        assert judged.notional is not None
        assert judged.notional < INSTRUMENT.min_notional


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_the_ticket(quantity: str, price: str) -> None:
    judged = judge(Draft("buy", quantity, price), INSTRUMENT, book(), LIMITS)
    assert (judged.order is None) == bool(judged.errors)


def test_the_amount_is_typed_above_five_thousand_only() -> None:
    at, above = (
        judge(Draft("buy", quantity, "50"), INSTRUMENT, book(), LIMITS).notional for quantity in ("100", "100.01")
    )
    assert at is not None
    assert above is not None
    assert not is_large(at, Decimal(1))
    assert is_large(above, Decimal(1))
    assert amount_text(above) == "5000"
    assert is_large(Decimal(1), None)


@pytest.mark.parametrize(
    ("draft", "order_type", "words"),
    [
        (Draft("buy", "0.5", "", stop="60"), "stop", "BUY 0.5 BTC/USDT sim-a stop 60 (last)"),
        (Draft("buy", "0.5", "61", stop="60"), "stop_limit", "BUY 0.5 BTC/USDT sim-a @ 61 stop 60 (last)"),
        (Draft("sell", "0.5", "61", stop="40", is_pair=True), "oco", "SELL 0.5 BTC/USDT sim-a @ 61 or stop 40 (last)"),
        (
            Draft("buy", "0.5", "50", profit="60", loss="40", is_by_mark=True),
            "limit",
            "BUY 0.5 BTC/USDT sim-a @ 50, take profit 60, stop loss 40",
        ),
    ],
)
def test_a_draft_with_what_is_held_becomes_the_order_it_says(draft: Draft, order_type: str, words: str) -> None:
    judged = judge(draft, INSTRUMENT, book(), LIMITS)
    assert judged.errors == []
    assert judged.order is not None
    assert judged.order.order_type == order_type
    assert describe(judged.order) == words


def test_a_stop_is_valued_at_its_stop_price_and_needs_no_book() -> None:
    judged = judge(Draft("buy", "0.5", "", stop="60"), INSTRUMENT, None, LIMITS)
    assert judged.errors == []
    assert judged.notional == Decimal(30)
