"""From quote to fill over the wire, in pieces of seven bytes, alone and beside a foreign program."""

import asyncio
from decimal import Decimal

from ib_async import LimitOrder

from adapters.interactive_brokers.venue import cancel_everything
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.account import Balance, VenuePosition
from core.types.instrument import InstrumentId
from core.types.market import FeedState
from core.types.order import Liquidity, OrderStatus, Side
from tests.venues.interactive_brokers.exchange import Ordered
from tests.venues.interactive_brokers.fake_tws import ACCOUNT, COMMISSION, FakeTws
from tests.venues.interactive_brokers.foreign import finished, foreign_client, stock
from tests.venues.interactive_brokers.rig import VENUE, amended, at_ns, intent, order, settings_for, trading
from tests.venues.market_sink import best


async def test_from_quote_to_fill_and_account():
    async with trading() as rig:
        await rig.until_quoted()
        assert best(rig.book) == (("150.10", "300.000"), ("150.12", "200.000"))
        assert rig.state is FeedState.UP
        sent = await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        assert sent.outcome is SendOutcome.ACCEPTED
        await rig.log.until(lambda: bool(rig.log.fills))
        (fill,) = rig.log.fills
        assert (fill.client_order_id, fill.price, fill.quantity) == ("s1-1", Decimal("150.12"), Decimal(10))
        assert (fill.fee, fill.liquidity, fill.side) == (COMMISSION, Liquidity.TAKER, Side.BUY)
        assert fill.venue_ns == at_ns("2026-11-23T15:30:00")
        await rig.log.until(lambda: OrderStatus.FILLED in rig.log.statuses("s1-1"))
        report = await rig.execution.account(0)
        assert report.fills == (fill,)
        assert report.open_orders == ()
        assert report.positions == (VenuePosition(InstrumentId(VENUE, "NVDA"), Decimal(10), Decimal("150.12")),)
        assert report.balances == (Balance("USD", Decimal("98497.55"), Decimal("98497.55")),)


async def test_a_resting_order_is_filled_in_parts_by_a_foreign_client_and_both_see_it():
    async with trading() as rig, foreign_client(rig.tws) as ib:
        await rig.until_quoted()
        sent = await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.11"))
        assert sent.outcome is SendOutcome.ACCEPTED
        contract = await stock(ib)
        for quantity in (4, 6):
            trade = ib.placeOrder(contract, LimitOrder("SELL", quantity, 150.11, tif="IOC"))
            await asyncio.wait_for(finished(trade), 20)
            assert (trade.orderStatus.status, trade.fills[0].execution.price) == ("Filled", 150.11)
            await rig.log.until(lambda expected=quantity: rig.log.fills[-1:] and rig.log.fills[-1].quantity == expected)
        assert {fill.client_order_id for fill in rig.log.fills} == {"s1-1"}  # the foreign side is not ours
        assert {fill.liquidity for fill in rig.log.fills} == {Liquidity.MAKER}
        await rig.log.until(lambda: OrderStatus.FILLED in rig.log.statuses("s1-1"))
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED]


async def test_our_order_takes_a_foreign_one_and_the_quote_showed_it():
    async with trading() as rig, foreign_client(rig.tws) as ib:
        await rig.until_quoted()
        trade = ib.placeOrder(await stock(ib), LimitOrder("SELL", 7, 150.11))
        await rig.market.until(lambda: rig.book.best_ask() == (15011, 7))
        await rig.execution.submit(order("s1-1", Side.BUY, 7, "150.11", ioc=True))
        await asyncio.wait_for(finished(trade), 20)
        assert trade.fills[0].execution.shares == 7
        await rig.log.until(lambda: bool(rig.log.fills))
        assert rig.log.fills[0].price == Decimal("150.11")


async def test_a_foreign_working_order_is_external_and_cannot_be_cancelled_singly():
    async with trading() as rig, foreign_client(rig.tws) as ib:
        ib.placeOrder(await stock(ib), LimitOrder("BUY", 5, 149.50, orderRef="mine"))
        await rig.tws.until(lambda: bool(rig.tws.exchange.working()))
        (found,) = (await rig.execution.account(0)).open_orders
        assert found.intent.client_order_id == f"ib-{found.venue_order_id}"
        assert (found.intent.quantity, found.intent.limit_price) == (Decimal(5), Decimal("149.5"))
        answer = await rig.execution.cancel(found.intent.client_order_id, "NVDA")
        assert answer.outcome is SendOutcome.REJECTED
        assert answer.reason == "not sent: the order was placed by client 5: only cancelling everything reaches it"
        assert rig.log.reports == []
        assert len(rig.tws.exchange.working()) == 1


async def test_orders_made_by_hand_have_no_id_that_ours_could_run_into():
    async with trading() as rig:
        for permanent_id, size in ((7001, 3), (7002, 4)):
            terms = ("NVDA", True, Decimal(size), "LMT", Decimal(149), "GTC")
            rig.tws.exchange.place(Ordered(0, 2**31 - 1, permanent_id, *terms, ACCOUNT, ""))
        found = (await rig.execution.account(0)).open_orders
        assert [(each.intent.client_order_id, each.intent.quantity) for each in found] == [
            ("ib-7001", Decimal(3)), ("ib-7002", Decimal(4)),
        ]  # fmt: skip
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        assert rig.tws.exchange.orders[-1].order_id < 1000


async def test_a_market_order_sweeps_and_its_rest_ends_with_the_day():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 250, None))
        await rig.log.until(lambda: OrderStatus.CANCELLED in rig.log.statuses("s1-1") and bool(rig.log.fills))
        assert rig.log.fills[0].quantity == Decimal(200)
        assert [fields[18:22] for fields in rig.tws.asked("3")] == [["MKT", "", "", "DAY"]]


async def test_immediate_or_cancel_takes_what_is_there():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 250, "150.12", ioc=True))
        await rig.log.until(lambda: OrderStatus.CANCELLED in rig.log.statuses("s1-1") and bool(rig.log.fills))
        assert [fill.quantity for fill in rig.log.fills] == [Decimal(200)]


async def test_an_amend_changes_the_same_order():
    async with trading() as rig:
        first = await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        answer = await rig.execution.amend(amended("s1-1", Side.BUY, 12, "149.50"))
        assert (answer.outcome, answer.venue_order_id) == (SendOutcome.ACCEPTED, first.venue_order_id)
        (resting,) = rig.tws.exchange.working()
        assert (resting.quantity, resting.limit) == (Decimal(12), Decimal("149.5"))
        assert len({fields[1] for fields in rig.tws.asked("3")}) == 1


async def test_a_refused_amend_leaves_the_order_as_it_was():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        rig.tws.replies.append((201, "Order rejected - reason:price too far"))
        answer = await rig.execution.amend(amended("s1-1", Side.BUY, 10, "120.00"))
        assert (answer.outcome, answer.reason) == (
            SendOutcome.REJECTED,
            "IB 201: Order rejected - reason:price too far",
        )
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN]
        (found,) = (await rig.execution.account(0)).open_orders
        assert (found.intent.client_order_id, found.intent.limit_price) == ("s1-1", Decimal(149))


async def test_a_cancel_ends_the_order():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        assert (await rig.execution.cancel("s1-1", "NVDA")).outcome is SendOutcome.ACCEPTED
        assert rig.log.statuses("s1-1") == [OrderStatus.OPEN, OrderStatus.CANCELLED]
        assert rig.tws.exchange.working() == []


async def test_a_cancel_that_meets_a_fill_is_refused_and_the_fill_counts():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.11"))
        cancel = asyncio.ensure_future(rig.execution.cancel("s1-1", "NVDA"))
        rig.tws.quote("NVDA", "150.09", 100, "150.11", 100)  # the house sells into it before the cancel arrives
        answer = await cancel
        assert answer.outcome is SendOutcome.REJECTED
        await rig.log.until(lambda: bool(rig.log.fills))
        assert rig.log.fills[0].quantity == Decimal(10)
        assert rig.log.statuses("s1-1")[-1] is OrderStatus.FILLED


async def test_cancel_all_reaches_orders_of_every_client():
    async with trading() as rig, foreign_client(rig.tws) as ib:
        ib.placeOrder(await stock(ib), LimitOrder("BUY", 5, 149.50))
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert rig.tws.exchange.working() == []
        await rig.log.until(lambda: rig.log.statuses("s1-1")[-1] is OrderStatus.CANCELLED)


async def test_everything_is_cancelled_from_outside_while_the_engine_is_connected():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        answer = await cancel_everything(rig.settings, randomness=NoRandomness())
        assert answer.outcome is SendOutcome.ACCEPTED
        await rig.log.until(lambda: rig.log.statuses("s1-1")[-1] is OrderStatus.CANCELLED)


async def test_a_kill_without_tws_is_in_doubt():
    async with FakeTws() as tws:
        settings = settings_for(tws)
    answer = await cancel_everything(settings, randomness=NoRandomness())
    assert answer.outcome is SendOutcome.IN_DOUBT


async def test_what_an_order_would_need_is_asked_without_placing_it():
    async with trading() as rig:
        margin = await rig.execution.what_if(intent("s1-1", Side.BUY, 10, "150.00"))
        assert (margin.initial_change, margin.maintenance_change) == (Decimal("505.2"), Decimal("480.1"))
        assert (margin.commission, margin.commission_currency) == (Decimal(1), "USD")
        assert rig.tws.exchange.orders == []


async def test_what_cannot_be_meant_is_not_sent():
    async with trading() as rig:
        for refused, reason in (
            (order("s1-1", price="150.125"), "price 150.125 is not a multiple of 0.01"),
            (order("s1-2", quantity="1.5"), "quantity 1.5 is not a multiple of 1"),
            (order("s1-3", post_only=True), "IB has no post-only orders for stocks"),
            (order("s1-4", symbol="SPY"), "SPY@interactive_brokers is not followed"),
            (order("s1-5", Side.SELL, reduce_only=True), "reduce-only: IB holds 0"),
        ):
            answer = await rig.execution.submit(refused)
            assert (answer.outcome, answer.reason) == (SendOutcome.REJECTED, f"not sent: {reason}")
        assert rig.tws.asked("3") == []


async def test_reduce_only_closes_what_is_held_and_no_more():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        await rig.execution.account(0)  # the position has been told
        too_much = await rig.execution.submit(order("s1-2", Side.SELL, 11, "150.10", reduce_only=True))
        assert too_much.reason == "not sent: reduce-only: IB holds 10"
        assert (await rig.execution.submit(order("s1-3", Side.SELL, 10, "150.10", reduce_only=True))).outcome is (
            SendOutcome.ACCEPTED
        )


async def test_an_order_is_never_sent_twice():
    async with trading() as rig:
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        again = await rig.execution.submit(order("s1-1", Side.BUY, 10, "149.00"))
        assert again.outcome is SendOutcome.IN_DOUBT
        assert len(rig.tws.asked("3")) == 1


async def test_a_fill_waits_for_its_commission_and_then_the_price_list_decides():
    async with trading(commission_wait_s=0.05) as rig:
        rig.tws.withheld_commissions = True
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        await rig.log.until(lambda: bool(rig.log.fills))
        assert rig.log.fills[0].fee == Decimal(1)  # the least of an order at IBKR Pro's fixed prices
        rig.tws.withheld_commissions = False
        (fill,) = (await rig.execution.account(0)).fills
        assert fill == rig.log.fills[0]


async def test_a_commission_that_ib_does_not_know_yet_is_reckoned_and_ends_no_connection():
    async with trading(commission_wait_s=0.05) as rig:
        rig.tws.commission = "1.7976931348623157E308"
        await rig.execution.submit(order("s1-1", Side.BUY, 10, "150.12"))
        await rig.log.until(lambda: bool(rig.log.fills))
        assert rig.log.fills[0].fee == Decimal(1)
        assert rig.tws.connections == 1
