"""The scheduler of hedge jobs: takes them, judges the pending ones each tick, and says which are dropped and started.

It decides and changes nothing: what it returns is journaled by the caller, and `apply` folds it from there. Evaluate →
drop what is refused or expired → filter by capital, concurrency and fast markets → best final score first → start while
there is room (`core.jobs.selection` has the rule between strategies).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.jobs.columns import EXPIRED, REFUSED, SAFETY, VOLUME, WAITING, PendingColumns
from core.jobs.controls.table import names_in
from core.jobs.evaluation import checks_of, evaluate, lifted_bits
from core.jobs.explanation import Explanation, explain_past
from core.jobs.form import form_checks
from core.jobs.job_book import JobBook, JobBookState
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scheduling import Cancellation, JobStart, PendingJob, SchedulerState, Submission, claims_of
from core.jobs.selection import ObjectSelector, Selector
from core.jobs.verdict import JobDecision
from core.journal.facts import AnyFact, JobDropped, JobFinished, JobStarted, JobSubmitted
from core.risk.verdict import Check, Hardness, reasons_of
from core.types.job import HedgeJob, JobDropCause

HOLD_TICKS: Final = 5  # how long a job stands back whose start failed, so that it does not block others
WORDS_A_TICK: Final = 100  # drops that are told with every control and its numbers; it takes time to write them
DROPS_A_TICK: Final = 1_000  # a row each: thousands at once would keep everything else waiting for half a second
LAST_PART: Final = 10  # the last tenth of the queue is kept for strategies with less than a tenth of it
NEVER_JUDGED: Final = "the next tick"


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
        self._words: dict[str, str] = {}  # why jobs wait, of those that somebody asked for since the last tick

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
        self._words.clear()
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
        checks.extend(self._queue_checks(job.strategy))
        fact = None if checks else JobSubmitted(at_ns=now_ns, job=job)
        return Submission(job=job, checks=tuple(checks), fact=fact)

    def _queue_checks(self, strategy: str) -> Iterator[Check]:
        """Refuse what the queue has no room for, and its last room to a strategy that has filled the rest."""
        most, pending = self._rules.jobs.max_pending, len(self.book.pending)
        part, own = most // LAST_PART, self.book.live_jobs(strategy)
        if pending >= most:
            yield _refusal("pending_jobs", f"at most {most}", f"{pending} and this one")
        elif pending >= most - part and own >= part:
            limit = f"less than {part} of one strategy while more than {most - part} wait"
            yield _refusal("pending_share", limit, f"{own} of {strategy}, {pending} in all")

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
        self._words.clear()
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
        """Drop what is refused or expired; what is beyond the numbers of one tick is left for the next, and waits."""
        columns, status = self._columns, self._columns.status[: len(self._columns)]
        refused: list[int] = np.flatnonzero(status == REFUSED)[:WORDS_A_TICK].tolist()
        expired: list[int] = np.flatnonzero(status == EXPIRED).tolist()
        told = WORDS_A_TICK - len(refused)
        return [
            *(self._refused(columns.jobs[row], market) for row in refused),
            *(self._expired(columns.jobs[row], market) for row in expired[:told]),
            *(self._expired_untold(row, market) for row in expired[told : DROPS_A_TICK - len(refused)]),
        ]

    def _refused(self, job: HedgeJob, market: JobMarket) -> JobDropped:
        checks, now_ns = evaluate(job, market, self._rules).checks, market.account.now_ns
        cause = JobDropCause.REFUSED
        return JobDropped(at_ns=now_ns, job_id=job.job_id, cause=cause, reason=reasons_of(checks), checks=checks)

    def _expired(self, job: HedgeJob, market: JobMarket) -> JobDropped:
        checks, now_ns = evaluate(job, market, self._rules).checks, market.account.now_ns
        reason, cause = self._end_of_waiting(job.job_id, reasons_of(checks)), JobDropCause.EXPIRED
        return JobDropped(at_ns=now_ns, job_id=job.job_id, cause=cause, reason=reason, checks=checks)

    def _end_of_waiting(self, job_id: str, reasons: str) -> str:
        """Say what a job waited for in vain; one that passed every control and could not start stood back for it."""
        held = self._holds.get(job_id)
        waited_for = reasons or ("" if held is None else held[1])
        return f"expired while it waited for: {waited_for}" if waited_for else "expired before its turn came"

    def _expired_untold(self, row: int, market: JobMarket) -> JobDropped:
        """Drop one of very many that expire at once, with the names of the controls only."""
        job_id, cause = self._columns.jobs[row].job_id, JobDropCause.EXPIRED
        reason = self._end_of_waiting(job_id, ", ".join(names_in(int(self._columns.masks[row]))))
        return JobDropped(at_ns=market.account.now_ns, job_id=job_id, cause=cause, reason=reason)

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
            ended=book.ended(most),
            completed_today=book.day.completed,
            failed_today=book.day.failed,
            volume_today_usd=book.day.volume_usd,
        )

    def _pending(self, row: int) -> PendingJob:
        job, columns = self._columns.jobs[row], self._columns
        is_judged = self._is_judged(row)
        return PendingJob(
            job=job,
            safety=float(columns.results[SAFETY, row]) if is_judged else None,
            volume=float(columns.results[VOLUME, row]) if is_judged else None,
            final=float(columns.finals[row]) if is_judged else None,
            waits_for=self._waits_for(row),
        )

    def _is_judged(self, row: int) -> bool:
        return self._market is not None and self._columns.sequence_of(row) < self._judged_to

    def _waits_for(self, row: int) -> str:
        """Say what a pending job waits for as the last tick saw it: failed controls with numbers, else its turn."""
        market = self._market
        if market is None or not self._is_judged(row):
            return NEVER_JUDGED
        standing = int(self._columns.masks[row]) & ~lifted_bits(market.account)
        job = self._columns.jobs[row]
        if standing:
            if job.job_id not in self._words:
                text = reasons_of(checks_of(job, market, self._rules, standing))
                self._words[job.job_id] = text or ", ".join(names_in(standing))
            return self._words[job.job_id]
        held = self._holds.get(job.job_id)
        if held is not None and self._columns.status[row] == WAITING:
            return held[1]
        if self._columns.closes(row):
            return "its turn: better jobs took the room of this tick, or close the position that it would close"
        return "its turn: better jobs took the room of this tick"

    def explain(self, job_id: str, market: JobMarket | None = None) -> Explanation | None:
        """Say why a job waits, runs or ended; None for one that is not remembered.

        A pending job is judged by the market given, else by that of the last tick.
        """
        job = self.book.pending.get(job_id)
        if job is None:
            return explain_past(self.book, job_id)
        row, market = self._columns.row_of(job_id), market or self._market
        verdict = None if market is None else evaluate(job, market, self._rules)
        return Explanation(
            job=job,
            status="pending",
            checks=() if verdict is None else verdict.checks,
            safety=None if verdict is None else verdict.safety,
            volume=None if verdict is None else verdict.volume,
            final=None if verdict is None else verdict.final,
            safety_weight=None if market is None else self._rules.jobs.safety_weight[market.account.mode],
            rank=self._columns.rank_of(job_id) if self._is_judged(row) else None,
            pending_count=len(self.book.pending),
            waits_for=self._waits_for(row),
            reason="",
        )


def _refusal(rule: str, limit: str, observed: str) -> Check:
    return Check(rule=rule, hardness=Hardness.HARD, unit="", limit=limit, observed=observed, passed=False)
