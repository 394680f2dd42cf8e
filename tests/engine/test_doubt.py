"""Answers that never come, come late or come twice: the order is one order, and its fills count once."""

from decimal import Decimal

import pytest

from core.control.commands import CancelOrder, Outcome
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderFilled, OrderIntended
from core.state.desk import DeskRequest
from core.types.order import OrderStatus
from tests.engine.rig import EngineRig, in_virtual_time
from tests.engine.venues import Answer, Speech

LONG_ENOUGH_S = 20  # for the probes and the time an order may still be on its way


async def silent_limit_order(rig: EngineRig, answer: Answer, *, speech: Speech = Speech.NOTHING) -> str:
    """Send an order whose answer is lost while the stream tells nothing; return its id."""
    rig.venue.answers.append(answer)
    rig.venue.speech = speech
    result = await rig.place(price="95")
    assert (result.outcome, result.data["status"]) == (Outcome.FAILED, "in_doubt")
    return str(result.data["client_order_id"])


def test_accepted_order_with_lost_answer_is_found_and_never_sent_again():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await silent_limit_order(rig, Answer.LOSE_ANSWER)
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.OPEN
        assert len(rig.venue.submitted) == 1
        assert len(rig.facts(OrderIntended)) == 1
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_order_in_doubt_is_counted_and_alerted_until_it_is_resolved():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.account_fails = True
        order_id = await silent_limit_order(rig, Answer.LOSE_ANSWER)
        await rig.elapse(3_600)
        assert rig.status(order_id) is OrderStatus.IN_DOUBT
        state = rig.engine.monitoring()
        assert state.venues["v1"].open_orders_count == 1
        assert [alert for alert in state.alerts if order_id in alert.name]
        rig.venue.account_fails = False
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.OPEN
        assert not [alert for alert in rig.engine.monitoring().alerts if order_id in alert.name]

    in_virtual_time(work)


def test_no_new_risk_on_a_book_with_an_order_in_doubt_but_reducing_goes_on():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(quantity="2")
        await rig.elapse(2)
        rig.venue.account_fails = True
        await silent_limit_order(rig, Answer.LOSE_REQUEST)
        rig.venue.speech = Speech.ALL
        refused = await rig.place(price="96")
        assert refused.outcome is Outcome.REFUSED
        assert "in_doubt" in refused.message
        reduced = await rig.place("sell", "1", "100.2", reduce_only=True)
        assert reduced.outcome is Outcome.DONE, reduced.message

    in_virtual_time(work)


def test_request_that_never_arrived_is_dead_only_after_the_time_it_could_be_on_its_way():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await silent_limit_order(rig, Answer.LOSE_REQUEST)
        await rig.elapse(5)
        assert rig.status(order_id) is OrderStatus.IN_DOUBT
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.REJECTED
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_order_that_appears_after_it_was_not_found_is_still_the_same_order():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await silent_limit_order(rig, Answer.LOSE_ANSWER)
        late = rig.venue.orders.pop(order_id)
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.REJECTED
        rig.venue.orders[order_id] = late
        await rig.elapse(60)
        assert rig.status(order_id) is OrderStatus.OPEN
        assert not rig.order(order_id).is_external
        rig.venue.speech = Speech.ALL
        rig.venue.execute(order_id)
        await rig.settle()
        assert rig.position() == 1
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_stream_that_tells_of_an_order_before_the_time_out_leaves_no_doubt():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.LOSE_ANSWER)
        result = await rig.place(price="95")
        assert (result.outcome, result.data["status"]) == (Outcome.DONE, "open")

    in_virtual_time(work)


def test_venue_library_that_raises_leaves_the_order_in_doubt_until_it_is_found():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = await silent_limit_order(rig, Answer.RAISE)
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.OPEN
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_fills_of_an_hour_without_contact_are_booked_once_on_return():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop, ["v1", "v2"]).start()
        placed = await rig.place(quantity="2", price="95")
        order_id = str(placed.data["client_order_id"])
        await rig.elapse(30)
        rig.venue.account_fails, rig.venue.speech = True, Speech.NOTHING
        rig.venue.execute(order_id, "1.5")
        for minute in range(60):  # the other venue goes on, so facts keep coming
            await rig.place("buy" if minute % 2 else "sell", venue="v2")
            await rig.elapse(60)
        rig.venue.account_fails, rig.venue.speech = False, Speech.ALL
        await rig.elapse(90)
        assert rig.position() == Decimal("1.5")
        assert rig.status(order_id) is OrderStatus.PARTIALLY_FILLED
        assert len([fact for fact in rig.facts(OrderFilled) if fact.fill.venue == "v1"]) == 1
        assert rig.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize("speech", [Speech.FILLS_TWICE, Speech.NO_FILLS, Speech.NOTHING])
def test_each_fill_is_booked_once_whoever_tells_of_it(speech: Speech):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.speech = speech
        result = await rig.place(quantity="3")
        await rig.elapse(90)
        assert rig.position() == 3
        assert rig.status(str(result.data["client_order_id"])) is OrderStatus.FILLED
        assert rig.order(str(result.data["client_order_id"])).filled_quantity == 3
        rig.venue.tell_fill(rig.venue.fills[0])  # the stream wakes up and tells it after all
        await rig.settle()
        assert rig.position() == 3
        assert len(rig.engine.desk(DeskRequest()).fills) == 1
        assert len(rig.facts(OrderFilled)) == 1
        assert rig.log().count("info fill: BUY 3") == 1
        assert rig.agrees_with_venues()

    in_virtual_time(work)


def test_fill_that_never_came_on_the_stream_is_asked_for_within_seconds():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.elapse(32 - 8)  # just after a reconciliation
        rig.venue.speech = Speech.NO_FILLS
        await rig.place(quantity="3")
        await rig.elapse(6)
        assert rig.position() == 3

    in_virtual_time(work)


def test_fill_while_the_cancel_is_in_flight_counts():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(quantity="2", price="95")).data["client_order_id"])
        rig.venue.execute(order_id, "0.5")
        result = await rig.execute(CancelOrder(client_order_id=order_id))
        assert result.outcome is Outcome.DONE
        await rig.settle()
        assert (rig.status(order_id), rig.position()) == (OrderStatus.CANCELLED, Decimal("0.5"))
        assert rig.agrees_with_venues()

    in_virtual_time(work)


@pytest.mark.parametrize("answer", [Answer.REJECT, Answer.LOSE_REQUEST])
def test_order_whose_cancel_was_refused_or_lost_comes_back_as_open(answer: Answer):
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.cancel_answers.append(answer)
        result = await rig.execute(CancelOrder(client_order_id=order_id))
        assert result.outcome is Outcome.FAILED
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.OPEN
        again = await rig.execute(CancelOrder(client_order_id=order_id))
        assert again.outcome is Outcome.DONE
        await rig.settle()
        assert rig.status(order_id) is OrderStatus.CANCELLED

    in_virtual_time(work)


def test_cancel_whose_answer_was_lost_ends_cancelled_and_not_rejected():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.cancel_answers.append(Answer.LOSE_ANSWER)
        rig.venue.speech = Speech.NOTHING
        await rig.execute(CancelOrder(client_order_id=order_id))
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.CANCELLED

    in_virtual_time(work)


def test_cancel_of_an_order_that_was_just_filled_ends_filled():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.stream_delay_s = 1.0
        rig.venue.execute(order_id)
        result = await rig.execute(CancelOrder(client_order_id=order_id))
        assert result.outcome is Outcome.FAILED
        await rig.elapse(2)
        assert (rig.status(order_id), rig.position()) == (OrderStatus.FILLED, Decimal(1))

    in_virtual_time(work)


def test_reject_of_a_second_send_under_the_same_id_does_not_drop_the_first():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(price="95")).data["client_order_id"])
        rig.venue.tell(order_id, OrderStatus.REJECTED)
        await rig.settle()
        assert rig.status(order_id) is OrderStatus.IN_DOUBT
        await rig.elapse(LONG_ENOUGH_S)
        assert rig.status(order_id) is OrderStatus.OPEN

    in_virtual_time(work)


def test_report_of_an_unknown_order_is_set_aside_and_trading_goes_on():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.tell("nobody-knows-me", OrderStatus.FILLED)
        await rig.settle()
        assert "nobody-knows-me set aside" in rig.log()
        assert (await rig.place()).outcome is Outcome.DONE

    in_virtual_time(work)


def test_order_filled_in_pieces_is_filled_and_no_longer_live():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        order_id = str((await rig.place(quantity="2", price="95")).data["client_order_id"])
        rig.venue.execute(order_id, "1")
        await rig.settle()
        assert rig.status(order_id) is OrderStatus.PARTIALLY_FILLED
        rig.venue.execute(order_id)
        await rig.settle()
        assert (rig.status(order_id), rig.position()) == (OrderStatus.FILLED, Decimal(2))
        assert list(rig.fold.orders.live()) == []
        assert rig.agrees_with_venues()

    in_virtual_time(work)
