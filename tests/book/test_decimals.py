"""Decimal strings become exact steps of the grid, or an error; never a rounded number."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.book.decimals import NOT_A_DECIMAL, OFF_GRID, TOO_LARGE, parse_steps
from core.book.step_grid import MOST_DIGITS, PADDING, grid_of

STEPS = [
    "1",
    "10",
    "0.1",
    "0.10",
    "0.01",
    "0.00000001",
    "0.000000001",
    "0.000000000001",
    "0.25",
    "0.5",
    "5",
    "0.0005",
    "2.5",
    "100",
]


def parse(text: str, step: str, behind: bytes = b'"') -> tuple[int, int]:
    raw = text.encode() + behind
    return parse_steps(np.frombuffer(raw + bytes(PADDING), np.uint8).copy(), 0, *grid_of(Decimal(step), "step"))


def expected(text: str, step: str) -> int:
    whole, _, _ = text.partition(".")
    _, decimals = grid_of(Decimal(step), "step")
    with_all_digits = Decimal(text) / Decimal(step)
    if Decimal(text).scaleb(decimals) != int(Decimal(text).scaleb(decimals)) or with_all_digits != int(with_all_digits):
        return OFF_GRID
    return TOO_LARGE if len(whole) + decimals > MOST_DIGITS else int(with_all_digits)


digits = st.text("0123456789", min_size=1, max_size=10)
decimal_texts = st.one_of(
    digits, st.builds("{}.{}".format, digits, st.one_of(digits, st.builds("{}000".format, digits)))
)


@settings(max_examples=2_000, deadline=None)
@given(decimal_texts, st.sampled_from(STEPS), st.sampled_from([b'"', b"\0", b'",', b'"99999999999', b"x1"]))
@example("61800.20", "0.10", b'"')
@example("3.02920000", "0.0001", b'"')
@example("12345678.12345678", "0.00000001", b'"')
@example("1234567.123456789", "0.00000001", b'"')
@example("0.000", "0.001", b'"')
@example("9999999999", "0.000000001", b'"')
def test_a_decimal_is_read_exactly_or_refused(text, step, behind) -> None:
    steps, end = parse(text, step, behind)
    assert steps == expected(text, step)
    if steps >= 0:
        assert end == len(text)
        assert steps * Decimal(step) == Decimal(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**13), st.sampled_from(STEPS))
def test_every_multiple_of_a_step_is_read_back(steps, step) -> None:
    text = f"{steps * Decimal(step):f}"
    if expected(text, step) >= 0:
        assert parse(text, step) == (steps, len(text))


@pytest.mark.parametrize("text", ["", "-1", "+1", ".5", "NaN", "inf", '"', "x", " 1"])
def test_what_is_no_decimal_is_refused(text) -> None:
    assert parse(text, "0.01")[0] == NOT_A_DECIMAL


@pytest.mark.parametrize("text", ["1e5", "1,5", "1.5.5", "1.", "0x10", "1 "])
def test_reading_stops_where_the_decimal_stops(text) -> None:
    steps, end = parse(text, "0.1")
    assert steps == NOT_A_DECIMAL or end < len(text)


@pytest.mark.parametrize("step", ["0", "-0.1", "NaN", "Infinity", "1E-18", "1E+18"])
def test_a_step_that_is_no_grid_is_refused(step) -> None:
    with pytest.raises(ValueError, match="tick size is"):
        grid_of(Decimal(step), "tick size")
