"""The other legs: hedge what of the primary leg is filled, rung by rung, and never more."""

from decimal import Decimal

from core.execution import exposure
from core.execution.commands import SendOrder
from core.execution.job_order import JobOrder
from core.execution.prices import banded_price, is_sendable
from core.execution.situation import LegStanding, Situation, is_open_for_hedges, known
from core.types.job_tag import LegRole
from core.types.order import OrderStatus


def hedge(case: Situation, leg: LegStanding) -> SendOrder | None:
    """Return the next hedge order of a leg, None where there is nothing to hedge or nothing can be sent."""
    bands = case.view.limits.hedge_bands_bps
    rung = len(_misses(case, leg))
    if not leg.is_idle or not is_open_for_hedges(leg) or rung >= len(bands) or rejection(case, leg) is not None:
        return None
    if case.flaw(leg, bands[-1]) is not None:
        return None
    instrument, side = known(leg), leg.leg.side
    touch, bid = leg.view.touch(side), leg.view.best_bid
    assert touch is not None, "a book without flaw has both sides"
    assert bid is not None, "a book without flaw has both sides"
    quantity = exposure.hedgeable(case.job, case.quantities, leg.index, instrument)
    price = banded_price(instrument, side, touch, bands[rung])
    if not is_sendable(instrument, quantity, price, bid):
        return None
    return SendOrder(leg=leg.index, role=LegRole.HEDGE, side=side, quantity=quantity, limit_price=price, rung=rung)


def is_due(case: Situation, leg: LegStanding) -> bool:
    """Tell whether a leg has something to hedge that its venue would take."""
    return case.is_worth_sending(leg, lacking(case, leg))


def lacking(case: Situation, leg: LegStanding) -> Decimal:
    """Return what may be hedged on a leg, zero where its rules are unknown."""
    instrument = leg.view.instrument
    return Decimal(0) if instrument is None else exposure.hedgeable(case.job, case.quantities, leg.index, instrument)


def failure(case: Situation, leg: LegStanding) -> str | None:
    """Say why a leg will not be hedged any further, None while it may be."""
    if not is_due(case, leg):
        return None
    refusal = rejection(case, leg)
    if refusal is not None:
        return refusal
    if len(_misses(case, leg)) >= len(case.view.limits.hedge_bands_bps):
        return f"{leg.name} was not filled on any rung"
    return None


def rejection(case: Situation, leg: LegStanding) -> str | None:
    """Say who refused a hedge of this slice, None where nobody did."""
    for order in case.run.orders_of_slice:
        if order.leg == leg.index and order.role is LegRole.HEDGE and order.status is OrderStatus.REJECTED:
            return f"{leg.name} rejected: {order.reason or 'no reason given'}"
    for refusal in case.run.refusals_of_slice:
        if refusal.leg == leg.index and refusal.role is LegRole.HEDGE:
            return f"{leg.name} refused: {refusal.reason}"
    return None


def _misses(case: Situation, leg: LegStanding) -> tuple[JobOrder, ...]:
    """Return the hedges of this slice that ended short."""
    orders = case.run.orders_of_slice
    return tuple(x for x in orders if x.leg == leg.index and x.role is LegRole.HEDGE and x.is_over and x.unfilled > 0)
