"""What an order binds of its venue's capital, and which pool pays."""

from decimal import Decimal

import msgspec

from core.risk.view import AmendedLook, JobLook
from core.types.capital import OrderClaim, Pool
from core.types.job_tag import LegRole
from core.types.order import OrderIntent

ZERO = Decimal(0)


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """`claim` is what the order may bind in all; `beyond_usd` what its leg's own claim does not cover.

    Of an amend, what the order holds already covers: `beyond_usd` is the difference. `single_usd` is what one
    reservation comes to with it: many small differences are one order still.
    """

    claim: OrderClaim
    beyond_usd: Decimal
    single_usd: Decimal


def draw_of(
    intent: OrderIntent,
    *,
    unit_usd: Decimal | None,
    opening_quantity: Decimal,
    job: JobLook | None,
    amended: AmendedLook | None = None,
) -> Draw | None:
    """Work out the draw; None where the price, the dollar rate or the job is not known.

    Primary and hedge orders draw on the claim of their leg. Beyond it a primary takes from the pool of its claim, a
    hedge and an unwind from the reserve. Every other order is paid from the arb pool.
    """
    pool = _pool(intent, job)
    if unit_usd is None or pool is None:
        return None
    claim = OrderClaim(pool=pool, unit_usd=unit_usd, opening_quantity=opening_quantity)
    covered = ZERO
    if job is not None and intent.job is not None and intent.job.role is not LegRole.UNWIND:
        covered = max(ZERO, job.claim_left_usd)
    if amended is not None:
        covered = max(ZERO, amended.held_usd)
    beyond_usd = max(ZERO, claim.amount_usd - covered)
    return Draw(claim=claim, beyond_usd=beyond_usd, single_usd=beyond_usd if amended is None else claim.amount_usd)


def _pool(intent: OrderIntent, job: JobLook | None) -> Pool | None:
    if intent.job is None:
        return Pool.ARB
    if intent.job.role is not LegRole.PRIMARY:
        return Pool.RESERVE
    return None if job is None else job.pool
