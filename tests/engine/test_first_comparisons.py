"""A start knows accounts one by one, and their prices later: nothing is sold for that, and no loss is forgotten."""

import asyncio
from decimal import Decimal

import pytest

from core.control.commands import Kill, Outcome
from core.engine.reconciler import PRICE_PATIENCE_NS
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import DayBegan, EquityPeaked, PositionAdopted
from core.types.account import AccountReport
from tests.engine.rig import PERP, EngineRig, in_virtual_time
from tests.engine.venues import START_NS, ScriptedVenue

D = Decimal
BEFORE_MIDNIGHT_NS = START_NS + (9 * 3_600 - 60) * 1_000_000_000
PATIENCE_S = PRICE_PATIENCE_NS / 1e9


def answers_after(venue: ScriptedVenue, seconds: float) -> None:
    """Have every account of a venue read late, so that another one is compared first."""
    told = venue.account

    async def late(since_ns: int) -> AccountReport:
        await asyncio.sleep(seconds)
        return await told(since_ns)

    venue.account = late


def hold(venue: ScriptedVenue, quantity: str, average_price: str) -> None:
    venue.positions[PERP] = D(quantity)
    venue.costs[PERP] = D(quantity) * D(average_price)


# a part of the account ---------------------------------------------------------------------------------


def test_an_unfunded_venue_that_answers_first_has_nothing_closed_at_another():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"])
        rig.venues["v1"].cash = D(0)
        hold(rig.venues["v2"], "10", "100")
        answers_after(rig.venues["v2"], 2)
        await rig.start()
        assert rig.causes() == []
        assert rig.venues["v2"].submitted == []
        assert rig.position("v2") == 10
        assert (await rig.place(venue="v2")).outcome is Outcome.DONE

    in_virtual_time(work)


@pytest.mark.parametrize(("bid", "ask", "is_closed"), [("89.9", "90.1", False), ("44.9", "45.1", True)])
def test_while_a_venue_has_not_answered_the_day_may_lose_the_amount_and_not_the_share(
    bid: str, ask: str, is_closed: bool
):
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"], cash="2000")
        hold(rig.venues["v1"], "10", "100")
        rig.venues["v2"].account_fails = True
        await rig.start()
        rig.feed.quote(PERP, bid, ask)
        await rig.elapse(2)
        assert ("daily_loss" in rig.causes()) is is_closed
        rig.venues["v2"].account_fails = False
        rig.venues["v2"].cash = D(0)
        await rig.elapse(4)
        assert "daily_loss" in rig.causes()  # 100 is more than 3 % of what all of the account is

    in_virtual_time(work)


@pytest.mark.parametrize("late", ["v1", "v2"])
def test_what_was_moved_between_two_venues_while_the_engine_was_down_is_no_fall_of_equity(late: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"], cash="50000").start()
        await rig.crash()
        rig.venues["v1"].cash -= 40_000
        rig.venues["v2"].cash += 40_000
        answers_after(rig.venues[late], 2)
        again = await EngineRig(loop, ["v1", "v2"], world=rig).start()
        assert again.causes() == []
        assert [fact.equity_usd for fact in again.facts(EquityPeaked)] == [100_000]

    in_virtual_time(work)


# before the first price --------------------------------------------------------------------------------


def test_a_position_that_is_known_before_its_price_is_not_sold_for_what_it_lost_long_ago():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        hold(rig.venue, "10", "200")
        rig.feed.is_silent = True
        await rig.start(warm_up_s=3)
        assert not rig.engine.monitoring().venues["v1"].reconciled
        rig.feed.is_silent = False
        await rig.elapse(8)
        assert (rig.causes(), rig.venue.submitted) == ([], [])
        assert rig.position() == 10
        assert rig.engine.monitoring().global_.today_pnl_usd == 0
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_loss_of_today_is_still_lost_after_a_restart_that_knows_the_account_before_the_price(is_silent: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="10")
        rig.feed.quote(PERP, "69.9", "70.1")
        await rig.elapse(2)
        before = rig.engine.monitoring().global_
        await rig.crash()
        rig.venue.positions[PERP] = rig.venue.costs[PERP] = D(0)  # liquidated, and no fill says so
        rig.venue.cash -= 301
        again = EngineRig(loop, world=rig)
        again.feed.set_quote(PERP, "69.9", "70.1")
        again.feed.is_silent = is_silent
        await again.start(warm_up_s=3)
        again.feed.is_silent = False
        await again.elapse(5)
        after = again.engine.monitoring().global_
        assert again.position() == 0
        assert (after.today_pnl_usd, after.daily_loss_used) == (before.today_pnl_usd, before.daily_loss_used)
        assert after.equity_usd == again.venue.cash
        assert again.causes() == []

    in_virtual_time(work)


def test_a_price_that_never_comes_keeps_the_venue_closed_for_a_while_and_not_for_ever():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        hold(rig.venue, "10", "200")
        rig.feed.is_silent = True
        await rig.start(warm_up_s=PATIENCE_S - 3)
        assert rig.facts(PositionAdopted) == []
        (blocker,) = rig.engine.parts.conditions.blockers()
        assert blocker.reason == f"the account waits for a price of {PERP} to be taken over"
        await rig.elapse(6)
        assert rig.engine.monitoring().venues["v1"].reconciled
        assert rig.position() == 10
        assert f"v1: {PERP} taken over without a price" in rig.log()
        rig.feed.is_silent = False
        await rig.elapse(8)
        assert (rig.causes(), rig.venue.submitted) == ([], [])
        assert rig.engine.monitoring().global_.today_pnl_usd == 0

    in_virtual_time(work)


def test_a_position_that_comes_up_while_the_venue_trades_waits_for_its_price_too():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop)
        rig.feed.is_silent = True
        await rig.start()
        assert rig.engine.monitoring().venues["v1"].reconciled
        hold(rig.venue, "10", "200")
        await rig.elapse(62)
        assert rig.facts(PositionAdopted) == []
        rig.feed.is_silent = False
        await rig.elapse(30)
        assert rig.position() == 10
        assert rig.causes() == []

    in_virtual_time(work)


def test_what_has_to_be_flattened_is_known_before_it_has_a_price():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(Kill(flatten=True))
        await rig.crash()
        hold(rig.venue, "10", "100")
        again = EngineRig(loop, world=rig)
        again.feed.is_silent = True
        await again.start(warm_up_s=1)
        assert again.position() == 10
        again.feed.is_silent = False
        await again.elapse(5)
        assert again.venue.positions[PERP] == 0

    in_virtual_time(work)


# the day -----------------------------------------------------------------------------------------------


def test_a_day_begins_once_every_venue_was_compared():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"])
        answers_after(rig.venues["v2"], 4)
        starting = loop.create_task(rig.start())
        await rig.elapse(3)
        assert rig.facts(DayBegan) == []
        await starting
        assert len(rig.facts(DayBegan)) == 1

    in_virtual_time(work)


def test_a_venue_that_never_answers_keeps_no_day_from_beginning_and_yesterdays_loss_out_of_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        await rig.place(quantity="19")
        await rig.elapse(2)
        rig.feed.quote(PERP, "80.0", "80.2")  # 380 of 500 allowed
        await rig.elapse(10)
        await rig.crash()
        await rig.elapse(60)
        again = EngineRig(loop, ["v1", "v2"], world=rig)
        again.venues["v2"].starts_never = True
        again.feed.set_quote(PERP, "68.0", "68.2")  # and 228 more while nobody looked
        starting = loop.create_task(again.start())
        await again.elapse(5)
        assert again.facts(DayBegan)[-1].day == "2026-01-05"
        assert again.causes() == ["reconciliation"]
        await starting
        assert again.facts(DayBegan)[-1].day == "2026-01-06"
        assert again.causes() == ["reconciliation"]
        await again.engine.stop("test", cancel_orders=False)

    in_virtual_time(work, start_ns=BEFORE_MIDNIGHT_NS)


def test_an_account_that_could_be_read_once_and_never_again_keeps_no_day_from_beginning():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, ["v1", "v2"])
        hold(rig.venues["v2"], "10", "100")
        rig.feeds["v2"].is_silent = True
        await rig.start(warm_up_s=1)
        assert rig.facts(DayBegan) == []
        rig.venues["v2"].account_fails = True
        await rig.elapse(4)
        assert len(rig.facts(DayBegan)) == 1

    in_virtual_time(work)
