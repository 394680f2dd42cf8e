import ast
from copy import copy
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.risk.gate import RiskGate
from core.risk.limits import RiskLimits
from core.risk.table import RULES
from core.risk.verdict import Approved, Check, Hardness, Refused, approve
from core.types.control import HaltLevel
from core.types.instrument import Instrument
from core.types.order import OrderType, Side
from tests.orders.making import D, intent
from tests.risk.account import MARKETS, Account
from tests.risk.scene import LIMITS, buy, decide, funds, holding, sell, view

ROOT = Path(__file__).parents[2]


def test_every_rule_is_applied_and_shown_whatever_the_first_one_says() -> None:
    names = [rule.name for rule in RULES]
    approved, refused = decide(buy(), view()), decide(buy(), view(instrument=None, book=None, equity_usd=None))
    assert isinstance(approved, Approved)
    assert isinstance(refused, Refused)
    assert [check.rule for check in approved.checks] == [check.rule for check in refused.checks] == names
    assert all(check.limit and check.observed for check in (*approved.checks, *refused.checks))


def test_an_approval_cannot_be_forged_or_changed() -> None:
    passed = Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=True)
    with pytest.raises(PermissionError):
        Approved(buy(), (passed,), seal=object())
    with pytest.raises(PermissionError):
        approve(buy(), ())
    with pytest.raises(PermissionError):
        approve(buy(), (Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=False),))
    verdict = decide(buy(), view())
    assert isinstance(verdict, Approved)
    with pytest.raises(PermissionError):
        verdict.intent = buy(1_000)
    with pytest.raises(PermissionError):
        del verdict.checks


def test_nothing_but_the_gate_seals_approvals() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for floor in ("core", "data", "adapters", "strategies", "tui")
        for path in sorted((ROOT / floor).rglob("*.py"))
        if {"approve", "_SEAL"} & _names(path)
    ]
    assert users == ["core/risk/gate.py", "core/risk/verdict.py"]


def _names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module="core.risk.verdict"):
                found.update(alias.name for alias in node.names)
            case ast.Name() if path.name == "verdict.py" and path.parent.name == "risk":
                found.add(node.id)
            case _:
                pass
    return found


@pytest.mark.parametrize("bad", [D("NaN"), D("sNaN"), D("Infinity"), D("1e999999"), D("-0")])
def test_an_absurd_number_is_refused_and_raises_nothing(bad: Decimal) -> None:
    for order in (intent(quantity=bad), intent(limit_price=bad)):
        verdict = decide(order, view(exposures=holding(D(1))))
        assert isinstance(verdict, Refused)
        assert verdict.failed
        assert verdict.reason


def test_a_rule_that_breaks_refuses() -> None:
    verdict = decide(buy(), view(reference_price="100"))
    assert isinstance(verdict, Refused)
    assert "TypeError" in verdict.reason


# a whole account, driven at random through the gate -----------------------------------------------------

_steps = st.lists(
    st.tuples(
        st.sampled_from(list(MARKETS.values())),
        st.sampled_from(Side),
        st.integers(1, 25).map(Decimal),
        st.sampled_from([None, D(99), D(100), D(101)]),
        st.sampled_from(["keep", "fill", "half", "cancel"]),
        st.booleans(),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(_steps)
def test_no_sequence_of_accepted_orders_lifts_the_directional_sum_above_its_limit(
    steps: list[tuple[Instrument, Side, Decimal, Decimal | None, str, bool]],
) -> None:
    limits = RiskLimits(max_position_size_usd=D(5_000), concentration_pct=D(100), max_invested_pct=D(100))
    gate, account = RiskGate(limits), Account()
    for of, side, quantity, price, fate, reduce_only in steps:
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        order = intent(of=of, side=side, quantity=quantity, limit_price=price, order_type=kind, reduce_only=reduce_only)
        seen = view(instrument=of, exposures=account.exposures(), funds=funds(free_base=account.position[of.id]))
        before = account.worst_directional()
        verdict = gate.decide(order, seen)
        if isinstance(verdict, Refused):
            continue
        account.open.append((of, side, quantity))
        # An order that only reduces may uncover a hedge; every other one leaves the sum within the limit,
        # or where an uncovered hedge already lies above it, does not raise it.
        reduces = any(check.observed.startswith("exempt") for check in verdict.checks)
        assert reduces or account.worst_directional() <= max(D(5_000), before)
        if fate == "keep":
            continue
        account.open.pop()
        if fate != "cancel":
            account.position[of.id] += (quantity if fate == "fill" else quantity / 2) * side.sign


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([HaltLevel.CANCEL_ONLY, HaltLevel.HALTED, HaltLevel.FLATTEN]),
    st.sampled_from(Side),
    st.integers(1, 20).map(Decimal),
    st.sampled_from(["manual", "strategy:ma", "flatten"]),
    st.booleans(),
    st.integers(-20, 20).map(Decimal),
)
def test_in_a_halt_nothing_is_approved_but_reduce_only_flattening(
    level: HaltLevel, side: Side, quantity: Decimal, source: str, reduce_only: bool, position: Decimal
) -> None:
    order = intent(side=side, quantity=quantity, source=source, reduce_only=reduce_only, confidence=1.0)
    verdict = decide(order, view(halt_level=level, exposures=holding(position)))
    if isinstance(verdict, Approved):
        assert level is not HaltLevel.CANCEL_ONLY
        assert source == "flatten"
        assert reduce_only
        assert abs(position + quantity * side.sign) < abs(position)
        assert position * (position + quantity * side.sign) >= 0


def test_limits_below_zero_and_a_band_outside_the_collar_are_refused() -> None:
    with pytest.raises(ValueError, match="daily_loss_usd is -1; allowed is zero or more"):
        RiskLimits(daily_loss_usd=D(-1))
    with pytest.raises(ValueError, match="flatten_band_pct is 6; allowed is at most price_deviation_pct, 5"):
        RiskLimits(flatten_band_pct=D(6))
    with pytest.raises(ValueError, match="no value for conservative, balanced, aggressive"):
        RiskLimits(max_volatility_pct={})


def test_a_copied_approval_is_the_same_order() -> None:
    verdict = decide(sell(), view(exposures=holding(D(5))))
    assert isinstance(verdict, Approved)
    assert copy(verdict.intent) == verdict.intent
    assert LIMITS.daily_loss_limit_usd(D(10_000)) == D(300)
