"""One running job as the fold of the journal's facts about it: the same facts give the same run after a restart."""

from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from typing import Final

import msgspec

from core.execution.exposure import LegQuantities, is_level, naked_quantity
from core.execution.job_history import JobHistory
from core.execution.job_order import ZERO, JobOrder
from core.execution.leg_state import leg_state, opened_quantity
from core.journal.facts import AnyFact, JobCorrected, JobFinished, JobMoved, JobReopened, JobStarted, PositionAdopted
from core.orders.outcome import Applied, TrackerOutcome
from core.types.job import HedgeJob, JobOutcome, JobPhase
from core.types.job_event import JobEvent, JobEventKind, JobEvents
from core.types.job_tag import LegRole
from core.types.order import OrderStatus

STAGES: Final = (JobPhase.PRIMARY, JobPhase.HEDGING, JobPhase.UNWINDING)
"""What a job does, in the only order it does it in; FROZEN lies over each of them."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The gate refused an order of the job."""

    leg: int
    role: LegRole
    reason: str
    at_ns: int
    orders_before: int


class JobRunState(msgspec.Struct, frozen=True, kw_only=True):
    """The run as a value, for snapshots."""

    job: HedgeJob
    started_ns: int
    phase: JobPhase
    stage: JobPhase
    stage_reason: str
    moved_ns: int
    orders: list[JobOrder]
    naked_since_ns: int | None
    disturbance: str | None
    outcome: JobOutcome | None
    told: JobFinished | JobCorrected | None
    stirred_by: str | None
    reopened_ns: int | None
    attempts_from: int
    events: JobEvents = JobEvents()


class JobRun:
    """What a job has done so far. `stage` only moves on; what was begun under it is finished, never begun anew.

    A job that has ended may stir: one of its orders moves after all. It is then reopened and levels what that left.
    """

    def __init__(self, job: HedgeJob, started_ns: int) -> None:
        self.job = job
        self.started_ns = started_ns
        self.phase = JobPhase.PRIMARY
        self.stage = JobPhase.PRIMARY
        self.stage_reason = ""
        self.moved_ns = started_ns
        self.orders: dict[str, JobOrder] = {}  # oldest first
        self.refusals: list[Refusal] = []  # not of the journal: forgotten at a restart
        self.naked_since_ns: int | None = None
        self.naked_quantity = ZERO  # known, in units of the primary leg, signed like a position there
        self.history = JobHistory()
        self.disturbance: str | None = None  # what the venue did to a leg's position by itself
        self.outcome: JobOutcome | None = None  # None while it runs
        self.told: JobFinished | JobCorrected | None = None  # the newest end, also of a job that runs again
        self.stirred_by: str | None = None  # order that moved after the end and was not answered yet
        self.reopened_ns: int | None = None
        self._attempts_from = 0  # how many orders there were when it was reopened: attempts are counted anew

    # folding ---------------------------------------------------------------------------------------

    def apply(self, fact: AnyFact, number: int, moved: TrackerOutcome | None = None) -> None:
        """Fold one fact, the `number`-th of the journal; `moved` is what the order tracker made of it.

        Facts of other jobs change nothing.
        """
        match fact:
            case JobStarted() if fact.job_id == self.job.job_id:
                self.started_ns = self.moved_ns = fact.at_ns
            case JobMoved() if fact.job_id == self.job.job_id:
                self._enter(fact)
            case JobFinished() | JobCorrected() if fact.job_id == self.job.job_id:
                self.outcome, self.told, self.stirred_by = fact.outcome, fact, None
                self._note(JobEventKind.FINISHED, fact.at_ns, fact.outcome, fact.reason)
            case JobReopened() if fact.job_id == self.job.job_id:
                self._reopen(fact)
            case PositionAdopted() if any((x.venue, x.symbol) == (fact.venue, fact.symbol) for x in self.job.legs):
                self.disturbance = f"position of {fact.symbol}@{fact.venue} was taken over: {fact.cause}"
                self._note(JobEventKind.DISTURBED, fact.at_ns, self.phase, self.disturbance)
            case _:
                pass
        if isinstance(moved, Applied):
            self._order_moved(moved, fact.at_ns, number)

    def refused(self, leg: int, role: LegRole, reason: str, at_ns: int) -> None:
        """Take note that the gate refused an order; it counts like the venue's own rejection."""
        self.refusals.append(Refusal(leg=leg, role=role, reason=reason, at_ns=at_ns, orders_before=len(self.orders)))

    def _enter(self, fact: JobMoved) -> None:
        self.phase, self.moved_ns = fact.phase, fact.at_ns
        self._note(JobEventKind.MOVED, fact.at_ns, fact.phase, fact.reason)
        # Doubt ends the opening for good: what follows a frozen primary is hedging at the earliest.
        stage = JobPhase.HEDGING if fact.phase is JobPhase.FROZEN else fact.phase
        if STAGES.index(stage) > STAGES.index(self.stage):
            self.stage, self.stage_reason = stage, fact.reason

    def _reopen(self, fact: JobReopened) -> None:
        self.outcome, self.stirred_by = None, None
        if self.stage is JobPhase.PRIMARY:
            self.stage = JobPhase.HEDGING
        self.phase, self.stage_reason = self.stage, fact.reason
        self.reopened_ns = self.moved_ns = fact.at_ns
        self._attempts_from = len(self.orders)
        self.refusals.clear()
        self.naked_since_ns = None
        self._note_nakedness(fact.at_ns)
        self._note(JobEventKind.REOPENED, fact.at_ns, self.phase, fact.reason)

    def _order_moved(self, moved: Applied, at_ns: int, number: int) -> None:
        intent = moved.order.intent
        if intent.job is None or intent.job.job_id != self.job.job_id:
            return
        known = self.orders.get(intent.client_order_id)
        if known is None:
            known = self.orders[intent.client_order_id] = JobOrder(
                client_order_id=intent.client_order_id,
                leg=intent.job.leg,
                role=intent.job.role,
                side=intent.side,
                quantity=intent.quantity,
                status=moved.order.status,
                intended_ns=at_ns,
            )
            if intent.job.role is LegRole.PRIMARY:
                self.naked_since_ns, self.naked_quantity = None, ZERO  # a slice begins on dust only
            self._note_order(JobEventKind.SENT, at_ns, known, known.quantity)
        filled_before, was_over, status_before = known.filled_quantity, known.is_over, known.status
        known.follow(moved.order, moved.fills, at_ns, number)
        if known.filled_quantity != filled_before:
            self._note_nakedness(at_ns)
            self._note_order(JobEventKind.FILLED, at_ns, known, known.filled_quantity - filled_before)
        if known.is_over and not was_over and known.unfilled > 0:
            self._note_order(JobEventKind.ENDED, at_ns, known)
        elif known.status is OrderStatus.IN_DOUBT and status_before is not OrderStatus.IN_DOUBT:
            self._note_order(JobEventKind.DOUBTED, at_ns, known)
        if self.outcome is not None and (known.filled_quantity != filled_before or not known.is_over):
            self.stirred_by = known.client_order_id

    def _note_nakedness(self, at_ns: int) -> None:
        quantities = self.known_quantities()
        if is_level(self.job, quantities):
            self.naked_since_ns, self.naked_quantity = None, ZERO
            return
        self.naked_quantity = naked_quantity(self.job, quantities)
        if self.naked_since_ns is None:
            self.naked_since_ns = at_ns

    # telling ---------------------------------------------------------------------------------------

    def _note(self, kind: JobEventKind, at_ns: int, state: str, text: str) -> None:
        self.history.note(JobEvent(at_ns, kind, None, str(state), ZERO, ZERO, self.naked_quantity, text))

    def _note_order(self, kind: JobEventKind, at_ns: int, order: JobOrder, quantity: Decimal = ZERO) -> None:
        orders = tuple(self.of_leg(order.leg))
        filled = opened_quantity(orders)
        state = leg_state(orders, filled, self.job.legs[order.leg].quantity)
        text = f"{order.role} {order.client_order_id}"
        if kind in {JobEventKind.ENDED, JobEventKind.DOUBTED}:
            text += f" {order.status}" + (f": {order.reason}" if order.reason else "")
        self.history.note(JobEvent(at_ns, kind, order.leg, state, quantity, filled, self.naked_quantity, text))

    # reading ---------------------------------------------------------------------------------------

    def of_leg(self, leg: int, role: LegRole | None = None) -> Iterator[JobOrder]:
        """Yield the orders of a leg, oldest first."""
        return (x for x in self.orders.values() if x.leg == leg and (role is None or x.role is role))

    def attempts(self, leg: int, role: LegRole) -> Iterator[JobOrder]:
        """Yield the orders of a leg that were sent since the job began, or was reopened."""
        late = tuple(self.orders.values())[self._attempts_from :]
        return (x for x in late if x.leg == leg and x.role is role)

    def known_quantities(self) -> tuple[LegQuantities, ...]:
        """Return per leg what is filled for certain, taking every order for over."""
        return tuple(self._quantities(leg, ()) for leg in range(len(self.job.legs)))

    def quantities(
        self, account_reads: tuple[int | None, ...], without: str | None = None
    ) -> tuple[LegQuantities, ...]:
        """Return per leg what is filled, at least and at most; `account_reads` per leg as in `LegView`.

        The order named by `without` counts as if it did not exist.
        """
        return tuple(
            self._quantities(
                leg,
                tuple(x for x in self.of_leg(leg) if x.client_order_id != without and x.may_still_fill(read)),
            )
            for leg, read in enumerate(account_reads)
        )

    def _quantities(self, leg: int, open_ended: tuple[JobOrder, ...]) -> LegQuantities:
        side = self.job.legs[leg].side
        known = sum((x.filled_quantity * (1 if x.side is side else -1) for x in self.of_leg(leg)), ZERO)
        taking = sum((x.unfilled for x in open_ended if x.side is side), ZERO)
        giving_back = sum((x.unfilled for x in open_ended if x.side is not side), ZERO)
        return LegQuantities(known=known, least=known - giving_back, most=known + taking)

    @property
    def orders_of_slice(self) -> tuple[JobOrder, ...]:
        """Return the orders from the newest primary one on; of a reopened job those sent since."""
        orders = tuple(self.orders.values())
        return orders[max(self._slice_start(orders), self._attempts_from) :]

    @property
    def refusals_of_slice(self) -> tuple[Refusal, ...]:
        start = self._slice_start(tuple(self.orders.values()))
        return tuple(refusal for refusal in self.refusals if refusal.orders_before > start or start == 0)

    @staticmethod
    def _slice_start(orders: tuple[JobOrder, ...]) -> int:
        return max((at for at, order in enumerate(orders) if order.role is LegRole.PRIMARY), default=0)

    @property
    def last_order_ns(self) -> int:
        """Return when the newest order was sent or ended, the start where there is none."""
        return max((max(x.intended_ns, x.ended_ns or 0) for x in self.orders.values()), default=self.started_ns)

    # snapshots -------------------------------------------------------------------------------------

    def to_state(self) -> JobRunState:
        return JobRunState(
            job=self.job,
            started_ns=self.started_ns,
            phase=self.phase,
            stage=self.stage,
            stage_reason=self.stage_reason,
            moved_ns=self.moved_ns,
            orders=[copy(order) for order in self.orders.values()],
            naked_since_ns=self.naked_since_ns,
            disturbance=self.disturbance,
            outcome=self.outcome,
            told=self.told,
            stirred_by=self.stirred_by,
            reopened_ns=self.reopened_ns,
            attempts_from=self._attempts_from,
            events=self.history.to_state(),
        )

    @classmethod
    def restore(cls, state: JobRunState) -> "JobRun":
        """Return what `to_state` saw."""
        run = cls(state.job, state.started_ns)
        run.phase, run.stage, run.stage_reason = state.phase, state.stage, state.stage_reason
        run.moved_ns, run.naked_since_ns = state.moved_ns, state.naked_since_ns
        run.disturbance, run.outcome, run.told = state.disturbance, state.outcome, state.told
        run.stirred_by, run.reopened_ns, run._attempts_from = state.stirred_by, state.reopened_ns, state.attempts_from
        run.orders = {order.client_order_id: copy(order) for order in state.orders}
        run.history = JobHistory(state.events)
        if run.naked_since_ns is not None:
            run.naked_quantity = naked_quantity(run.job, run.known_quantities())
        return run
