"""What a console is shown of jobs over time: the facts of each, in order, bounded, and the same after a restart."""

from decimal import Decimal

from core.execution.job_history import EVENTS_KEPT, JobHistory
from core.execution.runs import HISTORIES_KEPT
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.state.desk import DeskRequest, TimelineView
from core.types.job import HedgeJob
from core.types.job_event import JobEvent, JobEventKind
from core.types.order import Side
from tests.engine.job_rig import JobRig, leg, refolded
from tests.engine.rig import in_virtual_time
from tests.engine.venues import Answer

D = Decimal
ENOUGH = 50


def timelines(rig: JobRig, most: int = ENOUGH) -> dict[str, TimelineView]:
    return rig.engine.desk(DeskRequest(timelines=most)).timelines


def timeline(rig: JobRig, job: HedgeJob) -> TimelineView:
    return timelines(rig)[job.job_id]


def told(view: TimelineView) -> list[str]:
    return [f"{each.kind.value}{'' if each.leg is None else f' {each.leg}'} {each.state}" for each in view.events]


def test_a_completed_job_tells_what_each_leg_did_and_how_long_it_was_naked(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job = rig.submit()
        await rig.end_of(job)
        view = timeline(rig, job)
        assert told(view) == [
            "sent 0 sent", "filled 0 filled", "moved hedging", "sent 1 sent", "filled 1 filled", "finished completed",
        ]  # fmt: skip
        assert [each.at_ns for each in view.events] == sorted(each.at_ns for each in view.events)
        assert [each.naked_quantity for each in view.events] == [0, 20, 20, 20, 0, 0]
        assert (view.job.status, view.naked_quantity, view.naked_since_ns, view.left_out) == ("finished", 0, None, 0)

    in_virtual_time(work)


def test_a_running_job_says_since_when_it_is_naked_and_with_how_many_coins(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].latency_s = 2.0
        job = rig.submit(leg("v1", Side.SELL), leg("v2", Side.BUY))
        await rig.until(rig.held)
        await rig.elapse(0.5)
        view = timeline(rig, job)
        (filled,) = [each for each in view.events if each.kind is JobEventKind.FILLED]
        assert (view.naked_quantity, view.asset, view.naked_since_ns) == (-20, "BTC", filled.at_ns)

    in_virtual_time(work)


def test_a_rejected_hedge_and_the_way_back_are_told_with_their_reasons(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].answers.append(Answer.REJECT)
        job = rig.submit()
        await rig.end_of(job)
        view = timeline(rig, job)
        (rejected,) = [each for each in view.events if each.kind is JobEventKind.ENDED]
        assert (rejected.leg, rejected.state) == (1, "planned")
        assert "hedge" in rejected.text
        assert "rejected: " in rejected.text
        assert "moved unwinding" in told(view)
        assert told(view)[-2:] == ["filled 0 given back", "finished unwound"]

    in_virtual_time(work)


def test_what_comes_after_the_end_is_on_the_timeline_too(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v1"].shares.extend((D("0.5"), D(0), D(0), D(0)))
        job = rig.submit()
        await rig.end_of(job)
        before = len(timeline(rig, job).events)
        rig.venues["v1"].execute_late(timeline(rig, job).events[0].text.split()[-1], "2", "100.1")
        await rig.correction_of(job)
        after = [each.split()[0] for each in told(timeline(rig, job))[before:]]
        assert after[0] == "filled"
        assert after[1] == "reopened"
        assert after[-1] == "finished"

    in_virtual_time(work)


def test_a_restart_tells_the_same(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        job = rig.submit()
        await rig.end_of(job)
        before = timeline(rig, job).events
        await rig.crash()
        again = await JobRig(loop, journal=journal, world=rig).start()
        assert timeline(again, job).events == before
        assert again.fold.to_bytes() == refolded(again)

    in_virtual_time(work)


def test_nobody_who_does_not_ask_is_sent_any(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.end_of(rig.submit())
        assert timelines(rig, 0) == {}

    in_virtual_time(work)


def test_refused_jobs_push_no_finished_job_out(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        done = rig.submit()
        await rig.end_of(done)
        refused = [rig.submit(expected_edge_bps=D(-50)) for _ in range(9)]
        await rig.until(lambda: all(rig.drops(job) for job in refused))
        shown = timelines(rig, 8)
        assert len(shown) == 8
        assert done.job_id in shown
        assert shown[refused[-1].job_id].events == []

    in_virtual_time(work)


def test_the_oldest_of_too_many_events_go_and_are_counted() -> None:
    history = JobHistory()
    for at in range(EVENTS_KEPT + 7):
        history.note(JobEvent(at, JobEventKind.SENT, 0, "sent", D(1), D(0), D(0)))
    events = history.to_state()
    assert (len(events.kept), events.left_out, events.kept[0].at_ns) == (EVENTS_KEPT, 7, 7)


def test_old_jobs_keep_their_orders_and_lose_their_events(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        first = rig.submit(leg("v1", Side.BUY, "1"), leg("v2", Side.SELL, "1"))
        await rig.end_of(first)
        for index in range(HISTORIES_KEPT):
            sides = (Side.SELL, Side.BUY) if index % 2 else (Side.BUY, Side.SELL)
            await rig.end_of(rig.submit(leg("v1", sides[0], "1"), leg("v2", sides[1], "1")))
        run = rig.fold.runs.ended(first.job_id)
        assert run is not None
        assert len(run.orders) == 2
        assert (run.history.to_state().kept, run.history.to_state().left_out) == ([], 6)
        assert rig.fold.to_bytes() == refolded(rig)

    in_virtual_time(work)
