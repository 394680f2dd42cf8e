"""Show jobs over time: those that run, the best that wait, and how the newest ones went."""

from typing import Final

from core.engine.job_views import JobViews
from core.engine.parts import EngineParts
from core.execution.job_order import ZERO
from core.execution.job_run import JobRun
from core.state.desk import JobView, TimelineView
from core.types.instrument import InstrumentId
from core.types.job_event import JobEvent, JobEventKind

MOST: Final = 200
WAITING_MOST: Final = 5  # of those that wait: the list of jobs shows them all
REFUSALS_MOST: Final = 20  # of one job
DROPPED_PART: Final = 4  # one in so many rows may be of a job that never started


class TimelineViews:
    """Read-only."""

    def __init__(self, parts: EngineParts, jobs: JobViews) -> None:
        self._parts = parts
        self._jobs = jobs

    def build(self, most: int) -> dict[str, TimelineView]:
        """Return timelines by job id: every running job, and of others at most so many in all.

        Jobs that ran go before those that were dropped: many refusals push no finished job out.
        """
        running = self._jobs.running()
        room = max(0, min(most, MOST) - len(running))
        waiting = self._jobs.pending(min(WAITING_MOST, room))
        room -= len(waiting)
        finished = self._jobs.ended(room, ("finished",))
        spare = max(room - len(finished), room // DROPPED_PART)
        dropped = self._jobs.ended(spare, ("dropped",))
        kept = finished[: room - len(dropped)]
        return {view.job_id: self._timeline(view) for view in (*running, *waiting, *kept, *dropped)}

    def _timeline(self, view: JobView) -> TimelineView:
        runs, leg = self._parts.fold.runs, view.legs[0]
        run = runs.get(view.job_id) or runs.ended(view.job_id)
        instrument = self._parts.market.instruments.get(InstrumentId(leg.venue, leg.symbol))
        timeline = TimelineView(job=view, asset=leg.symbol if instrument is None else instrument.base)
        timeline.unit_coins = None if instrument is None else instrument.contract_size
        if run is None:
            return timeline
        events = run.history.to_state()
        timeline.events, timeline.left_out = _with_refusals(events.kept, run), events.left_out
        timeline.naked_since_ns = run.naked_since_ns if view.status == "running" else None
        if not run.naked_quantity:
            timeline.naked_quantity = ZERO
        elif timeline.unit_coins is not None:
            timeline.naked_quantity = run.naked_quantity * timeline.unit_coins
        return timeline


def _with_refusals(events: list[JobEvent], run: JobRun) -> list[JobEvent]:
    """Add what the gate refused: those are no facts of the journal, a restart forgets them."""
    if not run.refusals:
        return events
    refused = [
        JobEvent(each.at_ns, JobEventKind.REFUSED, each.leg, "refused", ZERO, ZERO, ZERO, f"{each.role}: {each.reason}")
        for each in run.refusals[-REFUSALS_MOST:]
    ]
    return sorted((*events, *refused), key=lambda event: event.at_ns)
