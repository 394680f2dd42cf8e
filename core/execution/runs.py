"""All jobs that run or ended lately, folded from facts: which orders and fills belong to which.

A restart goes on with them. Ended ones are kept for what their orders may still do: see `JobReopened`.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import msgspec

from core.execution.job_run import JobRun, JobRunState
from core.journal.facts import (
    AnyFact,
    DayBegan,
    JobCorrected,
    JobFinished,
    JobMoved,
    JobReopened,
    JobStarted,
    PositionAdopted,
)
from core.orders.outcome import Applied, TrackerOutcome
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob
from core.types.order import Fill

ENDED_RUNS_KEPT: Final = 200
STRAYS_KEPT: Final = 50
HISTORIES_KEPT: Final = 60  # of ended runs: a timeline has no room for more


class StrayFill(msgspec.Struct, frozen=True):
    """A fill of a job that ended too long ago to be remembered: nobody but a person can level it."""

    job_id: str
    fill: Fill
    at_ns: int


class JobRunsState(msgspec.Struct, frozen=True):
    """The runs as a value, for snapshots."""

    runs: list[JobRunState]
    ended: list[JobRunState]  # oldest end first
    strays: list[StrayFill]


class JobRuns:
    """Runs by job id from `JobStarted` to the end; iterated and counted are those that run."""

    def __init__(self) -> None:
        self._runs: dict[str, JobRun] = {}
        self._ended: dict[str, JobRun] = {}  # oldest end first
        self._on: dict[InstrumentId, dict[str, None]] = {}  # running jobs by the instruments of their legs
        self._strays: list[StrayFill] = []

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[JobRun]:
        return iter(tuple(self._runs.values()))

    def get(self, job_id: str) -> JobRun | None:
        """Return a job that runs."""
        return self._runs.get(job_id)

    def ended(self, job_id: str) -> JobRun | None:
        """Return a job that ended lately and does not run again."""
        return self._ended.get(job_id)

    def stirred(self) -> tuple[JobRun, ...]:
        """Return the ended jobs of which an order has moved since."""
        return tuple(run for run in self._ended.values() if run.stirred_by is not None)

    @property
    def strays(self) -> tuple[StrayFill, ...]:
        """Fills of the day whose job is forgotten, oldest first."""
        return tuple(self._strays)

    def on(self, instrument_id: InstrumentId) -> tuple[str, ...]:
        """Return the running jobs with a leg on an instrument."""
        return tuple(self._on.get(instrument_id, ()))

    # folding ---------------------------------------------------------------------------------------

    def apply(
        self, fact: AnyFact, moved: TrackerOutcome | None, number: int, job_of: Callable[[str], HedgeJob | None]
    ) -> None:
        """Fold one fact, the `number`-th of all.

        `moved` is what the order tracker made of it, `job_of` finds a job that has started.
        """
        match fact:
            case JobStarted():
                job = job_of(fact.job_id)
                if job is not None:
                    self._add(JobRun(job, fact.at_ns))
            case JobMoved():
                self._tell(fact.job_id, fact, number)
            case JobFinished() | JobCorrected():
                self._tell(fact.job_id, fact, number)
                self._end(fact.job_id)
            case JobReopened():
                self._reopen(fact, number)
            case PositionAdopted():
                for run in self._runs.values():
                    run.apply(fact, number)
            case DayBegan():
                self._strays.clear()
            case _:
                pass
        if isinstance(moved, Applied) and moved.order.intent.job is not None:
            self._order_moved(moved.order.intent.job.job_id, fact, number, moved)

    def _order_moved(self, job_id: str, fact: AnyFact, number: int, moved: Applied) -> None:
        run = self._runs.get(job_id) or self._ended.get(job_id)
        if run is not None:
            run.apply(fact, number, moved)
            return
        self._strays.extend(StrayFill(job_id, fill, fact.at_ns) for fill in moved.fills)
        del self._strays[:-STRAYS_KEPT]

    def _add(self, run: JobRun) -> None:
        self._runs[run.job.job_id] = run
        for leg in run.job.legs:
            self._on.setdefault(leg.instrument_id, {})[run.job.job_id] = None

    def _end(self, job_id: str) -> None:
        run = self._runs.pop(job_id, None)
        if run is None:
            return
        for leg in run.job.legs:
            self._on.get(leg.instrument_id, {}).pop(job_id, None)
        self._ended[job_id] = run
        for old in islice(reversed(self._ended.values()), HISTORIES_KEPT, HISTORIES_KEPT + 1):
            old.history.forget()
        if len(self._ended) > ENDED_RUNS_KEPT:
            del self._ended[next(iter(self._ended))]

    def _reopen(self, fact: JobReopened, number: int) -> None:
        run = self._ended.pop(fact.job_id, None)
        if run is not None:
            self._add(run)
            run.apply(fact, number)

    def _tell(self, job_id: str, fact: AnyFact, number: int) -> None:
        run = self._runs.get(job_id)
        if run is not None:
            run.apply(fact, number)

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> JobRunsState:
        return JobRunsState(
            [run.to_state() for run in self._runs.values()],
            [run.to_state() for run in self._ended.values()],
            list(self._strays),
        )

    def restore(self, state: JobRunsState) -> None:
        """Become what `to_state` saw."""
        self._runs, self._on = {}, {}
        for each in state.runs:
            self._add(JobRun.restore(each))
        self._ended = {each.job.job_id: JobRun.restore(each) for each in state.ended}
        self._strays = list(state.strays)
