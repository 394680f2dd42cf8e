"""What a running job does next: a pure function of what it has done and what is to be seen.

States, hazards and invariants are in docs/execution.md.
"""

from collections.abc import Iterator
from typing import Final

from core.execution import hedging
from core.execution.commands import AskAccount, CancelOrder, Command, EnterPhase, FinishJob, SendOrder
from core.execution.ending import finish
from core.execution.job_order import JobOrder
from core.execution.job_run import JobRun
from core.execution.patience import has_passed
from core.execution.primary import Stop, next_slice
from core.execution.situation import (
    CANCEL_AGAIN_NS,
    MOST_CANCELS,
    NS,
    ORDER_PATIENCE_NS,
    LegStanding,
    Situation,
    assess,
)
from core.execution.unwinding import is_pending, reason_to_unwind, unwind
from core.execution.view import RunView
from core.types.control import HaltLevel
from core.types.job import JobPhase
from core.types.job_tag import LegRole
from core.types.order import OrderStatus

FILLS_PATIENCE_NS: Final = NS // 4  # between "filled" and its fills; then the account is asked


def decide(run: JobRun, view: RunView) -> list[Command]:
    """Return what to do now, to be carried out in order and to the end before the next call.

    Called on every event of the job's orders and on a timer. With the same facts and the same view it returns the
    same commands; an order that was sent is in the run before the next call, so that it is not sent again.
    """
    if run.outcome is not None:
        return []
    case = assess(run, view)
    stages = list(_stages(case))
    stage = stages[-1].phase if stages else run.stage
    age_ns = 0 if stages or run.phase is JobPhase.FROZEN else view.phase_age_ns
    reason = stages[-1].reason if stages else run.stage_reason
    frozen = _frozen(case, stage, age_ns)
    sends = list(_sends(case, stage, age_ns))
    end: FinishJob | None = None
    if frozen is None and not sends and _is_over(case, stage, age_ns):
        end = finish(case, reason)
        frozen = "a dollar rate is missing: the profit cannot be told" if end is None else None
    commands: list[Command] = [*_moves(run, stages, stage, frozen), *_cancels(case, stage), *_questions(case), *sends]
    return commands if end is None else [*commands, end]


def _stages(case: Situation) -> Iterator[EnterPhase]:
    """Yield the stages that are entered now; none is ever left backwards."""
    stage = case.run.stage
    if stage is JobPhase.PRIMARY:
        found = next_slice(case)
        if isinstance(found, Stop):
            stage = JobPhase.HEDGING
            yield EnterPhase(phase=stage, reason=found.reason)
    if stage is not JobPhase.UNWINDING:
        reason = reason_to_unwind(case, stage)
        if reason is not None:
            yield EnterPhase(phase=JobPhase.UNWINDING, reason=reason)


def _frozen(case: Situation, stage: JobPhase, age_ns: int) -> str | None:
    """Say what nobody but the venue or a person can move on, None where nothing is stuck."""
    for leg in case.legs:
        if leg.doubtful:
            return f"order {leg.doubtful[0].client_order_id} on {leg.name} is in doubt"
    if stage is JobPhase.UNWINDING:
        for leg in case.legs:
            if leg.view.halt is HaltLevel.CANCEL_ONLY and is_pending(case, leg, age_ns):
                return f"{leg.name} takes cancels only"
    return None


def _moves(run: JobRun, stages: list[EnterPhase], stage: JobPhase, frozen: str | None) -> Iterator[EnterPhase]:
    yield from stages
    if frozen is not None:
        if stages or run.phase is not JobPhase.FROZEN:
            yield EnterPhase(phase=JobPhase.FROZEN, reason=frozen)
    elif run.phase is JobPhase.FROZEN and not stages:
        yield EnterPhase(phase=stage, reason="the doubt is resolved")


def _sends(case: Situation, stage: JobPhase, age_ns: int) -> Iterator[SendOrder]:
    if stage is JobPhase.UNWINDING:
        found = [unwind(case, leg, age_ns) for leg in case.legs]
    else:
        found = [hedging.hedge(case, leg) for leg in case.legs[1:]]
    hedges = [order for order in found if order is not None]
    yield from hedges
    if stage is JobPhase.PRIMARY and not hedges:
        primary = next_slice(case)
        if isinstance(primary, SendOrder):
            yield primary


def _cancels(case: Situation, stage: JobPhase) -> Iterator[CancelOrder]:
    widest_bps = case.view.limits.hedge_bands_bps[-1]
    is_hedge_blind = any(case.flaw(leg, widest_bps) is not None for leg in case.legs[1:])
    for leg in case.legs:
        for order in leg.in_flight:
            is_unwanted = leg.view.halt > HaltLevel.REDUCE_ONLY
            if order.role is LegRole.PRIMARY:
                is_unwanted |= stage is not JobPhase.PRIMARY or is_hedge_blind  # F15
            elif order.role is LegRole.HEDGE:
                is_unwanted |= stage is JobPhase.UNWINDING
            if (is_unwanted or _lives_too_long(order, case.view.now_ns)) and _may_cancel(order, case.view.now_ns):
                yield CancelOrder(client_order_id=order.client_order_id)


def _lives_too_long(order: JobOrder, now_ns: int) -> bool:
    # Until it is answered the order desk waits for it, and calls it in doubt by itself.
    return order.status is not OrderStatus.INTENDED and has_passed(now_ns, order.intended_ns, ORDER_PATIENCE_NS)


def _may_cancel(order: JobOrder, now_ns: int) -> bool:
    if order.status.is_final or order.cancels_asked >= MOST_CANCELS:
        return False
    return order.cancel_asked_ns is None or has_passed(now_ns, order.cancel_asked_ns, CANCEL_AGAIN_NS)


def _questions(case: Situation) -> Iterator[AskAccount]:
    venues = dict.fromkeys(leg.leg.venue for leg in case.legs if _is_unsaid(leg, case.view.now_ns))
    return (AskAccount(venue=venue) for venue in venues)


def _is_unsaid(leg: LegStanding, now_ns: int) -> bool:
    """Tell whether only the account can say what became of an order."""
    is_stuck = any(order.status is not OrderStatus.IN_DOUBT for order in leg.doubtful)
    fills_missing = any(
        order.awaits_fills and has_passed(now_ns, order.ended_ns or now_ns, FILLS_PATIENCE_NS)
        for order in leg.in_flight
    )
    return bool(leg.unsettled) or is_stuck or fills_missing


def _is_over(case: Situation, stage: JobPhase, age_ns: int) -> bool:
    if stage is JobPhase.PRIMARY or not case.is_idle:
        return False
    if stage is JobPhase.UNWINDING:
        return not any(is_pending(case, leg, age_ns) for leg in case.legs)
    return case.is_naked_too_long or not any(_may_be_hedged(case, leg) for leg in case.legs[1:])


def _may_be_hedged(case: Situation, leg: LegStanding) -> bool:
    return hedging.is_due(case, leg) and hedging.failure(case, leg) is None and leg.view.halt < HaltLevel.HALTED
