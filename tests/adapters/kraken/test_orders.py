"""Orders at the loopback Kraken: their life, their refusals, and what is known when an answer is lost."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.kraken.client_ids import to_kraken
from core.ports.venue import SendOutcome
from core.types.order import Liquidity, OrderStatus, Side
from tests.adapters.kraken.rig import D, TradeRig, play

S = OrderStatus


def test_a_limit_order_rests_fills_in_parts_and_ends_filled(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5", quantity="1")
        result = await rig.submit(order)
        assert (result.outcome, [result.venue_order_id]) == (SendOutcome.ACCEPTED, rig.open_at_venue)
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.3")
        await rig.told.until(lambda: rig.told.filled(order.client_order_id) == D("0.3"))
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.7")
        await rig.told.until_said(order.client_order_id, S.FILLED)
        assert rig.told.changes(order.client_order_id) == [S.OPEN, S.PARTIALLY_FILLED, S.FILLED]
        first, second = rig.told.fills_by_id.values()
        assert (first.price, first.quantity, first.liquidity) == (D("29999.5"), D("0.3"), Liquidity.MAKER)
        assert first.fee == D("29999.5") * D("0.3") * D("0.0025")
        assert second.quantity == D("0.7")
        assert {first.client_order_id, first.side, first.symbol} == {order.client_order_id, Side.BUY, "BTC/USD"}

    play(scenario, tmp_path)


def test_numbers_leave_as_digits_and_the_order_says_who_goes_where_two_own_ones_meet(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29000.5", quantity="0.00010000")
        await rig.submit(order)
        sent = next(params for method, params in rig.venue.stream.asked if method == "add_order")
        assert (sent["order_qty"], sent["limit_price"], sent["time_in_force"]) == (0.0001, 29000.5, "gtc")
        assert (sent["stp_type"], sent["fee_preference"]) == ("cancel_newest", "quote")
        assert sent["cl_ord_id"] == to_kraken(order.client_order_id) != order.client_order_id
        assert "reduce_only" not in sent

    play(scenario, tmp_path)


def test_a_market_order_takes_several_levels_and_pays_as_taker(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price=None, quantity="2")
        assert (await rig.submit(order)).outcome is SendOutcome.ACCEPTED
        await rig.told.until_said(order.client_order_id, S.FILLED)
        fills = list(rig.told.fills_by_id.values())
        assert [(f.price, f.quantity) for f in fills] == [(D(30001), D("1.5")), (D(30002), D("0.5"))]
        assert {f.liquidity for f in fills} == {Liquidity.TAKER}
        assert rig.open_at_venue == []
        assert rig.venue.ours.dead_man_at_ns is None  # it never rests

    play(scenario, tmp_path)


def test_what_an_ioc_order_does_not_get_is_cancelled(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="30001", quantity="2", ioc=True)
        await rig.submit(order)
        await rig.told.until_said(order.client_order_id, S.CANCELLED)
        assert rig.told.filled(order.client_order_id) == D("1.5")
        assert rig.told.reports[-1].reason == "Order had no fill"

    play(scenario, tmp_path)


def test_a_post_only_order_that_would_take_ends_cancelled_without_a_trade(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="30005", post_only=True)
        await rig.submit(order)
        await rig.told.until_said(order.client_order_id, S.CANCELLED)
        assert (rig.told.reports[-1].reason, rig.told.fills_by_id) == ("Post only order", {})

    play(scenario, tmp_path)


def test_where_two_own_orders_would_meet_the_newer_goes(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        resting = rig.intent(price="30000.5")
        await rig.submit(resting)
        newer = rig.intent(Side.SELL, "30000.5")
        await rig.submit(newer)
        await rig.told.until_said(newer.client_order_id, S.CANCELLED)
        assert rig.told.reports[-1].reason == "Self trade prevention"
        assert len(rig.open_at_venue) == 1

    play(scenario, tmp_path)


def test_a_cancel_ends_the_order_and_a_second_one_is_refused(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        assert (await rig.cancel(order)).outcome is SendOutcome.ACCEPTED
        await rig.told.until_said(order.client_order_id, S.CANCELLED)
        again = await rig.cancel(order)
        assert (again.outcome, again.reason) == (SendOutcome.REJECTED, "EOrder:Unknown order")

    play(scenario, tmp_path)


def test_an_order_that_fills_while_its_cancel_is_on_the_way_is_filled(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5")
        await rig.submit(order)
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.1")
        result = await rig.cancel(order)
        assert result.outcome is SendOutcome.REJECTED
        await rig.told.until_said(order.client_order_id, S.FILLED)
        assert rig.told.filled(order.client_order_id) == D("0.1")

    play(scenario, tmp_path)


def test_all_orders_go_at_once_also_those_of_others(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        orders = [rig.intent(), rig.intent(price="28000"), rig.intent(Side.SELL, "31000")]
        for order in orders:
            await rig.submit(order)
        assert len(rig.open_at_venue) == 3
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert rig.open_at_venue == []

    play(scenario, tmp_path)


@pytest.mark.parametrize(
    ("price", "quantity", "says"),
    [
        ("29000", "0.00001", "EOrder:Order minimum not met"),
        ("29000.05", "0.1", "EOrder:Invalid price"),
        ("29000", "99", "EOrder:Insufficient funds"),
    ],
)
def test_what_the_venue_refuses_is_a_known_reject(price: str, quantity: str, says: str, tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        result = await rig.submit(rig.intent(price=price, quantity=quantity))
        assert (result.outcome, result.reason) == (SendOutcome.REJECTED, says)
        assert rig.open_at_venue == []

    play(scenario, tmp_path)


@pytest.mark.parametrize("says", ["EService:Timeout", "EGeneral:Internal error", "EWhatever:New words"])
def test_an_answer_that_says_nothing_certain_leaves_the_order_in_doubt(says: str, tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.next_errors.append(says)
        result = await rig.submit(rig.intent())
        assert (result.outcome, result.reason) == (SendOutcome.IN_DOUBT, says)

    play(scenario, tmp_path)


def test_an_order_whose_connection_ends_before_the_answer_is_in_doubt(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.stream.before_answer = lambda method: method == "add_order" and hang_up(rig)
        rig.venue.faults.lost_answers = 1
        result = await rig.submit(rig.intent())
        assert result.outcome is SendOutcome.IN_DOUBT
        assert "connection" in result.reason
        assert len(rig.open_at_venue) == 1

    play(scenario, tmp_path)


def hang_up(rig: TradeRig) -> None:
    for client in rig.venue.stream.clients:
        assert client.socket._req is not None
        assert client.socket._req.transport is not None
        client.socket._req.transport.close()


def test_a_cancel_that_is_not_answered_goes_over_rest_too(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        rig.venue.faults.lost_requests = 1
        assert (await rig.cancel(order)).outcome is SendOutcome.ACCEPTED
        assert rig.open_at_venue == []
        assert [fields["cl_ord_id"] for fields in rig.asked("CancelOrder")] == [to_kraken(order.client_order_id)]

    play(scenario, tmp_path, request_timeout_s=1.0)


def test_without_a_private_websocket_orders_stay_here_and_cancels_go_over_rest(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        rig.venue.faults.refused_connections = 10**6
        await rig.venue.stream.close()
        await rig.venue.until(lambda: not rig.venue.stream.clients)
        while rig.execution.is_ready:
            await rig.execution.account(0)
        refused = await rig.submit(rig.intent())
        assert refused.outcome is SendOutcome.REJECTED
        assert refused.reason.startswith("not sent: executions are not heard")
        assert (await rig.cancel(order)).outcome is SendOutcome.ACCEPTED
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert rig.open_at_venue == []

    play(scenario, tmp_path)


def test_an_amend_keeps_the_order_and_its_quantity_is_the_total(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent(price="29999.5", quantity="1")
        sent = await rig.submit(order)
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.4")
        await rig.told.until(lambda: rig.told.filled(order.client_order_id) == D("0.4"))
        result = await rig.amend(order, "29998.5", "0.9")
        assert (result.outcome, result.venue_order_id) == (SendOutcome.ACCEPTED, sent.venue_order_id)
        (shown,) = (await rig.execution.account(0)).open_orders
        assert (shown.intent.limit_price, shown.intent.quantity) == (D("29998.5"), D("0.9"))
        assert (shown.filled_quantity, shown.remaining_quantity) == (D("0.4"), D("0.5"))
        assert (shown.intent.client_order_id, shown.venue_order_id) == (order.client_order_id, sent.venue_order_id)

    play(scenario, tmp_path)


def test_an_amend_that_is_refused_leaves_the_terms_and_one_not_answered_is_doubt(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        order = rig.intent()
        await rig.submit(order)
        assert (await rig.amend(order, "29000.05", "0.1")).outcome is SendOutcome.REJECTED
        rig.venue.faults.lost_answers = 1
        assert (await rig.amend(order, "29100", "0.2")).outcome is SendOutcome.IN_DOUBT
        (shown,) = (await rig.execution.account(0)).open_orders
        assert (shown.intent.limit_price, shown.intent.quantity) == (D(29100), D("0.2"))
        unknown = await rig.amend(rig.intent(), "29100", "0.2")
        assert (unknown.outcome, unknown.reason) == (SendOutcome.REJECTED, "EOrder:Unknown order")

    play(scenario, tmp_path, request_timeout_s=1.0)


@pytest.mark.parametrize(("asset", "worth"), [("USD", D("0.0025")), ("BTC", D("0.0025"))])
def test_a_fee_in_base_is_told_in_quote_at_the_trades_own_price(asset: str, worth: Decimal, tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.fee_asset = asset
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "1")
        await rig.told.until_said(order.client_order_id, S.FILLED)
        (fill,) = rig.told.fills_by_id.values()
        assert abs(fill.fee - D("29999.5") * worth) < D("1e-15")

    play(scenario, tmp_path)


def test_a_fee_in_a_third_asset_is_never_guessed_but_read_from_the_trade_history(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.fee_asset = "FEE"
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "1")
        await rig.told.until(lambda: len(rig.told.fills_by_id) == 1)
        (fill,) = rig.told.fills_by_id.values()
        assert (fill.fee, fill.client_order_id) == (D("74.99875"), order.client_order_id)
        assert len(rig.asked("TradesHistory")) >= 2  # at the start, and for this one

    play(scenario, tmp_path)


def test_a_trade_that_comes_while_the_history_is_read_is_asked_for_too(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.faults.fee_asset = "FEE"
        order = rig.intent(price="29999.5", quantity="1")
        await rig.submit(order)

        def sell_once_more(method: str) -> None:
            if method == "TradesHistory" and len(rig.venue.exchange.trades) == 1:
                rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.6")

        rig.venue.rest.before_answer = sell_once_more
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29999.5", "0.4")
        await rig.told.until(lambda: rig.told.filled(order.client_order_id) == D(1))

    play(scenario, tmp_path)
