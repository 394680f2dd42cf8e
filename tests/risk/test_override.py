"""A manual override lifts soft rules for a time, and nothing else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import AnyFact, OverrideEnded, OverrideGranted
from core.risk.override import Overrides, OverridesState, grant, still_standing
from core.risk.table import RULES
from core.risk.verdict import Approved, Check, Hardness, Refused, approve
from core.risk.view import StrategyStatus
from core.types.control import HaltLevel
from core.types.order import Side
from tests.orders.making import D
from tests.risk.scene import SECOND_NS, blocker, book, buy, capital, decide, failed, funds, override, own, recent, view

SOFT_TROUBLE = {"drawdown_pct": D(50), "volatility_pct": 9.0, "recent": recent(is_duplicate=True)}


def granted(at_s: int, until_s: int, who: str = "ann") -> OverrideGranted:
    return OverrideGranted(at_ns=at_s * SECOND_NS, who=who, reason="looked", until_ns=until_s * SECOND_NS)


def fold(*facts: AnyFact) -> Overrides:
    overrides = Overrides()
    for fact in facts:
        overrides.apply(fact)
    return overrides


def test_an_override_holds_from_its_grant_until_its_end() -> None:
    overrides = fold(granted(10, 20))
    held = [overrides.active(at_s * SECOND_NS) is not None for at_s in (9, 10, 19, 20, 21)]
    assert held == [False, True, True, False, False]
    assert fold(granted(10, 20), OverrideEnded(at_ns=11, who="ann", reason="")).active(12 * SECOND_NS) is None


def test_a_clock_set_back_does_not_stretch_an_override() -> None:
    assert fold(granted(10, 20)).active(5 * SECOND_NS) is None


@pytest.mark.parametrize(
    ("seconds", "reason", "problem"),
    [
        (901.0, "looked", "at most 900 s, not 901"),
        (0.0, "looked", "more than 0"),
        (-1.0, "looked", "more than 0"),
        (float("nan"), "looked", "more than 0"),
        (float("inf"), "looked", "at most 900 s"),
        (60.0, "  ", "takes a reason"),
    ],
)
def test_an_override_is_bounded_and_has_a_reason(seconds: float, reason: str, problem: str) -> None:
    answer = grant(seconds=seconds, reason=reason, who="ann", at_ns=5, max_s=900)
    assert isinstance(answer, str)
    assert problem in answer


def test_a_grant_says_until_when() -> None:
    assert grant(seconds=1.5, reason=" looked ", who="ann", at_ns=5, max_s=900) == OverrideGranted(
        at_ns=5, who="ann", reason="looked", until_ns=1_500_000_005
    )


_facts = st.lists(
    st.one_of(
        st.builds(granted, st.integers(0, 50), st.integers(0, 100)),
        st.builds(OverrideEnded, at_ns=st.just(1), who=st.just("ann"), reason=st.just("")),
    ),
    max_size=8,
)


@given(_facts, st.integers(0, 8))
def test_a_snapshot_and_the_facts_after_it_equal_all_facts(facts: list[AnyFact], cut: int) -> None:
    resumed = Overrides()
    resumed.restore(msgspec.json.decode(msgspec.json.encode(fold(*facts[:cut]).to_state()), type=OverridesState))
    for fact in facts[cut:]:
        resumed.apply(fact)
    assert resumed.to_state() == fold(*facts).to_state()


# at the gate ---------------------------------------------------------------------------------------------


def test_soft_rules_that_failed_are_lifted_and_stay_recorded_as_failed() -> None:
    assert failed(buy(), view(**SOFT_TROUBLE)) == ["duplicate_order", "drawdown", "volatility"]
    verdict = decide(buy(), view(**SOFT_TROUBLE, override=override()))
    assert isinstance(verdict, Approved)
    assert verdict.under_override
    marked = [(check.rule, check.passed) for check in verdict.checks if check.lifted]
    assert marked == [("duplicate_order", False), ("drawdown", False), ("volatility", False)]


def test_an_order_that_needed_no_override_is_not_marked() -> None:
    verdict = decide(buy(), view(override=override()))
    assert isinstance(verdict, Approved)
    assert not verdict.under_override


@pytest.mark.parametrize("ended", [override(until_s=1_000), override(granted_s=1_001), None])
def test_an_override_that_does_not_hold_lifts_nothing(ended: object) -> None:
    assert failed(buy(), view(**SOFT_TROUBLE, override=ended)) == ["duplicate_order", "drawdown", "volatility"]


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        ("day_loss", {"day_loss_usd": D(500)}),
        ("capital", {"funds": funds(collateral_usd=D(1))}),
        ("capital_pool", {"capital": capital(safe_mode=True)}),
        ("venue_breaker", {"blockers": (blocker("venue_failures", scope="venue:sim-a"),)}),
        ("self_cross", {"own_orders": (own(Side.SELL, D(100)),)}),
        ("halt_level", {"halt_level": HaltLevel.HALTED, "blockers": (blocker("kill", HaltLevel.HALTED),)}),
        ("fresh_book", {"book": book(age_ns=10**12)}),
        ("strategy_running", {"strategy_status": StrategyStatus.FAILED}),
    ],
)
def test_a_hard_rule_refuses_under_an_override_and_alone_is_named(rule: str, trouble: dict[str, object]) -> None:
    order = buy(source="strategy:ma", confidence=0.1) if rule == "strategy_running" else buy()
    verdict = decide(order, view(**SOFT_TROUBLE, **trouble, override=override()))
    assert isinstance(verdict, Refused)
    assert [check.rule for check in verdict.failed] == [rule]
    assert "volatility" not in verdict.reason


def test_a_rule_that_breaks_is_not_lifted_even_where_it_is_soft() -> None:
    soft = {rule.name for rule in RULES if rule.hardness is Hardness.SOFT}
    broken = decide(buy(), view(volatility_pct="high", override=override()))
    assert isinstance(broken, Refused)
    assert {check.rule for check in broken.failed} <= soft
    assert all(check.hardness is Hardness.HARD for check in broken.failed)


def test_an_approval_with_a_hard_rule_lifted_cannot_be_made() -> None:
    lifted = Check(rule="x", hardness=Hardness.HARD, unit="", limit="", observed="", passed=False, lifted=True)
    with pytest.raises(PermissionError):
        approve(buy(), (lifted,))


def test_of_all_halts_only_the_automatic_pause_for_failures_is_let_through() -> None:
    pause = blocker("order_failures")
    others = (
        blocker("consecutive_failures", HaltLevel.HALTED),
        blocker("order_failures", scope="venue:sim-a"),
        *(blocker(cause) for cause in ("pause", "manual", "drawdown", "venue_failures", "reconciliation")),
        blocker("kill", HaltLevel.HALTED),
        blocker("daily_loss", HaltLevel.FLATTEN),
    )
    assert still_standing((pause, blocker("consecutive_failures"), *others), override()) == others
    assert still_standing((pause, *others), None) == (pause, *others)


def test_work_past_an_automatic_pause_is_marked() -> None:
    paused = view(blockers=(blocker("consecutive_failures"),), override=override())
    verdict = decide(buy(), paused)
    assert isinstance(verdict, Approved)
    assert [check.rule for check in verdict.checks if check.lifted] == ["auto_halt"]
    assert failed(buy(), view(blockers=(blocker("consecutive_failures"),))) == ["auto_halt"]
