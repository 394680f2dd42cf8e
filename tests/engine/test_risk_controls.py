"""Halts of one scope, overrides, the venue breaker, shared books and the day's loss, in a whole engine."""

import asyncio
from decimal import Decimal

import pytest

from core.control.commands import EndOverride, Halt, Kill, ManualOverride, Outcome, Resume
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import BlockerRaised, OrderIntended
from core.ports.venue import SendOutcome
from core.types.capital import OrderClaim, Pool
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer, perpetual

SHARED = [(venue, [perpetual(venue, matching_book="engine-7")]) for venue in ("v1", "v2")]


# halts by a person ----------------------------------------------------------------------------------------


def test_a_halted_venue_is_cancelled_and_closed_and_the_others_trade_on():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(price="95", venue=venue)
        result = await rig.execute(Halt(scope="venue:v1", level="halted", who="ann", reason="odd fills"))
        await rig.settle()
        assert (result.outcome, result.message) == (Outcome.DONE, "venue:v1 is at HALTED")
        assert [len(venue.open_orders) for venue in rig.venues.values()] == [0, 1]
        assert "HALTED by manual (venue:v1)" in (await rig.place(quantity="2")).message
        assert (await rig.place(quantity="2", venue="v2")).outcome is Outcome.DONE
        (raised,) = rig.facts(BlockerRaised)
        assert (raised.blocker.who, raised.blocker.reason) == ("ann", "odd fills")

    in_virtual_time(work)


def test_a_venue_that_is_flattened_closes_its_own_positions_alone():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.place(quantity="3", venue=venue)
        await rig.elapse(1)
        await rig.execute(Halt(scope="venue:v1", level="flatten", reason="leaving"))
        await rig.elapse(3)
        assert (rig.position("v1"), rig.position("v2")) == (0, 3)
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_an_own_order_on_the_same_book_at_another_venue_makes_way_for_the_closing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, SHARED).start()
        await rig.place(quantity="3", venue="v1")
        await rig.elapse(1)
        await rig.place(price="99.5", venue="v2")
        await rig.execute(Halt(scope="venue:v1", level="flatten", reason="leaving"))
        await rig.elapse(3)
        assert rig.position("v1") == 0
        assert rig.venues["v2"].open_orders == []
        assert rig.refusals() == []

    in_virtual_time(work)


def test_a_halted_strategy_loses_its_orders_and_a_persons_stay():
    async def work(loop: VirtualLoop) -> None:
        signal = buy(InstrumentId("v1", PERP), price="95")
        quoting = ScriptedStrategy("ma", InstrumentId("v1", PERP), start=lambda ctx: ctx.submit(signal))
        rig = await EngineRig(loop).start()
        problem = await rig.engine.parts.strategies.start(quoting)
        assert problem is None
        await rig.elapse(1)
        mine = await rig.place(price="96")
        assert len(rig.venue.open_orders) == 2
        await rig.execute(Halt(scope="strategy:ma", level="halted", reason="odd"))
        await rig.elapse(1)
        assert [order.intent.client_order_id for order in rig.venue.open_orders] == [mine.data["client_order_id"]]

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("scope", "level", "says"),
    [
        ("venue:nowhere", "halted", "scope 'venue:nowhere' is not one of global, venue:v1"),
        ("everything", "halted", "is not one of global"),
        ("global", "normal", "is not one of reduce_only, cancel_only, halted, flatten"),
        ("global", "", "is not one of reduce_only"),
    ],
)
def test_a_halt_that_makes_no_sense_is_answered_with_what_does(scope: str, level: str, says: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        result = await rig.execute(Halt(scope=scope, level=level, reason="x"))
        assert result.outcome is Outcome.INVALID
        assert says in result.message
        assert rig.causes() == []

    in_virtual_time(work)


def test_a_halt_never_loosens_and_is_lifted_by_reason_and_word():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.execute(Halt(scope="venue:v1", level="halted", reason="x"))
        assert (
            await rig.execute(Halt(scope="venue:v1", level="reduce_only"))
        ).message == "venue:v1 is at HALTED already"
        assert (await rig.execute(Resume(reason="looked"))).outcome is Outcome.INVALID
        assert (await rig.place()).outcome is Outcome.REFUSED
        assert (await rig.execute(Resume(reason="looked", word="resume"))).outcome is Outcome.DONE
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_resume_of_one_venue_leaves_the_others_halted_and_their_failures_counted():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for venue in ("v1", "v2"):
            await rig.execute(Halt(scope=f"venue:{venue}", level="reduce_only", reason="x"))
        rig.engine.parts.statistics.sent("v2", SendOutcome.REJECTED, 1)
        back = await rig.execute(Resume(reason="v1 is back", scope="venue:v1"))
        assert back.outcome is Outcome.DONE
        assert "not looked at: manual (venue:v2, REDUCE_ONLY)" in back.message
        assert (await rig.place(venue="v1")).outcome is Outcome.DONE
        assert (await rig.place(venue="v2")).outcome is Outcome.REFUSED
        assert [each.venue for each in rig.engine.parts.statistics.by_venue() if each.troubled] == ["v2"]
        wrong = await rig.execute(Resume(reason="x", scope="venue:v9"))
        assert (wrong.outcome, "is not one of global, venue:v1, venue:v2" in wrong.message) == (Outcome.INVALID, True)

    in_virtual_time(work)


# override -------------------------------------------------------------------------------------------------


def test_an_override_lifts_soft_rules_marks_what_passed_and_survives_a_restart():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(price="95")
        assert "duplicate_order" in (await rig.place(price="95")).message
        assert (await rig.execute(ManualOverride(seconds=60, reason="looked", who="ann"))).outcome is Outcome.DONE
        assert (await rig.place(price="95")).outcome is Outcome.DONE
        marked = [[check.rule for check in fact.checks if check.lifted] for fact in rig.facts(OrderIntended)]
        assert marked == [[], ["duplicate_order"]]
        await rig.crash()
        again = await EngineRig(loop, world=rig).start(warm_up_s=8)
        await again.place(price="95.5")
        assert (await again.place(price="95.5")).outcome is Outcome.DONE
        assert (await again.execute(EndOverride(reason="done"))).outcome is Outcome.DONE
        assert (await again.place(price="95.5")).outcome is Outcome.REFUSED

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("seconds", "reason", "says"),
    [(901, "looked", "at most 900 s"), (60, "", "takes a reason"), (0, "x", "more than 0")],
)
def test_an_override_without_bound_or_reason_is_refused(seconds: float, reason: str, says: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        result = await rig.execute(ManualOverride(seconds=seconds, reason=reason))
        assert result.outcome is Outcome.INVALID
        assert says in result.message

    in_virtual_time(work)


async def _paused_for_failures(loop: VirtualLoop, journal: JournalInTheWay | None = None) -> EngineRig:
    rig = await EngineRig(loop, journal=journal).start()
    for number in range(20):
        rig.venue.answers.append(Answer.REJECT if number < 2 else Answer.TAKE)
        await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1")
        await rig.elapse(1)
    assert rig.causes() == ["order_failures"]
    return rig


def test_an_override_lets_work_continue_past_failed_orders_and_never_past_a_kill():
    async def work(loop: VirtualLoop) -> None:
        rig = await _paused_for_failures(loop)
        assert (await rig.place(quantity="0.2")).outcome is Outcome.REFUSED
        await rig.execute(ManualOverride(seconds=60, reason="venue is back"))
        assert (await rig.place(quantity="0.2")).outcome is Outcome.DONE
        assert rig.causes() == ["order_failures"]
        await rig.execute(Kill())
        assert (await rig.place(quantity="0.3")).outcome is Outcome.REFUSED

    in_virtual_time(work)


def test_an_order_approved_under_an_override_that_ends_before_it_leaves_is_not_sent():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await _paused_for_failures(loop, journal)
        await rig.execute(ManualOverride(seconds=2, reason="venue is back"))
        before = len(rig.venue.submitted)
        journal.hold()
        placing = asyncio.ensure_future(rig.place(quantity="0.2"))
        await rig.elapse(3)
        journal.release()
        assert "not sent: trading was halted meanwhile" in (await placing).message
        assert len(rig.venue.submitted) == before

    in_virtual_time(work)


# the venue breaker ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [Answer.REJECT, Answer.LOSE_REQUEST])
def test_a_venue_where_orders_fail_takes_no_new_risk_until_a_person_resumes(trouble: Answer):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        for number in range(10):
            rig.venue.answers.append(trouble if number in {0, 4, 8} else Answer.TAKE)
            await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1")
            await rig.elapse(30)  # until what was not answered is known to be nowhere
        assert "venue_failures" in rig.causes()
        refused = await rig.place(quantity="0.2")
        assert "venue_breaker" in refused.message
        assert "3 of the last 10 orders at v1 failed or were not answered" in refused.message
        assert (await rig.place(quantity="0.2", venue="v2")).outcome is Outcome.DONE
        await rig.execute(ManualOverride(seconds=60, reason="it is fine"))
        assert (await rig.place(quantity="0.2")).outcome is Outcome.REFUSED
        assert (await rig.execute(Resume(reason="the venue is back"))).outcome is Outcome.DONE
        assert (await rig.place(quantity="0.2")).outcome is Outcome.DONE

    in_virtual_time(work)


# own orders on one book -----------------------------------------------------------------------------------


def test_an_own_order_is_not_crossed_at_another_venue_of_the_same_matching_engine():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, SHARED).start()
        resting = await rig.place("sell", price="100.5", venue="v1")
        refused = await rig.place("buy", price="100.5", venue="v2")
        assert f"self_cross: sell 100.5 ({resting.data['client_order_id']})" in refused.message
        assert (await rig.place("buy", price="100.4", venue="v2")).outcome is Outcome.DONE
        assert rig.status(str(resting.data["client_order_id"])) is OrderStatus.OPEN

    in_virtual_time(work)


def test_without_a_shared_engine_equal_symbols_are_different_books():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        await rig.place("sell", price="100.5", venue="v1")
        assert (await rig.place("buy", price="100.5", venue="v2")).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_foreign_order_of_the_account_is_not_crossed_either():
    async def work(loop: VirtualLoop) -> None:
        rig = EngineRig(loop, SHARED)
        rig.venues["v1"].place_foreign("theirs", PERP, Side.SELL, "1", "100.5")
        await rig.start()
        assert "self_cross" in (await rig.place("buy", price="100.5", venue="v2")).message

    in_virtual_time(work)


def test_doubt_at_one_venue_stops_new_risk_at_the_other_venue_of_the_same_book():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, SHARED).start()
        rig.venue.answers.append(Answer.LOSE_REQUEST)
        rig.venue.account_fails = True
        await rig.place(price="95", venue="v1")
        await rig.elapse(6)
        assert "in_doubt" in (await rig.place(price="96", venue="v2")).message

    in_virtual_time(work)


# capital, rates, the day's loss ---------------------------------------------------------------------------


def test_an_approved_order_is_journaled_with_what_it_binds():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="2", price="99")
        await rig.place(quantity="2")
        await rig.elapse(1)
        await rig.place("sell", quantity="2", price="100")
        claims = [fact.claim for fact in rig.facts(OrderIntended)]
        assert claims[0] == OrderClaim(pool=Pool.ARB, unit_usd=Decimal(100), opening_quantity=Decimal(2))
        assert [claim.opening_quantity for claim in claims if claim is not None] == [2, 2, 0]

    in_virtual_time(work)


def test_cancels_count_as_messages_and_always_go():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        placed = [await rig.place(price=str(95 + Decimal(number) / 10), quantity="0.1") for number in range(9)]
        for each in placed:
            order_id = str(each.data["client_order_id"])
            assert (await rig.engine.parts.desk.cancel(order_id)).outcome.value == "accepted"
        refused = await rig.place(quantity="0.2")
        assert "message_rate: 18 messages/s, allowed below 15" in refused.message
        await rig.elapse(1)
        assert (await rig.place(quantity="0.2")).outcome is Outcome.DONE

    in_virtual_time(work)


def test_a_days_loss_over_several_venues_and_shared_books_is_flat_within_ten_seconds():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, [*SHARED, "v3"]).start()
        await rig.place(quantity="15", venue="v1")
        await rig.elapse(1)
        await rig.place("sell", quantity="5", venue="v2")
        await rig.place(quantity="15", venue="v3")
        for venue, price in (("v1", "96"), ("v2", "95.5"), ("v3", "96")):
            await rig.place(price=price, venue=venue)
        await rig.elapse(1.2)
        for venue in ("v1", "v2", "v3"):
            rig.feeds[venue].quote(PERP, "70.0", "70.2")
        await rig.elapse(10)
        assert [rig.position(venue) for venue in rig.venues] == [0, 0, 0]
        assert [venue.open_orders for venue in rig.venues.values()] == [[], [], []]
        (raised,) = rig.facts(BlockerRaised)
        assert (raised.blocker.cause, raised.blocker.level) == ("daily_loss", HaltLevel.FLATTEN)
        assert rig.agrees_with_venues()
        await rig.execute(ManualOverride(seconds=60, reason="let me"))
        assert (await rig.place()).outcome is Outcome.REFUSED

    in_virtual_time(work)


# own orders are not depth -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "refused"),
    [
        ({}, False),
        ({"price": "100.1"}, True),
        ({"price": "100.2"}, False),
        ({"price": "100.1", "venue": "v2"}, True),
    ],
    ids=["nothing of ours", "ours at the level", "ours beside it", "ours at a venue of the same book"],
)
def test_own_resting_orders_do_not_count_as_depth(own: dict[str, str], refused: bool):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, SHARED).start()
        if own:
            assert (await rig.place("sell", "2", **own)).outcome is Outcome.DONE
        rig.feed.quote(PERP, "99.9", "100.1", depth="4")
        taking = await rig.place(quantity="0.8", price="99")
        assert rig.refusals() == (["liquidity"] if refused else [])
        assert (taking.outcome is Outcome.DONE) is not refused

    in_virtual_time(work)
