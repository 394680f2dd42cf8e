"""Amends of resting orders: one order, counted with the worse of both terms until its venue says which hold."""

from decimal import Decimal

import pytest

from core.control.commands import AmendOrder, CancelOrder, CommandResult, Halt, Outcome
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderAmendAsked, OrderAmendDoubted, OrderAmended, OrderAmendRefused
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.order import AmendState, OrderStatus, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, ScriptedStrategy, buy, in_virtual_time
from tests.engine.venues import Answer, Speech

D = Decimal
LONG_ENOUGH_S = 25  # for the time-out, the probes and the time an amend may still be on its way
KEY = InstrumentId("v1", PERP)


async def resting(rig: EngineRig, quantity: str = "1", price: str = "97", **more: object) -> str:
    result = await rig.place(quantity=quantity, price=price, **more)
    assert result.outcome is Outcome.DONE, result.message
    return str(result.data["client_order_id"])


async def amend(rig: EngineRig, order_id: str, price: str | None = None, quantity: str | None = None) -> CommandResult:
    return await rig.execute(
        AmendOrder(
            client_order_id=order_id,
            limit_price=None if price is None else D(price),
            quantity=None if quantity is None else D(quantity),
        )
    )


def terms(rig: EngineRig, order_id: str) -> tuple[Decimal, Decimal | None]:
    intent = rig.order(order_id).intent
    return intent.quantity, intent.limit_price


def buying(rig: EngineRig) -> Decimal:
    return next((each.buying for each in rig.engine.parts.views.exposures() if each.instrument_id == KEY), D(0))


def in_flight(rig: EngineRig) -> Decimal:
    return rig.fold.capital.reserved_usd("v1", Pool.ARB)


def test_price_and_quantity_of_a_resting_order_change_and_it_stays_the_same_order():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        result = await amend(rig, order_id, "98", "2")
        assert (result.outcome, result.data["amend"]) == (Outcome.DONE, "done")
        assert terms(rig, order_id) == (D(2), D(98))
        assert rig.order(order_id).pending_amend is None
        assert len(rig.venue.submitted) == len(rig.venue.open_orders) == 1
        assert in_flight(rig) == 200  # valued at the higher of limit and mark
        await rig.elapse(35)
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_amend_is_durable_before_it_leaves():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(EngineRig(loop).journal)
        rig = await EngineRig(loop, journal=journal).start()
        order_id = await resting(rig)
        journal.hold()
        amending = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(1)
        assert rig.venue.amended == []
        journal.release()
        assert (await amending).outcome is Outcome.DONE
        assert len(rig.venue.amended) == 1

    in_virtual_time(work)


def test_failed_commit_ends_the_amend_and_the_old_terms_hold():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(EngineRig(loop).journal)
        rig = await EngineRig(loop, journal=journal).start()
        order_id = await resting(rig)
        journal.hold()
        amending = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(0.1)
        journal.fail()
        result = await amending
        assert result.outcome is Outcome.FAILED
        assert "not sent" in result.message
        assert rig.venue.amended == []
        assert terms(rig, order_id) == (D(1), D(97))

    in_virtual_time(work)


@pytest.mark.parametrize(("price", "quantity"), [("96", "3"), ("99", "0.5")])
def test_open_amend_counts_with_the_worse_of_both_terms(price: str, quantity: str):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.LOSE_ANSWER)
        rig.venue.account_fails = True
        amending = loop.create_task(amend(rig, order_id, price, quantity))
        await rig.elapse(0.5)
        assert buying(rig) == max(D(1), D(quantity))
        assert in_flight(rig) == 100 * max(D(1), D(quantity))
        crossing = await rig.place("sell", "1", str(max(D(97), D(price))))
        assert crossing.outcome is Outcome.REFUSED
        assert [each["rule"] for each in crossing.data["refused_by"]] == ["self_cross"]
        assert (await amending).data["amend"] == "in_doubt"
        assert buying(rig) == max(D(1), D(quantity))

    in_virtual_time(work)


def test_amend_with_a_lost_answer_is_in_doubt_until_the_venues_list_shows_the_new_terms():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.LOSE_ANSWER)
        result = await amend(rig, order_id, "98", "2")
        assert (result.outcome, result.data["amend"]) == (Outcome.FAILED, "in_doubt")
        assert rig.order(order_id).is_in_doubt
        assert [alert for alert in rig.engine.monitoring().alerts if order_id in alert.name]
        assert (await rig.place(price="95.5")).outcome is Outcome.REFUSED  # no new risk beside the doubt
        await rig.elapse(LONG_ENOUGH_S)
        assert terms(rig, order_id) == (D(2), D(98))
        assert not rig.order(order_id).is_in_doubt
        assert len(rig.venue.amended) == 1
        assert len(rig.facts(OrderAmended)) == 1

    in_virtual_time(work)


def test_amend_that_never_arrived_is_given_up_only_after_the_settle_time():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.LOSE_REQUEST)
        await amend(rig, order_id, quantity="3")
        await rig.elapse(5)
        assert buying(rig) == 3
        await rig.elapse(LONG_ENOUGH_S)
        assert (buying(rig), terms(rig, order_id)) == (D(1), (D(1), D(97)))
        assert [fact.reason for fact in rig.facts(OrderAmendRefused)] == ["not at the venue"]

    in_virtual_time(work)


def test_amend_that_arrives_late_is_found():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.ARRIVE_LATE)
        await amend(rig, order_id, quantity="3")
        await rig.elapse(LONG_ENOUGH_S)
        assert terms(rig, order_id) == (D(3), D(97))

    in_virtual_time(work)


@pytest.mark.parametrize("answer", [Answer.TAKE, Answer.LOSE_ANSWER])
@pytest.mark.parametrize("stream_delay_s", [0.0, 0.3])
def test_new_venue_id_is_no_phantom_cancel(answer: Answer, stream_delay_s: float):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amends_renumber, rig.venue.stream_delay_s = True, stream_delay_s
        rig.venue.amend_answers.append(answer)
        await amend(rig, order_id, "98")
        for _ in range(LONG_ENOUGH_S * 4):
            assert rig.status(order_id).may_live
            await rig.elapse(0.25)
        assert (rig.status(order_id), terms(rig, order_id)) == (OrderStatus.OPEN, (D(1), D(98)))
        assert rig.order(order_id).venue_order_id == f"v-{order_id}'"
        assert rig.order(order_id).former_venue_ids == (f"v-{order_id}",)
        rig.venue.execute(order_id, "0.4")
        rig.venue.tell_fill(rig.venue.fills[-1])
        rig.venue.execute(order_id)
        await rig.elapse(1)
        assert (rig.status(order_id), rig.position()) == (OrderStatus.FILLED, D(1))

    in_virtual_time(work)


def test_cancel_while_an_amend_is_open_ends_the_order():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        amending = loop.create_task(amend(rig, order_id, "98", "2"))
        await rig.elapse(0.001)
        await rig.execute(CancelOrder(client_order_id=order_id))
        await amending
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.CANCELLED
        assert in_flight(rig) == 0
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_fill_during_an_amend_counts_against_the_new_total():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.latency_s = 0.2
        amending = loop.create_task(amend(rig, order_id, quantity="2"))
        await rig.elapse(0.1)
        rig.venue.execute(order_id, "0.6")
        await amending
        assert (rig.order(order_id).filled_quantity, rig.order(order_id).remaining_quantity) == (D("0.6"), D("1.4"))
        assert (rig.position(), buying(rig)) == (D("0.6"), D("1.4"))

    in_virtual_time(work)


def test_amend_of_an_order_that_has_just_been_filled_is_refused_and_the_account_is_read():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.speech = Speech.NOTHING
        rig.venue.execute(order_id)
        asked = len(rig.venue.account_calls)
        result = await amend(rig, order_id, quantity="2")
        assert result.outcome is Outcome.FAILED
        assert "stays as it was" in result.message
        await rig.settle()
        assert len(rig.venue.account_calls) == asked + 1
        assert (rig.status(order_id), rig.position()) == (OrderStatus.FILLED, D(1))

    in_virtual_time(work)


def test_order_that_is_filled_to_its_old_total_while_the_answer_is_lost_ends_filled():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.LOSE_REQUEST)
        amending = loop.create_task(amend(rig, order_id, quantity="2"))
        await rig.elapse(0.5)
        rig.venue.execute(order_id)
        await amending
        assert buying(rig) == 1  # nobody knows yet whether there is more of it
        await rig.elapse(LONG_ENOUGH_S)
        assert (rig.status(order_id), buying(rig), in_flight(rig)) == (OrderStatus.FILLED, D(0), D(0))

    in_virtual_time(work)


def test_quantity_not_above_what_is_filled_is_refused_before_the_wire():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.execute(order_id, "0.6")
        await rig.settle()
        result = await amend(rig, order_id, quantity="0.6")
        assert result.outcome is Outcome.INVALID
        assert "0.6 filled already" in result.message
        assert (rig.venue.amended, rig.facts(OrderAmendAsked)) == ([], [])

    in_virtual_time(work)


def test_price_that_crosses_an_own_order_is_refused_by_the_gate():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        await rig.place("sell", "1", "101")
        result = await amend(rig, order_id, "101")
        assert result.outcome is Outcome.REFUSED
        assert [each["rule"] for each in result.data["refused_by"]] == ["self_cross"]
        assert [check.rule for fact in rig.facts(OrderAmendRefused) for check in fact.checks if not check.passed] == [
            "self_cross"
        ]
        assert terms(rig, order_id) == (D(1), D(97))

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("price", "quantity", "outcome"),
    [("96", None, Outcome.DONE), (None, "0.5", Outcome.DONE), ("98", None, Outcome.REFUSED),
     (None, "1.5", Outcome.REFUSED), ("96", "1.5", Outcome.REFUSED)],
)  # fmt: skip
def test_in_reduce_only_an_amend_passes_that_lowers_the_order(
    price: str | None, quantity: str | None, outcome: Outcome
):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        await rig.execute(Halt(scope="global", level="reduce_only", reason="test"))
        assert (await amend(rig, order_id, price, quantity)).outcome is outcome

    in_virtual_time(work)


def test_no_amend_leaves_while_only_cancels_are_let_out():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        await rig.execute(Halt(scope="venue:v1", level="cancel_only", reason="test"))
        assert (await amend(rig, order_id, "96")).outcome is Outcome.REFUSED
        assert rig.venue.amended == []

    in_virtual_time(work)


def test_halt_between_approval_and_wire_keeps_the_amend_here():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(EngineRig(loop).journal)
        rig = await EngineRig(loop, journal=journal).start()
        order_id = await resting(rig)
        journal.hold()
        amending = loop.create_task(amend(rig, order_id, "98"))
        await rig.elapse(0.1)
        halting = loop.create_task(rig.execute(Halt(scope="global", level="reduce_only", reason="test")))
        await rig.elapse(0.1)
        journal.release()
        assert "halted meanwhile" in (await amending).message
        await halting
        assert rig.venue.amended == []
        assert terms(rig, order_id) == (D(1), D(97))

    in_virtual_time(work)


def test_only_own_resting_limit_orders_are_amended_one_amend_at_a_time():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.place_foreign("theirs", PERP, Side.BUY, "1", "95.5")
        await rig.elapse(LONG_ENOUGH_S)
        assert "never touched" in (await amend(rig, "theirs", "95.6")).message
        assert "there is no order" in (await amend(rig, "nobody", "95.6")).message
        order_id = await resting(rig)
        assert "already" in (await amend(rig, order_id, "97")).message
        first, second = loop.create_task(amend(rig, order_id, "98")), loop.create_task(amend(rig, order_id, "98.5"))
        assert (await first).outcome is Outcome.DONE
        assert (await second).outcome is Outcome.INVALID
        await rig.execute(CancelOrder(client_order_id=order_id))
        await rig.settle()
        assert "is cancelled" in (await amend(rig, order_id, "98")).message

    in_virtual_time(work)


def test_amends_count_in_the_message_rate_of_their_venue():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        await rig.elapse(2)
        steady_ns = rig.clock.monotonic_ns()
        assert rig.engine.parts.recent.rates("v1", steady_ns) == (0, 0)
        assert (await amend(rig, order_id, "96")).outcome is Outcome.DONE
        assert rig.engine.parts.recent.rates("v1", rig.clock.monotonic_ns()) == (0, 1)

    in_virtual_time(work)


def test_terms_that_somebody_else_gave_an_order_are_taken_over():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.change_terms(order_id, "2", "96")
        await rig.elapse(45)
        assert terms(rig, order_id) == (D(2), D(96))
        assert buying(rig) == 2

    in_virtual_time(work)


def test_strategy_amends_its_own_order_and_hears_of_it():
    async def work(loop: VirtualLoop) -> None:
        strategy = ScriptedStrategy("s", KEY, book=lambda *_: None)
        rig = await EngineRig(loop).start(strategy)
        assert strategy.ctx is not None
        strategy.script("book", lambda ctx, _: ctx.open_orders(KEY) or ctx.submit(buy(KEY, "1", "97")))
        await rig.elapse(0.6)
        other = await resting(rig, price="95.5")
        order = next(order for order in rig.fold.orders.live() if order.intent.source == "strategy:s")
        heard = len(strategy.orders)
        strategy.script("book", lambda ctx, _: ctx.amend(order.intent.client_order_id, limit_price=D(98)))
        await rig.elapse(0.6)
        strategy.script("book", lambda ctx, _: ctx.amend(other, limit_price=D("95.6")))
        await rig.elapse(2)
        assert order.intent.limit_price == 98
        assert len(strategy.orders) > heard
        assert terms(rig, other) == (D(1), D("95.5"))  # somebody else's

    in_virtual_time(work)


def test_amend_of_an_engine_that_died_is_settled_by_the_next_one():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.amend_answers.append(Answer.LOSE_ANSWER)
        loop.create_task(amend(rig, order_id, quantity="3"))
        await rig.elapse(0.1)
        await rig.crash()
        await loop.elapse(1)
        rig.venue.latency_s = 0.005
        again = await EngineRig(loop, world=rig).start(warm_up_s=1)
        assert terms(again, order_id) == (D(3), D(97))
        assert [fact.reason for fact in again.facts(OrderAmendDoubted)] == [
            "amend not answered: the engine ended before"
        ]
        assert again.order(order_id).pending_amend is None

    in_virtual_time(work)


def test_pending_amend_is_shown_until_it_is_answered():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await resting(rig)
        rig.venue.latency_s = 0.5
        amending = loop.create_task(amend(rig, order_id, "98", "2"))
        await rig.elapse(0.2)
        pending = rig.order(order_id).pending_amend
        assert pending is not None
        assert (pending.state, pending.limit_price, pending.quantity) == (AmendState.ASKED, D(98), D(2))
        await amending
        assert rig.order(order_id).pending_amend is None

    in_virtual_time(work)
