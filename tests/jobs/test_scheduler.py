"""The scheduler takes, orders, starts, drops and explains jobs; what it knows is the fold of the journal's facts."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.jobs.job_book import ENDED_KEPT, JobBookState
from core.jobs.limits import JobLimits
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scheduler import WORDS_A_TICK, Scheduler
from core.jobs.scheduling import Cancellation, JobStart
from core.jobs.warm_up import compiled_selector, warm_up
from core.journal.facts import AnyFact, DayBegan, JobDropped, JobFinished, JobSubmitted
from core.risk.limits import RiskLimits
from core.types.capital import Claim, Pool
from core.types.job import HedgeJob, JobDropCause, JobOutcome, JobType
from core.types.order import Side
from tests.jobs.making import (
    BTC_BINANCE,
    BTC_OKX,
    NOW_NS,
    RULES,
    SECOND_NS,
    D,
    job,
    leg,
    market,
    venue,
    with_account,
    with_look,
    with_venue,
)

RICH = market(venues=(venue("binance", 10_000_000), venue("okx", 10_000_000)))


def scheduler_with(*jobs: HedgeJob, rules: Rulebook = RULES) -> Scheduler:
    scheduler = Scheduler(rules)
    for each in jobs:
        submission = scheduler.submit_job(each, NOW_NS)
        assert submission.fact is not None, submission.reason
        scheduler.apply(submission.fact)
    return scheduler


def named(*names: str, **changes: object) -> list[HedgeJob]:
    return [job(job_id=name, **changes) for name in names]


def started(decisions: list[JobDropped | JobStart]) -> list[str]:
    return [each.job.job_id for each in decisions if isinstance(each, JobStart)]


def dropped(decisions: list[JobDropped | JobStart]) -> dict[str, JobDropped]:
    return {each.job_id: each for each in decisions if isinstance(each, JobDropped)}


def begin(scheduler: Scheduler, of: JobMarket) -> list[str]:
    """Tick and journal everything as decided; return what started."""
    decisions = scheduler.tick(of)
    for each in decisions:
        scheduler.apply(each.fact(of.account.now_ns) if isinstance(each, JobStart) else each)
    return started(decisions)


def finish(scheduler: Scheduler, job_id: str, outcome: JobOutcome = JobOutcome.COMPLETED) -> None:
    scheduler.on_job_finished(
        JobFinished(
            at_ns=NOW_NS,
            job_id=job_id,
            outcome=outcome,
            reason="",
            pnl_usd=D("1.5"),
            volume_usd=D(6_000),
            fees_usd=D(1),
        )
    )


# taking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"legs": (leg(BTC_BINANCE, Side.BUY, D(1)),)}, "1 legs, allowed 2 to 8 legs"),
        (
            {"legs": (leg(BTC_BINANCE, Side.BUY, D(1)), leg(BTC_OKX, Side.BUY, D(1)))},
            "all buy, allowed legs that buy and legs that sell",
        ),
        (
            {"legs": (leg(BTC_BINANCE, Side.BUY, D(1)), leg(BTC_BINANCE, Side.SELL, D(1)))},
            "allowed each leg on an instrument of its own",
        ),
        (
            {"legs": (leg(BTC_BINANCE, Side.BUY, D("NaN")), leg(BTC_OKX, Side.SELL, D(1)))},
            "BTC/USDT@binance NaN, allowed quantity from 1E-18 to 1000000000000",
        ),
        (
            {"legs": (leg(BTC_BINANCE, Side.BUY, D(1)), leg(BTC_OKX, Side.SELL, D("1E-400")))},
            "BTC/USDT@okx 1E-400, allowed quantity from 1E-18 to 1000000000000",
        ),
        ({"expires_ns": NOW_NS + 86_401 * SECOND_NS}, "in 86401 s, allowed expiry within 86400 s"),
        ({"expires_ns": 2**63}, "allowed expiry within 86400 s"),
        ({"notional_usd": D(0)}, "0, allowed notional from 1E-18"),
        ({"expected_edge_bps": D("NaN")}, "NaN, allowed edge within 10000 bps"),
        ({"est_volume_usd": D(-1)}, "-1, allowed volume from 0"),
        ({"max_acceptable_loss_bps": D(1)}, "1, allowed acceptable loss of a hedge from 0 to 0 bps"),
        (
            {"strategy_type": JobType.REBALANCE, "max_acceptable_loss_bps": D(101)},
            "101, allowed acceptable loss of a rebalance from 0 to 100 bps",
        ),
        ({"expires_ns": NOW_NS}, "0.000 s ago, allowed expiry ahead"),
        ({"expires_ns": 0}, "allowed expiry after creation"),
        ({"strategy": ""}, "allowed job id, strategy and symbol"),
    ],
)
def test_a_job_of_bad_form_is_not_taken(changes, says):
    submission = Scheduler(RULES).submit_job(msgspec.structs.replace(job(), **changes), NOW_NS)
    assert submission.fact is None
    assert says in submission.reason


def test_an_id_is_taken_once_even_after_its_job_has_ended():
    scheduler = scheduler_with(job(job_id="a"))
    again = scheduler.submit_job(job(job_id="a"), NOW_NS)
    assert (again.fact, again.reason) == (None, "job_id: a, allowed an id not used before")
    begin(scheduler, market())
    finish(scheduler, "a")
    assert scheduler.submit_job(job(job_id="a"), NOW_NS).fact is None


def test_no_more_wait_than_the_limit_allows():
    rules = Rulebook(JobLimits(max_pending=2), RiskLimits())
    scheduler = scheduler_with(*named("a", "b"), rules=rules)
    assert scheduler.submit_job(job(job_id="c"), NOW_NS).reason == "pending_jobs: 2 and this one, allowed at most 2"


# the tick --------------------------------------------------------------------------------------------


def test_a_tick_starts_what_passes_with_claims_and_scores():
    scheduler = scheduler_with(job(2_000))
    (start,) = scheduler.tick(with_look(market(), BTC_OKX, unit_usd=D(50_010)))
    assert isinstance(start, JobStart)
    assert start.claims == (
        Claim(venue="binance", pool=Pool.HEDGE, amount_usd=D(2_000)),
        Claim(venue="okx", pool=Pool.HEDGE, amount_usd=D("2000.40")),
    )
    fact = start.fact(NOW_NS, "sell 0.04 at binance")
    assert (fact.final, fact.under_override, fact.unwind_plan) == (start.verdict.final, False, "sell 0.04 at binance")
    assert all(check.passed for check in fact.checks)


def test_a_tick_decides_and_changes_nothing():
    scheduler = scheduler_with(job())
    assert started(scheduler.tick(market())) == started(scheduler.tick(market())) == ["job-1"]
    assert list(scheduler.book.pending) == ["job-1"]


def test_refused_and_expired_jobs_are_dropped_with_cause_and_checks():
    late = job(job_id="late", expires_ns=NOW_NS + 1)
    scheduler = scheduler_with(job(5_000, "2.0", job_id="poor"), late)
    shut = with_account(with_venue(market(), "okx", is_reconciled=False), now_ns=NOW_NS + 1)
    drops = dropped(scheduler.tick(shut))
    assert drops["poor"].cause is JobDropCause.REFUSED
    assert "min_edge: 2 bps, allowed at least 3" in drops["poor"].reason
    assert "single_reserve: okx 5000 USD, allowed at most 3000 (10 % of 30000)" in drops["poor"].reason
    assert drops["late"].cause is JobDropCause.EXPIRED
    assert drops["late"].reason == "expired while it waited for: reconciled: okx not yet, allowed reconciled"
    assert drops["late"].checks


def test_very_many_drops_are_told_over_several_ticks_and_none_of_them_starts():
    poor = [job(job_id=f"p{at}", edge="1") for at in range(2 * WORDS_A_TICK + 1)]
    scheduler = scheduler_with(*poor)
    scheduler.use(compiled_selector(RULES))
    for left in (WORDS_A_TICK + 1, 1, 0):
        assert begin(scheduler, market()) == []
        assert len(scheduler.book.pending) == left
    old = [job(job_id=f"o{at}", expires_ns=NOW_NS + 1) for at in range(WORDS_A_TICK + 50)]
    scheduler = scheduler_with(*old)
    assert len(dropped(scheduler.tick(with_account(market(), now_ns=NOW_NS + 1)))) == WORDS_A_TICK + 50


def test_the_best_final_score_goes_first_and_the_older_among_equals():
    scheduler = scheduler_with(
        job(1_000, job_id="small"), job(3_000, job_id="large"), job(3_000, job_id="younger"), job(2_000, job_id="mid")
    )
    assert started(scheduler.tick(RICH)) == ["large", "younger", "mid", "small"]


def test_rooms_shrink_while_jobs_are_picked():
    """okx has 9,000 USD in flight: three jobs of 3,000; binance has ten job places, three of them left."""
    scheduler = scheduler_with(*named("a", "b", "c", "d"))
    assert len(started(scheduler.tick(market()))) == 3
    few = with_venue(RICH, "binance", running_jobs=8)
    assert len(started(scheduler.tick(few))) == 2
    dear = with_venue(RICH, "binance", running_notional_usd=D(46_999))
    assert len(started(scheduler.tick(dear))) == 1
    assert len(started(scheduler.tick(with_account(RICH, running_jobs=49)))) == 1


def test_a_strategy_with_very_many_jobs_cannot_keep_another_from_its_share():
    greedy = [job(3_000, job_id=f"g{at}", strategy="greedy") for at in range(30)]
    modest = [job(500, job_id=f"m{at}", strategy="modest") for at in range(3)]
    scheduler = scheduler_with(*greedy, *modest)
    picked = started(scheduler.tick(RICH))
    assert picked[:6] == ["g0", "m0", "g1", "m1", "g2", "m2"]
    assert len(picked) == 10


def test_a_strategy_that_runs_many_already_stands_behind():
    scheduler = scheduler_with(*[job(job_id=f"g{at}", strategy="greedy") for at in range(4)])
    begin(scheduler, RICH)
    for each in (job(3_000, job_id="g9", strategy="greedy"), job(500, job_id="m", strategy="modest")):
        scheduler.apply(scheduler.submit_job(each, NOW_NS).fact)
    assert started(scheduler.tick(with_account(RICH, running_jobs=49))) == ["m"]


def test_a_job_that_could_not_start_stands_back_and_lets_others_pass():
    scheduler = scheduler_with(job(3_000, job_id="best"), job(2_000, job_id="next"))
    one = with_account(RICH, running_jobs=49)
    assert started(scheduler.tick(one)) == ["best"]
    scheduler.hold_back("best", "okx has no margin", NOW_NS)
    assert started(scheduler.tick(one)) == ["next"]
    assert scheduler.explain("best").waits_for == "okx has no margin"
    assert started(scheduler.tick(with_account(one, now_ns=NOW_NS + 10 * SECOND_NS))) == ["best"]


def test_a_job_that_expires_while_it_stands_back_says_why_it_could_not_start():
    scheduler = scheduler_with(job(3_000, job_id="held", expires_ns=NOW_NS + SECOND_NS))
    assert started(scheduler.tick(RICH)) == ["held"]
    scheduler.hold_back("held", "unwind_reserve: 10 USD, allowed at least 36 USD", NOW_NS)
    ended = dropped(scheduler.tick(with_account(RICH, now_ns=NOW_NS + SECOND_NS)))["held"]
    assert ended.cause is JobDropCause.EXPIRED
    assert ended.reason == "expired while it waited for: unwind_reserve: 10 USD, allowed at least 36 USD"


def test_an_override_starts_what_fails_softly_and_is_marked():
    scheduler = scheduler_with(job(edge="2"))
    lifted = with_account(market(), override_until_ns=NOW_NS + 1, consecutive_failures=5)
    (start,) = scheduler.tick(lifted)
    assert isinstance(start, JobStart)
    fact = start.fact(NOW_NS)
    assert fact.under_override
    assert [check.rule for check in fact.checks if check.lifted] == ["min_edge", "consecutive_failures"]


# ends ------------------------------------------------------------------------------------------------


def test_cancelling_drops_a_pending_job_and_points_to_a_running_one():
    scheduler = scheduler_with(*named("a", "b"))
    how, fact = scheduler.cancel_job("a", reason="not wanted", now_ns=NOW_NS)
    assert (how, fact.cause, fact.reason) == (Cancellation.DROPPED, JobDropCause.CANCELLED, "not wanted")
    scheduler.apply(fact)
    assert begin(scheduler, RICH) == ["b"]
    assert scheduler.cancel_job("b", reason="", now_ns=NOW_NS) == (Cancellation.RUNNING, None)
    assert scheduler.cancel_job("z", reason="", now_ns=NOW_NS) == (Cancellation.UNKNOWN, None)


def test_the_state_tells_what_waits_runs_and_ended():
    scheduler = scheduler_with(*named("a", "b"), job(job_id="poor", edge="1"))
    begin(scheduler, with_account(RICH, running_jobs=49))
    assert scheduler.book.running_at("okx") == (1, D(3_000))
    finish(scheduler, "a")
    state = scheduler.get_scheduler_state()
    assert ([each.job.job_id for each in state.pending], state.pending_count, state.running) == (["b"], 1, [])
    assert [each.job.job_id for each in state.ended] == ["a", "poor"]
    assert (state.completed_today, state.failed_today, state.volume_today_usd) == (1, 0, D(6_000))
    assert state.pending[0].waits_for == "its turn: better jobs took the room of this tick"
    scheduler.apply(DayBegan(at_ns=NOW_NS, day="2026-01-02", total_pnl_usd=D(0)))
    assert scheduler.get_scheduler_state().completed_today == 0


def test_many_drops_push_no_finished_job_out():
    scheduler = scheduler_with(*named("a"))
    begin(scheduler, RICH)
    finish(scheduler, "a")
    for number in range(ENDED_KEPT + 5):
        scheduler.apply(scheduler.submit_job(job(job_id=f"poor-{number}"), NOW_NS).fact)
        scheduler.apply(scheduler.cancel_job(f"poor-{number}", reason="", now_ns=NOW_NS + number)[1])
    assert [each.job.job_id for each in scheduler.book.finished] == ["a"]
    assert len(scheduler.book.dropped) == ENDED_KEPT
    assert scheduler.explain("a").status == "finished"


def test_many_jobs_that_end_hedged_push_no_naked_one_out():
    scheduler = scheduler_with(*named("naked"))
    begin(scheduler, RICH)
    finish(scheduler, "naked", JobOutcome.NAKED)
    for number in range(ENDED_KEPT + 5):
        scheduler.apply(scheduler.submit_job(job(job_id=f"well-{number}"), NOW_NS).fact)
        begin(scheduler, RICH)
        finish(scheduler, f"well-{number}")
    names = [each.job.job_id for each in scheduler.book.finished]
    assert (len(names), names[0], names[-1]) == (ENDED_KEPT, "naked", f"well-{ENDED_KEPT + 4}")


def test_live_jobs_count_by_strategy():
    scheduler = scheduler_with(*named("a", "b"), job(job_id="c", strategy="other"))
    assert [scheduler.book.live_jobs(name) for name in ("hedged_volume", "other", "none")] == [2, 1, 0]
    begin(scheduler, market())
    finish(scheduler, "a")
    assert scheduler.book.live_jobs("hedged_volume") == 1


# explaining ------------------------------------------------------------------------------------------


def test_a_waiting_job_is_explained_by_every_control_its_score_and_its_rank():
    scheduler = scheduler_with(job(3_000, job_id="best"), job(1_000, job_id="other"))
    assert scheduler.explain("best").waits_for == "the next tick"
    scheduler.tick(with_venue(RICH, "okx", latency_p95_ms=900.0))
    told = scheduler.explain("other")
    assert (told.status, told.rank, told.pending_count, told.waits_for) == (
        "pending",
        2,
        2,
        "latency: okx 900 ms, allowed at most 500",
    )
    assert [check.observed for check in told.checks if not check.passed] == ["okx 900"]
    weight = told.safety_weight
    assert told.final == weight * told.safety + (1 - weight) * told.volume
    assert scheduler.explain("nobody") is None


def test_running_and_ended_jobs_are_explained_by_what_was_journaled():
    scheduler = scheduler_with(job(job_id="a"), job(job_id="poor", edge="1"))
    begin(scheduler, market())
    assert scheduler.explain("a").status == "running"
    finish(scheduler, "a", JobOutcome.UNWOUND)
    told = scheduler.explain("a")
    assert (told.status, bool(told.checks), told.final is not None) == ("finished", True, True)
    poor = scheduler.explain("poor")
    assert (poor.status, poor.final) == ("dropped", None)
    assert "min_edge" in poor.reason


# both forms, and restarts ----------------------------------------------------------------------------


def test_the_compiled_form_decides_like_the_plain_one():
    warm_up()
    jobs = [job(100 * (1 + at % 30), job_id=f"j{at}", strategy="xyz"[at % 3], edge=str(2 + at % 5)) for at in range(80)]
    plain, compiled = scheduler_with(*jobs), scheduler_with(*jobs)
    compiled.use(compiled_selector(RULES))
    for _ in range(3):
        assert plain.tick(RICH) == compiled.tick(RICH)
        assert begin(plain, RICH) == begin(compiled, RICH)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_snapshot_and_the_facts_after_it_give_the_state_of_all_facts(data):
    """F40: the state is restored through its bytes at a random moment, also while jobs wait and run."""
    scheduler, restored = Scheduler(RULES), Scheduler(RULES)

    def record(fact: AnyFact) -> None:
        scheduler.apply(fact)
        restored.apply(fact)

    for number in range(data.draw(st.integers(1, 20))):
        action = data.draw(st.sampled_from(("submit", "submit", "tick", "finish", "restore", "again")))
        if action == "submit":
            record(scheduler.submit_job(job(100 * (number + 1), job_id=f"j{number}"), NOW_NS).fact)
        elif action == "again" and scheduler.book.pending:
            record(scheduler.tick(market())[0].fact(NOW_NS))
        elif action == "tick":
            for each in scheduler.tick(market()):
                record(each.fact(NOW_NS))
        elif action == "finish" and scheduler.book.running:
            job_id = data.draw(st.sampled_from(sorted(scheduler.book.running)))
            record(
                JobFinished(
                    at_ns=NOW_NS,
                    job_id=job_id,
                    outcome=data.draw(st.sampled_from(JobOutcome)),
                    reason="",
                    pnl_usd=D(0),
                    volume_usd=Decimal(100),
                    fees_usd=D(0),
                )
            )
        elif action == "restore":
            packed = msgspec.msgpack.encode(restored.to_state())
            restored = Scheduler(RULES)
            restored.restore(msgspec.msgpack.decode(packed, type=JobBookState))
    assert msgspec.msgpack.encode(restored.to_state()) == msgspec.msgpack.encode(scheduler.to_state())
    assert restored.tick(market()) == scheduler.tick(market())


def test_a_strategy_that_fills_the_queue_leaves_its_last_tenth_to_others():
    rules = Rulebook(JobLimits(max_pending=50), RiskLimits())
    scheduler = Scheduler(rules)

    def taken(strategy: str, count: int) -> int:
        found = 0
        for number in range(count):
            fact = scheduler.submit_job(job(job_id=f"{strategy}-{number}", strategy=strategy), NOW_NS).fact
            if fact is not None:
                scheduler.apply(fact)
                found += 1
        return found

    assert (taken("greedy", 60), taken("modest", 60)) == (45, 5)
    assert "pending_share" not in scheduler.submit_job(job(job_id="x", strategy="third"), NOW_NS).reason
    scheduler.apply(JobDropped(at_ns=NOW_NS, job_id="modest-0", cause=JobDropCause.CANCELLED, reason="-"))
    greedy = scheduler.submit_job(job(job_id="x", strategy="greedy"), NOW_NS)
    assert greedy.reason == (
        "pending_share: 45 of greedy, 49 in all, allowed less than 5 of one strategy while more than 45 wait"
    )
    assert scheduler.submit_job(job(job_id="x", strategy="third"), NOW_NS).fact is not None


def test_thousands_that_expire_at_once_are_dropped_over_several_ticks_and_none_of_them_starts():
    scheduler = Scheduler(RULES)
    for number in range(2_500):
        fact = scheduler.submit_job(job(job_id=str(number), strategy=f"s{number % 20}"), NOW_NS).fact
        assert fact is not None
        scheduler.apply(fact)
    late = market(now_ns=NOW_NS + 3_600 * SECOND_NS)
    dropped: list[int] = []
    while scheduler.book.pending:
        decided = scheduler.tick(late)
        assert started(decided) == []
        for each in decided:
            assert isinstance(each, JobDropped)
            scheduler.apply(each)
        dropped.append(len(decided))
    assert dropped == [1_000, 1_000, 500]


@pytest.mark.parametrize("is_compiled", [True, False])
def test_a_leg_that_is_nothing_to_a_float_stops_no_other_job(is_compiled: bool):
    """It may come from a journal: a tick that fails on it would fail again after every restart."""
    nothing = (leg(BTC_BINANCE, Side.BUY, D("1E-400")), leg(BTC_OKX, Side.SELL, D("1E-400")))
    scheduler = scheduler_with(job(job_id="sound"))
    scheduler.apply(JobSubmitted(at_ns=NOW_NS, job=job(job_id="nothing", legs=nothing)))
    if is_compiled:
        scheduler.use(compiled_selector(RULES))
    assert started(scheduler.tick(market())) == ["sound"]
    explained = scheduler.explain("nothing")
    assert explained is not None
    assert "edge_after_costs" in [check.rule for check in explained.checks if not check.passed]
