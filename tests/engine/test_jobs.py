"""A job on the real engine, from its submission to its end: the venues' own truth is the oracle."""

import asyncio
from decimal import Decimal

import pytest

from core.capital.limits import CapitalLimits, PoolShares
from core.control.commands import CancelJob, ExplainJob, ManualOverride, Outcome, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.journal.facts import BlockerLifted, JobStarted
from core.ports.strategy import StrategyContext
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobDropCause, JobEnd, JobOutcome, JobPhase, JobProposal, JobType, Leg
from core.types.job_tag import LegRole
from core.types.order import Side
from tests.engine.job_rig import JobRig, leg, refolded
from tests.engine.rig import PERP, ScriptedStrategy, in_virtual_time
from tests.engine.venues import START_NS, Answer, Speech, perpetual

D = Decimal
V1, V2 = InstrumentId("v1", PERP), InstrumentId("v2", PERP)
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND


def back(rig: JobRig, quantity: str = "20") -> HedgeJob:
    """Submit what closes the default job."""
    return rig.submit(leg("v1", Side.SELL, quantity), leg("v2", Side.BUY, quantity))


def told_truly(rig: JobRig, job: HedgeJob) -> None:
    """Hold a job's end to what the venues filled for it; nothing is naked in these tests unless they say so."""
    (end,) = rig.ends(job)
    assert (end.pnl_usd, end.volume_usd, end.fees_usd) == rig.true_result(job)
    assert end.naked_quantity == 0
    assert rig.fold.runs.get(job.job_id) is None


def test_a_job_that_no_tick_has_judged_yet_is_explained_control_by_control(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job = rig.submit()
        result = await rig.execute(ExplainJob(job_id=job.job_id))
        checks = result.data["checks"]
        assert result.outcome is Outcome.DONE
        assert isinstance(checks, list)
        assert len(checks) > 20
        assert all(check.passed for check in checks)

    in_virtual_time(work)


# one job ---------------------------------------------------------------------------------------------------


def test_a_job_reserves_commits_what_it_fills_and_frees_it_when_the_position_is_closed(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        seen: list[dict[str, Decimal]] = []
        rig.venues["v1"].on_submit = lambda _: seen.append(rig.in_flight())
        job = rig.submit()
        await rig.end_of(job)
        assert seen == [{"v1": D(2_002), "v2": D(2_000)}]  # the leg's claim, and what its limit price is above it
        assert rig.held() == rig.committed() == {"v1": 20, "v2": -20}
        assert rig.in_flight() == {}
        closing = back(rig)
        await rig.end_of(closing)
        for each in (job, closing):
            told_truly(rig, each)
        assert rig.held() == rig.committed() == rig.in_flight() == {}
        assert rig.agrees_with_venues()
        assert rig.fold.to_bytes() == refolded(rig)

    in_virtual_time(work)


def test_monitoring_shows_a_job_while_it_runs_and_when_it_has_ended(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].answers.append(Answer.LOSE_ANSWER)
        rig.venues["v2"].speech = Speech.NOTHING
        job = rig.submit()
        assert rig.engine.monitoring().jobs.pending_jobs_count == 1
        await rig.until(lambda: rig.sent(HEDGE))
        during = rig.engine.monitoring()
        assert during.jobs.running_jobs == [job.job_id]
        assert [during.venues[name].concurrent_jobs_count for name in ("v1", "v2")] == [1, 1]
        assert during.capital["v2"].total_in_flight > 0
        await rig.end_of(job)
        after = rig.engine.monitoring()
        assert (after.jobs.running_jobs, after.jobs.completed_today, after.jobs.failed_today) == ([], 1, 0)
        assert job.job_id in after.jobs.recent_completed[0]
        assert after.global_.today_volume_usd == rig.true_result(job)[1]
        assert after.capital["v1"].total_in_flight == after.capital["v2"].total_in_flight == 0

    in_virtual_time(work)


def test_a_strategy_is_told_how_its_jobs_ended_started_or_not(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        def propose(edge_bps: int) -> str | None:
            assert strategy.ctx is not None
            return strategy.ctx.submit_job(
                JobProposal(
                    strategy_type=JobType.HEDGE, symbol="BTC/USDT", legs=(leg("v1", Side.BUY), leg("v2", Side.SELL)),
                    notional_usd=D(2_000), expected_edge_bps=D(edge_bps), ttl_s=60,
                )
            )  # fmt: skip

        ids: list[str | None] = []
        strategy = ScriptedStrategy("s", V1, V2, trade=lambda *_: ids.extend((propose(20), propose(2))))
        rig = await JobRig(loop, journal=journal).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(10)
        assert {end.job_id: end.outcome for end in strategy.jobs} == {
            ids[0]: JobOutcome.COMPLETED,
            ids[1]: JobDropCause.REFUSED,
        }
        assert "min_edge" in next(end.reason for end in strategy.jobs if end.job_id == ids[1])
        assert strategy.ctx is not None
        assert (strategy.ctx.position(V1), strategy.ctx.position(V2)) == (20, -20)

    in_virtual_time(work)


def test_a_strategy_that_answers_every_refusal_with_another_job_is_ended(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        def again(ctx: StrategyContext, end: JobEnd | None = None) -> None:
            if len(strategy.jobs) < 500:  # by then it would go on for ever, and nothing else be heard
                legs = (leg("v1", Side.BUY), leg("v2", Side.BUY))
                proposal = JobProposal(
                    strategy_type=JobType.HEDGE, symbol="BTC/USDT", legs=legs, notional_usd=D(2_000),
                    expected_edge_bps=D(20), ttl_s=60,
                )  # fmt: skip
                ctx.submit_job(proposal)

        strategy = ScriptedStrategy("s", V1, V2, trade=lambda ctx, _: again(ctx), job=again)
        rig = await JobRig(loop, journal=journal).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(5)
        (state,) = rig.engine.parts.strategies.states()
        assert (state.status, state.detail) == ("failed", "more than 50 orders and jobs refused in a second")
        assert len(strategy.jobs) < 60

    in_virtual_time(work)


def test_the_days_results_by_venue_are_those_of_its_jobs_and_begin_anew_with_the_day(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job = rig.submit()
        await rig.end_of(job)
        views = rig.engine.parts.capital.current_snapshot()
        assert sum(view.today_volume_usd for view in views) == rig.true_result(job)[1]
        assert sum(view.today_pnl_usd for view in views) == rig.true_result(job)[0]
        await rig.elapse(120)
        assert [view.today_volume_usd for view in rig.engine.parts.capital.current_snapshot()] == [0, 0]

    in_virtual_time(work, start_ns=START_NS + (9 * 3_600 - 60) * 1_000_000_000)


# a leg that does not go ------------------------------------------------------------------------------------


def test_f13_a_rejected_hedge_is_given_back_within_the_caps_and_told(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=JobLimits(max_naked_usd=D(1_100))).start()
        rig.venues["v2"].answers.append(Answer.REJECT)
        worst: list[Decimal] = []
        rig.venues["v1"].on_submit = lambda intent: worst.append(intent.quantity)
        job = rig.submit()
        end = await rig.end_of(job)
        assert end.outcome is JobOutcome.UNWOUND
        assert "not today" in end.reason
        assert [(x.job.role, x.quantity) for x in rig.sent() if x.job] == [(PRIMARY, 10), (UNWIND, 10), (HEDGE, 10)]
        fills = rig.venues["v1"].fills
        assert fills[-1].venue_ns - fills[0].venue_ns <= 3_000_000_000
        assert max(worst) * 101 <= 1_100
        told_truly(rig, job)
        assert rig.held() == rig.in_flight() == rig.committed() == {}
        assert rig.engine.monitoring().jobs.failed_today == 1
        assert rig.engine.monitoring().risk.consecutive_failures == 1

    in_virtual_time(work)


def test_a_job_that_closes_a_position_begins_only_where_the_reserve_could_open_it_again(journal: InlineJournal):
    """Its way back opens a position: without the reserve for that it would be left naked once its hedge is rejected."""

    async def work(loop: VirtualLoop) -> None:
        pools = PoolShares(hedge=D("0.79"), arb=D("0.2"), reserve=D("0.01"))
        rig = await JobRig(loop, journal=journal, capital=CapitalLimits(pools=pools)).start()
        assert (await rig.place("sell", "20")).outcome is Outcome.DONE
        job = rig.submit()
        await rig.elapse(5)
        explained = rig.engine.parts.jobs.explain(job.job_id)
        assert explained is not None
        assert explained.waits_for.startswith("unwind_reserve: ")
        assert (await rig.place("buy", "20")).outcome is Outcome.DONE
        await rig.elapse(15)
        assert rig.is_started(job)

    in_virtual_time(work)


def test_three_failures_stop_new_jobs_an_override_lets_them_pass_and_a_resume_ends_the_stop(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        for _ in range(3):
            rig.venues["v2"].answers.append(Answer.REJECT)
            assert (await rig.end_of(rig.submit())).outcome is JobOutcome.UNWOUND
        assert "consecutive_failures" in rig.causes()
        assert rig.engine.monitoring().risk.auto_halt
        waiting = rig.submit()
        await rig.elapse(10)
        assert not rig.is_started(waiting)
        explained = rig.engine.parts.jobs.explain(waiting.job_id)
        assert explained is not None
        assert "consecutive_failures" in explained.waits_for
        await rig.execute(ManualOverride(seconds=60, reason="looked at it"))
        assert (await rig.end_of(waiting)).outcome is JobOutcome.COMPLETED
        assert [fact.under_override for fact in rig.facts(JobStarted)] == [False, False, False, True]
        assert (await rig.execute(Resume(reason="v2 is well again"))).outcome is Outcome.DONE
        assert [fact.cause for fact in rig.facts(BlockerLifted)] == ["consecutive_failures"]
        assert "consecutive_failures" not in rig.causes()
        await rig.elapse(61)
        assert (await rig.end_of(back(rig))).outcome is JobOutcome.COMPLETED
        assert not rig.facts(JobStarted)[-1].under_override

    in_virtual_time(work)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_silent_hedge_is_frozen_never_sent_again_and_ends_by_the_venues_word(journal: InlineJournal, arrived: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        silent = rig.venues["v2"]
        silent.answers.append(Answer.LOSE_ANSWER if arrived else Answer.LOSE_REQUEST)
        silent.speech, silent.account_fails = Speech.NOTHING, True
        job = rig.submit()
        await rig.elapse(60)
        run = rig.fold.runs.get(job.job_id)
        assert run.phase is JobPhase.FROZEN
        (alert,) = [each for each in rig.engine.monitoring().alerts if each.name == f"job {job.job_id}"]
        assert alert.text == f"frozen: order {rig.sent(HEDGE)[0].client_order_id} on {PERP}@v2 is in doubt"
        assert (len(rig.sent(PRIMARY)), len(rig.sent(HEDGE)), len(rig.sent(UNWIND))) == (1, 1, 0)
        assert rig.in_flight()["v2"] >= 1_998
        silent.speech, silent.account_fails = Speech.ALL, False
        end = await rig.end_of(job)
        assert end.outcome is (JobOutcome.COMPLETED if arrived else JobOutcome.UNWOUND)
        told_truly(rig, job)
        assert len(rig.sent(HEDGE)) == 1
        assert rig.held() == ({"v1": 20, "v2": -20} if arrived else {})
        assert rig.in_flight() == {}
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_a_cancelled_job_hedges_what_is_filled_and_opens_no_more(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=JobLimits(max_naked_usd=D(600))).start()
        job = rig.submit()
        await rig.until(lambda: rig.sent(PRIMARY), step_s=0.001)
        assert (await rig.execute(CancelJob(job_id=job.job_id, reason="enough"))).outcome is Outcome.DONE
        end = await rig.end_of(job)
        assert (end.outcome, len(rig.sent(PRIMARY)), len(rig.sent(HEDGE))) == (JobOutcome.PARTIAL, 1, 1)
        assert "enough" in end.reason
        told_truly(rig, job)

    in_virtual_time(work)


# who may not meet ------------------------------------------------------------------------------------------


def test_legs_on_venues_that_share_a_matching_engine_are_refused_as_a_self_match(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        venues = [(name, [perpetual(name, matching_book="one")]) for name in ("v1", "v2")]
        rig = await JobRig(loop, venues, journal=journal).start()
        await rig.execute(ManualOverride(seconds=60, reason="try it all the same"))
        job = rig.submit()
        await rig.elapse(5)
        (drop,) = rig.drops(job)
        assert drop.cause is JobDropCause.REFUSED
        assert [check.rule for check in drop.checks if not check.passed] == ["self_match"]
        assert rig.sent() == []

    in_virtual_time(work)


def test_f33_a_job_whose_hedge_would_cross_an_own_resting_order_is_given_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        placing: list[asyncio.Task[object]] = []

        def rest(_: object) -> None:  # at the bid that the hedge will sell to, once the primary order is out
            rig.venues["v1"].on_submit = lambda _: None
            placing.append(loop.create_task(rig.place("buy", "1", "99.9", venue="v2")))

        rig.venues["v1"].on_submit = rest
        rig.venues["v1"].latency_s = 0.2
        job = rig.submit()
        end = await rig.end_of(job)
        (resting,) = rig.venues["v2"].open_orders
        assert rig.sent(HEDGE) == []
        assert end.outcome is JobOutcome.UNWOUND
        assert "self" in end.reason
        told_truly(rig, job)
        assert rig.venues["v2"].open_orders == [resting]
        assert rig.venues["v2"].fills == []

    in_virtual_time(work)


def test_two_jobs_against_each_other_on_the_same_books_never_meet_and_both_end(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        one, other = ScriptedStrategy("one", V1, V2), ScriptedStrategy("other", V1, V2)
        rig = await JobRig(loop, journal=journal).start(one, other)
        jobs = [
            rig.submit(strategy="one"),
            rig.submit(leg("v1", Side.SELL), leg("v2", Side.BUY), strategy="other"),
        ]
        crossed: list[str] = []
        for venue in rig.venues.values():
            venue.on_submit = lambda intent, venue=venue: crossed.extend(
                other.client_order_id
                for other in venue.submitted[:-1]
                if other.side is not intent.side and rig.order(other.client_order_id).status.may_live
            )
        for job in jobs:
            assert (await rig.end_of(job)).outcome is JobOutcome.COMPLETED
            told_truly(rig, job)
        assert crossed == []
        assert rig.refusals() == []
        assert not rig.fold.orders.live_count
        assert rig.agrees_with_venues()
        assert [len(each.jobs) for each in (one, other)] == [1, 1]

    in_virtual_time(work)


def test_a_job_with_both_legs_at_one_venue_on_two_books_is_hedged(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, [("v1", [perpetual("v1"), perpetual("v1", "BTC/USD:USDT")])], journal=journal).start()
        legs: tuple[Leg, ...] = (leg("v1", Side.BUY), leg("v1", Side.SELL, symbol="BTC/USD:USDT"))
        job = rig.submit(*legs)
        assert (await rig.end_of(job)).outcome is JobOutcome.COMPLETED
        told_truly(rig, job)
        assert rig.held() == {"v1": 20, "BTC/USD:USDT@v1": -20}

    in_virtual_time(work)
