"""What a leg of a job claims: the value of what it opens. What of it closes a position binds nothing."""

from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

from core.ledger.position import EXACT, ZERO
from core.types.capital import Claim, Pool

_UP: Final = Context(prec=EXACT.prec, rounding=ROUND_CEILING)
_STEP: Final = Decimal("1e-6")  # claims for a part of a leg are rounded up to whole millionths of a dollar


def closing_part(quantity: Decimal, closable: Decimal) -> Decimal:
    """Return how much of a leg closes a position; nothing where that is not known."""
    if not (closable.is_finite() and closable > 0):
        return ZERO
    return min(quantity, closable)


def leg_claim(venue: str, pool: Pool, leg_usd: Decimal, quantity: Decimal, closes: Decimal) -> Claim:
    """Return the claim of a leg worth `leg_usd` in all, of whose quantity a part closes a position."""
    if not closes:
        return Claim(venue=venue, pool=pool, amount_usd=leg_usd)
    opens = EXACT.subtract(quantity, closes)
    exact = _UP.divide(_UP.multiply(leg_usd, opens), quantity)
    amount_usd = min(leg_usd, exact.quantize(_STEP, ROUND_CEILING, EXACT)) if opens else ZERO
    return Claim(venue=venue, pool=pool, amount_usd=amount_usd, closes=closes, leg_usd=leg_usd)
