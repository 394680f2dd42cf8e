"""Halts while jobs run: nothing that raises risk leaves afterwards, and what was begun ends as the level allows."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from core.control.commands import Halt, Kill, ManualOverride, Pause, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.journal.facts import JobDropped
from core.risk.limits import RiskLimits
from core.state.desk import DeskRequest
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.order import OrderIntent
from tests.engine.job_rig import JobRig
from tests.engine.rig import PERP, in_virtual_time
from tests.engine.venues import Answer, Speech

D = Decimal
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND
SLICED = JobLimits(max_naked_usd=D(1_100))  # two slices of the default job
STEP_S = 0.001


async def to_intended(rig: JobRig) -> HedgeJob:
    """Stop before the first order has left: it waits for nothing but its turn."""
    job = rig.submit()
    await rig.until(lambda: rig.is_started(job), step_s=STEP_S)
    return job


async def to_primary_sent(rig: JobRig) -> HedgeJob:
    job = rig.submit()
    await rig.until(lambda: rig.sent(PRIMARY), step_s=STEP_S)
    return job


async def to_primary_filled(rig: JobRig) -> HedgeJob:
    job = rig.submit()
    await rig.until(rig.held, step_s=STEP_S)
    return job


async def to_hedge_sent(rig: JobRig) -> HedgeJob:
    job = rig.submit()
    await rig.until(lambda: rig.sent(HEDGE), step_s=STEP_S)
    return job


async def to_first_slice_hedged(rig: JobRig) -> HedgeJob:
    job = rig.submit()
    await rig.until(lambda: len(rig.held()) == 2, step_s=STEP_S)
    return job


async def to_unwinding(rig: JobRig) -> HedgeJob:
    rig.venues["v2"].answers.append(Answer.REJECT)
    job = rig.submit()
    await rig.until(lambda: "unwinding" in rig.phases(job), step_s=STEP_S)
    return job


async def to_frozen(rig: JobRig) -> HedgeJob:
    rig.venues["v2"].answers.append(Answer.LOSE_ANSWER)
    rig.venues["v2"].speech = Speech.NOTHING
    job = rig.submit()
    await rig.until(lambda: "frozen" in rig.phases(job), step_s=STEP_S)
    return job


Advance = Callable[[JobRig], Awaitable[HedgeJob]]
PHASES: dict[str, Advance] = {
    each.__name__.removeprefix("to_"): each
    for each in (
        to_intended, to_primary_sent, to_primary_filled, to_hedge_sent, to_first_slice_hedged, to_unwinding, to_frozen,
    )
}  # fmt: skip


class Watch:
    """Judges each order that reaches a venue after a halt by what the job truly has open."""

    def __init__(self, rig: JobRig) -> None:
        self.orders: list[tuple[OrderIntent, Decimal]] = []  # with the position it met
        for venue in rig.venues.values():
            venue.on_submit = lambda intent, venue=venue: self.orders.append(
                (intent, venue.positions.get(intent.symbol, D(0)))
            )

    def none_raises_risk(self, job: HedgeJob) -> None:
        for intent, held in self.orders:
            is_reducing = held * intent.side.sign < 0 and intent.quantity <= abs(held)
            is_hedge = intent.job is not None and intent.job.role is HEDGE
            assert is_reducing or is_hedge, intent
            assert intent.job is None or intent.job.role is not PRIMARY
            assert intent.quantity <= job.legs[0].quantity


async def ends_well(rig: JobRig, job: HedgeJob) -> JobOutcome:
    for venue in rig.venues.values():
        venue.speech = Speech.ALL
    end = await rig.end_of(job, patience_s=120)
    await rig.until(rig.is_idle, patience_s=120)
    await rig.elapse(15)
    assert rig.in_flight() == {}
    assert rig.agrees_with_venues()
    return end.outcome


@pytest.mark.parametrize("phase", PHASES)
def test_f28_a_pause_lets_the_begun_hedge_be_completed_and_nothing_new_begin(journal: InlineJournal, phase: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES[phase](rig)
        watch, begun = Watch(rig), len(rig.sent(PRIMARY))
        await rig.execute(Pause(reason="lunch"))
        other = rig.submit()
        outcome = await ends_well(rig, job)
        watch.none_raises_risk(job)
        assert not rig.is_started(other)
        assert rig.held().get("v1", D(0)) == -rig.held().get("v2", D(0)), "hedged or given back"
        if phase == "unwinding":
            assert outcome is JobOutcome.UNWOUND
        else:
            assert outcome is (JobOutcome.NOTHING, JobOutcome.PARTIAL, JobOutcome.COMPLETED)[begun]
        await rig.execute(Resume())
        assert (await rig.end_of(other)).outcome is JobOutcome.COMPLETED

    in_virtual_time(work)


@pytest.mark.parametrize("phase", PHASES)
def test_f28_a_cancel_only_halt_sends_nothing_and_levels_the_job_once_it_is_lifted(journal: InlineJournal, phase: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES[phase](rig)
        watch = Watch(rig)
        await rig.execute(Halt(scope="global", level="cancel_only", reason="test"))
        await rig.elapse(10)
        assert watch.orders == []
        await rig.execute(Resume(reason="over"))
        await ends_well(rig, job)
        watch.none_raises_risk(job)
        assert rig.held().get("v1", D(0)) == -rig.held().get("v2", D(0))

    in_virtual_time(work)


def test_the_alert_of_a_job_that_a_halt_froze_names_the_halt(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        rig.venues["v2"].answers.append(Answer.REJECT)
        job = rig.submit()
        await rig.until(lambda: bool(rig.sent(HEDGE)), step_s=STEP_S)
        await rig.execute(Halt(scope="venue:v1", level="cancel_only", reason="test"))
        await rig.elapse(10)
        (alert,) = [each for each in rig.engine.monitoring().alerts if each.name == f"job {job.job_id}"]
        assert alert.text == f"frozen: {PERP}@v1 is CANCEL_ONLY: nothing may be given back there"
        (row,) = [each for each in rig.engine.desk(DeskRequest()).jobs if each.job_id == job.job_id]
        assert row.reason == alert.text.removeprefix("frozen: ")

    in_virtual_time(work)


@pytest.mark.parametrize("phase", PHASES)
def test_f28_a_kill_sends_nothing_more_and_the_job_ends_with_the_truth(journal: InlineJournal, phase: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES[phase](rig)
        watch = Watch(rig)
        await rig.execute(Kill(reason="test"))
        await ends_well(rig, job)
        assert watch.orders == []
        (end,) = rig.ends(job)
        assert end.naked_quantity == rig.held().get("v1", D(0)) + rig.held().get("v2", D(0))
        assert rig.drops(job) == []

    in_virtual_time(work)


@pytest.mark.parametrize("phase", PHASES)
def test_f28_a_kill_that_flattens_leaves_every_venue_flat_and_the_job_ended(journal: InlineJournal, phase: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES[phase](rig)
        watch = Watch(rig)
        await rig.execute(Kill(flatten=True, reason="test"))
        await ends_well(rig, job)
        watch.none_raises_risk(job)
        assert all(intent.source == "flatten" for intent, _ in watch.orders)
        assert rig.held() == rig.committed() == {}
        kill = rig.engine.kill_state()
        assert kill is not None
        assert kill.is_finished

    in_virtual_time(work)


def test_f30_a_day_loss_while_jobs_run_leaves_the_account_flat_and_halted_within_ten_seconds(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED, limits=RiskLimits(daily_loss_usd=D(30))).start()
        hedged = rig.submit()
        await rig.end_of(hedged)
        running = await to_frozen(rig)
        waiting = rig.submit()
        for venue in rig.venues.values():
            venue.speech = Speech.ALL
        rig.feeds["v1"].quote(PERP, "98.9", "99.1")
        await rig.elapse(10)
        assert rig.held() == {}
        assert "daily_loss" in rig.causes()
        assert rig.ends(running)
        await rig.elapse(60)
        assert not rig.is_started(waiting)
        assert rig.in_flight() == rig.committed() == {}

    in_virtual_time(work)


def test_f29_an_override_lifts_no_hard_limit_and_the_refusal_is_in_the_journal(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, limits=RiskLimits(daily_loss_usd=D(5))).start()
        await rig.end_of(rig.submit())  # costs six dollars
        await rig.elapse(15)
        await rig.execute(ManualOverride(seconds=600, reason="let it through"))
        job = rig.submit(expires_ns=rig.clock.utc_ns() + 20_000_000_000)
        await rig.elapse(30)
        assert not rig.is_started(job)
        (drop,) = [fact for fact in rig.facts(JobDropped) if fact.job_id == job.job_id]
        failed = {check.rule: check.lifted for check in drop.checks if not check.passed}
        assert failed["day_loss"] is False
        assert failed["halt_level"] is False

    in_virtual_time(work)
