"""What a venue's equity alone says of its capital, as if nothing were reserved or committed."""

from decimal import Decimal

from core.capital.limits import CapitalLimits
from core.capital.look import CapitalLook
from core.types.capital import Pool

ZERO = Decimal(0)


def look_at_equity(venue: str, equity_usd: Decimal | None, limits: CapitalLimits) -> CapitalLook:
    """Return whole pools; an unknown or used up equity gives nothing."""
    usable = ZERO if equity_usd is None else max(ZERO, equity_usd)
    return CapitalLook(
        venue=venue,
        equity_usd=usable or None,
        free_usd={pool: usable * limits.pools.of(pool) for pool in Pool},
        single_limit_usd=usable * limits.max_single_reserve_pct / 100,
        in_flight_room_usd=usable * limits.max_total_notional_pct / 100,
        safe_mode=False,
    )
