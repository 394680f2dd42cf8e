"""The orders of single keys: which side, price and size they have, and when there is none."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.control.commands import PlaceOrder
from core.state.desk import InstrumentView, PositionView
from tests.console.ladders import book
from tui.console.one_key_orders import BAND_BPS, close_position, join_touch, take_touch
from tui.console.order_sizes import OrderSizes, least_size, next_size

D = Decimal


def instrument(**more: Any) -> InstrumentView:
    fields: dict[str, Any] = {
        "venue": "sim-a", "symbol": "BTC/USDT", "asset_type": "crypto_spot", "tick_size": D("0.5"),
        "lot_size": D("0.001"), "min_quantity": D("0.002"), "min_notional": D(5),
    }  # fmt: skip
    return InstrumentView(**(fields | more))


def position(quantity: str) -> PositionView:
    return PositionView(
        venue="sim-a", symbol="BTC/USDT", quantity=D(quantity), average_price=D(50), mark_price=D(50), mark_age_s=0.1,
        notional_usd=None, unrealised_pnl_usd=None, realised_pnl_usd=None, fees_usd=None, funding_usd=None,
    )  # fmt: skip


def made(order: PlaceOrder | str) -> PlaceOrder:
    assert isinstance(order, PlaceOrder), order
    return order


def test_joining_rests_at_the_best_price_of_the_own_side() -> None:
    buy = made(join_touch("buy", instrument(), book(bid=100, ask=102), D("0.1")))
    assert (buy.side, buy.limit_price, buy.quantity, buy.time_in_force) == ("buy", D(50), D("0.1"), "gtc")
    sell = made(join_touch("sell", instrument(), book(bid=100, ask=102), D("0.1")))
    assert (sell.side, sell.limit_price) == ("sell", D(51))


def test_taking_goes_through_the_other_side_within_the_band_and_never_rests() -> None:
    fine = instrument(tick_size=D("0.01"))
    shown = book(bid=10_000, ask=10_002, tick_size=D("0.01"))
    buy = made(take_touch("buy", fine, shown, D("0.1")))
    assert (buy.limit_price, buy.time_in_force) == (D("100.12"), "ioc")
    sell = made(take_touch("sell", fine, shown, D("0.1")))
    assert (sell.limit_price, sell.time_in_force) == (D("99.90"), "ioc")


@given(st.integers(1, 10**6), st.integers(1, 50), st.sampled_from(["buy", "sell"]), st.integers(1, 20))
def test_a_take_is_on_the_grid_reaches_the_touch_and_keeps_the_band(
    bid: int, spread: int, side: str, coarser: int
) -> None:
    rules = instrument(order_tick_size=D("0.5") * coarser)
    shown = book(bid=bid * coarser + 10 * coarser, ask=(bid + spread) * coarser + 10 * coarser)
    order = made(take_touch(side, rules, shown, D(1)))
    touch = (shown.ask_ticks if side == "buy" else shown.bid_ticks)[0] * shown.tick_size
    assert order.limit_price is not None
    beyond = (order.limit_price - touch) * (1 if side == "buy" else -1)
    assert 0 <= beyond <= touch * BAND_BPS / 10_000
    assert order.limit_price % rules.order_tick == 0


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_without_a_readable_book_or_a_side_nothing_is_made(side: str) -> None:
    empty = book(bid_ticks=[], bid_lots=[], ask_ticks=[], ask_lots=[])
    for make in (join_touch, take_touch):
        assert isinstance(make(side, instrument(), None, D(1)), str)
        assert isinstance(make(side, instrument(), empty, D(1)), str)


def test_closing_is_reduce_only_for_the_whole_position_in_lots() -> None:
    order = made(close_position(instrument(), position("-0.2505")))
    assert (order.side, order.quantity, order.order_type, order.reduce_only) == ("buy", D("0.250"), "market", True)
    assert made(close_position(instrument(), position("0.25"))).side == "sell"


@pytest.mark.parametrize("held", [None, position("0"), position("0.0015")])
def test_nothing_is_closed_where_there_is_nothing_or_too_little(held: PositionView | None) -> None:
    assert isinstance(close_position(instrument(), held), str)


def test_the_size_begins_with_the_least_that_the_venue_takes() -> None:
    assert least_size(instrument(), None) == D("0.002")
    assert least_size(instrument(), book(bid=100)) == D("0.1")  # 5 of value at 50
    assert least_size(instrument(min_notional=D(0), min_quantity=D("0.003")), book()) == D("0.005")


def test_sizes_go_up_and_down_in_steps_of_one_two_five() -> None:
    rules = instrument()
    sizes = [D("0.002")]
    for _ in range(4):
        sizes.append(next_size(sizes[-1], rules, 1))
    assert sizes == [D("0.002"), D("0.005"), D("0.010"), D("0.020"), D("0.050")]
    assert [next_size(size, rules, -1) for size in sizes[1:]] == sizes[:-1]
    assert next_size(D("0.007"), rules, 1) == D("0.010")
    assert next_size(D("0.007"), rules, -1) == D("0.005")
    assert next_size(D("0.001"), rules, -1) == D("0.001")


def test_a_size_once_shown_is_changed_by_the_trader_alone() -> None:
    sizes, rules = OrderSizes(), instrument()
    assert sizes.of(rules, book(bid=100)) == D("0.1")
    assert sizes.of(rules, book(bid=10)) == D("0.1")
    assert sizes.step(rules, book(bid=100), 1) == D("0.2")
    assert sizes.step(rules, book(bid=100), -1) == D("0.1")
    assert sizes.step(rules, book(bid=100), -1) == D("0.1")
    sizes.choose(rules, D("0.033"))
    assert sizes.of(rules, None) == D("0.033")
    assert sizes.of(instrument(venue="sim-b"), None) == D("0.002")


def test_a_first_size_of_a_worth_is_cut_to_lots_and_never_below_the_least() -> None:
    rules, shown = instrument(), book(bid=128_000, ask=128_002)  # at 64,000
    sizes = OrderSizes(lambda _: D(1))
    sizes.begin_with(D(500))
    assert sizes.of(rules, shown) == D("0.007")
    sizes.begin_with(D(10))
    assert sizes.of(rules, shown) == D("0.002")
    sizes.begin_with(None)
    assert sizes.of(rules, shown) == D("0.002")


def test_a_worth_counts_in_dollars_whatever_the_quote_currency_and_the_contract() -> None:
    shown = book(bid=200, ask=202)  # at 100
    sizes = OrderSizes(lambda _: D("0.5"))
    sizes.begin_with(D(1_000))
    assert sizes.of(instrument(contract_size=D(10)), shown) == D(2)


def test_where_a_price_or_its_dollars_are_unknown_the_least_is_traded_until_they_are_known() -> None:
    rules, shown = instrument(), book(bid=128_000, ask=128_002)
    known: list[D] = []
    sizes = OrderSizes(lambda _: known[0] if known else None)
    sizes.begin_with(D(500))
    assert sizes.of(rules, None) == sizes.of(rules, shown) == D("0.002")
    known.append(D(1))
    assert sizes.of(rules, shown) == D("0.007")


def test_a_move_of_the_price_changes_no_first_size_and_a_chosen_one_stays() -> None:
    rules, sizes = instrument(), OrderSizes(lambda _: D(1))
    sizes.begin_with(D(500))
    assert sizes.of(rules, book(bid=128_000, ask=128_002)) == sizes.of(rules, book(bid=64_000, ask=64_002))
    sizes.choose(rules, D("0.3"))
    sizes.begin_with(D(1_000))
    assert sizes.of(rules, book(bid=128_000, ask=128_002)) == D("0.3")
