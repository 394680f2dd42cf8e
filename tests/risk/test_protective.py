"""When a position is closed to protect it: at which price, how much, and for which reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.risk.limits import RiskLimits
from core.risk.protective import (
    CloseCause,
    Protected,
    Protection,
    best_price,
    judge_protection,
    protection_of,
)
from core.types.order import Side
from tests.orders.making import PERP, D

ALL_ON = Protection(stop_loss_pct=D(2), take_profit_pct=D(4), trailing_pct=D(3))


def judged(
    quantity: str, mark: str, protection: Protection = ALL_ON, *, best: str = "100", atr: Decimal | None = None
) -> tuple[CloseCause, Side, Decimal] | None:
    position = Protected(quantity=D(quantity), entry_price=D(100), best_price=D(best))
    close = judge_protection(position, protection, mark=D(mark), atr=atr, instrument=PERP)
    return None if close is None else (close.cause, close.side, close.quantity)


@pytest.mark.parametrize(
    ("quantity", "mark", "best", "cause"),
    [
        ("2", "98", "100", CloseCause.STOP_LOSS),
        ("2", "104", "104", CloseCause.TAKE_PROFIT),
        ("2", "100.8", "104", CloseCause.TRAILING_STOP),
        ("-2", "102", "100", CloseCause.STOP_LOSS),
        ("-2", "96", "96", CloseCause.TAKE_PROFIT),
        ("-2", "98.9", "96", CloseCause.TRAILING_STOP),
    ],
)
def test_each_protection_closes_the_whole_position_at_its_trigger(
    quantity: str, mark: str, best: str, cause: CloseCause
) -> None:
    side = Side.SELL if D(quantity) > 0 else Side.BUY
    assert judged(quantity, mark, best=best) == (cause, side, D(2))


@pytest.mark.parametrize(
    ("quantity", "mark", "best"), [("2", "98.01", "100"), ("2", "103.99", "104"), ("-2", "101.99", "100")]
)
def test_just_before_its_trigger_nothing_is_closed(quantity: str, mark: str, best: str) -> None:
    assert judged(quantity, mark, best=best) is None


def test_nothing_is_on_by_default_and_limits_switch_it_on() -> None:
    assert protection_of(RiskLimits()) == Protection()
    assert judged("2", "1", Protection()) is None
    limits = RiskLimits(stop_loss_enabled=True, stop_loss_by_atr=True, take_profit_pct=D(4), trailing_stop_pct=D(3))
    assert protection_of(limits) == Protection(
        stop_loss_pct=D(2), atr_multiplier=D("1.5"), take_profit_pct=D(4), trailing_pct=D(3)
    )


def test_the_average_true_range_only_brings_the_stop_nearer() -> None:
    by_atr = Protection(stop_loss_pct=D(2), atr_multiplier=D("1.5"))
    assert judged("1", "98.6", by_atr, atr=D(1)) is None
    assert judged("1", "98.5", by_atr, atr=D(1)) == (CloseCause.STOP_LOSS, Side.SELL, D(1))
    assert judged("1", "98", by_atr, atr=D(50)) == (CloseCause.STOP_LOSS, Side.SELL, D(1))
    assert judged("1", "98", by_atr, atr=None) == (CloseCause.STOP_LOSS, Side.SELL, D(1))


def test_what_is_being_closed_already_is_not_closed_twice_and_dust_is_left() -> None:
    position = Protected(quantity=D("2.0005"), entry_price=D(100), best_price=D(100), closing_quantity=D("1.5"))
    close = judge_protection(position, ALL_ON, mark=D(90), atr=None, instrument=PERP)
    assert close is not None
    assert close.quantity == D("0.5")
    done = Protected(quantity=D(2), entry_price=D(100), best_price=D(100), closing_quantity=D(2))
    assert judge_protection(done, ALL_ON, mark=D(90), atr=None, instrument=PERP) is None


@given(
    st.integers(-50, 50).filter(bool).map(Decimal),
    st.lists(st.integers(50, 150).map(Decimal), min_size=1, max_size=30),
)
def test_a_trailing_stop_follows_the_best_price_and_never_moves_back(quantity: Decimal, marks: list[Decimal]) -> None:
    best: Decimal | None = None
    stops: list[Decimal] = []
    for mark in marks:
        best = best_price(quantity, D(100), best, mark)
        position = Protected(quantity=quantity, entry_price=D(100), best_price=best)
        close = judge_protection(position, Protection(trailing_pct=D(10)), mark=mark, atr=None, instrument=PERP)
        sign = 1 if quantity > 0 else -1
        stops.append(sign * best)
        has_given_back = sign * (best - mark) >= best / 10
        assert (close is not None) == has_given_back
    assert stops == sorted(stops)
