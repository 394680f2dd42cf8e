"""What a job still allows one more order on a leg, for the order gate: children never exceed their parent."""

from decimal import Decimal
from fractions import Fraction

from core.execution.exposure import Quantities, share, unneeded
from core.execution.job_run import JobRun
from core.risk.view import JobLook
from core.types.capital import Pool
from core.types.job import HedgeJob
from core.types.job_tag import JobTag
from core.types.order import OrderStatus

ZERO = Decimal(0)


def job_look(
    run: JobRun,
    tag: JobTag,
    *,
    without: str,
    account_reads: tuple[int | None, ...],
    pool: Pool,
    claim_left_usd: Decimal,
) -> JobLook:
    """Look at a run as if the order `without` did not exist; what is in doubt counts in the worst way."""
    job, quantities = run.job, run.quantities(account_reads, without)
    leg, own = job.legs[tag.leg], quantities[tag.leg]
    others = [order for order in run.of_leg(tag.leg) if order.client_order_id != without]
    return JobLook(
        leg=leg,
        pool=pool,
        is_running=run.outcome is None,
        is_frozen=any(order.status is OrderStatus.IN_DOUBT for order in others),
        primary_left=leg.quantity - own.most if tag.leg == 0 else ZERO,
        unhedged=_unhedged(job, quantities, tag.leg),
        naked=_positive(unneeded(job, quantities, tag.leg)),
        overdrawn=max(ZERO, -own.most),
        claim_left_usd=claim_left_usd,
    )


def _unhedged(job: HedgeJob, quantities: Quantities, leg: int) -> Decimal:
    """Return what a hedge leg must still trade for what is surely filled of the primary one."""
    if leg == 0:
        return ZERO
    wanted = share(job, 0, quantities[0].least) * Fraction(job.legs[leg].quantity)
    return _positive(wanted - Fraction(quantities[leg].most))


def _positive(value: Fraction) -> Decimal:
    """Return a fraction as Decimal, never more than it is; zero for a negative one."""
    if value <= 0:
        return ZERO
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact if Fraction(exact) <= value else exact.next_minus()
