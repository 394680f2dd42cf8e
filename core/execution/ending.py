"""How a job ends: outcome and money, told from its fills alone."""

from decimal import Decimal

import msgspec

from core.execution import exposure
from core.execution.commands import FinishJob
from core.execution.exposure import Quantities
from core.execution.job_order import ZERO
from core.execution.job_run import JobRun
from core.execution.situation import LegStanding, Situation
from core.types.job import JobOutcome
from core.types.job_tag import LegRole


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """In USD; `pnl_usd` is after fees, with what is naked at its last price."""

    pnl_usd: Decimal = ZERO
    volume_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO


def finish(case: Situation, reason: str) -> FinishJob | None:
    """Return the end of a job, None while its money cannot be told for want of a dollar rate."""
    quantities = case.run.known_quantities()
    money = [_money(case, leg, quantities) for leg in case.legs]
    if any(each is None for each in money):
        return None
    known = [each for each in money if each is not None]
    return FinishJob(
        outcome=outcome_of(case.run, quantities, case.view.limits.hedge_tolerance_pct),
        reason=reason,
        pnl_usd=sum((each.pnl_usd for each in known), ZERO),
        volume_usd=sum((each.volume_usd for each in known), ZERO),
        fees_usd=sum((each.fees_usd for each in known), ZERO),
        naked_quantity=exposure.naked_quantity(case.job, quantities),
    )


def outcome_of(run: JobRun, quantities: Quantities, tolerance_pct: Decimal) -> JobOutcome:
    """Judge by what was filled; what is naked within the tolerance is dust."""
    tolerance = tolerance_pct / 100
    if not any(order.filled_quantity for order in run.orders.values()):
        return JobOutcome.NOTHING
    if exposure.naked_share(run.job, quantities) > tolerance:
        return JobOutcome.NAKED
    if any(order.filled_quantity for order in run.orders.values() if order.role is LegRole.UNWIND):
        return JobOutcome.UNWOUND
    if 1 - min(exposure.shares(run.job, quantities)) <= tolerance:
        return JobOutcome.COMPLETED
    return JobOutcome.PARTIAL


def _money(case: Situation, leg: LegStanding, quantities: Quantities) -> Money | None:
    """Return a leg's part: what was sold less what was bought, less fees, plus its naked rest at the last price."""
    orders = [order for order in case.run.of_leg(leg.index) if order.filled_quantity]
    if not orders:
        return Money()
    rate, size = leg.view.quote_usd, _contract_size(case, leg)
    if rate is None or size is None:
        return None
    cash = sum((-order.side.sign * order.notional for order in orders), ZERO)
    rest = exposure.to_decimal(exposure.known_excess(case.job, quantities, leg.index)) * leg.leg.side.sign
    fees_usd = sum((order.fees for order in orders), ZERO) * rate
    return Money(
        pnl_usd=(cash + rest * _last_price(case, leg)) * size * rate - fees_usd,
        volume_usd=sum((order.notional for order in orders), ZERO) * size * rate,
        fees_usd=fees_usd,
    )


def _contract_size(case: Situation, leg: LegStanding) -> Decimal | None:
    """Return the unit its fills were made in: the plan's, where the venue has changed it since."""
    if case.view.plan is not None:
        return case.view.plan.contract_sizes[leg.index]
    return None if leg.view.instrument is None else leg.view.instrument.contract_size


def _last_price(case: Situation, leg: LegStanding) -> Decimal:
    mid = leg.view.mid
    if mid is not None:
        return mid
    prices = [order.last_price for order in case.run.of_leg(leg.index) if order.last_price is not None]
    return prices[-1] if prices else ZERO
