"""A job among venues that answer as a test says: what is sent, what is left, and how the end is told."""

from decimal import Decimal

from core.types.job import JobOutcome
from core.types.job_tag import LegRole
from tests.execution.scripted import Script

D = Decimal
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND


def test_a_job_is_traded_in_slices_each_hedged_before_the_next():
    script = Script().play(10)
    assert script.roles() == [PRIMARY, HEDGE, PRIMARY, HEDGE]
    assert [order.quantity for order in script.sent] == [D("20"), D("20"), D("20"), D("20")]
    assert script.end is not None
    assert script.end.outcome is JobOutcome.COMPLETED
    assert script.end.naked_quantity == 0
