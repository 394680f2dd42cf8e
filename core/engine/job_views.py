"""Show jobs: pending with their scores, running with their legs, and how the newest ones ended."""

from decimal import Decimal
from itertools import chain, islice
from typing import Final

from core.engine.parts import EngineParts
from core.execution import exposure
from core.execution.job_order import JobOrder
from core.execution.job_run import JobRun
from core.jobs.job_book import EndedJob, JobBook
from core.jobs.scheduling import PendingJob
from core.journal.facts import JobFinished, JobStarted
from core.risk.verdict import Check, Hardness
from core.state.desk import CheckView, JobView, LegView
from core.types.job import HedgeJob, JobPhase, Leg
from core.types.job_tag import LegRole
from core.types.order import OrderStatus

ZERO: Final = Decimal(0)
NS_PER_S: Final = 1_000_000_000


class JobViews:
    """Read-only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def jobs(self, most: int) -> list[JobView]:
        """Return running jobs, then pending ones by final score, then the newest ended ones; at most so many."""
        return list(islice(chain(self.running(), self.pending(most), self.ended(most)), most))

    def running(self) -> list[JobView]:
        runs = ((each, self._parts.fold.runs.get(job_id)) for job_id, each in self._book.running.items())
        return [self._running(run, each.started) for each, run in runs if run is not None]

    def pending(self, most: int) -> list[JobView]:
        state = self._parts.fold.scheduler.get_scheduler_state(most)
        return [_pending(each) for each in state.pending]

    def ended(self, most: int) -> list[JobView]:
        return [_ended(each) for each in islice(reversed(self._book.ended), most)]

    @property
    def _book(self) -> JobBook:
        return self._parts.fold.scheduler.book

    def _running(self, run: JobRun, started: JobStarted) -> JobView:
        job, now_ns = run.job, self._parts.clock.utc_ns()
        since_ns = run.naked_since_ns
        view = _view(
            job,
            "running",
            phase=run.phase,
            legs=[_leg(run, index, leg) for index, leg in enumerate(job.legs)],
            started=started,
        )
        view.reason = run.stage_reason
        view.naked_usd = self._naked_usd(run)
        view.naked_age_s = None if since_ns is None else max(0, now_ns - since_ns) / NS_PER_S
        return view

    def _naked_usd(self, run: JobRun) -> Decimal | None:
        """Return the value of what is known to be filled without its counterpart, None where it has no price."""
        quantity = exposure.naked_quantity(run.job, run.known_quantities())
        if not quantity:
            return ZERO
        primary = run.job.legs[0].instrument_id
        instrument, mark = self._parts.market.instruments.get(primary), self._parts.market.marks.mark(primary)
        rate = None if instrument is None else self._parts.market.marks.asset_usd(primary.venue, instrument.quote)
        if instrument is None or mark is None or rate is None:
            return None
        return abs(instrument.notional(mark.price, quantity)) * rate.price


def check_views(checks: tuple[Check, ...]) -> list[CheckView]:
    """Return controls as they are shown, hard ones first."""
    ordered = sorted(checks, key=lambda check: check.hardness is not Hardness.HARD)
    return [
        CheckView(
            rule=check.rule,
            is_hard=check.hardness is Hardness.HARD,
            unit=check.unit,
            limit=check.limit,
            observed=check.observed,
            passed=check.passed,
            lifted=check.lifted,
        )
        for check in ordered
    ]


def _view(
    job: HedgeJob,
    status: str,
    *,
    phase: JobPhase | None = None,
    legs: list[LegView] | None = None,
    started: JobStarted | None = None,
) -> JobView:
    return JobView(
        job_id=job.job_id,
        status=status,
        phase="" if phase is None else phase.value,
        outcome="",
        strategy_type=job.strategy_type.value,
        strategy=job.strategy,
        symbol=job.symbol,
        notional_usd=job.notional_usd,
        expected_edge_bps=job.expected_edge_bps,
        safety=None if started is None else started.safety,
        volume=None if started is None else started.volume,
        final=None if started is None else started.final,
        waits_for="",
        reason="",
        legs=[_planned(leg) for leg in job.legs] if legs is None else legs,
        naked_usd=None,
        naked_age_s=None,
        pnl_usd=None,
        fees_usd=None,
        under_override=started is not None and started.under_override,
        created_ns=job.created_ns,
        expires_ns=job.expires_ns,
        started_ns=None if started is None else started.at_ns,
        ended_ns=None,
    )


def _pending(pending: PendingJob) -> JobView:
    view = _view(pending.job, "pending")
    view.safety, view.volume, view.final = pending.safety, pending.volume, pending.final
    view.waits_for = pending.waits_for
    return view


def _ended(ended: EndedJob) -> JobView:
    end = ended.end
    view = _view(ended.job, "finished" if isinstance(end, JobFinished) else "dropped", started=ended.started)
    view.reason, view.ended_ns = end.reason, end.at_ns
    if isinstance(end, JobFinished):
        view.outcome, view.pnl_usd, view.fees_usd = end.outcome.value, end.pnl_usd, end.fees_usd
    else:
        view.outcome = end.cause.value
    return view


def _planned(leg: Leg, state: str = "planned") -> LegView:
    return LegView(
        venue=leg.venue,
        symbol=leg.symbol,
        side=leg.side.value,
        quantity=leg.quantity,
        filled_quantity=ZERO,
        average_price=None,
        state=state,
    )


def _leg(run: JobRun, index: int, leg: Leg) -> LegView:
    orders = list(run.of_leg(index))
    opening = [order for order in orders if order.role is not LegRole.UNWIND]
    filled = sum((order.filled_quantity for order in opening), ZERO)
    notional = sum((order.notional for order in opening), ZERO)
    view = _planned(leg, _leg_state(orders, filled, leg.quantity))
    view.filled_quantity = filled
    view.average_price = notional / filled if filled else None
    return view


def _leg_state(orders: list[JobOrder], filled: Decimal, wanted: Decimal) -> str:
    """Say where a leg stands; what is worst comes first."""
    if any(order.status is OrderStatus.IN_DOUBT for order in orders):
        return "in doubt"
    unwinds = [order for order in orders if order.role is LegRole.UNWIND]
    if unwinds:
        return "unwinding" if any(not order.is_over for order in unwinds) else "given back"
    if filled >= wanted:
        return "filled"
    if any(not order.is_over for order in orders):
        return "sent"
    return "partly filled" if filled else "planned"
