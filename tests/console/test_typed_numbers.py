"""What is typed into a field is the number that was meant, or none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.console.driving import SMALL, Desk, run_console
from tui.present.price_alerts import typed_alert
from tui.present.typed_number import typed_number


@pytest.mark.parametrize(
    "text", ["1,5", "0,01", "1,50", ",5", "1,", "1,2345", "12,34", "1.352,6", "1,500,00", "0,500.5,1"]
)
def test_a_comma_that_groups_no_thousands_is_refused(text: str) -> None:
    for is_price in (False, True):
        value, problem = typed_number(text, is_price=is_price)
        assert value is None
        assert "comma" in problem


def test_a_comma_that_can_be_read_in_two_ways_is_refused_in_a_quantity_and_both_are_named() -> None:
    value, problem = typed_number("1,500")
    assert value is None
    assert "write 1500 or 1.500" in problem


def test_prices_and_quantities_are_read_as_the_console_writes_them() -> None:
    assert typed_number("64,030", is_price=True).value == 64030
    assert typed_number("64,030.5", is_price=True).value == Decimal("64030.5")
    assert typed_number("1,352.6").value == Decimal("1352.6")
    assert typed_number("1,234,567").value == 1234567


@pytest.mark.parametrize(
    "text",
    ["\u0663", "\u00bd", "\uff11\uff12", "1_5", "0x10", "nan", "inf", "abc", "1 5", "--1", "1e", "", ".", "1e99999"],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert typed_number(text).value is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=0, max_value=10**12))
def test_every_plain_number_is_read_exactly(value: Decimal) -> None:
    assert typed_number(f" {value:f} ").value == value


@given(st.text(max_size=12))
def test_nothing_that_is_typed_raises(text: str) -> None:
    typed_number(text)
    typed_alert(text, Decimal(100))


def test_one_and_a_half_typed_with_a_comma_is_not_fifteen() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b", "1", "comma", "5")
        assert "comma that groups no thousands" in desk.dialog()
        await desk.press("enter", "enter", "tab", "enter")

    link, _ = run_console(script, size=SMALL)
    assert link.commands == []
