"""The way of a job: form, journal, scheduler, pre-flight, capital, then the runner until it ends.

Hazards and what meets them:

- two jobs promised the same dollars: each start is recorded, and folded, before the next is asked for;
- a start that cannot be executed: pre-flight looks at every leg before capital is bound, nothing was sent;
- a crash between start and first order: the run is restored without a plan, so it opens nothing and ends.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from core.capital.hub import CapitalHub
from core.capital.verdict import CapitalVerdict
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.job_market_builder import JobMarketBuilder
from core.engine.job_preflight import JobPreflight
from core.engine.job_runner import JobRunner
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.execution.job_run import JobRun
from core.execution.plan import Plan, Unfit
from core.jobs.limits import JobLimits
from core.jobs.scheduler import Drop, Explanation, Pick, Scheduler
from core.journal.facts import JobDropped, JobFinished, JobStarted, JobSubmitted
from core.ports.clock import Clock
from core.risk.auto_halt import judge_jobs
from core.risk.verdict import Check, reasons_of
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobDropCause, JobEnd
from core.types.order import Order

ZERO: Final = Decimal(0)
NS_PER_S: Final = 1_000_000_000
HOLD_NS: Final = 2 * NS_PER_S  # until a job whose start failed is picked again


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
        scheduler: Scheduler,
        capital: CapitalHub,
        runner: JobRunner,
        preflight: JobPreflight,
        limits: JobLimits,
        tell: Callable[[str, JobEnd], None],
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._recorder = recorder
        self._log = log
        self._views = views
        self._markets = markets
        self._capital = capital
        self._preflight = preflight
        self._limits = limits
        self._tell = tell
        self._call_soon = call_soon
        self._ticked_ns: int | None = None
        self.scheduler = scheduler
        self.runner = runner

    # jobs come and go (core.engine.strategy_host.JobIntake) --------------------------------------------

    def submit(self, job: HedgeJob) -> tuple[Check, ...]:
        """Take a job; return the failed checks of one that is not taken, whose strategy is told soon."""
        now_ns = self._clock.utc_ns()
        failed = self.scheduler.submit_job(job, now_ns)
        if failed:
            end = JobEnd(job_id=job.job_id, outcome=JobDropCause.REFUSED, reason=reasons_of(failed))
            self._log.warning("job", f"{job.job_id} of {job.strategy} is not taken: {end.reason}")
            self._tell_soon(job.strategy, end)
            return failed
        self._recorder.record(JobSubmitted(at_ns=now_ns, job=job))
        return ()

    def live_jobs(self, strategy: str) -> int:
        return self._fold.jobs.count_of(strategy)

    def cancel(self, job_id: str, reason: str) -> bool:
        """Drop a pending job or bring a running one to its end; return whether there was one."""
        drop = self.scheduler.cancel_job(job_id, reason)
        if drop is None:
            return self.runner.cancel(job_id, reason)
        self._drop(drop)
        return True

    # what happens ------------------------------------------------------------------------------------

    def on_order(self, order: Order) -> None:
        if order.intent.job is not None:
            self.runner.drive(order.intent.job.job_id)

    def on_book(self, instrument_id: InstrumentId) -> None:
        if len(self._fold.runs):
            self.runner.on_book(instrument_id)

    def on_second(self) -> None:
        """Go on with running jobs and, when it is time, look at the pending ones."""
        now_ns, steady_ns = self._clock.utc_ns(), self._clock.monotonic_ns()
        self._take_equity()
        self._markets.observe(now_ns)
        self.runner.on_second()
        if self._ticked_ns is None or steady_ns - self._ticked_ns >= self._limits.tick_s * NS_PER_S:
            self._ticked_ns = steady_ns
            self.tick()

    def tick(self) -> None:
        """Look at all pending jobs once and carry out what the scheduler decides."""
        if not self._fold.jobs.pending:
            return
        valuation, scheduler = self._views.valuation(), self.scheduler
        market = self._markets.build(scheduler.instruments(), scheduler.strategies(), valuation, self._clock.utc_ns())
        decided = scheduler.tick(market)
        for drop in decided.drops:
            self._drop(drop)
        for pick in decided.picks:
            self._start(pick)

    def explain(self, job_id: str) -> Explanation | None:
        """Say why a job waits, was refused, runs or ended, by the market of this moment."""
        job = self._fold.jobs.pending.get(job_id)
        if job is None:
            return self.scheduler.explain(job_id, None)
        legs = [leg.instrument_id for leg in job.legs]
        market = self._markets.build(legs, [job.strategy], self._views.valuation(), self._clock.utc_ns())
        return self.scheduler.explain(job_id, market)

    # deciding ----------------------------------------------------------------------------------------

    def _take_equity(self) -> None:
        for value in self._views.valuation().venues:
            self._capital.update_equity(value.venue, value.equity_usd)

    def _drop(self, drop: Drop) -> None:
        job = drop.job
        self._recorder.record(
            JobDropped(
                at_ns=self._clock.utc_ns(), job_id=job.job_id, cause=drop.cause, reason=drop.reason, checks=drop.checks
            )
        )
        self._tell_soon(job.strategy, JobEnd(job_id=job.job_id, outcome=drop.cause, reason=drop.reason))

    def _start(self, pick: Pick) -> None:
        job = pick.job
        planned = self._preflight.plan(job)
        if isinstance(planned, Unfit):
            self._hold(job, planned.reason)
            return
        amounts = self._leg_amounts(job)
        if amounts is None:
            self._hold(job, "a leg has no price")
            return
        verdict = self._capital.reserve_for_job(job, amounts, lambda granted: self._started(pick, planned, granted))
        if not verdict.is_granted:
            self._hold(job, verdict.reason)
            return
        self.runner.begin(job.job_id, planned)

    def _started(self, pick: Pick, plan: Plan, granted: CapitalVerdict) -> JobStarted:
        return JobStarted(
            at_ns=self._clock.utc_ns(),
            job_id=pick.job.job_id,
            claims=granted.claims,
            checks=(*pick.verdict.checks, *granted.checks, *plan.checks),
            safety=pick.verdict.safety,
            volume=pick.verdict.volume,
            final=pick.verdict.final,
            under_override=pick.verdict.under_override,
            unwind_plan=plan.unwind_text,
        )

    def _leg_amounts(self, job: HedgeJob) -> list[Decimal] | None:
        """Return what each leg is worth in dollars now, None while one has no price."""
        views = self.runner.leg_views(job.legs, job)
        amounts: list[Decimal] = []
        for leg, view in zip(job.legs, views, strict=True):
            price = view.mid
            if view.instrument is None or price is None or view.quote_usd is None:
                return None
            amounts.append(view.instrument.notional(price, leg.quantity) * view.quote_usd)
        return amounts

    def _hold(self, job: HedgeJob, reason: str) -> None:
        self.scheduler.hold(job.job_id, reason, self._clock.utc_ns() + HOLD_NS)

    # ends --------------------------------------------------------------------------------------------

    def finished(self, run: JobRun, fact: JobFinished) -> None:
        """Book a job's end by venue, pause after too many bad ones, and tell its strategy."""
        self._record_results(run, fact)
        now_ns = self._clock.utc_ns()
        limit = self._limits.max_consecutive_failures
        for raised in judge_jobs(self._fold.job_failures.in_a_row, limit, self._fold.halts, now_ns):
            self._recorder.record(raised)
        end = JobEnd(job_id=fact.job_id, outcome=fact.outcome, reason=fact.reason, pnl_usd=fact.pnl_usd)
        self._tell_soon(run.job.strategy, end)

    def _record_results(self, run: JobRun, fact: JobFinished) -> None:
        """Spread a job's result over its venues by their share of what was traded."""
        traded = dict.fromkeys(run.job.venues, ZERO)
        for order in run.orders.values():
            leg = run.job.legs[order.leg]
            traded[leg.venue] += order.notional
        total = sum(traded.values(), ZERO)
        for venue, notional in traded.items():
            if total:
                share = notional / total
                self._capital.record_pnl(venue, fact.pnl_usd * share, fact.volume_usd * share, fact.fees_usd * share)

    def _tell_soon(self, strategy: str, end: JobEnd) -> None:
        # On the next turn of the loop: a strategy that answers every end with a job must not recurse.
        self._call_soon(lambda: self._tell(strategy, end))
