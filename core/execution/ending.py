"""How a job ends: outcome and money, told from its fills alone."""

from decimal import Decimal

import msgspec

from core.execution import exposure
from core.execution.commands import FinishJob
from core.execution.exposure import Quantities
from core.execution.job_order import ZERO
from core.execution.job_run import JobRun
from core.execution.situation import LegStanding, Situation
from core.journal.facts import JobCorrected, JobFinished
from core.types.job import JobOutcome, VenueResult
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
    pnl_usd = sum((each.pnl_usd for each in known), ZERO)
    return FinishJob(
        outcome=outcome_of(case.run, quantities, case.view.limits.hedge_tolerance_pct),
        reason=reason,
        pnl_usd=pnl_usd,
        volume_usd=sum((each.volume_usd for each in known), ZERO),
        fees_usd=sum((each.fees_usd for each in known), ZERO),
        naked_quantity=exposure.naked_quantity(case.job, quantities),
        venues=_by_venue(case, known, pnl_usd),
    )


def end_fact(run: JobRun, end: FinishJob, at_ns: int) -> JobFinished | JobCorrected:
    """Return the fact of an end: the first of a job, or what takes the place of the one told before."""
    told = run.told
    if told is None:
        return JobFinished(
            at_ns=at_ns,
            job_id=run.job.job_id,
            outcome=end.outcome,
            reason=end.reason,
            pnl_usd=end.pnl_usd,
            volume_usd=end.volume_usd,
            fees_usd=end.fees_usd,
            naked_quantity=end.naked_quantity,
            venues=end.venues,
        )
    return JobCorrected(
        at_ns=at_ns,
        job_id=run.job.job_id,
        outcome=end.outcome,
        reason=end.reason,
        pnl_usd=end.pnl_usd,
        volume_usd=end.volume_usd,
        fees_usd=end.fees_usd,
        naked_quantity=end.naked_quantity,
        venues=end.venues,
        before=told.outcome,
        change=_change(end.venues, told.venues),
    )


def _change(now: tuple[VenueResult, ...], before: tuple[VenueResult, ...]) -> tuple[VenueResult, ...]:
    """Return by venue what has come to what was told before."""
    told = {each.venue: each for each in before}
    found: list[VenueResult] = []
    for each in now:
        was = told.get(each.venue, VenueResult(venue=each.venue, pnl_usd=ZERO, volume_usd=ZERO, fees_usd=ZERO))
        found.append(
            VenueResult(
                venue=each.venue,
                pnl_usd=each.pnl_usd - was.pnl_usd,
                volume_usd=each.volume_usd - was.volume_usd,
                fees_usd=each.fees_usd - was.fees_usd,
            )
        )
    return tuple(found)


def _by_venue(case: Situation, money: list[Money], pnl_usd: Decimal) -> tuple[VenueResult, ...]:
    """Split the result: volume and fees where they arose, the profit by volume; nothing where nothing was traded.

    A leg alone has no profit worth the name: what one leg buys the other sells.
    """
    volumes, fees = dict.fromkeys(case.job.venues, ZERO), dict.fromkeys(case.job.venues, ZERO)
    for leg, each in zip(case.legs, money, strict=True):
        volumes[leg.leg.venue] += each.volume_usd
        fees[leg.leg.venue] += each.fees_usd
    traded = [venue for venue, volume_usd in volumes.items() if volume_usd]
    total, left = sum(volumes.values(), ZERO), pnl_usd
    found: list[VenueResult] = []
    for venue in traded:
        # The last one takes what rounding leaves, so that the parts add up to the whole.
        part = left if venue == traded[-1] else pnl_usd * volumes[venue] / total
        left -= part
        found.append(VenueResult(venue=venue, pnl_usd=part, volume_usd=volumes[venue], fees_usd=fees[venue]))
    return tuple(found)


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
