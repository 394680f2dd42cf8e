"""The way of an order to the wire: durable first, asked again at the last moment, never twice."""

import asyncio
from decimal import Decimal

from core.control.commands import CancelOrder, Kill, Outcome, Pause
from core.io.inline_journal import InlineJournal
from core.io.virtual_loop import VirtualLoop
from core.journal.facts import OrderIntended
from core.types.order import OrderIntent, OrderStatus, OrderType, Side
from tests.engine.rig import PERP, EngineRig, JournalInTheWay, in_virtual_time
from tests.engine.venues import Answer, Speech


def test_intent_is_durable_before_the_venue_hears_of_the_order():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        durable_at_submit: list[bool] = []
        rig.venue.on_submit = lambda intent: durable_at_submit.append(
            any(isinstance(fact, OrderIntended) and fact.intent == intent for fact in journal.durable)
        )
        journal.hold()
        placing = asyncio.ensure_future(rig.place())
        await rig.elapse(3)
        assert rig.venue.submitted == []
        journal.release()
        assert (await placing).outcome is Outcome.DONE
        assert durable_at_submit == [True]

    in_virtual_time(work)


def test_an_order_whose_commit_fails_is_never_sent():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place())
        await rig.settle()
        journal.fail("disk full")
        result = await placing
        assert result.outcome is Outcome.FAILED
        assert "not sent: disk full" in result.message
        assert rig.venue.submitted == []

    in_virtual_time(work)


def test_an_order_that_waited_long_for_the_disk_is_not_sent_at_the_prices_of_another_time():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place())
        await rig.elapse(6)
        rig.feed.quote(PERP, "119.9", "120.1")
        journal.release()
        result = await placing
        assert result.outcome is Outcome.FAILED
        assert "not sent: it waited 6.0 s for the disk" in result.message
        assert rig.venue.submitted == []
        assert rig.fold.orders.live_count == 0

    in_virtual_time(work)


def test_journal_failure_leaves_only_cancels_and_is_shown():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        resting = (await rig.place(price="95")).data["client_order_id"]
        journal.fail("disk full")
        await rig.place(quantity="2")
        refused = await rig.place(quantity="3")
        assert refused.outcome is Outcome.REFUSED
        assert "CANCEL_ONLY by storage" in refused.message
        state = rig.engine.monitoring()
        assert state.global_.halt_level == "cancel_only"
        assert [alert.text for alert in state.alerts if "disk full" in alert.text]
        cancelled = await rig.execute(CancelOrder(client_order_id=str(resting)))
        assert cancelled.outcome is Outcome.DONE
        assert rig.venue.open_orders == []
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_halt_between_approval_and_send_stops_the_order():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place())
        await rig.settle()
        await rig.execute(Kill(reason="stop"))
        journal.release()
        result = await placing
        assert result.outcome is Outcome.FAILED
        assert "not sent: everything was cancelled meanwhile" in result.message
        assert rig.venue.submitted == []

    in_virtual_time(work)


def test_pause_between_approval_and_send_lets_a_reducing_order_out_even_if_it_does_not_say_so():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        await rig.place(quantity="2")
        await rig.settle()
        await rig.execute(Pause())
        result = await rig.place("sell", "1")
        assert result.outcome is Outcome.DONE, result.message
        await rig.settle()
        assert rig.position() == 1

    in_virtual_time(work)


def test_pause_between_approval_and_send_stops_an_order_that_opens():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        await rig.place(quantity="2")
        await rig.settle()
        journal.hold()
        placing = asyncio.ensure_future(rig.place("sell", "3"))
        await rig.settle()
        await rig.execute(Pause())
        journal.release()
        result = await placing
        assert result.outcome is Outcome.FAILED
        assert "not sent: trading was halted meanwhile" in result.message
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_cancel_before_the_order_left_keeps_it_from_leaving():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.settle()
        (order,) = rig.fold.orders.live()
        cancelled = await rig.execute(CancelOrder(client_order_id=order.intent.client_order_id))
        assert cancelled.outcome is Outcome.DONE
        journal.release()
        await placing
        await rig.settle()
        assert rig.venue.submitted == []
        assert order.status is OrderStatus.REJECTED

    in_virtual_time(work)


def test_stopping_lets_no_order_out_behind_the_cancels():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.settle()
        stopping = asyncio.ensure_future(rig.engine.stop("test", cancel_orders=True))
        await rig.settle()
        journal.release()
        await stopping
        await placing
        assert rig.venue.open_orders == []
        assert rig.venue.submitted == []

    in_virtual_time(work)


def test_stop_waits_for_the_answers_of_orders_on_their_way():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.latency_s = 1.0
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.settle()
        placing.cancel()
        rig.venue.speech = Speech.NOTHING
        await rig.engine.stop("test", cancel_orders=False)
        (order,) = rig.fold.orders.live()
        assert order.status is OrderStatus.OPEN

    in_virtual_time(work)


def test_no_new_order_is_taken_while_the_engine_stops():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        await rig.place(price="95")
        stopping = asyncio.ensure_future(rig.engine.stop("test", cancel_orders=True))
        await rig.elapse(0.007)  # the cancels are answered, the venue's last words are under way
        late = await rig.place(price="96")
        await stopping
        assert late.outcome is Outcome.REFUSED
        assert "CANCEL_ONLY by stopping" in late.message
        assert rig.venue.open_orders == []

    in_virtual_time(work)


def test_a_disk_that_hangs_keeps_no_engine_from_stopping():
    async def work(loop: VirtualLoop) -> None:
        journal = JournalInTheWay(InlineJournal())
        rig = await EngineRig(loop, journal=journal).start()
        journal.hold()
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.settle()
        async with asyncio.timeout(60):
            await rig.engine.stop("test", cancel_orders=True)
        assert "given up while stopping" in rig.log()
        assert rig.venue.submitted == []
        placing.cancel()

    in_virtual_time(work)


def test_stop_books_the_last_word_of_every_order():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        placed = await rig.place(price="95")
        rig.venue.stream_delay_s = 0.05
        await rig.engine.stop("test", cancel_orders=True)
        assert rig.status(str(placed.data["client_order_id"])) is OrderStatus.CANCELLED

    in_virtual_time(work)


def test_a_caller_that_goes_away_does_not_take_the_order_with_it():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        placing = asyncio.ensure_future(rig.place(price="95"))
        await rig.elapse(0.001)
        placing.cancel()
        await rig.settle()
        (order,) = rig.fold.orders.live()
        assert order.status is OrderStatus.OPEN
        assert len(rig.venue.submitted) == 1

    in_virtual_time(work)


def test_an_order_for_a_venue_without_execution_ends_rejected():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        intent = OrderIntent(
            client_order_id="x1",
            venue="v1",
            symbol=PERP,
            side=Side.BUY,
            order_type=OrderType.MARKET,
            quantity=Decimal(1),
            created_ns=0,
        )
        verdict = rig.engine.parts.desk.decide(intent)
        del rig.engine.parts.desk.executions["v1"]
        await rig.engine.parts.desk.send(verdict)
        assert rig.status("x1") is OrderStatus.REJECTED

    in_virtual_time(work)


def test_a_rejected_order_is_over_and_counts_as_a_failure():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.answers.append(Answer.REJECT)
        result = await rig.place()
        assert (result.outcome, result.data["status"]) == (Outcome.FAILED, "rejected")
        assert "not today" in result.message
        assert rig.fold.orders.live_count == 0
        assert rig.engine.parts.statistics.consecutive_failures == 1

    in_virtual_time(work)


def test_fill_before_the_answer_is_booked_and_the_answer_changes_nothing():
    async def work(loop: VirtualLoop) -> None:
        rig = await EngineRig(loop).start()
        rig.venue.fills_before_ack = True
        result = await rig.place()
        assert (result.outcome, result.data["status"]) == (Outcome.DONE, "filled")
        await rig.settle()
        assert rig.position() == 1
        assert rig.agrees_with_venues()

    in_virtual_time(work)
