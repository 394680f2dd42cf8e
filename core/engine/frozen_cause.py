"""Why a job is frozen at this moment: what it waits for may change without another word in the journal."""

from core.engine.parts import EngineParts
from core.execution.job_order import JobOrder
from core.execution.job_run import JobRun
from core.types.control import HaltLevel
from core.types.job import Leg
from core.types.order import OrderStatus


def frozen_cause(run: JobRun, parts: EngineParts) -> str:
    """Return what only the venue or a person can move on, the gravest first."""
    for index, leg in enumerate(run.job.legs):
        account_read = parts.account_reads.read(leg.venue)
        open_orders = [order for order in run.of_leg(index) if order.may_still_fill(account_read)]
        # In doubt comes first: of the others the venue has at least said something.
        for order in sorted(open_orders, key=lambda each: each.status is not OrderStatus.IN_DOUBT):
            text = _doubt(order, leg)
            if text is not None:
                return text
    for leg in run.job.legs:
        level = parts.views.halt_level(leg.venue, run.job.strategy)
        if level >= HaltLevel.CANCEL_ONLY:
            return f"{leg.instrument_id} is {level.name}: nothing may be given back there"
    return "a dollar rate is missing: the profit cannot be told"


def _doubt(order: JobOrder, leg: Leg) -> str | None:
    name = f"order {order.client_order_id} on {leg.instrument_id}"
    if order.status is OrderStatus.IN_DOUBT:
        return f"{name} is in doubt"
    if order.awaits_fills:
        return f"{name} is reported filled, and its fills are missing"
    if order.is_over:
        return f"the account of {leg.venue} could not be read since {name} ended {order.status}"
    return f"the cancels of {name} are not answered" if order.cancels_asked else None
