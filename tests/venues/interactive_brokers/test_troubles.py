"""Lost lines, lost answers, refusals: what an order became is found out, never guessed."""

import asyncio
from decimal import Decimal

import pytest

from adapters.interactive_brokers.catalogue import CATALOGUE, Meaning, meaning_of
from core.book.book import BookState
from core.ports.venue import SendOutcome
from core.types.market import FeedState
from core.types.order import OrderStatus, Side
from tests.venues.interactive_brokers.fake_tws import FakeTws, OrderFault
from tests.venues.interactive_brokers.frames import frame
from tests.venues.interactive_brokers.rig import HandClock, Rig, amended, order, trading

R, D, A = SendOutcome.REJECTED, SendOutcome.IN_DOUBT, SendOutcome.ACCEPTED


async def test_a_line_cut_after_the_order_arrived_ends_in_the_truth():
    async with trading() as rig:
        rig.tws.faults.append(OrderFault.LINE_CUT_AFTER)
        assert (await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))).outcome is D
        await rig.log.until(lambda: OrderStatus.OPEN in rig.log.statuses("s1-1"))  # found after connecting again
        (found,) = (await rig.execution.account(0)).open_orders
        assert found.intent.client_order_id == "s1-1"
        assert (await rig.execution.cancel("s1-1", "NVDA")).outcome is A


async def test_a_fill_during_a_cut_line_is_told_after_it_once():
    async with trading() as rig:
        rig.tws.faults.append(OrderFault.LINE_CUT_AFTER)
        assert (await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))).outcome is D
        await rig.log.until(lambda: bool(rig.log.fills))
        connections = rig.tws.connections
        rig.tws.cut()
        await rig.market.until(lambda: rig.tws.connections > connections and rig.state is FeedState.UP)
        await rig.execution.account(0)
        assert [(fill.client_order_id, fill.quantity) for fill in rig.log.fills] == [("s1-1", Decimal(10))]


async def test_a_line_cut_before_the_order_arrived_leaves_nothing_at_the_venue():
    async with trading() as rig:
        rig.tws.faults.append(OrderFault.LINE_CUT_BEFORE)
        assert (await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))).outcome is D
        await rig.market.until(lambda: rig.state is FeedState.UP and rig.connection.session is not None)
        report = await rig.execution.account(0)
        assert (report.open_orders, report.fills, rig.log.reports) == ((), (), [])


async def test_an_order_whose_answer_is_lost_is_found_by_its_reference():
    async with trading() as rig:
        rig.tws.faults.append(OrderFault.ACK_LOST)
        waiting = asyncio.ensure_future(rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00")))
        await rig.tws.until(lambda: bool(rig.tws.exchange.working()))
        assert not waiting.done()
        (found,) = (await rig.execution.account(0)).open_orders
        assert (found.intent.client_order_id, found.status) == ("s1-1", OrderStatus.OPEN)
        assert (await waiting).outcome is A  # what the account showed is the answer


async def test_a_restart_knows_its_orders_by_their_references():
    async with trading() as first:
        await first.execution.submit(order("sab12-0001-7", Side.BUY, 10, "149.00"))
        await first.stop()
        second = Rig(first.tws, HandClock())
        await second.start()
        (found,) = (await second.execution.account(0)).open_orders
        assert found.intent.client_order_id == "sab12-0001-7"
        answer = await second.execution.amend(amended("sab12-0001-7", Side.BUY, 11, "149.10"))
        assert answer.outcome is A
        assert (await second.execution.cancel("sab12-0001-7", "NVDA")).outcome is A
        await second.execution.submit(order("sab12-0002-1", Side.BUY, 1, "149.00"))
        ids = [placed.order_id for placed in first.tws.exchange.orders]
        assert len(set(ids)) == len(ids) == 2  # IB's own ids are not used twice either
        await second.stop()
        await first.start()  # so that it can be stopped as usual


async def test_a_restart_under_another_client_id_knows_its_orders_and_says_that_it_cannot_cancel_them():
    async with trading() as first:
        await first.execution.submit(order("sab12-0001-7", Side.BUY, 10, "149.00"))
        second = Rig(first.tws, HandClock(), client_id=99)
        await second.start()
        (found,) = (await second.execution.account(0)).open_orders
        assert found.intent.client_order_id == "sab12-0001-7"
        answer = await second.execution.cancel("sab12-0001-7", "NVDA")
        assert answer.reason == "not sent: the order was placed by client 17: only cancelling everything reaches it"
        await second.stop()


@pytest.mark.parametrize(
    ("code", "outcome", "status"),
    [
        (201, R, OrderStatus.REJECTED),
        (110, R, OrderStatus.REJECTED),
        (103, R, OrderStatus.REJECTED),
        (200, R, OrderStatus.REJECTED),
        (321, R, OrderStatus.REJECTED),
        (504, R, OrderStatus.REJECTED),
        (202, A, OrderStatus.CANCELLED),
        (399, A, OrderStatus.OPEN),
        (100, D, OrderStatus.IN_DOUBT),
        (99_999, D, OrderStatus.IN_DOUBT),
    ],
)
async def test_a_code_for_a_new_order_means_what_the_catalogue_says(
    code: int, outcome: SendOutcome, status: OrderStatus
):
    async with trading() as rig:
        rig.tws.replies.append((code, "what IB says"))
        answer = await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        assert answer.outcome is outcome
        assert rig.log.statuses("s1-1") == [status]
        if outcome is not A:
            assert answer.reason == f"IB {code}: what IB says"


@pytest.mark.parametrize("code", [161, 10147, 10148, 136])
async def test_a_refused_cancel_says_nothing_of_the_order(code: int):
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        rig.tws.cancel_replies.append((code, "cannot be cancelled"))
        answer = await rig.execution.cancel("s1-1", "NVDA")
        assert (answer.outcome, answer.reason) == (R, f"IB {code}: cannot be cancelled")
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN]
        assert len((await rig.execution.account(0)).open_orders) == 1


async def test_a_reject_of_a_working_order_is_doubt_until_the_account_is_read():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        rig.tws.say(201, "Order rejected - reason:margin", rig.tws.exchange.orders[0].order_id)
        await rig.log.until(lambda: rig.log.statuses("s1-1")[-1] is OrderStatus.IN_DOUBT)


def test_warnings_are_no_rejects_and_unknown_codes_no_success():
    assert meaning_of(399) is meaning_of(2109) is meaning_of(2199) is Meaning.NOTICE
    assert meaning_of(31_337) is Meaning.UNKNOWN
    assert {code for code, meaning in CATALOGUE.items() if meaning is Meaning.CANCEL_REFUSED} >= {161, 10147, 10148}


async def test_while_tws_has_lost_ib_nothing_is_readable_and_nothing_is_sent():
    async with trading() as rig:
        await rig.until_quoted()
        rig.tws.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
        await rig.market.until(lambda: rig.state is FeedState.DOWN)
        assert (rig.book.state, rig.book.best_bid()) == (BookState.INVALID, None)
        answer = await rig.execution.submit(order("s1-1"))
        assert answer.outcome is R
        assert answer.reason.startswith("not sent: IB 1100: Connectivity")
        with pytest.raises(ConnectionError, match="IB 1100"):
            await rig.execution.account(0)
        rig.tws.say(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
        await rig.until_quoted()
        await rig.market.until(lambda: rig.state is FeedState.UP)
        assert (await rig.execution.submit(order("s1-2"))).outcome is A
        assert rig.tws.connections == 1


async def test_orders_in_flight_when_ib_is_lost_are_in_doubt():
    async with trading() as rig:
        rig.tws.faults.append(OrderFault.ACK_LOST)
        waiting = asyncio.ensure_future(rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00")))
        await rig.tws.until(lambda: bool(rig.tws.exchange.working()))
        rig.tws.say(1100, "lost")
        assert (await waiting).outcome is D
        rig.tws.say(1101, "restored - data lost")
        await rig.log.until(lambda: OrderStatus.OPEN in rig.log.statuses("s1-1"))


async def test_a_silent_tws_is_left_and_found_again():
    async with trading(heartbeat_s=0.05, request_timeout_s=0.2, connect_timeout_s=0.2) as rig:
        await rig.until_quoted()
        rig.tws.is_silent = True
        await rig.market.until(lambda: rig.state is FeedState.DOWN)
        assert rig.book.best_bid() is None
        rig.tws.is_silent = False
        await rig.until_quoted()
        await rig.market.until(lambda: rig.state is FeedState.UP)


async def test_a_message_that_cannot_be_read_replaces_the_connection():
    async with trading() as rig:
        rig.tws.clients[0].outgoing.put_nowait(frame(11, -1, "no execution"))
        await rig.tws.until(lambda: rig.tws.connections == 2)
        await rig.market.until(lambda: rig.state is FeedState.UP)
        assert any("a message of TWS could not be read" in status.detail for status in rig.market.statuses)


async def test_tws_may_start_later_than_the_engine():
    async with FakeTws() as tws:
        await tws.close()
        rig = Rig(tws, HandClock())
        starting = asyncio.ensure_future(rig.start())
        await rig.market.until(lambda: any(status.state is FeedState.DOWN for status in rig.market.statuses))
        await tws.listen()
        await starting
        assert rig.state is FeedState.UP
        await rig.stop()


async def test_a_client_id_in_use_is_said_and_tried_again():
    async with trading() as first:
        second = Rig(first.tws, HandClock())
        starting = asyncio.ensure_future(second.start())
        await second.market.until(lambda: any("IB 326" in status.detail for status in second.market.statuses))
        await first.stop()
        await starting
        await second.stop()
        await first.start()


async def test_a_login_with_several_accounts_needs_one_named():
    async with FakeTws() as tws:
        tws.accounts = ["DU111", "DU222"]
        rig = Rig(tws, HandClock())
        starting = asyncio.ensure_future(rig.start())
        await rig.market.until(
            lambda: any("name one of the accounts DU111, DU222" in each.detail for each in rig.market.statuses)
        )
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        named = Rig(tws, HandClock(), account="DU111")
        await named.start()
        await named.stop()


async def test_a_corrected_execution_is_not_booked_twice():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        await rig.log.until(lambda: bool(rig.log.fills))
        rig.tws.revision = 2
        assert (await rig.execution.account(0)).fills == tuple(rig.log.fills)


async def test_an_inactive_order_is_in_doubt_until_it_is_known_to_be_rejected():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        placed = rig.tws.exchange.orders[0]
        placed.status = "Inactive"
        rig.tws.show_status(placed)
        await rig.log.until(lambda: rig.log.statuses("s1-1")[-1] is OrderStatus.IN_DOUBT)


@pytest.mark.parametrize("is_code_first", [True, False])
async def test_an_order_that_worked_and_is_rejected_then_has_ended_once_both_words_are_there(is_code_first: bool):
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        placed = rig.tws.exchange.orders[0]
        placed.status = "Inactive"
        words = [
            lambda: rig.tws.say(201, "Order rejected - reason:margin", placed.order_id),
            lambda: rig.tws.show_status(placed),
        ]
        for word in words if is_code_first else words[::-1]:
            word()
        await rig.log.until(lambda: rig.log.statuses("s1-1")[-1] is OrderStatus.CANCELLED)
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN, OrderStatus.IN_DOUBT, OrderStatus.CANCELLED]
        assert rig.log.reports[-1].reason == "IB 201: Order rejected - reason:margin"
        assert placed in rig.tws.exchange.working()
        assert (await rig.execution.account(0)).open_orders == ()


async def test_a_reject_that_an_order_outlives_does_not_end_it_later():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        placed = rig.tws.exchange.orders[0]
        rig.tws.say(201, "Order rejected - reason:margin", placed.order_id)
        rig.tws.show_status(placed)
        placed.status = "Inactive"
        rig.tws.show_status(placed)
        await rig.log.until(lambda: (rig.log.reports[-1].reason or "").startswith("inactive"))
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN, OrderStatus.IN_DOUBT] * 2
        assert len((await rig.execution.account(0)).open_orders) == 1
