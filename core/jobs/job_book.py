"""The jobs that wait, run and ended lately: a fold of the journal's facts."""

from collections import deque
from collections.abc import Collection
from decimal import Decimal
from heapq import merge
from itertools import islice
from typing import Final

import msgspec

from core.journal.facts import (
    AnyFact,
    DayBegan,
    JobCorrected,
    JobDropped,
    JobFinished,
    JobReopened,
    JobStarted,
    JobSubmitted,
)
from core.types.job import HedgeJob, JobOutcome

ENDED_KEPT: Final = 200  # of the finished and of the dropped each: many drops push no finished job out
IDS_KEPT: Final = 20_000
ZERO: Final = Decimal(0)

SUCCESSES: Final = (JobOutcome.COMPLETED, JobOutcome.PARTIAL)
FAILURES: Final = (JobOutcome.UNWOUND, JobOutcome.NAKED)


class RunningJob(msgspec.Struct, frozen=True):
    job: HedgeJob
    started: JobStarted
    told: JobFinished | JobCorrected | None = None  # its newest end, of one that runs again


class EndedJob(msgspec.Struct, frozen=True):
    job: HedgeJob
    end: JobFinished | JobCorrected | JobDropped
    started: JobStarted | None

    @property
    def is_naked(self) -> bool:
        """Tell whether it left something without a hedge."""
        return not isinstance(self.end, JobDropped) and self.end.outcome is JobOutcome.NAKED


class DayCount(msgspec.Struct):
    """Since the UTC day began."""

    began_ns: int = 0
    completed: int = 0
    failed: int = 0
    volume_usd: Decimal = Decimal(0)


class JobBookState(msgspec.Struct, frozen=True):
    pending: list[HedgeJob]
    running: list[RunningJob]
    finished: list[EndedJob]
    dropped: list[EndedJob]
    ids: list[str]
    day: DayCount


class JobBook:
    """Jobs by id; pending ones in the order of submission."""

    def __init__(self) -> None:
        self.pending: dict[str, HedgeJob] = {}
        self.running: dict[str, RunningJob] = {}
        self._finished: dict[str, EndedJob] = {}  # oldest end first
        self._dropped: deque[EndedJob] = deque(maxlen=ENDED_KEPT)  # oldest first
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
                    self._dropped.append(EndedJob(job, fact, None))
                    self._count(job, -1)
            case JobStarted(job_id=job_id):
                job = self.pending.pop(job_id, None)
                if job is not None:
                    self.running[job_id] = RunningJob(job, fact)
            case JobFinished() | JobCorrected():
                self._finish(fact)
            case JobReopened(job_id=job_id):
                self._reopen(job_id)
            case DayBegan():
                self.day = DayCount(began_ns=fact.at_ns)
            case _:
                pass

    def _finish(self, fact: JobFinished | JobCorrected) -> None:
        ran = self.running.pop(fact.job_id, None)
        if ran is None:
            return
        self._finished[fact.job_id] = EndedJob(ran.job, fact, ran.started)
        if len(self._finished) > ENDED_KEPT:
            del self._finished[self._least_wanted()]
        self._count(ran.job, -1)
        told = ran.told
        self.day.volume_usd += fact.volume_usd - (ZERO if told is None else told.volume_usd)
        self.day.completed += fact.outcome in SUCCESSES
        self.day.failed += fact.outcome in FAILURES
        if told is not None and told.at_ns >= self.day.began_ns:
            self.day.completed -= told.outcome in SUCCESSES
            self.day.failed -= told.outcome in FAILURES

    def _least_wanted(self) -> str:
        """Return the oldest finished job, those that left something naked last: alerts are made from them."""
        hedged = (job_id for job_id, each in self._finished.items() if not each.is_naked)
        return next(hedged, next(iter(self._finished)))

    def _reopen(self, job_id: str) -> None:
        ended = self._finished.pop(job_id, None)
        if ended is None or ended.started is None or isinstance(ended.end, JobDropped):
            return
        self.running[job_id] = RunningJob(ended.job, ended.started, ended.end)
        self._count(ended.job, 1)

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

    @property
    def finished(self) -> Collection[EndedJob]:
        """Return the jobs that ran and ended lately, oldest end first."""
        return self._finished.values()

    @property
    def dropped(self) -> Collection[EndedJob]:
        """Return the jobs that never ran, oldest first."""
        return self._dropped

    def ended(self, most: int) -> list[EndedJob]:
        """Return what ran or was dropped lately, newest first, at most so many."""
        newest = merge(reversed(self._finished.values()), reversed(self._dropped), key=lambda x: -x.end.at_ns)
        return list(islice(newest, most))

    def ended_job(self, job_id: str) -> EndedJob | None:
        known = self._finished.get(job_id)
        return known or next((each for each in reversed(self._dropped) if each.job.job_id == job_id), None)

    def running_by_strategy(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for ran in self.running.values():
            counts[ran.job.strategy] = counts.get(ran.job.strategy, 0) + 1
        return counts

    def running_at(self, venue: str) -> tuple[int, Decimal]:
        """Return how many running jobs have a leg at a venue, and what their legs there are worth in dollars."""
        jobs = [ran for ran in self.running.values() if venue in ran.job.venues]
        worth = sum((claim.value_usd for ran in jobs for claim in ran.started.claims if claim.venue == venue), ZERO)
        return len(jobs), worth

    def live_jobs(self, strategy: str) -> int:
        """Return how many jobs of a strategy wait or run."""
        return self._live.get(strategy, 0)

    # snapshots ---------------------------------------------------------------------------------------

    def to_state(self) -> JobBookState:
        return JobBookState(
            list(self.pending.values()),
            list(self.running.values()),
            list(self._finished.values()),
            list(self._dropped),
            list(self._ids),
            msgspec.structs.replace(self.day),
        )

    def restore(self, state: JobBookState) -> None:
        self.pending = {job.job_id: job for job in state.pending}
        self.running = {ran.job.job_id: ran for ran in state.running}
        self._finished = {each.job.job_id: each for each in state.finished}
        self._dropped = deque(state.dropped, maxlen=ENDED_KEPT)
        self._ids = dict.fromkeys(state.ids)
        self._live = {}
        for job in (*state.pending, *(ran.job for ran in state.running)):
            self._count(job, 1)
        self.day = msgspec.structs.replace(state.day)
