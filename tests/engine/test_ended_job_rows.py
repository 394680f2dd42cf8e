"""The row of an ended job is kept, and made anew when an order of it moves all the same."""

from decimal import Decimal

from core.engine.job_views import JobViews
from core.io.virtual_loop import VirtualLoop
from core.types.order import OrderStatus
from tests.engine.job_rig import JobRig
from tests.engine.rig import in_virtual_time
from tests.engine.test_jobs_after_the_end import ended_in_part


def test_the_row_of_an_ended_job_is_the_same_until_one_of_its_orders_moves() -> None:
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop).start()
        job, order_id = await ended_in_part(rig)
        views = JobViews(rig.engine.parts)
        (first,) = views.ended(10)
        assert views.ended(10)[0] is first
        run = rig.engine.parts.fold.runs.ended(job.job_id)
        assert run is not None
        run.orders[order_id].filled_quantity += 1  # as a late fill does
        (filled,) = views.ended(10)
        assert filled.legs[0].filled_quantity == first.legs[0].filled_quantity + Decimal(1)
        run.orders[order_id].status = OrderStatus.IN_DOUBT
        assert views.ended(10)[0].legs[0].state == "in doubt"
        assert first.legs[0].state == "partly filled"  # what was shown stays as it was shown

    in_virtual_time(work)
