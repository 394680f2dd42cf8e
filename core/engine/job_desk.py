"""The way of a job: form, journal, scheduler, pre-flight, capital, then the runner until it ends.

Hazards and what meets them:

- two jobs promised the same dollars: each start is recorded, and folded, before the next is asked for;
- a start that cannot be executed: pre-flight looks at every leg before capital is bound, nothing was sent;
- a crash between start and first order: the run is restored without a plan, so it opens nothing and ends.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from enum import Enum, auto
from typing import Final

import msgspec

from core.capital.closing import closing_part
from core.capital.hub import CapitalHub
from core.capital.verdict import CapitalVerdict
from core.engine.closings import Closings
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.job_market_builder import JobMarketBuilder
from core.engine.job_preflight import JobPreflight
from core.engine.job_rehearsal import JobRehearsal
from core.engine.job_runner import JobRunner
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.execution.job_run import JobRun
from core.execution.plan import Plan, Unfit
from core.jobs.explanation import Explanation
from core.jobs.market import JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.scheduler import DROPS_A_TICK
from core.jobs.scheduling import Cancellation, JobStart
from core.jobs.warm_up import compiled_selector, warm_up
from core.journal.facts import JobCorrected, JobDropped, JobFinished, JobStarted
from core.ports.clock import Clock
from core.risk.auto_halt import judge_jobs
from core.risk.verdict import Check
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobDropCause, JobEnd
from core.types.order import Order

NS_PER_S: Final = 1_000_000_000
COMPILE_FROM: Final = 200  # pending jobs; fewer are judged within a few milliseconds by the plain form
CLOCK_SLACK_NS: Final = 10 * NS_PER_S  # a clock that is put right by less leaves jobs alone
PLAIN_MOST: Final = 1_000  # more would keep everything else waiting: they wait until the compiled form is ready


class Compiled(Enum):
    """How far the compiled form of the scheduler is."""

    NOT_WANTED = auto()
    UNDER_WAY = auto()
    OVER = auto()  # ready, or it cannot be had: then the plain form judges them all


class JobDesk:
    """Take jobs, tick the scheduler, start what it picks and tell strategies how their jobs ended."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        recorder: Recorder,
        log: EngineLog,
        views: RiskViews,
        markets: JobMarketBuilder,
        capital: CapitalHub,
        runner: JobRunner,
        preflight: JobPreflight,
        rehearsal: JobRehearsal,
        rules: Rulebook,
        tell: Callable[[str, JobEnd], None],
        call_soon: Callable[[Callable[[], None]], object],
        spawn: Callable[[Coroutine[None, None, None]], None],
        run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._recorder = recorder
        self._log = log
        self._views = views
        self._markets = markets
        self._capital = capital
        self._preflight = preflight
        self._rehearsal = rehearsal
        self._rules = rules
        self._limits = rules.jobs
        self._tell = tell
        self._call_soon = call_soon
        self._spawn = spawn
        self._run_blocking = run_blocking
        self._is_open = False
        self._compiled = Compiled.NOT_WANTED
        self._ticked_ns: int | None = None
        self.scheduler = fold.scheduler
        self.runner = runner

    def open(self) -> None:
        """Begin to work: venues have been compared. What runs from an earlier life is brought to its end."""
        self._is_open = True
        self.runner.on_second()

    # jobs come and go (core.engine.strategy_host.JobIntake) --------------------------------------------

    def submit(self, job: HedgeJob) -> tuple[Check, ...]:
        """Take a job; return the failed checks of one that is not taken, whose strategy is told soon."""
        now_ns = self._clock.utc_ns()
        submission = self.scheduler.submit_job(job, now_ns)
        if submission.fact is None:
            end = JobEnd(job_id=job.job_id, outcome=JobDropCause.REFUSED, reason=submission.reason)
            self._log.warning("job", f"{job.job_id} of {job.strategy} is not taken: {end.reason}")
            self._tell_soon(job.strategy, end)
        else:
            self._recorder.record(submission.fact)
        return submission.checks

    def live_jobs(self, strategy: str) -> int:
        return self.scheduler.book.live_jobs(strategy)

    def cancel(self, job_id: str, reason: str) -> bool:
        """Drop a pending job or bring a running one to its end; return whether there was one."""
        how, dropped = self.scheduler.cancel_job(job_id, reason=reason, now_ns=self._clock.utc_ns())
        if dropped is not None:
            self._drop(dropped)
        if how is Cancellation.RUNNING:
            return self.runner.cancel(job_id, reason)
        return how is Cancellation.DROPPED

    # what happens ------------------------------------------------------------------------------------

    def on_order(self, order: Order) -> None:
        if self._is_open:
            self.runner.on_order(order)

    def on_book(self, instrument_id: InstrumentId) -> None:
        if self._is_open and len(self._fold.runs):
            self.runner.on_book(instrument_id)

    def on_second(self) -> None:
        """Go on with running jobs and, when it is time, look at the pending ones."""
        if not self._is_open:
            return
        now_ns, steady_ns = self._clock.utc_ns(), self._clock.monotonic_ns()
        self._take_equity()
        self._markets.observe(now_ns)
        self._pause_after_failures()  # a crash, or a limit made tighter, may have left failures that nobody could lift
        self.runner.on_second()
        # A second that comes a hair early must not put the look off until the next one.
        if self._ticked_ns is None or steady_ns - self._ticked_ns >= self._limits.tick_s * NS_PER_S - NS_PER_S // 2:
            self._ticked_ns = steady_ns
            self.tick()

    def tick(self) -> None:
        """Look at all pending jobs once and carry out what the scheduler decides."""
        pending = self.scheduler.book.pending
        if not pending:
            return
        if len(pending) >= COMPILE_FROM and self._compiled is Compiled.NOT_WANTED:
            self._compiled = Compiled.UNDER_WAY
            self._spawn(self._compile())
        if not self._drop_what_was_made_ahead() or not pending:
            return
        if len(pending) > PLAIN_MOST and self._compiled is Compiled.UNDER_WAY:
            return
        for decided in self.scheduler.tick(self._market_for(pending.values())):
            match decided:
                case JobDropped():
                    self._drop(decided)
                case JobStart():
                    self._start(decided)

    def _drop_what_was_made_ahead(self) -> bool:
        """Drop jobs that a clock that was set back left in the future: how old they are, and their edge, nobody knows.

        Returns whether all are gone; as many as are left wait for the next tick, with all others.
        """
        now_ns = self._clock.utc_ns()
        ahead = [job.job_id for job in self.scheduler.book.pending.values() if job.created_ns - now_ns > CLOCK_SLACK_NS]
        for job_id in ahead[:DROPS_A_TICK]:
            reason = "the clock was set back: nobody knows how long it has waited"
            self._drop(JobDropped(at_ns=now_ns, job_id=job_id, cause=JobDropCause.EXPIRED, reason=reason))
        return len(ahead) <= DROPS_A_TICK

    async def _compile(self) -> None:
        """Let the compiled form judge from now on; until it is ready the plain one gives the same answers."""
        try:
            await self._run_blocking(warm_up)
            self.scheduler.use(compiled_selector(self._rules))
        except Exception as error:  # whatever the compiler raises: slower is better than never
            self._log.error("job", f"jobs are judged by the plain form: {type(error).__name__}: {error}")
        finally:
            self._compiled = Compiled.OVER

    def explain(self, job_id: str) -> Explanation | None:
        """Say why a job waits, was refused, runs or ended; one that waits is judged by the market of this moment."""
        job = self.scheduler.book.pending.get(job_id)
        return self.scheduler.explain(job_id, None if job is None else self._market_for([job]))

    def _market_for(self, jobs: Iterable[HedgeJob]) -> JobMarket:
        wanted = tuple(jobs)
        legs = (leg.instrument_id for job in wanted for leg in job.legs)
        names = (job.strategy for job in wanted)
        return self._markets.build(legs, names, self._views.valuation(), self._clock.utc_ns())

    # deciding ----------------------------------------------------------------------------------------

    def _take_equity(self) -> None:
        for value in self._views.valuation().venues:
            self._capital.update_equity(value.venue, value.equity_usd)

    def _drop(self, fact: JobDropped) -> None:
        job = self.scheduler.book.pending[fact.job_id]
        self._recorder.record(fact)
        self._tell_soon(job.strategy, JobEnd(job_id=fact.job_id, outcome=fact.cause, reason=fact.reason))

    def _start(self, start: JobStart) -> None:
        """Plan all legs, bind their capital and begin; what is not possible now stands back for a while."""
        job, now_ns = start.job, self._clock.utc_ns()
        planned = self._plan(start)
        if not isinstance(planned, Plan):
            self.scheduler.hold_back(job.job_id, planned, now_ns)
            return
        values = [claim.value_usd for claim in start.claims]
        # Looked at anew: jobs that started before this one may close what the tick saw.
        closings = Closings(self._fold)
        closes = [closing_part(leg.quantity, closings.of(leg.instrument_id, leg.side).quantity) for leg in job.legs]
        verdict = self._capital.reserve_for_job(
            job, values, lambda granted: self._started(start, planned, granted), closes
        )
        if not verdict.is_granted:
            self.scheduler.hold_back(job.job_id, verdict.reason, now_ns)
            return
        self.runner.begin(job.job_id, planned)

    def _plan(self, start: JobStart) -> Plan | str:
        """Return the plan of a job, or why there is none; one that cannot be planned must not keep others from it."""
        job = start.job
        try:
            planned = self._preflight.plan(job)
            if isinstance(planned, Unfit):
                return planned.reason
            return self._rehearsal.refusal(job, planned, start.claims, self._clock.utc_ns()) or planned
        except Exception as error:  # nothing was bound or sent yet
            text = f"cannot be planned: {type(error).__name__}: {error}"
            self._log.error("job", f"{job.job_id} {text}")
            return text

    def _started(self, start: JobStart, plan: Plan, granted: CapitalVerdict) -> JobStarted:
        fact = start.fact(self._clock.utc_ns(), plan.unwind_text)
        return msgspec.structs.replace(
            fact, claims=granted.claims, checks=(*fact.checks, *granted.checks, *plan.checks)
        )

    # ends --------------------------------------------------------------------------------------------

    def finished(self, run: JobRun, fact: JobFinished | JobCorrected) -> None:
        """Pause after too many bad ends, and tell the job's strategy."""
        self._pause_after_failures()
        end = JobEnd(
            job_id=fact.job_id,
            outcome=fact.outcome,
            reason=fact.reason,
            pnl_usd=fact.pnl_usd,
            is_correction=isinstance(fact, JobCorrected),
        )
        self._tell_soon(run.job.strategy, end)

    def _pause_after_failures(self) -> None:
        limit, failures = self._limits.max_consecutive_failures, self._fold.risk_hub.consecutive_failures
        for raised in judge_jobs(failures, limit, self._fold.halts, self._clock.utc_ns()):
            self._recorder.record(raised)

    def _tell_soon(self, strategy: str, end: JobEnd) -> None:
        # On the next turn of the loop: a strategy that answers every end with a job must not recurse.
        self._call_soon(lambda: self._tell(strategy, end))
