"""Jobs that close positions need no free capital, free what these bound, and never count on the same twice."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.capital.limits import CapitalLimits, PoolShares
from core.control.commands import Outcome
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import JobStarted
from core.types.capital import Claim, Pool
from core.types.job import HedgeJob, JobOutcome
from core.types.job_tag import LegRole
from core.types.order import Side
from data.journal_audit.audit import audit
from tests.engine.job_rig import JobRig, leg
from tests.engine.rig import in_virtual_time
from tests.engine.test_jobs_many import SLOW, caps_hold_throughout

D = Decimal
EQUITY = D(100_000)
BACK = (leg("v1", Side.SELL), leg("v2", Side.BUY))


async def holding(loop: VirtualLoop, journal: InlineJournal, quantity: int = 20, share: str = "0.025") -> JobRig:
    """Return a rig with a pair of so many contracts, 100 USD each, that a job has bought on v1 and sold on v2.

    The share is that of the hedge pools; of 20 contracts it leaves 500 USD of each.
    """
    pools = PoolShares(hedge=D(share), arb=D("0.7") - D(share), reserve=D("0.3"))
    rig = await JobRig(loop, journal=journal, jobs=SLOW, capital=CapitalLimits(pools=pools)).start()
    first = rig.submit(leg("v1", Side.BUY, str(quantity)), leg("v2", Side.SELL, str(quantity)))
    assert (await rig.end_of(first)).outcome is JobOutcome.COMPLETED
    assert rig.held() == {"v1": D(quantity), "v2": D(-quantity)}
    return rig


def claims(rig: JobRig, job: HedgeJob) -> tuple[Claim, ...]:
    (started,) = [fact for fact in rig.facts(JobStarted) if fact.job_id == job.job_id]
    return started.claims


def committed(rig: JobRig, of: Pool = Pool.HEDGE) -> list[Decimal]:
    """Return what is committed of a pool at v1 and at v2, in whole dollars."""
    views = rig.engine.parts.capital.current_snapshot()
    return [round(pool.committed_usd, 0) for view in views for pool in view.pools if pool.pool is of]


def why(rig: JobRig, job: HedgeJob) -> str:
    explained = rig.engine.parts.jobs.explain(job.job_id)
    assert explained is not None
    return explained.waits_for


def test_with_every_hedge_pool_committed_a_job_that_closes_runs_to_flat_and_the_capital_returns(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal)
        more = rig.submit()
        await rig.elapse(5)
        assert why(rig, more).startswith("pool_room: v1 2000")
        assert rig.engine.parts.jobs.cancel(more.job_id, "enough")
        back = rig.submit(*BACK)
        assert (await rig.end_of(back)).outcome is JobOutcome.COMPLETED
        assert [claim.amount_usd for claim in claims(rig, back)] == [0, 0]
        assert [claim.closes for claim in claims(rig, back)] == [20, 20]
        assert rig.held() == {}
        assert committed(rig) == [0, 0]
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


def test_a_job_that_closes_and_opens_claims_for_what_it_opens_only(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal, share="0.045")
        turn = rig.submit(leg("v1", Side.SELL, "40"), leg("v2", Side.BUY, "40"))
        assert (await rig.end_of(turn)).outcome is JobOutcome.COMPLETED
        assert [claim.closes for claim in claims(rig, turn)] == [20, 20]
        assert all(2 * claim.amount_usd == claim.value_usd == 4_000 for claim in claims(rig, turn))
        assert rig.held() == {"v1": D(-20), "v2": D(20)}
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


def test_the_second_of_two_jobs_that_would_close_the_same_position_waits_and_says_why(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal)
        for venue in rig.venues.values():
            venue.latency_s = 3
        one, other = rig.submit(*BACK), rig.submit(*BACK)
        await rig.until(lambda: rig.is_started(one))
        assert not rig.is_started(other)
        assert why(rig, other) == (
            "its turn: better jobs took the room of this tick, or close the position that it would close"
        )
        await rig.until(lambda: why(rig, other).startswith("pool_room"), patience_s=3)
        assert "v1 2000 (closes 0 of 20: running jobs and live orders may close 20)" in why(rig, other)
        assert (await rig.end_of(one)).outcome is JobOutcome.COMPLETED
        assert rig.held() == {}
        await rig.end_of(other)
        assert [claim.amount_usd for claim in claims(rig, other)] == [2_000, 2_000]
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


def test_a_live_order_that_may_close_the_position_takes_it_from_jobs(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal)
        assert (await rig.place("sell", "12", price="101")).outcome is Outcome.DONE
        back = rig.submit(*BACK)
        await rig.elapse(5)
        assert not rig.is_started(back)
        assert "v1 1200 (closes 8 of 20: running jobs and live orders may close 12)" in why(rig, back)

    in_virtual_time(work)


def test_what_a_running_job_has_opened_is_its_own_until_it_ends(journal: InlineJournal):
    """It may have to give it back: who counted on closing it meanwhile would find nothing there."""

    async def work(loop: VirtualLoop) -> None:
        rig = await JobRig(loop, journal=journal, jobs=SLOW).start()
        rig.venues["v2"].latency_s = 4
        first = rig.submit()
        await rig.until(lambda: rig.position("v1") == 20)
        back = rig.submit(*BACK)
        await rig.until(lambda: rig.is_started(back), patience_s=3)
        assert not rig.ends(first)
        assert [claim.closes for claim in claims(rig, back)] == [0, 0]
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


def test_a_hedge_whose_position_somebody_else_closed_meanwhile_is_paid_from_the_reserve(journal: InlineJournal):
    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal)
        rig.venues["v1"].latency_s = 1.5
        back = rig.submit(*BACK)
        await rig.until(lambda: rig.sent(LegRole.PRIMARY)[1:])
        assert (await rig.place("buy", "20", venue="v2")).outcome is Outcome.DONE
        assert (await rig.end_of(back)).outcome is JobOutcome.COMPLETED
        assert [claim.amount_usd for claim in claims(rig, back)] == [0, 0]
        assert rig.held() == {"v2": D(20)}
        assert (committed(rig), committed(rig, Pool.RESERVE)) == ([0, 0], [0, 2_002])
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


@pytest.mark.parametrize("others", [D(0), D(2_000)])
def test_a_primary_whose_position_somebody_else_closed_is_paid_from_its_pool_or_refused(
    journal: InlineJournal, others: Decimal
):
    """A claim for nothing stays one: what opens after all finds room, or the job ends with what it has done."""

    async def work(loop: VirtualLoop) -> None:
        rig = await holding(loop, journal, quantity=40, share="0.042")
        rig.venues["v2"].latency_s = 1
        back = rig.submit(leg("v1", Side.SELL, "40"), leg("v2", Side.BUY, "40"))
        await rig.until(lambda: rig.position("v1") < 40)
        left = rig.position("v1")
        assert (await rig.place("sell", f"{left:f}")).outcome is Outcome.DONE
        if others:
            taken = rig.engine.parts.capital.reserve_for_hedge("v1", "somebody", D(4_000), rig.clock.utc_ns())
            assert taken.is_granted
        end = await rig.end_of(back)
        assert end.outcome is (JobOutcome.PARTIAL if others else JobOutcome.COMPLETED)
        assert committed(rig)[0] == (0 if others else left * 100)
        caps_hold_throughout(rig, EQUITY)

    in_virtual_time(work)


MOVES = st.one_of(
    st.tuples(st.just("job"), st.sampled_from(("buy", "sell")), st.integers(1, 48)),
    st.tuples(st.just("order"), st.sampled_from(("v1", "v2")), st.integers(-30, 30).filter(bool)),
    st.tuples(st.just("time"), st.just(""), st.integers(1, 40)),
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(MOVES, min_size=4, max_size=14))
def test_whatever_jobs_and_orders_open_and_close_no_pool_is_ever_overdrawn(moves: list[tuple[str, str, int]]):
    async def work(loop: VirtualLoop) -> None:
        pools = PoolShares(hedge=D("0.06"), arb=D("0.04"), reserve=D("0.9"))
        rig = await JobRig(loop, journal=InlineJournal(path), jobs=SLOW, capital=CapitalLimits(pools=pools)).start()
        rig.venues["v2"].latency_s = 0.7
        for kind, what, number in moves:
            match kind:
                case "job":
                    side = Side(what)
                    rig.submit(leg("v1", side, str(number)), leg("v2", side.opposite, str(number)))
                case "order":
                    await rig.place("buy" if number > 0 else "sell", str(abs(number)), venue=what)
                case _:
                    await rig.elapse(number / 10)
        await rig.until(lambda: not len(rig.fold.runs))
        caps_hold_throughout(rig, EQUITY)
        await rig.journal.close()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        in_virtual_time(work)
        assert [f"row {each.row} {each.check}: {each.text}" for each in audit(path).findings] == []
