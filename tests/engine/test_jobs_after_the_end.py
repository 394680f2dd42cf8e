"""Fills, and orders, that come to life after their job was told finished: seen at once, levelled, told anew."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from core.control.commands import Halt
from core.engine.job_views import JobViews
from core.execution.runs import ENDED_RUNS_KEPT
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import JobCorrected, JobFinished, JobReopened
from core.types.capital import Pool
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.market import FeedState
from core.types.order import OrderStatus, Side
from data.journal_audit.audit import audit
from tests.engine.job_rig import JobRig, refolded
from tests.engine.mortality import Fate
from tests.engine.rig import in_virtual_time
from tests.engine.test_job_crashes import MortalRig, nothing_is_sent_twice
from tests.engine.venues import Answer

D = Decimal
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND
HALF_AND_NO_MORE = (D("0.5"), D(0), D(0), D(0))


async def ended_in_part(rig: JobRig) -> tuple[HedgeJob, str]:
    """Return a job that is hedged in part, and its first primary order, which ended short."""
    rig.venues["v1"].shares.extend(HALF_AND_NO_MORE)
    job = rig.submit()
    end = await rig.end_of(job)
    assert (end.outcome, rig.held()) == (JobOutcome.PARTIAL, {"v1": 10, "v2": -10})
    return job, rig.sent(PRIMARY)[0].client_order_id


def is_told_truly(rig: JobRig, job: HedgeJob) -> None:
    """Demand that the newest end of a job says what the venues' fills add up to, and that nothing is left bound."""
    told = (*rig.ends(job), *rig.corrections(job))[-1]
    truth = rig.true_result(job)
    assert (told.volume_usd, told.fees_usd) == truth[1:]
    if not told.naked_quantity:
        assert told.pnl_usd == truth[0]
    assert sum(each.pnl_usd for each in told.venues) == told.pnl_usd
    assert sum(each.volume_usd for each in told.venues) == told.volume_usd
    assert rig.agrees_with_venues()
    assert rig.committed() == rig.held()
    assert rig.in_flight() == {}
    assert rig.fold.to_bytes() == refolded(rig)


def alerts(rig: JobRig) -> str:
    return "\n".join(f"{each.severity} {each.name}: {each.text}" for each in rig.engine.monitoring().alerts)


def test_f06_a_fill_after_the_jobs_end_is_alerted_at_once_and_hedged_and_the_job_is_told_anew(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=InlineJournal(path)).start()
        job, late = await ended_in_part(rig)
        rig.venues["v2"].latency_s = 0.5
        rig.venues["v1"].execute_late(late, "2", "100.1")
        await rig.elapse(0.01)
        assert f"critical job {job.job_id}: an order moved after the job's end, 2 of" in alerts(rig)
        assert "naked (200.00 USD)" in alerts(rig)
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, corrected.before) == (JobOutcome.PARTIAL, JobOutcome.PARTIAL)
        assert rig.held() == {"v1": 12, "v2": -12}
        assert [fact.client_order_id for fact in rig.facts(JobReopened)] == [late]
        assert len(rig.sent(PRIMARY)) == 4, "nothing new is opened"
        assert job.job_id not in alerts(rig)
        is_told_truly(rig, job)
        await rig.elapse(40)
        is_told_truly(rig, job)

    path = tmp_path / "journal.sqlite"
    in_virtual_time(work)
    assert audit(path).findings == []


def test_what_levels_a_late_fill_is_paid_from_the_reserve_pool(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await ended_in_part(rig)
        rig.venues["v1"].execute_late(late, "2", "100.1")
        await rig.correction_of(job)
        hedge = rig.sent(HEDGE)[-1].client_order_id
        reserve = rig.fold.capital.order(hedge)
        assert (reserve.claim.pool, reserve.opened_quantity) == (Pool.RESERVE, 2)

    in_virtual_time(work)


def test_a_late_fill_whose_hedge_is_refused_is_given_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await ended_in_part(rig)
        rig.venues["v2"].answers.append(Answer.REJECT)
        rig.venues["v1"].execute_late(late, "2", "100.1")
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, rig.held()) == (JobOutcome.UNWOUND, {"v1": 10, "v2": -10})
        assert rig.fold.risk_hub.consecutive_failures == 1
        is_told_truly(rig, job)

    in_virtual_time(work)


def test_a_late_fill_of_the_hedge_is_given_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].shares.append(D("0.5"))
        job = rig.submit()
        assert (await rig.end_of(job)).outcome is JobOutcome.COMPLETED
        rig.venues["v2"].execute_late(rig.sent(HEDGE)[0].client_order_id, "3", "99.9")
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, rig.held()) == (JobOutcome.UNWOUND, {"v1": 20, "v2": -20})
        assert [(x.role, x.leg) for x in [each.job for each in rig.sent(UNWIND)] if x] == [(UNWIND, 1)]
        is_told_truly(rig, job)

    in_virtual_time(work)


async def unwound(rig: JobRig) -> tuple[HedgeJob, str]:
    """Return a job whose hedge was rejected, and its first unwind, which ended short."""
    rig.venues["v1"].shares.extend((D(1), D("0.5")))
    rig.venues["v2"].answers.append(Answer.REJECT)
    job = rig.submit()
    assert (await rig.end_of(job)).outcome is JobOutcome.UNWOUND
    assert rig.held() == {}
    return job, rig.sent(UNWIND)[0].client_order_id


def test_f06_what_a_late_fill_gave_back_too_much_is_taken_again_where_it_was(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=InlineJournal(path)).start()
        job, late = await unwound(rig)
        rig.venues["v1"].execute_late(late, "3", "99.9")
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, corrected.naked_quantity, rig.held()) == (JobOutcome.UNWOUND, 0, {})
        last = rig.sent(UNWIND)[-1]
        assert (last.venue, last.side, last.quantity) == ("v1", Side.BUY, 3)
        assert rig.venues["v2"].fills == [], "the other leg has nothing to do with it"
        is_told_truly(rig, job)

    path = tmp_path / "journal.sqlite"
    in_virtual_time(work)
    assert audit(path).findings == []


def test_what_was_given_back_too_much_in_a_halt_stays_named_as_a_position_on_the_other_side(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await unwound(rig)
        await rig.execute(Halt(scope="global", level="halted", who="t", reason="test"))
        rig.venues["v1"].execute_late(late, "3", "99.9")
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, corrected.naked_quantity) == (JobOutcome.NAKED, -3)
        assert rig.held() == {"v1": -3}
        assert f"critical job {job.job_id}: left -3 of BTC/USDT:USDT@v1 naked (300.00 USD)" in alerts(rig)
        earned, traded, paid = rig.true_result(job)
        assert (corrected.volume_usd, corrected.fees_usd) == (traded, paid)
        assert corrected.pnl_usd == earned - 3 * D(100), "what is held on the other side counts at its price"

    in_virtual_time(work)


@pytest.mark.parametrize("at", range(1, 9))
def test_f24_what_was_given_back_too_much_is_taken_again_once_whenever_the_engine_dies(tmp_path: Path, at: int):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = MortalRig(loop, inner, Fate())
        await rig.start()
        job, late = await unwound(rig)
        await rig.elapse(1)
        rig.fate.dies_at, rig.fate.is_counting = at, True
        rig.venues["v1"].execute_late(late, "3", "99.9")
        await rig.elapse(3)
        assert rig.fate.is_dead
        await rig.crash()
        again = MortalRig(loop, inner, Fate(), world=rig)
        await again.start()
        await again.until(lambda: again.corrections(job) and again.is_idle())
        assert again.held() == {}
        nothing_is_sent_twice(again)
        is_told_truly(again, job)

    in_virtual_time(work)


def test_an_order_that_turns_out_to_live_after_the_end_is_cancelled(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, _ = await ended_in_part(rig)
        last = rig.sent(PRIMARY)[-1].client_order_id
        venue = rig.venues["v1"]
        venue.orders[last].status = OrderStatus.OPEN
        await rig.elapse(31)
        corrected = await rig.correction_of(job)
        assert last in venue.cancelled
        assert venue.open_orders == []
        assert (corrected.outcome, [each.volume_usd for each in corrected.change]) == (JobOutcome.PARTIAL, [0, 0])
        is_told_truly(rig, job)

    in_virtual_time(work)


def test_a_late_fill_in_a_halt_stays_named_with_its_quantity_and_value(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await ended_in_part(rig)
        await rig.execute(Halt(scope="global", level="halted", who="t", reason="test"))
        rig.venues["v1"].execute_late(late, "2", "100.1")
        corrected = await rig.correction_of(job)
        assert (corrected.outcome, corrected.naked_quantity) == (JobOutcome.NAKED, 2)
        assert f"critical job {job.job_id}: left 2 of BTC/USDT:USDT@v1 naked (200.00 USD)" in alerts(rig)
        is_told_truly(rig, job)

    in_virtual_time(work)


def test_late_fills_after_a_correction_are_levelled_again(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await ended_in_part(rig)
        for count in (1, 2, 3):
            rig.venues["v1"].execute_late(late, "2", "100.1")
            await rig.until(lambda count=count: len(rig.corrections(job)) == count)
        assert rig.held() == {"v1": 16, "v2": -16}
        day = rig.fold.capital.day
        assert sum(day.of(name).volume_usd for name in rig.venues) == rig.true_result(job)[1]
        assert sum(day.of(name).fees_usd for name in rig.venues) == rig.true_result(job)[2]
        assert rig.fold.scheduler.book.day.volume_usd == rig.true_result(job)[1]
        assert (rig.fold.scheduler.book.day.completed, rig.fold.scheduler.book.day.failed) == (1, 0)
        is_told_truly(rig, job)

    in_virtual_time(work)


@pytest.mark.parametrize("dies_after_s", [None, 0.001, 0.02, 0.3])
def test_f24_a_late_fill_is_levelled_by_the_next_engine_where_this_one_dies(tmp_path: Path, dies_after_s: float | None):
    """None: it comes while no engine runs."""

    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = MortalRig(loop, inner, Fate())
        await rig.start()
        rig.venues["v1"].shares.extend(HALF_AND_NO_MORE)
        job = rig.submit()
        await rig.end_of(job)
        late = rig.sent(PRIMARY)[0].client_order_id
        if dies_after_s is None:
            rig.fate.is_dead = True
            await rig.crash()
        rig.venues["v1"].execute_late(late, "2", "100.1")
        if dies_after_s is not None:
            await rig.elapse(dies_after_s)
            rig.fate.is_dead = True
            await rig.crash()
        again = MortalRig(loop, inner, Fate(), world=rig)
        await again.start()
        await again.correction_of(job)
        assert again.held().get("v1", D(0)) == -again.held().get("v2", D(0))
        nothing_is_sent_twice(again)
        is_told_truly(again, job)

    in_virtual_time(work)


@pytest.mark.parametrize("at", range(1, 14))
def test_f24_a_late_fill_is_levelled_whichever_commit_or_wire_call_the_engine_dies_at(tmp_path: Path, at: int):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = MortalRig(loop, inner, Fate())
        await rig.start()
        rig.venues["v1"].shares.extend(HALF_AND_NO_MORE)
        job = rig.submit()
        await rig.end_of(job)
        await rig.elapse(1)
        late = rig.sent(PRIMARY)[0].client_order_id
        rig.fate.dies_at, rig.fate.is_counting = at, True
        rig.venues["v1"].execute_late(late, "2", "100.1")
        await rig.elapse(3)
        assert rig.fate.is_dead
        await rig.crash()
        again = MortalRig(loop, inner, Fate(), world=rig)
        await again.start()
        await again.until(lambda: again.corrections(job) and again.is_idle())
        assert again.held().get("v1", D(0)) == -again.held().get("v2", D(0))
        nothing_is_sent_twice(again)
        is_told_truly(again, job)

    in_virtual_time(work)


def test_an_ended_job_shows_what_its_legs_filled_also_after_a_restart(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = await JobRig(loop, journal=inner).start()
        await ended_in_part(rig)
        await rig.engine.parts.recorder.save_snapshot()
        await rig.crash()
        again = await JobRig(loop, journal=inner, world=rig).start()
        for each in (rig, again):
            (view,) = JobViews(each.engine.parts).ended(10)
            assert [(x.filled_quantity, x.average_price, x.state) for x in view.legs] == [
                (10, D("100.1"), "partly filled"),
                (10, D("99.9"), "partly filled"),
            ]

    in_virtual_time(work)


def test_what_venues_earned_in_the_day_survives_a_restart_and_ends_with_the_day(tmp_path: Path):
    async def work(loop: VirtualLoop) -> None:
        inner = InlineJournal(tmp_path / "journal.sqlite")
        rig = await JobRig(loop, journal=inner).start()
        job, _ = await ended_in_part(rig)
        earned, traded, paid = rig.true_result(job)
        await rig.crash()
        again = await JobRig(loop, journal=inner, world=rig).start()
        today = again.engine.parts.capital.current_snapshot()
        assert sum(each.today_pnl_usd for each in today) == earned
        assert [each.today_volume_usd for each in today] == [D(1001), D(999)]
        assert sum(each.today_volume_usd for each in today) == traded
        assert sum(each.today_fees_usd for each in today) == paid
        again.clock.step(10 * 3_600)
        await again.elapse(3)
        assert [each.today_volume_usd for each in again.engine.parts.capital.current_snapshot()] == [0, 0]

    in_virtual_time(work)


def test_many_pending_jobs_leave_room_for_ended_ones_and_the_rest_is_counted(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        ended = [rig.submit(expected_edge_bps=D(1)) for _ in range(6)]
        await rig.until(lambda: all(rig.drops(each) for each in ended))
        rig.feeds["v1"].state(FeedState.DOWN)
        for _ in range(20):
            rig.submit()
        await rig.elapse(2)
        views = JobViews(rig.engine.parts)
        assert [each.status for each in views.jobs(8)] == ["pending"] * 6 + ["dropped"] * 2
        assert [each.job_id for each in views.jobs(8)[6:]] == [ended[5].job_id, ended[4].job_id]
        assert Counter(each.status for each in views.jobs(100)) == {"pending": 20, "dropped": 6}
        assert [each.status for each in views.jobs(3, ("dropped",))] == ["dropped"] * 3
        assert views.counts() == {"running": 0, "pending": 20, "finished": 0, "dropped": 6}
        assert all("priced" in each.waits_for or "fresh_book" in each.waits_for for each in views.pending(20))

    in_virtual_time(work)


def test_a_fill_of_a_job_that_is_forgotten_stands_as_an_alert():
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()
        job, late = await ended_in_part(rig)
        runs = rig.fold.runs
        for number in range(ENDED_RUNS_KEPT):
            runs._ended[f"other-{number}"] = runs._ended[job.job_id]
        del runs._ended[job.job_id]
        rig.venues["v1"].execute_late(late, "2", "100.1")
        await rig.elapse(1)
        assert f"critical job {job.job_id}: a fill came long after its end, level it by hand: buy 2 of" in alerts(rig)
        assert rig.facts(JobReopened) == []

    in_virtual_time(work)


def test_every_end_is_told_once_and_a_correction_only_after_it(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job, late = await ended_in_part(rig)
        rig.venues["v1"].execute_late(late, "2", "100.1")
        await rig.correction_of(job)
        kinds = [type(x) for x in rig.facts(object) if isinstance(x, JobFinished | JobReopened | JobCorrected)]
        assert kinds == [JobFinished, JobReopened, JobCorrected]

    in_virtual_time(work)
