"""An engine that is stopped in the middle of a job leaves no naked leg behind where it can help it."""

from decimal import Decimal

import pytest

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import EngineStopped
from core.types.job_tag import LegRole
from tests.engine.job_rig import JobRig
from tests.engine.rig import in_virtual_time
from tests.engine.test_jobs_halted import PHASES, SLICED

D = Decimal


@pytest.mark.parametrize("cancel_orders", [True, False])
@pytest.mark.parametrize("phase", PHASES)
def test_what_a_job_has_begun_is_hedged_or_given_back_before_the_engine_stops(
    journal: InlineJournal, phase: str, cancel_orders: bool
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES[phase](rig)
        begun = len(rig.sent(LegRole.PRIMARY))
        await rig.engine.stop("test", cancel_orders=cancel_orders)
        assert sum(rig.held().values()) == 0
        assert len(rig.sent(LegRole.PRIMARY)) == begun
        if phase != "frozen":  # its venue does not say a word, and nobody waits for that longer than ten seconds
            assert len(rig.ends(job)) == 1
        assert len(rig.facts(EngineStopped)) == 1

    in_virtual_time(work)


def test_a_job_that_cannot_be_ended_is_named_and_does_not_keep_the_engine_from_stopping(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await PHASES["primary_sent"](rig)
        for feed in rig.feeds.values():
            feed.invalidate("BTC/USDT:USDT")
        began_ns = loop.now_ns
        await rig.engine.stop("test", cancel_orders=True)
        assert loop.now_ns - began_ns < 12_000_000_000
        assert rig.ends(job) == []
        assert "job j1 is left as it is, unwinding: the next start goes on with it" in rig.log()
        assert len(rig.facts(EngineStopped)) == 1

    in_virtual_time(work)
