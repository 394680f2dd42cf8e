import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.risk.volatility import ShortTermVolatility, VolatilityBoard
from tests.orders.making import PERP, SPOT

S = 1_000_000_000


def fed(prices: list[float], **parameters: float) -> ShortTermVolatility:
    volatility = ShortTermVolatility(**parameters)
    for second, price in enumerate(prices):
        volatility.update(second * S, price)
    return volatility


def test_it_is_the_root_of_the_summed_squared_returns_of_the_window() -> None:
    prices = [100.0, 101.0, 100.0, 102.0, 101.0, 103.0, 103.0]
    returns = [math.log(later / earlier) for earlier, later in itertools.pairwise(prices)]
    expected = 100 * math.sqrt(sum(each * each for each in returns))
    assert fed(prices).percent(6 * S) == pytest.approx(expected)


def test_it_is_unknown_until_there_are_enough_prices_and_again_when_they_are_old() -> None:
    volatility = fed([100.0] * 5)
    assert volatility.percent(4 * S) is None
    volatility.update(5 * S, 100.0)
    assert volatility.percent(5 * S) == 0
    assert volatility.percent(70 * S) is None


def test_only_the_last_price_of_a_second_counts() -> None:
    volatility = fed([100.0] * 6)
    for price in (500.0, 1.0, 100.0):
        volatility.update(6 * S + 1, price)
    assert volatility.percent(6 * S + 2) == 0


def test_what_left_the_window_counts_no_more() -> None:
    volatility = fed([50.0] + [100.0] * 80)
    assert volatility.percent(80 * S) == 0


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_price_that_is_none_is_left_out(bad: float) -> None:
    volatility = fed([100.0] * 6)
    volatility.update(6 * S, bad)
    volatility.update(4 * S, 7.0)  # late
    assert volatility.percent(6 * S) == 0


@pytest.mark.parametrize("back_s", [3, 30, 3_600])
def test_a_market_that_moves_after_the_clock_was_set_back_is_not_seen_as_calm(back_s: int) -> None:
    volatility = ShortTermVolatility()
    for second in range(10):
        volatility.update((9_000 + second) * S, 100.0)
    moved = [(9_009 - back_s + second, 100.0 + second) for second in range(1, 10)]
    for second, price in moved[:5]:
        volatility.update(second * S, price)
        assert volatility.percent(second * S) is None
        assert volatility.mean_price(second * S) is None or second == moved[4][0]
    for second, price in moved[5:]:
        volatility.update(second * S, price)
    observed = volatility.percent(moved[-1][0] * S)
    assert observed is not None
    assert observed > 2


@given(st.lists(st.floats(1, 1e6), max_size=300))
def test_it_is_never_negative_and_its_memory_is_bounded(prices: list[float]) -> None:
    volatility = fed(prices, window_s=20.0)
    observed = volatility.percent(len(prices) * S)
    assert observed is None or observed >= 0
    assert len(volatility._samples) <= 21


def test_the_board_keeps_instruments_apart() -> None:
    board = VolatilityBoard(60.0)
    for second in range(10):
        board.update(PERP.id, 100.0 + second % 2, second * S)
        board.update(SPOT.id, 100.0, second * S)
    perp = board.percent(PERP.id, 9 * S)
    assert perp is not None
    assert perp > 2
    assert board.percent(SPOT.id, 9 * S) == 0


def test_a_step_longer_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"volatility step is 2\.0 s"):
        ShortTermVolatility(1.0, step_s=2.0)


def test_the_mean_price_is_of_the_window_and_none_while_too_few_steps_have_one() -> None:
    board = VolatilityBoard(10.0)
    assert board.mean_price(PERP.id, 0) is None
    for second in range(30):
        board.update(PERP.id, 100.0 if second < 15 else 200.0, second * S)
    assert board.mean_price(PERP.id, 29 * S) == 200
    assert board.mean_price(PERP.id, 60 * S) is None


def test_asking_ahead_forgets_nothing_that_a_clock_set_back_makes_count_again() -> None:
    volatility, never_asked = ShortTermVolatility(10.0, least_steps=2), ShortTermVolatility(10.0, least_steps=2)
    for second in range(6):
        for each in (volatility, never_asked):
            each.update(second * S, 100.0 + second % 2)
    assert volatility.percent(15 * S) is None
    for each in (volatility, never_asked):
        each.update(6 * S, 100.0)
    assert volatility.percent(6 * S) == never_asked.percent(6 * S) is not None


@given(st.lists(st.tuples(st.integers(-3_000, 40_000), st.floats(50, 150), st.integers(0, 30_000)), max_size=60))
def test_asking_in_between_changes_nothing_of_a_later_answer(moves: list[tuple[int, float, int]]) -> None:
    asked, at_ms = ShortTermVolatility(least_steps=2), 10**6
    updates: list[tuple[int, float]] = []
    for passed_ms, price, later_ms in moves:
        at_ms += passed_ms
        updates.append((at_ms * 1_000_000, price))
        asked.update(*updates[-1])
        fresh = ShortTermVolatility(least_steps=2)
        for update in updates:
            fresh.update(*update)
        at_ms += later_ms
        assert asked.percent(at_ms * 1_000_000) == fresh.percent(at_ms * 1_000_000)
