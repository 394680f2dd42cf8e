"""Orders of jobs that their venues keep although they should be gone: asked to be cancelled until they are."""

from decimal import Decimal

import msgspec
import pytest

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.types.job import JobOutcome
from core.types.order import OrderIntent, TimeInForce
from tests.engine.job_rig import JobRig
from tests.engine.rig import in_virtual_time
from tests.engine.venues import Answer, ScriptedVenue

D = Decimal


def rest_half_of_the_next(venue: ScriptedVenue) -> None:
    """Let the venue fill half of the next order and keep the rest, whatever its time in force says."""
    take = venue._take

    def keep(intent: OrderIntent) -> None:
        venue._take = take
        venue.shares.append(D("0.5"))
        take(msgspec.structs.replace(intent, time_in_force=TimeInForce.GTC))

    venue._take = keep


@pytest.mark.parametrize("refused", [1, 2, 5])
@pytest.mark.parametrize("leg", ["v1", "v2"])
def test_f07_a_cancel_that_is_refused_is_asked_for_again_until_the_order_is_gone(
    journal: InlineJournal, refused: int, leg: str
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        venue = rig.venues[leg]
        rest_half_of_the_next(venue)
        venue.cancel_answers.extend([Answer.REJECT] * refused)
        job = rig.submit()
        end = await rig.end_of(job, patience_s=60 + 30 * refused)
        assert len(venue.cancelled) == refused + 1
        assert venue.open_orders == []
        assert end.outcome in {JobOutcome.PARTIAL, JobOutcome.COMPLETED, JobOutcome.UNWOUND}
        assert rig.held().get("v1", D(0)) == -rig.held().get("v2", D(0))
        assert rig.in_flight() == {}

    in_virtual_time(work)
