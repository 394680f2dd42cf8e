"""What goes in and out of the scheduler: submissions, starts, cancellations, and its state for a reader."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.capital.closing import closing_part, leg_claim
from core.jobs.controls.case import pool_of
from core.jobs.job_book import EndedJob, RunningJob
from core.jobs.market import JobMarket
from core.jobs.verdict import JobVerdict
from core.journal.facts import JobStarted, JobSubmitted
from core.risk.verdict import Check, reasons_of
from core.types.capital import Claim
from core.types.job import HedgeJob


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """Taken where `checks` is empty; `fact` is to be journaled then."""

    job: HedgeJob
    checks: tuple[Check, ...]
    fact: JobSubmitted | None

    @property
    def reason(self) -> str:
        return reasons_of(self.checks)


class JobStart(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be started: the caller reserves the claims (all or none), plans the unwind and journals the fact."""

    job: HedgeJob
    claims: tuple[Claim, ...]  # one a leg
    verdict: JobVerdict

    def fact(self, at_ns: int, unwind_plan: str = "") -> JobStarted:
        return JobStarted(
            at_ns=at_ns,
            job_id=self.job.job_id,
            claims=self.claims,
            checks=self.verdict.checks,
            safety=self.verdict.safety,
            volume=self.verdict.volume,
            final=self.verdict.final,
            under_override=self.verdict.under_override,
            unwind_plan=unwind_plan,
        )


class Cancellation(StrEnum):
    DROPPED = "dropped"  # it was pending; the fact is to be journaled
    RUNNING = "running"  # its execution has to be asked
    UNKNOWN = "unknown"


class PendingJob(msgspec.Struct, frozen=True, kw_only=True):
    """A pending job as its last tick left it; the scores are None before the first."""

    job: HedgeJob
    safety: float | None
    volume: float | None
    final: float | None
    waits_for: str


class SchedulerState(msgspec.Struct, frozen=True, kw_only=True):
    """What `get_scheduler_state` tells: the best pending jobs first, the newest ended ones first."""

    pending: list[PendingJob]
    pending_count: int
    running: list[RunningJob]
    ended: list[EndedJob]
    completed_today: int
    failed_today: int
    volume_today_usd: Decimal


def claims_of(job: HedgeJob, market: JobMarket) -> tuple[Claim, ...]:
    """Return what each leg binds: its value now, at least the job's own notional, exactly, of what it opens."""
    claims: list[Claim] = []
    for leg in job.legs:
        look = market.instruments[leg.instrument_id]
        value = job.notional_usd if look.unit_usd is None else max(job.notional_usd, leg.quantity * look.unit_usd)
        closes = closing_part(leg.quantity, look.closable(leg.side).quantity)
        claims.append(leg_claim(leg.venue, pool_of(job), value, leg.quantity, closes))
    return tuple(claims)
