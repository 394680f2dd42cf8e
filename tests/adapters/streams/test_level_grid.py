"""Decimal numbers on an integer grid: exactly, or not at all."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.streams.level_grid import LARGEST, LevelGrid
from adapters.streams.market_data import UNREADABLE, MessageError
from tests.adapters.streams.making import BTC

GRID = LevelGrid(BTC)
D = Decimal


def test_levels_are_counted_in_ticks_and_lots() -> None:
    ticks, lots = GRID.arrays([(D("29430.2"), D("0.18967538")), (D("1e4"), D("4.0"))])
    assert (ticks.tolist(), lots.tolist()) == ([294302, 100000], [18967538, 400000000])
    empty = GRID.arrays([])
    assert (len(empty[0]), len(empty[1])) == (0, 0)


@pytest.mark.parametrize(
    ("price", "quantity"),
    [
        ("29430.25", "1"), ("29430.2", "1e-9"), ("0", "1"), ("-1", "1"), ("1", "-1"), ("NaN", "1"), ("1", "Infinity"),
        ("sNaN", "1"), ("1e300000", "1"), ("1", "1e12"), ("922337203685477581", "1"),
        ("1.00000000000000000000000000000000000001", "1"),
    ],
)  # fmt: skip
def test_what_is_off_the_grid_or_too_large_is_refused(price: str, quantity: str) -> None:
    with pytest.raises(UNREADABLE):
        GRID.arrays([(D(price), D(quantity))])


@given(price=st.decimals(allow_nan=True, allow_infinity=True), quantity=st.decimals(allow_nan=True))
def test_whatever_is_taken_is_exactly_what_was_said(price: Decimal, quantity: Decimal) -> None:
    try:
        ticks, lots = GRID.arrays([(price, quantity)])
    except UNREADABLE:
        return
    assert Fraction(price) == int(ticks[0]) * Fraction(BTC.tick_size) > 0
    assert Fraction(quantity) == int(lots[0]) * Fraction(BTC.lot_size) >= 0


@given(ticks=st.integers(1, LARGEST), lots=st.integers(0, LARGEST))
def test_all_of_the_grid_is_taken(ticks: int, lots: int) -> None:
    price, quantity = D(ticks).scaleb(-1), D(lots).scaleb(-8)
    read = GRID.arrays([(price, quantity)])
    assert (int(read[0][0]), int(read[1][0])) == (ticks, lots)


def test_one_bad_level_refuses_the_message() -> None:
    with pytest.raises(MessageError):
        GRID.arrays([(D(1), D(1)), (D("1.01"), D(1))])
