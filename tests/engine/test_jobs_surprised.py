"""What a venue does behind a job's back: fills that come too late, foreign fills, liquidations, new rules."""

from decimal import Decimal

import pytest

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.journal.facts import JobFinished, PositionAdopted
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.order import Side
from tests.engine.job_rig import JobRig, refolded
from tests.engine.rig import PERP, ScriptedStrategy, in_virtual_time
from tests.engine.venues import CLOSED, Answer, Speech, perpetual

D = Decimal
PRIMARY, HEDGE, UNWIND = LegRole.PRIMARY, LegRole.HEDGE, LegRole.UNWIND
SLICED = JobLimits(max_naked_usd=D(1_100))


def books_agree(rig: JobRig) -> None:
    assert rig.agrees_with_venues()
    assert rig.committed() == rig.held()
    assert rig.in_flight() == {}
    assert rig.fold.to_bytes() == refolded(rig)


def new_rules(rig: JobRig, venue: str, **rules: object) -> None:
    """Let a venue change the rules of its contract."""
    instrument = perpetual(venue, **rules)
    rig.feeds[venue].instruments[PERP] = instrument
    rig.engine.parts.market.add_instrument(instrument)


async def with_primary_filled(rig: JobRig) -> HedgeJob:
    job = rig.submit()
    await rig.until(rig.held, step_s=0.001)
    return job


def test_f27_a_foreign_fill_on_a_leg_changes_the_account_and_not_the_job(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        rig.venues["v2"].place_foreign("theirs", PERP, Side.SELL, "3", "110")
        await rig.elapse(31)
        job = await with_primary_filled(rig)
        rig.venues["v2"].execute("theirs")
        end = await rig.end_of(job)
        assert end.outcome is JobOutcome.COMPLETED
        await rig.elapse(40)
        assert rig.held() == {"v1": 20, "v2": -23}
        assert sum(intent.quantity for intent in rig.sent(HEDGE)) == 20
        books_agree(rig)

    in_virtual_time(work)


def test_f31_a_leg_that_its_venue_closed_by_itself_opens_no_more_and_the_job_is_told_by_its_own_fills(
    journal: InlineJournal,
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        rig.venues["v2"].answers.append(Answer.LOSE_ANSWER)
        rig.venues["v2"].speech, rig.venues["v2"].account_fails = Speech.NOTHING, True
        job = rig.submit()
        await rig.elapse(20)
        assert rig.held() == {"v1": 10, "v2": -10}
        rig.venues["v1"].positions[PERP], rig.venues["v1"].costs[PERP] = D(0), D(0)
        await rig.elapse(70)
        assert [fact.venue for fact in rig.facts(PositionAdopted)] == ["v1"]
        rig.venues["v2"].speech, rig.venues["v2"].account_fails = Speech.ALL, False
        end = await rig.end_of(job)
        assert (len(rig.sent(PRIMARY)), end.outcome, end.naked_quantity) == (1, JobOutcome.PARTIAL, 0)
        books_agree(rig)

    in_virtual_time(work)


def test_f35_another_contract_size_of_the_hedge_gives_the_primary_leg_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        job = await with_primary_filled(rig)
        hedges = len(rig.sent(HEDGE))
        new_rules(rig, "v2", contract_size=D(10))
        end = await rig.end_of(job, patience_s=120)
        assert len(rig.sent(PRIMARY)) == 1
        assert len(rig.sent(HEDGE)) == max(1, hedges)
        assert end.outcome in {JobOutcome.PARTIAL, JobOutcome.UNWOUND}
        assert len(rig.fold.runs) == 0
        assert rig.in_flight() == {}

    in_virtual_time(work)


def test_f38_a_market_that_closes_before_the_hedge_gives_the_primary_leg_back_in_time(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        rig.venues["v1"].latency_s = 0.2
        job = rig.submit()
        await rig.until(lambda: rig.sent(PRIMARY), step_s=0.01)
        new_rules(rig, "v2", market_hours=CLOSED)
        end = await rig.end_of(job)
        assert (end.outcome, rig.sent(HEDGE), rig.held()) == (JobOutcome.UNWOUND, [], {})
        fills = rig.venues["v1"].fills
        assert fills[-1].venue_ns - fills[0].venue_ns < 5_000_000_000
        another = rig.submit()
        await rig.elapse(10)
        assert not rig.is_started(another)
        explained = rig.engine.parts.jobs.explain(another.job_id)
        assert explained is not None
        assert "market_hours" in explained.waits_for
        books_agree(rig)

    in_virtual_time(work)


def test_a_feed_that_goes_down_between_the_legs_gives_the_primary_leg_back(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start()
        rig.venues["v1"].latency_s = 0.2
        job = rig.submit()
        await rig.until(lambda: rig.sent(PRIMARY), step_s=0.01)
        rig.feeds["v2"].invalidate(PERP)
        end = await rig.end_of(job)
        assert (end.outcome, rig.held()) == (JobOutcome.UNWOUND, {})
        assert rig.sent(HEDGE) == []
        books_agree(rig)

    in_virtual_time(work)


def test_a_job_of_a_strategy_that_is_stopped_is_brought_to_its_end(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", InstrumentId("v1", PERP), InstrumentId("v2", PERP))
        rig = await JobRig(loop, journal=journal, jobs=SLICED).start(strategy)
        job = rig.submit(strategy="s")
        await rig.until(rig.held, step_s=0.001)
        rig.engine.parts.strategies.stop("s", "test")
        end = await rig.end_of(job)
        assert rig.held().get("v1", D(0)) == -rig.held().get("v2", D(0))
        assert end.outcome in {JobOutcome.PARTIAL, JobOutcome.COMPLETED, JobOutcome.UNWOUND}
        assert [fact.job_id for fact in rig.facts(JobFinished)] == [job.job_id]
        books_agree(rig)

    in_virtual_time(work)


@pytest.mark.parametrize("role", [PRIMARY, HEDGE])
def test_f21_an_account_read_before_the_clock_was_set_back_says_nothing_of_an_order_that_ended_after(
    journal: InlineJournal, role: LegRole
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        venue = rig.venues["v1" if role is PRIMARY else "v2"]
        rig.engine.parts.account_reads.ask(venue.venue)
        await rig.elapse(1)

        def set_back(_: object) -> None:
            venue.on_submit = lambda _: None
            venue.shares.append(D("0.5"))
            venue.speech = Speech.NO_FILLS  # the venue says that half is cancelled, and not that half was filled
            rig.clock.step(-5)

        venue.on_submit = set_back
        job = rig.submit()
        await rig.until(lambda: rig.sent(role), step_s=0.001)
        await rig.elapse(0.1)
        venue.speech = Speech.ALL
        end = await rig.end_of(job, patience_s=90)
        await rig.elapse(35)
        filled = sum(fill.quantity for fill in venue.fills if venue.orders[fill.client_order_id].intent.job)
        assert 10 <= filled <= 20
        assert end.naked_quantity == 0
        assert rig.held() == {"v1": filled, "v2": -filled}
        books_agree(rig)

    in_virtual_time(work)
