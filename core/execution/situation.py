"""Where a job stands at one moment: each leg's orders by what is known of them, and what may be sent there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.execution import exposure
from core.execution.exposure import Quantities
from core.execution.job_order import JobOrder
from core.execution.job_run import JobRun
from core.execution.patience import has_passed
from core.execution.plan import Plan
from core.execution.prices import book_flaw
from core.execution.view import LegView, RunView
from core.types.control import HaltLevel
from core.types.instrument import Instrument
from core.types.job import HedgeJob, Leg
from core.types.order import OrderStatus

NS: Final = 1_000_000_000
ORDER_PATIENCE_NS: Final = 2 * NS  # an immediate-or-cancel order that lives longer is cancelled
CANCEL_AGAIN_NS: Final = 2 * NS
MOST_CANCELS: Final = 3  # unanswered ones; then the order counts as in doubt until the account says otherwise
WORD_PATIENCE_NS: Final = 5 * NS  # for the account, or missing fills, after an order's end; then it is in doubt too


@dataclass(frozen=True, slots=True)
class LegStanding:
    """One leg; its orders that are not settled, each in one of three groups."""

    index: int
    leg: Leg
    view: LegView
    in_flight: tuple[JobOrder, ...]
    doubtful: tuple[JobOrder, ...]
    unsettled: tuple[JobOrder, ...]  # said to be over, and the account was not read since

    @property
    def is_idle(self) -> bool:
        return not (self.in_flight or self.doubtful or self.unsettled)

    @property
    def name(self) -> str:
        return f"leg {self.index} ({self.leg.instrument_id})"


@dataclass(frozen=True, slots=True)
class Situation:
    run: JobRun
    view: RunView
    legs: tuple[LegStanding, ...]
    quantities: Quantities

    @property
    def job(self) -> HedgeJob:
        return self.run.job

    @property
    def is_idle(self) -> bool:
        return all(leg.is_idle for leg in self.legs)

    @property
    def is_naked_too_long(self) -> bool:
        return self.view.naked_age_ns > self.view.limits.max_naked_age_s * NS

    @property
    def is_within_tolerance(self) -> bool:
        """Tell whether what is naked is small enough to be called dust."""
        tolerance = self.view.limits.hedge_tolerance_pct / 100
        return exposure.naked_share(self.job, self.quantities) <= tolerance

    def flaw(self, leg: LegStanding, widest_bps: Decimal) -> str | None:
        """Say why nothing can be priced on a leg, None where it can."""
        changed = self.rules_changed(leg)
        return changed or book_flaw(leg.view, self.view.now_ns, self.view.stale_after_ns, widest_bps)

    def rules_changed(self, leg: LegStanding) -> str | None:
        """Say that a leg's unit is another one than at the start (F35): its quantities mean nothing any more."""
        plan, instrument = self.view.plan, leg.view.instrument
        if plan is None or instrument is None or instrument.contract_size == plan.contract_sizes[leg.index]:
            return None
        return f"{leg.name}: contract size changed to {instrument.contract_size:f}"

    def is_worth_sending(self, leg: LegStanding, quantity: Decimal) -> bool:
        """Tell whether a quantity reaches the venue's minimums, as far as they can be judged without a usable book."""
        instrument = leg.view.instrument
        if instrument is None:
            return quantity > 0
        if quantity <= 0 or quantity < instrument.min_quantity:
            return False
        bid = leg.view.best_bid
        return bid is None or instrument.notional(bid, quantity) >= instrument.min_notional


def assess(run: JobRun, view: RunView) -> Situation:
    """Sort what is known of a run by what it lets one do."""
    if len(view.legs) != len(run.job.legs):
        raise ValueError(f"job {run.job.job_id} has {len(run.job.legs)} legs, the view {len(view.legs)}")
    legs = tuple(_standing(run, view, index) for index in range(len(run.job.legs)))
    return Situation(run, view, legs, run.quantities(tuple(leg.account_read for leg in view.legs)))


def known(leg: LegStanding) -> Instrument:
    """Return the instrument of a leg whose book was found without flaw."""
    assert leg.view.instrument is not None, "a leg without instrument has a flaw"
    return leg.view.instrument


def is_open_for_hedges(leg: LegStanding) -> bool:
    return leg.view.halt <= HaltLevel.REDUCE_ONLY


def _standing(run: JobRun, view: RunView, index: int) -> LegStanding:
    in_flight: list[JobOrder] = []
    doubtful: list[JobOrder] = []
    unsettled: list[JobOrder] = []
    for order in run.of_leg(index):
        if not order.may_still_fill(view.legs[index].account_read):
            continue
        if order.status is OrderStatus.IN_DOUBT or _is_stuck(order, view.now_ns):
            doubtful.append(order)
        elif order.is_over:
            unsettled.append(order)
        else:
            in_flight.append(order)
    leg = run.job.legs[index]
    return LegStanding(index, leg, view.legs[index], tuple(in_flight), tuple(doubtful), tuple(unsettled))


def _is_stuck(order: JobOrder, now_ns: int) -> bool:
    if order.ended_ns is not None:
        return has_passed(now_ns, order.ended_ns, WORD_PATIENCE_NS)
    if order.cancel_asked_ns is None or order.cancels_asked < MOST_CANCELS:
        return False
    return has_passed(now_ns, order.cancel_asked_ns, CANCEL_AGAIN_NS)


def plan_of(case: Situation) -> Plan:
    """Return the plan of a job that may still open; after a restart there is none and it may not."""
    assert case.view.plan is not None, "without a plan nothing is opened"
    return case.view.plan
