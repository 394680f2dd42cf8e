"""An own order in doubt keeps others from the prices it could trade at, by name, and from nothing else."""

from decimal import Decimal

from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderRefused
from core.types.job import JobOutcome
from core.types.job_tag import LegRole
from core.types.order import OrderStatus
from tests.engine.job_rig import JobRig
from tests.engine.rig import in_virtual_time
from tests.engine.venues import Answer, Speech

D = Decimal


async def with_a_doubt(rig: JobRig, side: str, price: str) -> str:
    """Return a person's order on v2 of which nobody knows that it rests there."""
    rig.venues["v2"].answers.append(Answer.RAISE)
    rig.venues["v2"].account_fails, rig.venues["v2"].speech = True, Speech.NOTHING
    placed = await rig.place(side, "1", price=price, venue="v2")
    rig.venues["v2"].speech = Speech.ALL
    doubtful = str(placed.data["client_order_id"])
    assert rig.status(doubtful) is OrderStatus.IN_DOUBT
    return doubtful


def test_a_hedge_clear_of_the_price_of_an_order_in_doubt_is_sent(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v2"].latency_s = 0.2
        job = rig.submit()
        await rig.until(lambda: rig.held().get("v1"), step_s=0.001)
        doubtful = await with_a_doubt(rig, "buy", "95")
        await rig.until(lambda: rig.held() == {"v1": 20, "v2": -20})
        assert rig.facts(OrderRefused) == []
        assert rig.status(doubtful) is OrderStatus.IN_DOUBT
        rig.venues["v2"].account_fails = False
        assert (await rig.end_of(job)).outcome is JobOutcome.COMPLETED

    in_virtual_time(work)


def test_a_hedge_that_could_meet_an_order_in_doubt_is_refused_by_its_name_and_the_primary_is_given_back(
    journal: InlineJournal,
):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        rig.venues["v1"].latency_s = 0.9
        job = rig.submit()
        await rig.until(lambda: rig.sent(LegRole.PRIMARY), step_s=0.01)
        doubtful = await with_a_doubt(rig, "buy", "100")
        await rig.until(lambda: rig.sent(LegRole.UNWIND))
        refused = [fact for fact in rig.facts(OrderRefused) if fact.intent.job is not None]
        (crossing,) = [check for check in refused[0].checks if check.rule == "self_cross"]
        assert crossing.observed == f"buy 100 ({doubtful}, in doubt)"
        rig.venues["v2"].account_fails = False
        end = await rig.end_of(job)
        assert (end.outcome, rig.held()) == (JobOutcome.UNWOUND, {})

    in_virtual_time(work)


def test_a_position_is_reduced_beside_an_order_in_doubt_on_its_book(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        await rig.place(quantity="3", venue="v2")
        doubtful = await with_a_doubt(rig, "buy", "95")
        placed = await rig.place("sell", "3", price="99.9", venue="v2", reduce_only=True)
        assert placed.data["status"] in {"open", "filled"}
        assert rig.position("v2") == 0
        refused = await rig.place("buy", "1", price="99", venue="v2")
        assert f"in_doubt: {doubtful}" in refused.message
        rig.venues["v2"].account_fails = False

    in_virtual_time(work)


def test_no_job_begins_on_a_book_in_doubt_and_says_which_order_it_is(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal).start()
        doubtful = await with_a_doubt(rig, "sell", "105")
        job = rig.submit()
        await rig.elapse(3)
        assert rig.sent(LegRole.PRIMARY) == []
        assert doubtful in rig.engine.parts.jobs.explain(job.job_id).waits_for
        rig.venues["v2"].account_fails = False
        assert (await rig.end_of(job, 120)).outcome is JobOutcome.COMPLETED

    in_virtual_time(work)
