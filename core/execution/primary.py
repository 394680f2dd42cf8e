"""The primary leg: the next slice, or why there is none."""

from decimal import Decimal
from typing import Final

import msgspec

from core.execution import exposure, hedging
from core.execution.commands import SendOrder
from core.execution.exposure import LegQuantities
from core.execution.patience import has_passed
from core.execution.prices import banded_price, edge_price, is_sendable, on_grid
from core.execution.situation import NS, LegStanding, Situation, known, plan_of
from core.types.control import HaltLevel
from core.types.job_tag import LegRole
from core.types.order import OrderStatus, Side

PATIENCE_NS: Final = 10 * NS  # without a slice that could be sent; then the job makes do with what it has
MOST_BLANKS: Final = 3  # orders in a row that filled nothing


class Wait(msgspec.Struct, frozen=True):
    """No slice now; there may be one later."""

    reason: str


class Stop(msgspec.Struct, frozen=True):
    """No slice any more."""

    reason: str


def next_slice(case: Situation) -> SendOrder | Wait | Stop:
    """Return the next order of the primary leg, at most `max_naked_usd` with what is naked already."""
    reason = _forbidden(case) or _used_up(case)
    if reason is not None:
        return Stop(reason)
    found = _blocked(case)
    if found is None:
        found = _priced(case)
    if isinstance(found, Wait) and has_passed(case.view.now_ns, case.run.last_order_ns, PATIENCE_NS):
        return Stop(f"no slice for {PATIENCE_NS // NS} s: {found.reason}")
    return found


def _forbidden(case: Situation) -> str | None:
    """Say what forbids every new primary order from now on."""
    view, run = case.view, case.run
    if view.cancel_reason is not None:
        return f"cancelled: {view.cancel_reason}"
    for leg in case.legs:
        if leg.view.halt is not HaltLevel.NORMAL:
            return f"{leg.name} is {leg.view.halt.name}"
    if view.plan is None:
        return "the engine was restarted"
    if run.disturbance is not None:
        return run.disturbance
    for leg in case.legs:
        if leg.doubtful:
            return f"order {leg.doubtful[0].client_order_id} on {leg.name} is in doubt"
        trouble = case.rules_changed(leg) or (hedging.rejection(case, leg) or hedging.failure(case, leg))
        if trouble is not None:
            return trouble
    return None


def _used_up(case: Situation) -> str | None:
    """Say why the primary leg's own attempts are over."""
    orders = list(case.run.of_leg(0, LegRole.PRIMARY))
    for order in orders:
        if order.status is OrderStatus.REJECTED:
            return f"{case.legs[0].name} rejected: {order.reason or 'no reason given'}"
    for refusal in case.run.refusals:
        if refusal.role is LegRole.PRIMARY:
            return f"{case.legs[0].name} refused: {refusal.reason}"
    if len(orders) >= 2 * plan_of(case).slice_count + MOST_BLANKS:
        return f"{len(orders)} orders were sent"
    last = orders[-MOST_BLANKS:]
    if len(last) == MOST_BLANKS and all(x.is_over and not x.filled_quantity for x in last):
        return f"{MOST_BLANKS} orders filled nothing"
    return None


def _blocked(case: Situation) -> Wait | Stop | None:
    """Say what has to happen first."""
    if not case.is_idle:
        return Wait("orders are on their way")
    if case.job.legs[0].quantity == case.quantities[0].known:
        return Stop("filled")
    for leg in case.legs[1:]:
        if hedging.is_due(case, leg):
            return Wait(f"{leg.name} is to be hedged first")
    for leg in case.legs:
        flaw = case.flaw(leg, case.view.limits.hedge_bands_bps[-1])
        if flaw is not None:
            return Wait(flaw)
        if leg.view.quote_usd is None:
            return Wait(f"{leg.name}: no dollar rate")
    return None


def _priced(case: Situation) -> SendOrder | Wait | Stop:
    primary = case.legs[0]
    instrument, side = known(primary), primary.leg.side
    touch, bid = primary.view.touch(side), primary.view.best_bid
    touches = tuple(leg.view.touch(leg.leg.side) for leg in case.legs)
    assert touch is not None, "a book without flaw has both sides"
    assert bid is not None, "a book without flaw has both sides"
    band = banded_price(instrument, side, touch, case.view.limits.hedge_bands_bps[0])
    edge = edge_price(case.job, plan_of(case), tuple(x for x in touches if x is not None))
    price = on_grid(instrument, side, min(band, edge) if side is Side.BUY else max(band, edge))
    if price <= 0 or (touch - price) * side.sign > 0:
        return Wait(f"the edge ends at {price:f}, {primary.name} costs {touch:f}")
    ask = primary.view.best_ask
    assert ask is not None, "a book without flaw has both sides"
    quantity = _size(case, max(price, ask))
    if not is_sendable(instrument, quantity, price, bid):
        return Stop(f"{quantity:f} on {primary.name} is less than the venue takes")
    for leg in case.legs[1:]:
        if not _can_hedge(case, leg, quantity):
            return Stop(f"the hedge of {quantity:f} would be less than {leg.name} takes")
    return SendOrder(leg=0, role=LegRole.PRIMARY, side=side, quantity=quantity, limit_price=price, rung=0)


def _size(case: Situation, price: Decimal) -> Decimal:
    """Return the next slice: what is left in equal parts, none beyond what may be naked."""
    instrument, rate = known(case.legs[0]), case.legs[0].view.quote_usd
    assert rate is not None, "asked for with a rate only"
    unit_usd = instrument.notional(price, rate)
    dust = exposure.to_decimal(exposure.naked_share(case.job, case.quantities)) * case.job.legs[0].quantity
    most = case.view.limits.max_naked_usd / unit_usd - dust
    return slice_size(case.job.legs[0].quantity - case.quantities[0].most, most, instrument.order_lot)


def slice_size(left: Decimal, most: Decimal, lot: Decimal) -> Decimal:
    """Cut what is left into the fewest equal slices of at most `most`, in whole lots; the last may be smaller."""
    left_lots, most_lots = int(left // lot), int(max(Decimal(0), most) // lot)
    if left_lots <= 0 or most_lots <= 0:
        return Decimal(0)
    slices = -(-left_lots // most_lots)
    return lot * -(-left_lots // slices)


def _can_hedge(case: Situation, leg: LegStanding, quantity: Decimal) -> bool:
    first, *others = case.quantities
    filled = LegQuantities(first.known + quantity, first.least + quantity, first.most + quantity)
    hedge = exposure.hedgeable(case.job, (filled, *others), leg.index, known(leg))
    bid = leg.view.best_bid
    return bid is not None and is_sendable(known(leg), hedge, bid, bid)
