"""Does the venue's capital pay for it: the pool, one reservation, and all in flight. Reducing takes nothing."""

from decimal import Decimal

from core.capital.look import CapitalLook
from core.risk.case import Case
from core.risk.rules.finding import Finding, at_most, judged, missing
from core.types.capital import Pool


def capital_pool(case: Case) -> Finding:
    """Demand room in the pool that pays; in safe mode the arb pool pays nothing, not even what it has promised."""
    pool = None if case.draw is None else case.draw.claim.pool
    if (
        case.opening_quantity
        and not case.is_lowering
        and pool is Pool.ARB
        and case.view.capital is not None
        and case.view.capital.safe_mode
    ):
        return judged(False, "hedge and reserve pools: safe mode", f"{pool} pool")
    need = _need(case, f"room in the {pool or 'paying'} pool")
    if isinstance(need, Finding):
        return need
    needed_usd, look = need
    free_usd = None if pool is None else look.free_usd.get(pool)
    if free_usd is None:
        return missing(f"room in the {pool} pool", "pool of that name")
    finding = at_most(needed_usd, free_usd)
    return finding._replace(limit=f"{finding.limit} free in the {pool} pool")


def single_reserve(case: Case) -> Finding:
    need = _need(case, "one reservation")
    if isinstance(need, Finding) or case.draw is None:
        return need if isinstance(need, Finding) else missing("one reservation", "draw")
    return at_most(case.draw.single_usd, need[1].single_limit_usd)


def in_flight(case: Case) -> Finding:
    need = _need(case, "room in flight")
    return need if isinstance(need, Finding) else at_most(need[0], need[1].in_flight_room_usd)


def _need(case: Case, limit: str) -> tuple[Decimal, CapitalLook] | Finding:
    """Return what must be reserved and where from, or the finding where nothing must be or nothing is known."""
    if not case.opening_quantity:
        return judged(True, limit, "not needed: reduces")
    if case.is_lowering:
        return judged(True, limit, "not needed: takes nothing more")
    if case.draw is None:
        return missing(limit, "price, dollar rate or job to value the order with")
    if not case.draw.beyond_usd:  # reserved when the job started, or by the order that is amended
        held = "the leg's claim" if case.view.amended is None else "what the order holds"
        return judged(True, limit, f"not needed: within {held}")
    if case.view.capital is None or case.view.capital.equity_usd is None:
        return missing(limit, "capital of the venue")
    return case.draw.beyond_usd, case.view.capital
