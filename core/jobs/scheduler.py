"""The scheduler of hedge jobs: takes them, judges the pending ones each tick, and says which are dropped and started.

It decides and changes nothing: what it returns is journaled by the caller, and `apply` folds it from there. Evaluate →
drop what is refused or expired → filter by capital, concurrency and fast markets → best final score first → start while
there is room (`core.jobs.selection` has the rule between strategies).
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.jobs.columns import EXPIRED, FINAL, REFUSED, SAFETY, VOLUME, WAITING, PendingColumns
from core.jobs.controls.case import pool_of
from core.jobs.controls.table import names_in
from core.jobs.evaluation import evaluate, lifted_bits
from core.jobs.form import form_checks
from core.jobs.job_book import EndedJob, JobBook, JobBookState, RunningJob
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.selection import ObjectSelector, Selector
from core.jobs.verdict import JobDecision, JobVerdict
from core.journal.facts import AnyFact, JobDropped, JobFinished, JobStarted, JobSubmitted
from core.risk.verdict import Check, Hardness, reasons_of
from core.types.capital import Claim
from core.types.job import HedgeJob, JobDropCause

HOLD_TICKS: Final = 5  # how long a job stands back whose start failed, so that it does not block others
NEVER_JUDGED: Final = "the next tick"


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


class Scheduler:
    """`use` it with the compiled selector as soon as that is warm; until then the plain one gives the same answers."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._selector: Selector = ObjectSelector(rules)
        self.book = JobBook()
        self._columns = PendingColumns(rules)
        self._sequence = 0
        self._market: JobMarket | None = None
        self._judged_to = 0  # jobs with a lower sequence have been judged by a tick
        self._holds: dict[str, tuple[int, str]] = {}

    def use(self, selector: Selector) -> None:
        """Judge and pick with another form from now on."""
        self._selector = selector

    # folding -----------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact) -> None:
        """Fold a fact of the journal."""
        match fact:
            case JobSubmitted(job=job):
                is_new = not self.book.knows(job.job_id)
                self.book.apply(fact)
                if is_new:
                    self._add(job)
            case JobDropped(job_id=job_id) | JobStarted(job_id=job_id):
                if job_id in self.book.pending:
                    self._columns.remove(job_id)
                self._holds.pop(job_id, None)
                self.book.apply(fact)
            case _:
                self.book.apply(fact)

    def on_job_finished(self, fact: JobFinished) -> None:
        """Fold the end of a job: it leaves the running ones, the day's counts take it in."""
        self.apply(fact)

    def to_state(self) -> JobBookState:
        return self.book.to_state()

    def restore(self, state: JobBookState) -> None:
        """Take a snapshot over; scores and holds are of the moment and come again with the next tick."""
        self.book.restore(state)
        self._columns = PendingColumns(self._rules)
        self._holds.clear()
        self._market = None
        for job in self.book.pending.values():
            self._add(job)
        self._judged_to = self._sequence

    def _add(self, job: HedgeJob) -> None:
        self._columns.add(job, self._sequence)
        self._sequence += 1

    # taking jobs -------------------------------------------------------------------------------------

    def submit_job(self, job: HedgeJob, now_ns: int) -> Submission:
        """Check a job's form, its id and the room for one more; the market is looked at by the next tick."""
        checks = list(form_checks(job, now_ns))
        if self.book.knows(job.job_id):
            checks.append(_refusal("job_id", "an id not used before", job.job_id))
        most = self._rules.jobs.max_pending
        if len(self.book.pending) >= most:
            checks.append(_refusal("pending_jobs", f"at most {most}", f"{len(self.book.pending)} and this one"))
        fact = None if checks else JobSubmitted(at_ns=now_ns, job=job)
        return Submission(job=job, checks=tuple(checks), fact=fact)

    def cancel_job(self, job_id: str, *, reason: str, now_ns: int) -> tuple[Cancellation, JobDropped | None]:
        """Return what a cancel comes to; a pending job is dropped by journaling the fact."""
        if job_id in self.book.running:
            return Cancellation.RUNNING, None
        if job_id not in self.book.pending:
            return Cancellation.UNKNOWN, None
        cause = JobDropCause.CANCELLED
        return Cancellation.DROPPED, JobDropped(at_ns=now_ns, job_id=job_id, cause=cause, reason=reason or "cancelled")

    # the tick ----------------------------------------------------------------------------------------

    def tick(self, market: JobMarket) -> list[JobDropped | JobStart]:
        """Return the jobs to drop and to start now, dropped ones first, started ones in the order of their turn."""
        self._market, self._judged_to = market, self._sequence
        rows = self._selector.select(self._columns, market, self.book.running_by_strategy())
        drops = self._drops(market)
        starts: list[JobStart] = []
        for row in rows:
            start = self._start(self._columns.jobs[row], market)
            if start is None:
                continue
            starts.append(start)
        return [*drops, *starts]

    def hold_back(self, job_id: str, reason: str, now_ns: int) -> None:
        """Let a job that could not be started after all (no capital, unfit legs) stand back for some ticks."""
        if job_id not in self.book.pending:
            return
        until_ns = now_ns + int(HOLD_TICKS * self._rules.jobs.tick_s * 1e9)
        self._holds[job_id] = (until_ns, reason)
        self._columns.hold(job_id, until_ns)

    def _drops(self, market: JobMarket) -> list[JobDropped]:
        now_ns, status = market.account.now_ns, self._columns.status[: len(self._columns)]
        drops: list[JobDropped] = []
        for row in ((status == EXPIRED) | (status == REFUSED)).nonzero()[0].tolist():
            job = self._columns.jobs[row]
            verdict = evaluate(job, market, self._rules)
            reasons = reasons_of(verdict.checks)
            cause, reason = JobDropCause.REFUSED, reasons
            if status[row] == EXPIRED:
                cause = JobDropCause.EXPIRED
                reason = f"expired while it waited for: {reasons}" if reasons else "expired before its turn came"
            drops.append(JobDropped(at_ns=now_ns, job_id=job.job_id, cause=cause, reason=reason, checks=verdict.checks))
        return drops

    def _start(self, job: HedgeJob, market: JobMarket) -> JobStart | None:
        """Judge once more in words, for the journal; what does not pass here does not start."""
        verdict = evaluate(job, market, self._rules)
        if verdict.decision is not JobDecision.ACCEPTED:
            return None
        return JobStart(job=job, claims=claims_of(job, market), verdict=verdict)

    # reading -----------------------------------------------------------------------------------------

    def get_scheduler_state(self, most: int = 100) -> SchedulerState:
        """Return what waits, runs and ended; at most so many of the pending and of the ended jobs."""
        book = self.book
        return SchedulerState(
            pending=[self._pending(row) for row in self._columns.best(most)],
            pending_count=len(book.pending),
            running=list(book.running.values()),
            ended=list(book.ended)[: -most - 1 : -1],
            completed_today=book.day.completed,
            failed_today=book.day.failed,
            volume_today_usd=book.day.volume_usd,
        )

    def _pending(self, row: int) -> PendingJob:
        job, scores = self._columns.jobs[row], self._columns.scores[row].tolist()
        is_judged = self._is_judged(row)
        return PendingJob(
            job=job,
            safety=scores[SAFETY] if is_judged else None,
            volume=scores[VOLUME] if is_judged else None,
            final=scores[FINAL] if is_judged else None,
            waits_for=self._waits_for(row),
        )

    def _is_judged(self, row: int) -> bool:
        return self._market is not None and self._columns.sequence_of(row) < self._judged_to

    def _waits_for(self, row: int) -> str:
        """Name what a pending job waits for as the last tick saw it: the failed controls, else its turn."""
        market = self._market
        if market is None or not self._is_judged(row):
            return NEVER_JUDGED
        standing = int(self._columns.masks[row]) & ~lifted_bits(market.account)
        if standing:
            return ", ".join(names_in(standing))
        held = self._holds.get(self._columns.jobs[row].job_id)
        if held is not None and self._columns.status[row] == WAITING:
            return held[1]
        return "its turn: better jobs took the room of this tick"

    def explain(self, job_id: str) -> Explanation | None:
        """Say why a job waits, runs or ended; None for one that is not remembered."""
        book = self.book
        if job_id in book.pending:
            return self._explain_pending(book.pending[job_id])
        if job_id in book.running:
            ran = book.running[job_id]
            return self._explain_past(ran.job, "running", ran.started, ran.started.checks, "")
        ended = next((each for each in reversed(book.ended) if each.job.job_id == job_id), None)
        if ended is None:
            return None
        is_dropped = isinstance(ended.end, JobDropped)
        checks = ended.end.checks if isinstance(ended.end, JobDropped) else ()
        if ended.started is not None:
            checks = ended.started.checks
        status = "dropped" if is_dropped else "finished"
        return self._explain_past(ended.job, status, ended.started, checks, ended.end.reason)

    def _explain_pending(self, job: HedgeJob) -> Explanation:
        row, market = self._columns.row_of(job.job_id), self._market
        verdict = None if market is None else evaluate(job, market, self._rules)
        return Explanation(
            job=job,
            status="pending",
            checks=() if verdict is None else verdict.checks,
            safety=None if verdict is None else verdict.safety,
            volume=None if verdict is None else verdict.volume,
            final=None if verdict is None else verdict.final,
            safety_weight=None if market is None else self._rules.jobs.safety_weight[market.account.mode],
            rank=self._columns.rank_of(job.job_id) if self._is_judged(row) else None,
            pending_count=len(self.book.pending),
            waits_for=self._waits_for(row),
            reason="",
        )

    def _explain_past(
        self, job: HedgeJob, status: str, started: JobStarted | None, checks: tuple[Check, ...], reason: str
    ) -> Explanation:
        return Explanation(
            job=job,
            status=status,
            checks=checks,
            safety=None if started is None else started.safety,
            volume=None if started is None else started.volume,
            final=None if started is None else started.final,
            safety_weight=None,
            rank=None,
            pending_count=len(self.book.pending),
            waits_for="",
            reason=reason,
        )


def claims_of(job: HedgeJob, market: JobMarket) -> tuple[Claim, ...]:
    """Return what each leg binds: its value now, at least the job's own notional, exactly."""
    claims: list[Claim] = []
    for leg in job.legs:
        unit = market.instruments[leg.instrument_id].unit_usd
        value = job.notional_usd if unit is None else max(job.notional_usd, leg.quantity * unit)
        claims.append(Claim(venue=leg.venue, pool=pool_of(job), amount_usd=value))
    return tuple(claims)


def _refusal(rule: str, limit: str, observed: str) -> Check:
    return Check(rule=rule, hardness=Hardness.HARD, unit="", limit=limit, observed=observed, passed=False)
