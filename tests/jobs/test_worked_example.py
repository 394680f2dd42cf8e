"""Equity of 50,000 USD at binance and 30,000 at okx: what is refused there, why, and with which numbers."""

from decimal import Decimal

import pytest

from core.jobs.evaluation import evaluate
from core.jobs.market import JobMarket
from core.jobs.verdict import JobDecision, JobVerdict
from core.risk.verdict import Check
from core.types.control import RiskMode
from core.types.job import HedgeJob, JobType
from tests.jobs.making import RULES, D, job, market, venue, with_account, with_venue


def judge(of: HedgeJob, at: JobMarket) -> JobVerdict:
    return evaluate(of, at, RULES)


def check(verdict: JobVerdict, rule: str) -> Check:
    return next(each for each in verdict.checks if each.rule == rule)


def failed(verdict: JobVerdict) -> list[str]:
    return [each.rule for each in verdict.failed]


def test_5000_at_2_bps_is_refused_with_both_reasons():
    verdict = judge(job(5_000, "2.0"), market())
    assert verdict.decision is JobDecision.REFUSED
    assert failed(verdict) == ["single_reserve", "min_edge"]
    single = check(verdict, "single_reserve")
    assert (single.observed, single.limit) == ("okx 5000", "at most 3000 (10 % of 30000)")
    edge = check(verdict, "min_edge")
    assert (edge.observed, edge.limit, edge.unit) == ("2", "at least 3", "bps")
    assert verdict.reasons == (
        "single_reserve: okx 5000 USD, allowed at most 3000 (10 % of 30000)",
        "min_edge: 2 bps, allowed at least 3",
    )


def test_3000_at_4_bps_is_accepted():
    verdict = judge(job(3_000, "4"), market())
    assert verdict.decision is JobDecision.ACCEPTED
    assert failed(verdict) == []


def test_a_cent_above_the_single_limit_is_not_accepted():
    verdict = judge(job(D("3000.01"), "4"), market())
    assert failed(verdict) == ["single_reserve"]
    assert check(verdict, "single_reserve").observed == "okx 3000.01"


def test_2500_at_2_bps_is_accepted_in_aggressive_mode_only():
    wanted = job(2_500, "2")
    assert judge(wanted, market(mode=RiskMode.AGGRESSIVE)).decision is JobDecision.ACCEPTED
    assert judge(wanted, market(mode=RiskMode.BALANCED)).decision is JobDecision.REFUSED


def test_the_in_flight_cap_refuses_with_its_numbers():
    at = with_venue(market(), "okx", in_flight_room_usd=D(9_000) - D(7_000))
    verdict = judge(job(3_000), at)
    assert (verdict.decision, failed(verdict)) == (JobDecision.WAITING, ["in_flight"])
    assert (check(verdict, "in_flight").observed, check(verdict, "in_flight").limit) == (
        "okx 3000",
        "at most 2000 left",
    )


@pytest.mark.parametrize(
    ("rule", "at", "observed", "limit"),
    [
        ("running_jobs", market(running_jobs=50), "50 running and this one", "at most 50"),
        (
            "venue_jobs",
            with_venue(market(), "okx", running_jobs=10),
            "okx 10 running and this one",
            "at most 10",
        ),
        (
            "venue_notional",
            with_venue(market(), "okx", running_notional_usd=D(47_001)),
            "okx 50001 (47001 running and 3000)",
            "at most 50000",
        ),
    ],
)
def test_concurrency_limits_refuse_with_their_numbers(rule, at, observed, limit):
    verdict = judge(job(3_000), at)
    assert (verdict.decision, failed(verdict)) == (JobDecision.WAITING, [rule])
    assert (check(verdict, rule).observed, check(verdict, rule).limit) == (observed, limit)


def test_the_last_free_places_are_given():
    at = with_account(market(), running_jobs=49)
    at = with_venue(at, "okx", running_jobs=9, running_notional_usd=D(47_000))
    assert judge(job(3_000), at).decision is JobDecision.ACCEPTED


def test_safe_mode_refuses_arbitrage_and_lets_hedges_pass():
    at = market(venues=(venue("binance"), venue("okx", 30_000, is_safe_mode=True)))
    assert judge(job(3_000), at).decision is JobDecision.ACCEPTED
    verdict = judge(job(3_000, strategy_type=JobType.ARB), at)
    assert (verdict.decision, failed(verdict)) == (JobDecision.WAITING, ["safe_mode"])
    assert check(verdict, "safe_mode").observed == "okx is in safe mode"


def test_an_exhausted_pool_refuses_its_own_jobs_only():
    at = with_venue(market(), "okx", arb_room_usd=Decimal("2999.99"))
    assert judge(job(3_000), at).decision is JobDecision.ACCEPTED
    verdict = judge(job(3_000, strategy_type=JobType.ARB), at)
    assert failed(verdict) == ["pool_room"]
    assert check(verdict, "pool_room").limit == "at most 2999.99 left"
