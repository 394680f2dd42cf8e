"""Why a job waits, runs or ended."""

import msgspec

from core.jobs.job_book import JobBook
from core.journal.facts import JobDropped
from core.risk.verdict import Check
from core.types.job import HedgeJob


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job waits, runs or ended: every control with its numbers, and how its score came about."""

    job: HedgeJob
    status: str  # pending, running, finished, dropped
    checks: tuple[Check, ...]
    safety: float | None
    volume: float | None
    final: float | None
    safety_weight: float | None  # final = weight x safety + (1 - weight) x volume
    rank: int | None  # among all pending jobs by final score; 1 is the best
    pending_count: int
    waits_for: str
    reason: str  # of its end


def explain_past(book: JobBook, job_id: str) -> Explanation | None:
    """Explain a job that runs or ended by what the journal has of it; None for one that is not remembered."""
    ran = book.running.get(job_id)
    ended = book.ended_job(job_id)
    if ran is not None:
        job, started, status, reason, checks = ran.job, ran.started, "running", "", ran.started.checks
    elif ended is None:
        return None
    elif isinstance(ended.end, JobDropped):
        job, started, status, reason, checks = ended.job, None, "dropped", ended.end.reason, ended.end.checks
    else:
        job, started, status, reason = ended.job, ended.started, "finished", ended.end.reason
        checks = () if started is None else started.checks
    return Explanation(
        job=job,
        status=status,
        checks=checks,
        safety=None if started is None else started.safety,
        volume=None if started is None else started.volume,
        final=None if started is None else started.final,
        safety_weight=None,
        rank=None,
        pending_count=len(book.pending),
        waits_for="",
        reason=reason,
    )
