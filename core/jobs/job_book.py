"""The jobs that wait, run and ended lately: a fold of the journal's facts."""

from collections import deque
from decimal import Decimal
from typing import Final

import msgspec

from core.journal.facts import AnyFact, DayBegan, JobDropped, JobFinished, JobStarted, JobSubmitted
from core.types.job import HedgeJob, JobOutcome

ENDED_KEPT: Final = 200
IDS_KEPT: Final = 20_000
ZERO: Final = Decimal(0)

SUCCESSES: Final = (JobOutcome.COMPLETED, JobOutcome.PARTIAL)
FAILURES: Final = (JobOutcome.UNWOUND, JobOutcome.NAKED)


class RunningJob(msgspec.Struct, frozen=True):
    job: HedgeJob
    started: JobStarted


class EndedJob(msgspec.Struct, frozen=True):
    job: HedgeJob
    end: JobFinished | JobDropped
    started: JobStarted | None


class DayCount(msgspec.Struct):
    """Since the UTC day began."""

    completed: int = 0
    failed: int = 0
    volume_usd: Decimal = Decimal(0)


class JobBookState(msgspec.Struct, frozen=True):
    pending: list[HedgeJob]
    running: list[RunningJob]
    ended: list[EndedJob]
    ids: list[str]
    day: DayCount


class JobBook:
    """Jobs by id; pending ones in the order of submission."""

    def __init__(self) -> None:
        self.pending: dict[str, HedgeJob] = {}
        self.running: dict[str, RunningJob] = {}
        self.ended: deque[EndedJob] = deque(maxlen=ENDED_KEPT)  # oldest first
        self.day = DayCount()
        self._ids: dict[str, None] = {}
        self._live: dict[str, int] = {}  # by strategy

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; those of other kinds, and of jobs that are not here, change nothing."""
        match fact:
            case JobSubmitted(job=job):
                if job.job_id not in self._ids:
                    self.pending[job.job_id] = job
                    self._count(job, 1)
                    self._remember(job.job_id)
            case JobDropped(job_id=job_id):
                job = self.pending.pop(job_id, None)
                if job is not None:
                    self.ended.append(EndedJob(job, fact, None))
                    self._count(job, -1)
            case JobStarted(job_id=job_id):
                job = self.pending.pop(job_id, None)
                if job is not None:
                    self.running[job_id] = RunningJob(job, fact)
            case JobFinished():
                self._finish(fact)
            case DayBegan():
                self.day = DayCount()
            case _:
                pass

    def _finish(self, fact: JobFinished) -> None:
        ran = self.running.pop(fact.job_id, None)
        if ran is None:
            return
        self.ended.append(EndedJob(ran.job, fact, ran.started))
        self._count(ran.job, -1)
        self.day.volume_usd += fact.volume_usd
        self.day.completed += fact.outcome in SUCCESSES
        self.day.failed += fact.outcome in FAILURES

    def _count(self, job: HedgeJob, change: int) -> None:
        self._live[job.strategy] = self._live.get(job.strategy, 0) + change

    def knows(self, job_id: str) -> bool:
        """Tell whether this id was used before, as far back as 20,000 jobs and all that live."""
        return job_id in self._ids

    def _remember(self, job_id: str) -> None:
        self._ids[job_id] = None
        if len(self._ids) > IDS_KEPT:
            oldest = next(each for each in self._ids if each not in self.pending and each not in self.running)
            del self._ids[oldest]

    # reading -----------------------------------------------------------------------------------------

    def running_by_strategy(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for ran in self.running.values():
            counts[ran.job.strategy] = counts.get(ran.job.strategy, 0) + 1
        return counts

    def running_at(self, venue: str) -> tuple[int, Decimal]:
        """Return how many running jobs have a leg at a venue, and the dollars claimed there by them."""
        jobs = [ran for ran in self.running.values() if venue in ran.job.venues]
        claimed = sum((claim.amount_usd for ran in jobs for claim in ran.started.claims if claim.venue == venue), ZERO)
        return len(jobs), claimed

    def live_jobs(self, strategy: str) -> int:
        """Return how many jobs of a strategy wait or run."""
        return self._live.get(strategy, 0)

    # snapshots ---------------------------------------------------------------------------------------

    def to_state(self) -> JobBookState:
        return JobBookState(
            list(self.pending.values()),
            list(self.running.values()),
            list(self.ended),
            list(self._ids),
            msgspec.structs.replace(self.day),
        )

    def restore(self, state: JobBookState) -> None:
        self.pending = {job.job_id: job for job in state.pending}
        self.running = {ran.job.job_id: ran for ran in state.running}
        self.ended = deque(state.ended, maxlen=ENDED_KEPT)
        self._ids = dict.fromkeys(state.ids)
        self._live = {}
        for job in (*state.pending, *(ran.job for ran in state.running)):
            self._count(job, 1)
        self.day = msgspec.structs.replace(state.day)
