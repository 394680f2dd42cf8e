"""All running jobs, folded from facts: which orders and fills belong to which, so that a restart goes on with them."""

from collections.abc import Callable, Iterator

import msgspec

from core.execution.job_run import JobRun, JobRunState
from core.journal.facts import AnyFact, JobFinished, JobMoved, JobStarted, PositionAdopted
from core.orders.outcome import Applied, TrackerOutcome
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob


class JobRunsState(msgspec.Struct, frozen=True):
    """The runs as a value, for snapshots."""

    runs: list[JobRunState] = []


class JobRuns:
    """Runs by job id from `JobStarted` to `JobFinished`."""

    def __init__(self) -> None:
        self._runs: dict[str, JobRun] = {}
        self._on: dict[InstrumentId, dict[str, None]] = {}  # jobs by the instruments of their legs

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[JobRun]:
        return iter(tuple(self._runs.values()))

    def get(self, job_id: str) -> JobRun | None:
        return self._runs.get(job_id)

    def on(self, instrument_id: InstrumentId) -> tuple[str, ...]:
        """Return the jobs with a leg on an instrument."""
        return tuple(self._on.get(instrument_id, ()))

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
            case JobFinished():
                self._tell(fact.job_id, fact, number)
                self._remove(fact.job_id)
            case PositionAdopted():
                for run in self._runs.values():
                    run.apply(fact, number)
            case _:
                pass
        if isinstance(moved, Applied) and moved.order.intent.job is not None:
            run = self._runs.get(moved.order.intent.job.job_id)
            if run is not None:
                run.apply(fact, number, moved)

    def _add(self, run: JobRun) -> None:
        self._runs[run.job.job_id] = run
        for leg in run.job.legs:
            self._on.setdefault(leg.instrument_id, {})[run.job.job_id] = None

    def _remove(self, job_id: str) -> None:
        run = self._runs.pop(job_id, None)
        for leg in () if run is None else run.job.legs:
            self._on.get(leg.instrument_id, {}).pop(job_id, None)

    def _tell(self, job_id: str, fact: AnyFact, number: int) -> None:
        run = self._runs.get(job_id)
        if run is not None:
            run.apply(fact, number)

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> JobRunsState:
        return JobRunsState([run.to_state() for run in self._runs.values()])

    def restore(self, state: JobRunsState) -> None:
        """Become what `to_state` saw."""
        self._runs, self._on = {}, {}
        for each in state.runs:
            self._add(JobRun.restore(each))
