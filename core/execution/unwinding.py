"""Giving back what could not be hedged: when to begin, the next order, and when to give up."""

from decimal import Decimal
from typing import Final

from core.execution import exposure, hedging
from core.execution.commands import SendOrder
from core.execution.prices import banded_price, is_sendable
from core.execution.situation import NS, LegStanding, Situation, is_open_for_hedges, known
from core.types.control import HaltLevel
from core.types.job import JobPhase
from core.types.job_tag import LegRole
from core.types.order import Side

PATIENCE_NS: Final = 60 * NS  # of a job that could send; then it ends with what is naked, and an alert
FIRST_PAUSE_NS: Final = NS // 4  # after an attempt that filled nothing; doubles each time,
MOST_DOUBLINGS: Final = 4  # so often
EXTRA_BLANKS: Final = 3  # attempts at the last rung
MOST_ORDERS: Final = 24


def reason_to_unwind(case: Situation, stage: JobPhase) -> str | None:
    """Say why the hedge is given up, None while it may go on or nothing can be given back."""
    if not any(is_naked(case, leg) for leg in case.legs):
        return None
    for leg in case.legs[1:]:
        failure = hedging.failure(case, leg)
        if failure is not None:
            return failure
        if leg.view.halt >= HaltLevel.HALTED and hedging.is_due(case, leg):
            return f"{leg.name} is {leg.view.halt.name}"
    if case.is_naked_too_long:
        return f"naked for more than {case.view.limits.max_naked_age_s:g} s"
    is_over = stage is not JobPhase.PRIMARY and case.is_idle
    if is_over and not case.is_within_tolerance and not any(hedging.is_due(case, leg) for leg in case.legs[1:]):
        return "the rest is less than the venue of the hedge takes"
    return None


def is_naked(case: Situation, leg: LegStanding) -> bool:
    """Tell whether so much of a leg is known to be without its counterpart that it could be levelled."""
    instrument = leg.view.instrument
    surplus = abs(exposure.known_excess(case.job, case.quantities, leg.index))
    if instrument is None:
        return surplus > 0
    return case.is_worth_sending(leg, exposure.in_lots(surplus, instrument))


def unwind(case: Situation, leg: LegStanding, age_ns: int) -> SendOrder | None:
    """Return the next order that levels a leg, None where none can be sent now."""
    if not leg.is_idle or not is_pending(case, leg, age_ns) or not is_open_for_hedges(leg):
        return None
    bands, blanks = case.view.limits.unwind_bands_bps, _blanks(case, leg) + len(_refusals(case, leg))
    if blanks and case.view.now_ns - _last_blank_ns(case, leg) < FIRST_PAUSE_NS * 2 ** min(blanks - 1, MOST_DOUBLINGS):
        return None
    if case.flaw(leg, bands[-1]) is not None:
        return None
    rung = min(_shorts(case, leg), len(bands) - 1)
    instrument, (side, quantity) = known(leg), way_back(case, leg)
    touch, bid = leg.view.touch(side), leg.view.best_bid
    assert touch is not None, "a book without flaw has both sides"
    assert bid is not None, "a book without flaw has both sides"
    price = banded_price(instrument, side, touch, bands[rung])
    if not is_sendable(instrument, quantity, price, bid):
        return None
    return SendOrder(leg=leg.index, role=LegRole.UNWIND, side=side, quantity=quantity, limit_price=price, rung=rung)


def way_back(case: Situation, leg: LegStanding) -> tuple[Side, Decimal]:
    """Return the side and the quantity that level a leg whichever way all doubts end, zero where its rules are unknown.

    Against the leg's side: what the others do not need. On its side: what was given back beyond what there was.
    """
    instrument, side = leg.view.instrument, leg.leg.side
    if instrument is None:
        return side.opposite, Decimal(0)
    surplus = exposure.excess(case.job, case.quantities, leg.index, instrument)
    if surplus:
        return side.opposite, surplus
    return side, exposure.overdrawn(case.quantities, leg.index, instrument)


def is_pending(case: Situation, leg: LegStanding, age_ns: int) -> bool:
    """Tell whether a leg has something to give back and is still allowed to try."""
    if not case.is_worth_sending(leg, way_back(case, leg)[1]) or case.rules_changed(leg) is not None:
        return False
    if leg.view.halt >= HaltLevel.HALTED or age_ns > PATIENCE_NS:
        return False
    orders = sum(1 for _ in case.run.attempts(leg.index, LegRole.UNWIND))
    return orders < MOST_ORDERS and _blanks(case, leg) < len(case.view.limits.unwind_bands_bps) + EXTRA_BLANKS


def _shorts(case: Situation, leg: LegStanding) -> int:
    """Return how many attempts ended short, each of which climbs a rung."""
    orders = sum(1 for x in case.run.attempts(leg.index, LegRole.UNWIND) if x.is_over and x.unfilled > 0)
    return orders + len(_refusals(case, leg))


def _blanks(case: Situation, leg: LegStanding) -> int:
    """Return how many orders in a row filled nothing; what the gate refused was no attempt, and time bounds that."""
    orders = list(case.run.attempts(leg.index, LegRole.UNWIND))
    filled_at = max((at for at, x in enumerate(orders) if x.filled_quantity), default=-1)
    return len(orders) - 1 - filled_at


def _last_blank_ns(case: Situation, leg: LegStanding) -> int:
    """Return when the newest attempt ended; one that lies ahead was made before the clock was set back."""
    attempts = [x.ended_ns or x.intended_ns for x in case.run.attempts(leg.index, LegRole.UNWIND)]
    return max((at_ns for at_ns in attempts + _refusals(case, leg) if at_ns <= case.view.now_ns), default=0)


def _refusals(case: Situation, leg: LegStanding) -> list[int]:
    return [x.at_ns for x in case.run.refusals if x.leg == leg.index and x.role is LegRole.UNWIND]
