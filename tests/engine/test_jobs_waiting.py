"""What keeps a job waiting lasts as long as its cause, and a person can end what takes a person."""

import asyncio
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import pytest

from core.control.commands import CancelOrder, Outcome, Pause, Resume, StartStrategy, StopStrategy
from core.engine.job_desk import PLAIN_MOST
from core.engine.job_preflight import JobPreflight
from core.execution.plan import Plan, Unfit
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.warm_up import warm_up
from core.journal.facts import JobFinished, JobStarted, JobSubmitted, OrderRefused
from core.risk.limits import RiskLimits
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobDropCause, JobOutcome, JobProposal, JobType
from core.types.order import OrderIntent, Side
from tests.engine.job_rig import NS, JobRig, leg
from tests.engine.rig import PERP, ScriptedStrategy, in_virtual_time

D = Decimal
V1, V2 = InstrumentId("v1", PERP), InstrumentId("v2", PERP)


def waits_for(rig: JobRig, job_id: str) -> str:
    found = rig.engine.parts.jobs.explain(job_id)
    assert found is not None
    return found.waits_for


def test_a_venue_that_was_slow_and_is_quick_again_gets_jobs_again():
    """A venue without orders answers none: only time can end what its slow answers began."""

    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()
        for venue in rig.venues.values():
            venue.latency_s = 0.7
        await rig.end_of(rig.submit())
        for venue in rig.venues.values():
            venue.latency_s = 0.005
        back = rig.submit(leg("v1", Side.SELL), leg("v2", Side.BUY))
        await rig.elapse(60)
        assert waits_for(rig, back.job_id).startswith("latency")
        await rig.end_of(back, patience_s=300)
        assert rig.held() == {}

    in_virtual_time(work)


def test_a_job_whose_orders_the_gate_would_refuse_waits_and_says_which_leg_and_why(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, limits=RiskLimits(concentration_pct=D("0.001"))).start()
        job = rig.submit()
        await rig.elapse(20)
        assert not rig.is_started(job)
        assert rig.refusals() == []
        assert waits_for(rig, job.job_id).startswith("leg 0 (BTC/USDT:USDT@v1): concentration")
        assert rig.in_flight() == {}

    in_virtual_time(work)


def test_a_hedge_that_would_cross_a_resting_own_order_keeps_its_job_from_beginning(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        resting = await rig.place("buy", "1", "99.9", venue="v2")
        job = rig.submit()
        await rig.elapse(10)
        assert not rig.is_started(job)
        assert "leg 1 (BTC/USDT:USDT@v2): self_cross" in waits_for(rig, job.job_id)
        await rig.execute(CancelOrder(client_order_id=str(resting.data["client_order_id"])))
        await rig.end_of(job)
        assert rig.held() == {"v1": 20, "v2": -20}

    in_virtual_time(work)


@pytest.mark.parametrize("is_lifted", [True, False])
def test_failures_whose_pause_was_lost_in_a_crash_pause_all_the_same_and_a_person_lifts_it(is_lifted: bool):
    """The end of a job and the pause after it are two rows: a crash may come between."""

    async def work(loop: VirtualLoop) -> None:
        journal = InlineJournal()
        rig = await JobRig(loop, journal=journal).start()
        for _ in range(rig.settings.jobs.max_consecutive_failures):
            job, at_ns = rig.job(), rig.clock.utc_ns()
            journal.append(JobSubmitted(at_ns=at_ns, job=job))
            journal.append(
                JobStarted(at_ns=at_ns, job_id=job.job_id, claims=(), checks=(), safety=1, volume=1, final=1)
            )
            journal.append(
                JobFinished(
                    at_ns=at_ns, job_id=job.job_id, outcome=JobOutcome.UNWOUND, reason="hedge refused",
                    pnl_usd=D(-1), volume_usd=D(100), fees_usd=D(0),
                )
            )  # fmt: skip
        await rig.crash()
        again = await JobRig(loop, world=rig).start()
        assert again.causes() == ["consecutive_failures"]
        job = again.submit()
        if is_lifted:
            resumed = await again.execute(Resume(reason="both venues looked at"))
            assert resumed.outcome is Outcome.DONE, resumed.message
            await again.end_of(job)
        else:
            await again.elapse(30)
            assert not again.is_started(job)

    in_virtual_time(work)


def test_a_job_of_a_stopped_strategy_waits_instead_of_being_used_up(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        def propose(*_: object) -> None:
            assert strategy.ctx is not None
            proposal = JobProposal(
                strategy_type=JobType.HEDGE, symbol="BTC/USDT", legs=(leg("v1", Side.BUY), leg("v2", Side.SELL)),
                notional_usd=D(2_000), expected_edge_bps=D(20), ttl_s=60,
            )  # fmt: skip
            strategy.ctx.submit_job(proposal)

        strategy = ScriptedStrategy("s", V1, V2, trade=propose)
        rig = await JobRig(loop, journal=journal, strategies={"s": lambda: strategy}).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.elapse(0.01)
        await rig.execute(StopStrategy(name="s"))
        (job,) = rig.fold.scheduler.book.pending.values()
        await rig.elapse(20)
        assert not rig.is_started(job)
        assert rig.refusals() == []
        assert waits_for(rig, job.job_id).startswith("strategy_halt")
        await rig.execute(StartStrategy(name="s"))
        await rig.end_of(job)

    in_virtual_time(work)


@pytest.mark.parametrize("fails", [True, False])
def test_a_long_queue_waits_for_the_compiled_form_and_is_judged_also_where_that_cannot_be_had(fails: bool):
    """A plain look at thousands of jobs would hold up orders, cancels and the kill switch for seconds."""

    async def work(loop: VirtualLoop) -> None:
        compiled: asyncio.Future[None] = loop.create_future()

        async def run_blocking(work: Callable[[], None]) -> None:
            if work is warm_up:
                await compiled
            work()

        rig = await JobRig(loop, run_blocking=run_blocking).start()
        await rig.execute(Pause())
        jobs = [rig.submit(strategy="manual") for _ in range(PLAIN_MOST + 1)]
        await rig.elapse(10)
        state = rig.fold.scheduler.get_scheduler_state(1)
        assert (state.pending_count, state.pending[0].waits_for) == (len(jobs), "the next tick")
        if fails:
            compiled.set_exception(RuntimeError("no compiler here"))
        else:
            compiled.set_result(None)
        await rig.elapse(5)
        assert "halt_level" in rig.fold.scheduler.get_scheduler_state(1).pending[0].waits_for
        assert ("jobs are judged by the plain form: RuntimeError: no compiler here" in rig.log()) is fails

    in_virtual_time(work)


def test_a_strategy_whose_jobs_fill_alike_again_and_again_is_paused_until_a_person_resumes(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        def propose(*_: object) -> None:
            assert strategy.ctx is not None
            side = Side.BUY if len(strategy.jobs) % 2 else Side.SELL
            proposal = JobProposal(
                strategy_type=JobType.HEDGE, symbol="BTC/USDT",
                legs=(leg("v1", side, "1"), leg("v2", side.opposite, "1")),
                notional_usd=D(100), expected_edge_bps=D(20), ttl_s=60,
            )  # fmt: skip
            strategy.ctx.submit_job(proposal)

        strategy = ScriptedStrategy("s", V1, V2, trade=propose, job=propose)
        limits = RiskLimits(repeated_execution_max=3)
        rig = await JobRig(loop, journal=journal, limits=limits).start(strategy)
        rig.feed.trade(PERP, "100", 1)
        await rig.until(rig.causes)
        assert rig.causes() == ["repeated_execution"]
        await rig.elapse(30)
        done = len(strategy.jobs)
        await rig.elapse(120)
        assert len(strategy.jobs) <= done + 2  # those that expire while they wait
        await rig.execute(Resume(reason="it was meant to"))
        before = len(rig.sent())
        propose()
        rig.feed.trade(PERP, "100", 2)
        await rig.until(lambda: len(rig.sent()) > before)

    in_virtual_time(work)


def test_a_job_made_before_the_clock_was_set_back_an_hour_is_dropped_and_not_started_by_an_old_edge():
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()
        await rig.execute(Pause())
        old = rig.submit(expires_ns=rig.clock.utc_ns() + 60 * NS)
        rig.clock.step(-3_600)
        await rig.elapse(3)
        (drop,) = rig.drops(old)
        assert drop.cause is JobDropCause.EXPIRED
        assert drop.reason == "the clock was set back: nobody knows how long it has waited"
        rig.tell_funding()
        await rig.execute(Resume())
        await rig.elapse(8)  # until volatility is known anew
        new = rig.submit()
        rig.clock.step(-5)
        await rig.end_of(new)

    in_virtual_time(work)


def test_a_hedge_that_the_message_rate_holds_back_waits_a_second_instead_of_being_given_up():
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()

        def talk_too_much(intent: OrderIntent) -> None:
            for _ in range(20):
                rig.engine.parts.recent.note_message("v2", rig.clock.monotonic_ns())

        rig.venues["v1"].on_submit = talk_too_much
        job = rig.submit(leg("v1", Side.BUY, "5"), leg("v2", Side.SELL, "5"))
        end = await rig.end_of(job)
        assert end.outcome is JobOutcome.COMPLETED
        assert [each.rule for fact in rig.facts(OrderRefused) for each in fact.checks if each.refuses] == [
            "message_rate"
        ]

    in_virtual_time(work)


def test_a_job_that_cannot_be_planned_keeps_no_other_from_its_start(monkeypatch: pytest.MonkeyPatch):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()
        odd = rig.submit(leg("v1", Side.BUY, "3"), leg("v2", Side.SELL, "3"))
        plan = JobPreflight.plan

        def fails(self: JobPreflight, job: HedgeJob) -> Plan | Unfit:
            if job is odd:
                raise InvalidOperation("no number")
            return plan(self, job)

        monkeypatch.setattr(JobPreflight, "plan", fails)
        await rig.end_of(rig.submit())
        assert waits_for(rig, odd.job_id) == "cannot be planned: InvalidOperation: no number"
        assert (rig.causes(), rig.is_started(odd)) == ([], False)

    in_virtual_time(work)
