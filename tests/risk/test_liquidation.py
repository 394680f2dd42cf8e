"""How far prices are from a liquidation counts the margin that has to stay."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.risk.liquidation import ContractLook, ContractValue, liquidation_distance_pct, liquidation_price
from tests.engine.venues import perpetual

D = Decimal


def test_the_maintenance_margin_is_kept_when_the_distance_is_reached():
    contracts = [ContractValue(D(6_000), D("0.025")), ContractValue(D(4_000), D("0.05"))]
    distance = liquidation_distance_pct(D(3_000), contracts)
    assert distance == 100 * D(2_650) / D(10_350)
    left = D(3_000) - distance / 100 * 10_000
    assert abs(left - (1 + distance / 100) * D(350)) < D("1e-20")


def test_collateral_below_the_maintenance_margin_is_no_distance_at_all():
    assert liquidation_distance_pct(D(200), [ContractValue(D(10_000), D("0.025"))]) < 0


def test_without_contracts_nothing_can_be_liquidated():
    assert liquidation_distance_pct(D(-1), []) == 100


@given(st.integers(-100, 10_000), st.integers(1, 10_000), st.integers(0, 100), st.integers(0, 100))
def test_the_distance_falls_with_the_margin_that_has_to_stay(collateral: int, value: int, one: int, other: int):
    low, high = sorted((one, other))
    near, far = (
        liquidation_distance_pct(D(collateral), [ContractValue(D(value), D(rate) / 100)]) for rate in (high, low)
    )
    assert near <= far or collateral < 0


@pytest.mark.parametrize(
    ("rules", "rate"),
    [
        ({"max_leverage": D(20)}, D("0.025")),
        ({"max_leverage": D(0)}, D("0.5")),
        ({"max_leverage": D(20), "maintenance_margin_rate": D("0.004")}, D("0.004")),
    ],
)
def test_where_the_venue_does_not_say_half_of_the_least_initial_margin_has_to_stay(
    rules: dict[str, Decimal], rate: Decimal
):
    assert perpetual("v1", "BTC/USDT:USDT", **rules).maintenance_rate == rate


@pytest.mark.parametrize("quantity", ["2", "-2"])
def test_at_its_liquidation_price_a_contract_leaves_just_the_maintenance_margin(quantity: str) -> None:
    look = ContractLook(Decimal(quantity), Decimal(100), Decimal(100), Decimal("0.05"))
    price = liquidation_price(Decimal(100), Decimal(10), look)
    assert price is not None
    left = Decimal(100) + look.quantity * (price - 100)
    assert abs(left - (10 + abs(look.quantity) * price * look.maintenance_rate)) < Decimal("1e-20")
    assert (price < 100) == (look.quantity > 0)


def test_a_long_that_is_paid_for_has_no_liquidation_price() -> None:
    look = ContractLook(Decimal(1), Decimal(100), Decimal(100), Decimal("0.05"))
    assert liquidation_price(Decimal(100), Decimal(0), look) is None
