"""Scores lie in [0, 1], fall with every risk, and rise with volume; hard controls are lifted by nothing."""

import math

from hypothesis import given
from hypothesis import strategies as st

from core.jobs.controls.table import CONTROLS, SOFT_BITS
from core.jobs.evaluation import evaluate
from core.jobs.scores import distance_score, final_score, room_score, safety_score, volume_score
from core.jobs.verdict import JobDecision
from core.risk.verdict import Hardness
from core.types.control import RiskMode
from tests.jobs.generated import jobs, markets
from tests.jobs.making import NOW_NS, RULES, with_account, with_look, with_venue

ANY = st.floats(allow_nan=True, allow_infinity=True)
UNIT = st.floats(0.0, 1.0)
SIX = st.tuples(UNIT, UNIT, UNIT, UNIT, UNIT, UNIT)


@given(ANY, ANY)
def test_room_and_distance_lie_in_the_unit_interval_whatever_comes_in(observed, limit):
    assert 0.0 <= room_score(observed, limit) <= 1.0
    assert 0.0 <= distance_score(observed, limit) <= 1.0


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_room_falls_with_what_is_used_and_distance_rises_with_what_is_left(one, other, limit):
    low, high = sorted((one, other))
    assert room_score(low, limit) >= room_score(high, limit)
    assert distance_score(low, limit) <= distance_score(high, limit)


def test_an_unknown_number_scores_worst():
    assert room_score(math.nan, 5.0) == 0.0
    assert distance_score(math.nan, 10.0) == 0.0


@given(SIX, st.integers(0, 5), UNIT)
def test_safety_is_bounded_and_rises_with_each_part(parts, at, other):
    assert 0.0 <= safety_score(*parts) <= 1.0
    changed = (*parts[:at], other, *parts[at + 1 :])
    worse, better = sorted((parts, changed), key=lambda each: each[at])
    assert safety_score(*worse) <= safety_score(*better)


def test_safety_reaches_both_ends():
    assert safety_score(0, 0, 0, 0, 0, 0) == 0.0
    assert safety_score(1, 1, 1, 1, 1, 1) == 1.0


@given(UNIT, UNIT, UNIT, UNIT)
def test_volume_and_final_are_bounded_and_rise_with_their_parts(one, other, third, weight):
    low, high = sorted((one, other))
    for score in (volume_score, lambda a, b: final_score(a, b, weight)):
        assert 0.0 <= score(one, third) <= 1.0 + 1e-12
        assert score(low, third) <= score(high, third)
        assert score(third, low) <= score(third, high)


@given(data=st.data())
def test_verdicts_on_anything_have_scores_in_the_unit_interval_and_a_reason(data):
    verdict = evaluate(data.draw(jobs("job")), data.draw(markets()), RULES)
    assert all(0.0 <= score <= 1.0 for score in (verdict.safety, verdict.volume, verdict.final))
    assert (verdict.decision is JobDecision.ACCEPTED) == all(check.passed or check.lifted for check in verdict.checks)
    assert bool(verdict.reasons) == bool(verdict.failed)


@given(data=st.data())
def test_a_riskier_market_never_scores_safer(data):
    of, wanted = data.draw(markets()), data.draw(jobs("job"))
    before, account = evaluate(wanted, of, RULES).safety, of.account
    riskier = [with_account(of, consecutive_failures=account.consecutive_failures + 1)]
    if account.drawdown_pct is not None:
        riskier.append(with_account(of, drawdown_pct=account.drawdown_pct + 1))
    for name, look in of.instruments.items():
        if look.volatility_pct is not None:
            riskier.append(with_look(of, name, volatility_pct=look.volatility_pct + 0.1))
        if look.liquidation_distance_pct is not None:
            riskier.append(with_look(of, name, liquidation_distance_pct=look.liquidation_distance_pct - 5))
    for name, place in of.venues.items():
        if place.latency_p95_ms is not None:
            riskier.append(with_venue(of, name, latency_p95_ms=place.latency_p95_ms + 50))
    assert all(evaluate(wanted, each, RULES).safety <= before for each in riskier)


@given(data=st.data(), modes=st.lists(st.tuples(st.sampled_from(RiskMode), st.sampled_from((None, -1, 0, 1, 10**12)))))
def test_hard_rules_hold_under_any_sequence_of_mode_changes_and_overrides(data, modes):
    """Whatever mode and override a person sets, a job that fails a hard control is never accepted."""
    of, wanted = data.draw(markets()), data.draw(jobs("job"))
    hard = {control.name for control in CONTROLS if control.hardness is Hardness.HARD}
    for mode, ahead_ns in modes:
        until_ns = None if ahead_ns is None else NOW_NS + ahead_ns
        of = with_account(of, mode=mode, override_until_ns=until_ns)
        verdict = evaluate(wanted, of, RULES)
        failed = {check.rule for check in verdict.failed}
        is_lifting = until_ns is not None and until_ns > NOW_NS
        if failed & hard:
            assert verdict.decision is not JobDecision.ACCEPTED
        if verdict.decision is JobDecision.ACCEPTED:
            assert not failed or is_lifting
            assert verdict.under_override == bool(failed)
        assert not any(check.lifted for check in verdict.checks if check.hardness is Hardness.HARD)


def test_no_hard_control_can_be_lifted():
    assert not any(SOFT_BITS >> at & 1 for at, control in enumerate(CONTROLS) if control.hardness is Hardness.HARD)
