"""What an order may do for its job: child orders never exceed their parent.

A hedge of what has been filled, or the giving back of what could not be hedged, makes the job's net smaller. Such an
order completes what was begun: it is let out where new risk is not, up to the job's own open quantity and no further.
"""

from decimal import Decimal

from core.risk.view import JobLook
from core.types.job_tag import LegRole
from core.types.order import OrderIntent


def allowance(intent: OrderIntent, job: JobLook) -> Decimal:
    """Return the quantity that the job still allows an order of this role; zero for an order that is not its own."""
    if intent.job is None or not job.is_running or job.is_frozen or not _is_on_its_leg(intent, job):
        return Decimal(0)
    match intent.job.role:
        case LegRole.PRIMARY:
            return max(Decimal(0), job.primary_left)
        case LegRole.HEDGE:
            return max(Decimal(0), job.unhedged)
        case LegRole.UNWIND:
            return max(Decimal(0), job.overdrawn if intent.side is job.leg.side else job.naked)


def completes(intent: OrderIntent, job: JobLook | None) -> bool:
    """Tell whether an order hedges or gives back no more than its job has open."""
    if job is None or intent.job is None or intent.job.role is LegRole.PRIMARY:
        return False
    return Decimal(0) < intent.quantity <= allowance(intent, job)


def _is_on_its_leg(intent: OrderIntent, job: JobLook) -> bool:
    levels = intent.job is not None and intent.job.role is LegRole.UNWIND
    return intent.instrument_id == job.leg.instrument_id and (levels or intent.side is job.leg.side)
