"""Does the venue's capital pay for it: the pool, one reservation, and all in flight. Reducing takes nothing."""

from decimal import Decimal

from core.capital.look import CapitalLook
from core.risk.case import Case
from core.risk.rules.finding import Compared, Finding, at_most, judged, missing, worded
from core.types.capital import Pool


def capital_pool(case: Case) -> Finding:
    """Demand room in the pool that pays; in safe mode the arb pool pays nothing, not even what it has promised."""
    pool, look = None if case.draw is None else case.draw.claim.pool, case.view.capital
    free_usd = None if pool is None or look is None or look.equity_usd is None else look.free_usd.get(pool)
    if case.opening_quantity and not case.is_lowering and pool is Pool.ARB and look is not None and look.safe_mode:
        return judged(False, "hedge and reserve pools: safe mode", f"{pool} pool")
    need = _need(case, f"room in the {pool or 'paying'} pool", free_usd)
    if isinstance(need, Finding):
        return need
    if free_usd is None:
        return missing(f"room in the {pool} pool", "pool of that name")
    finding = at_most(need[0], free_usd)
    return worded(finding, f"{finding.limit} free in the {pool} pool")


def single_reserve(case: Case) -> Finding:
    look = case.view.capital
    need = _need(case, "one reservation", None if look is None or look.equity_usd is None else look.single_limit_usd)
    if isinstance(need, Finding) or case.draw is None:
        return need if isinstance(need, Finding) else missing("one reservation", "draw")
    return at_most(case.draw.single_usd, need[1].single_limit_usd)


def in_flight(case: Case) -> Finding:
    look = case.view.capital
    need = _need(case, "room in flight", None if look is None or look.equity_usd is None else look.in_flight_room_usd)
    return need if isinstance(need, Finding) else at_most(need[0], need[1].in_flight_room_usd)


def _need(case: Case, limit: str, room_usd: Decimal | None) -> tuple[Decimal, CapitalLook] | Finding:
    """Return what must be reserved and where from, or the finding where nothing must be or nothing is known.

    `room_usd` is what the limit leaves, None where nobody knows: it is there whether or not this order needs it.
    """
    if not case.opening_quantity:
        return _not_needed(limit, "reduces", room_usd)
    if case.is_lowering:
        return _not_needed(limit, "takes nothing more", room_usd)
    if case.draw is None:
        return missing(limit, "price, dollar rate or job to value the order with")
    if not case.draw.beyond_usd:  # reserved when the job started, or by the order that is amended
        held = "the leg's claim" if case.view.amended is None else "what the order holds"
        return _not_needed(limit, f"within {held}", room_usd)
    if case.view.capital is None or case.view.capital.equity_usd is None:
        return missing(limit, "capital of the venue")
    return case.draw.beyond_usd, case.view.capital


def _not_needed(limit: str, why: str, room_usd: Decimal | None) -> Finding:
    finding = judged(True, limit, f"not needed: {why}")
    return finding if room_usd is None else Compared(finding, Decimal(0), room_usd)
