"""The risk hub is told by name and remembers what survives a restart."""

import msgspec
import pytest

from core.jobs.risk_hub import RiskHub, RiskHubState
from core.journal.facts import BlockerLifted, JobFinished, OverrideEnded
from core.types.control import RiskMode
from core.types.job import JobOutcome
from tests.jobs.making import BTC_OKX, NOW_NS, RULES, SECOND_NS, D, job, market


def finished(outcome: JobOutcome) -> JobFinished:
    return JobFinished(
        at_ns=NOW_NS, job_id="j", outcome=outcome, reason="", pnl_usd=D(0), volume_usd=D(0), fees_usd=D(0)
    )


def hub() -> RiskHub:
    return RiskHub(RULES)


def test_jobs_are_judged_by_the_market_that_is_passed_in():
    assert hub().evaluate_job(job(), market()).decision == "accepted"


def test_bad_ends_in_a_row_halt_and_a_good_one_or_a_person_ends_the_row():
    of = hub()
    for outcome in (JobOutcome.UNWOUND, JobOutcome.NAKED, JobOutcome.NOTHING):
        of.apply(finished(outcome))
    assert (of.consecutive_failures, of.is_auto_halted) == (2, False)
    of.apply(finished(JobOutcome.UNWOUND))
    assert of.is_auto_halted
    of.apply(BlockerLifted(at_ns=NOW_NS, scope="global", cause="pause", who="me", reason=""))
    assert of.is_auto_halted
    of.apply(BlockerLifted(at_ns=NOW_NS, scope="global", cause="consecutive_failures", who="me", reason="looked"))
    assert of.consecutive_failures == 0
    of.apply(finished(JobOutcome.UNWOUND))
    of.apply(finished(JobOutcome.PARTIAL))
    assert of.consecutive_failures == 0


def test_mode_and_override_change_once_their_fact_is_folded():
    of = hub()
    change = of.set_risk_mode(RiskMode.AGGRESSIVE, who="me", now_ns=NOW_NS)
    grant = of.manual_override(60, who="me", reason="maintenance at okx", now_ns=NOW_NS)
    assert (of.mode, of.override_until_ns) == (RiskMode.BALANCED, None)
    of.apply(change)
    of.apply(grant)
    assert (of.mode, of.override_until_ns) == (RiskMode.AGGRESSIVE, NOW_NS + 60 * SECOND_NS)
    of.apply(OverrideEnded(at_ns=NOW_NS, who="me", reason="done"))
    assert of.override_until_ns is None


@pytest.mark.parametrize(("seconds", "reason"), [(60, " "), (0, "why"), (-1, "why"), (float("nan"), "why")])
def test_an_override_takes_a_time_and_a_reason(seconds, reason):
    with pytest.raises(ValueError, match="override"):
        hub().manual_override(seconds, who="me", reason=reason, now_ns=NOW_NS)


def test_latency_is_the_nearest_rank_of_the_last_answers():
    of = hub()
    assert of.latency_p95_ms("okx", NOW_NS) is None
    for ms in range(1, 101):
        of.update_exchange_latency("okx", float(ms), NOW_NS)
    assert of.latency_p95_ms("okx", NOW_NS) == 95.0
    for ms in (float("nan"), -1.0, float("inf")):
        of.update_exchange_latency("okx", ms, NOW_NS)
    assert of.latency_p95_ms("okx", NOW_NS) == 95.0
    for _ in range(200):
        of.update_exchange_latency("okx", 7.0, NOW_NS)
    assert of.latency_p95_ms("okx", NOW_NS) == 7.0


def test_an_answer_counts_for_five_minutes_and_none_of_a_clock_that_was_set_back():
    of = hub()
    of.update_exchange_latency("okx", 700.0, NOW_NS)
    of.update_exchange_latency("okx", 5.0, NOW_NS + 200 * SECOND_NS)
    assert of.latency_p95_ms("okx", NOW_NS + 300 * SECOND_NS) == 700.0
    assert of.latency_p95_ms("okx", NOW_NS + 301 * SECOND_NS) == 5.0
    assert of.latency_p95_ms("okx", NOW_NS + 501 * SECOND_NS) is None
    assert of.latency_p95_ms("okx", NOW_NS - SECOND_NS) is None


def test_funding_is_kept_by_venue_and_symbol():
    of = hub()
    of.update_funding_rate("okx", "BTC/USDT:USDT", 0.0001)
    assert of.funding_rate("okx", "BTC/USDT:USDT") == 0.0001
    assert of.funding_rate("binance", "BTC/USDT:USDT") is None


def test_a_fast_market_is_listed_until_it_is_well_below_the_threshold():
    of = hub()
    for second in range(10):
        of.update_market_volatility("BTC/USDT", 100.0 + second % 2, NOW_NS + second * SECOND_NS)
        of.update_market_volatility("ETH/USDT", 100.0, NOW_NS + second * SECOND_NS)
    now_ns = NOW_NS + 9 * SECOND_NS
    assert of.fast_markets(now_ns) == ("BTC/USDT",)
    for second in range(10, 80):
        of.update_market_volatility("BTC/USDT", 100.0, NOW_NS + second * SECOND_NS)
    assert of.fast_markets(NOW_NS + 79 * SECOND_NS) == ()


def test_the_usual_spread_is_known_after_five_looks_and_moves_slowly():
    of = hub()
    for second in range(4):
        of.update_spread(BTC_OKX, 2.0, NOW_NS + second * SECOND_NS)
    assert of.usual_spread_bps(BTC_OKX) is None
    for second in range(4, 60):
        of.update_spread(BTC_OKX, 2.0, NOW_NS + second * SECOND_NS)
    of.update_spread(BTC_OKX, float("nan"), NOW_NS + 60 * SECOND_NS)
    of.update_spread(BTC_OKX, 20.0, NOW_NS + 61 * SECOND_NS)
    assert 2.0 < of.usual_spread_bps(BTC_OKX) < 2.5


def test_the_usual_spread_goes_on_after_the_clock_was_set_back_an_hour():
    of = hub()
    for second in range(10):
        of.update_spread(BTC_OKX, 2.0, NOW_NS + second * SECOND_NS)
    for second in range(900):
        of.update_spread(BTC_OKX, 20.0, NOW_NS + (second - 3_600) * SECOND_NS)
    assert of.usual_spread_bps(BTC_OKX) > 15.0


def test_what_survives_a_restart_is_mode_override_and_failures():
    of = hub()
    of.apply(of.set_risk_mode(RiskMode.CONSERVATIVE, who="me", now_ns=NOW_NS))
    of.apply(of.manual_override(60, who="me", reason="why", now_ns=NOW_NS))
    of.apply(finished(JobOutcome.UNWOUND))
    other = hub()
    other.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(of.to_state()), type=RiskHubState))
    assert other.to_state() == of.to_state() == RiskHubState(RiskMode.CONSERVATIVE, NOW_NS + 60 * SECOND_NS, 1)
