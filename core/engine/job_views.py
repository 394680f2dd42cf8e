"""Show jobs: pending with their scores, running with their legs, and how the newest ones ended."""

from collections.abc import Collection
from decimal import Decimal
from itertools import islice
from typing import Final

from msgspec.structs import astuple, replace

from core.engine.frozen_cause import frozen_cause
from core.engine.naked_value import naked_usd, value_usd
from core.engine.parts import EngineParts
from core.engine.shown_rows import KeptRows
from core.execution.job_run import JobRun
from core.execution.leg_state import leg_state, opened_quantity
from core.jobs.job_book import EndedJob, JobBook
from core.jobs.scheduling import PendingJob
from core.journal.facts import JobDropped, JobStarted
from core.risk.verdict import Check, Hardness
from core.state.desk import CheckView, JobView, LegView
from core.types.job import HedgeJob, JobPhase, Leg
from core.types.job_tag import LegRole

ZERO: Final = Decimal(0)
NS_PER_S: Final = 1_000_000_000
ENDED_PART: Final = 4
OVER: Final = ("finished", "dropped")


class JobViews:
    """Read-only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._kept = KeptRows[JobView]()

    def jobs(self, most: int, statuses: Collection[str] = ()) -> list[JobView]:
        """Return every running job, pending ones by final score and the newest ended ones; without statuses all kinds.

        Running jobs are never left out. Of the room that is left ended ones have a quarter, and more where fewer wait.
        """
        running = self.running() if _is_wanted("running", statuses) else []
        room = max(0, most - len(running))
        over = [status for status in OVER if _is_wanted(status, statuses)]
        ended = self.ended(room, over) if over else []
        is_pending_wanted = _is_wanted("pending", statuses)
        kept = min(len(ended), max(room // ENDED_PART, room - len(self._book.pending))) if is_pending_wanted else room
        pending = self.pending(room - kept) if is_pending_wanted else []
        return [*running, *pending, *ended[:kept]]

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are to show, by status; of ended ones the newest are kept."""
        book = self._book
        found = {"running": len(book.running), "pending": len(book.pending)}
        return found | {"finished": len(book.finished), "dropped": len(book.dropped)}

    def running(self) -> list[JobView]:
        runs = ((each, self._parts.fold.runs.get(job_id)) for job_id, each in self._book.running.items())
        return [self._running(run, each.started) for each, run in runs if run is not None]

    def pending(self, most: int) -> list[JobView]:
        state = self._parts.fold.scheduler.get_scheduler_state(most)
        return [_pending(each) for each in state.pending]

    def ended(self, most: int, statuses: Collection[str] = OVER) -> list[JobView]:
        newest = self._book.ended(len(self._book.finished) + len(self._book.dropped))
        return [self._ended(each) for each in islice((x for x in newest if _status(x) in statuses), most)]

    @property
    def _book(self) -> JobBook:
        return self._parts.fold.scheduler.book

    def _running(self, run: JobRun, started: JobStarted) -> JobView:
        job = run.job
        view = _view(
            job,
            "running",
            phase=run.phase,
            legs=[_leg(run, index, leg) for index, leg in enumerate(job.legs)],
            started=started,
        )
        return replace(
            view,
            reason=frozen_cause(run, self._parts) if run.phase is JobPhase.FROZEN else run.stage_reason,
            naked_usd=naked_usd(run, self._parts.market),
            naked_age_s=None if run.naked_since_ns is None else self._parts.jobs.runner.naked_ns(run) / NS_PER_S,
        )

    def _ended(self, ended: EndedJob) -> JobView:
        end, run = ended.end, self._parts.fold.runs.ended(ended.job.job_id)
        naked_usd = None
        if not isinstance(end, JobDropped):
            naked_usd = value_usd(end.naked_quantity, ended.job.legs[0].instrument_id, self._parts.market)
        # An order of an ended job may still be filled, or be found in doubt.
        made_of = (ended, naked_usd, None if run is None else tuple(map(astuple, run.orders.values())))
        job_id = ended.job.job_id
        return self._kept.find(job_id, made_of) or self._kept.keep(job_id, made_of, _ended(ended, run, naked_usd))


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


def _ended(ended: EndedJob, run: JobRun | None, naked_usd: Decimal | None) -> JobView:
    end = ended.end
    legs = None if run is None else [_leg(run, index, leg) for index, leg in enumerate(ended.job.legs)]
    view = _view(ended.job, _status(ended), legs=legs, started=ended.started)
    if isinstance(end, JobDropped):
        return replace(view, reason=end.reason, ended_ns=end.at_ns, outcome=end.cause.value)
    return replace(
        view,
        reason=end.reason,
        ended_ns=end.at_ns,
        outcome=end.outcome.value,
        pnl_usd=end.pnl_usd,
        fees_usd=end.fees_usd,
        naked_usd=naked_usd,
    )


def _pending(pending: PendingJob) -> JobView:
    return replace(
        _view(pending.job, "pending"),
        safety=pending.safety,
        volume=pending.volume,
        final=pending.final,
        waits_for=pending.waits_for,
    )


def _status(ended: EndedJob) -> str:
    return "dropped" if isinstance(ended.end, JobDropped) else "finished"


def _is_wanted(status: str, statuses: Collection[str]) -> bool:
    return not statuses or status in statuses


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
    filled = opened_quantity(orders)
    notional = sum((order.notional for order in orders if order.role is not LegRole.UNWIND), ZERO)
    view = _planned(leg, leg_state(orders, filled, leg.quantity))
    return replace(view, filled_quantity=filled, average_price=notional / filled if filled else None)
