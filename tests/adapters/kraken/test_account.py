"""What the account is said to hold: one consistent moment, under the usual names."""

from pathlib import Path

import pytest

from adapters.network.venue_rest import NoAnswerError
from core.matching.events import MatchKind
from core.ports.venue import SendOutcome
from core.types.account import Balance
from core.types.order import OrderStatus, OrderType, Side
from tests.adapters.kraken.rig import D, TradeRig, play
from tests.venues.kraken.exchange import Request
from tests.venues.kraken.pairs import BTC_USD
from tests.venues.kraken.venue import LoopbackKraken


def trade_once(venue: LoopbackKraken, quantity: str = "0.1", cl_ord_id: str | None = None) -> None:
    """Let our account buy from the crowd, without our program."""
    venue.exchange.crowd("BTC/USD", Side.SELL, "30000", quantity)
    venue.exchange.add(venue.ours, Request(BTC_USD, Side.BUY, MatchKind.IOC, D(quantity), D(30000), cl_ord_id))


def test_balances_positions_orders_and_fills_agree_with_the_venue(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        resting = rig.intent(price="29000", quantity="0.5", post_only=True)
        await rig.submit(resting)
        taken = rig.intent(price=None, quantity="0.5")
        await rig.submit(taken)
        report = await rig.execution.account(0)
        usd, btc = rig.venue.ours.balances["USD"], rig.venue.ours.balances["BTC"]
        assert report.balances == (
            Balance("BTC", btc, btc),
            Balance("ETH", D(10), D(10)),
            Balance("USD", usd, usd - D(14500)),
        )
        assert btc == D("2.5")
        assert {p.instrument_id.symbol: p.quantity for p in report.positions} == {"BTC/USD": btc, "ETH/USD": D(10)}
        assert {p.instrument_id.symbol: p.average_price for p in report.positions}["BTC/USD"] == D(30001)
        (order,) = report.open_orders
        assert order.intent.client_order_id == resting.client_order_id
        assert (order.intent.side, order.intent.order_type, order.intent.post_only) == (Side.BUY, OrderType.LIMIT, True)
        (fill,) = report.fills
        assert (fill.client_order_id, fill.quantity, fill.fee) == (taken.client_order_id, D("0.5"), D("60.002"))
        await rig.told.until(lambda: fill.fill_id in rig.told.fills_by_id)
        stream = rig.told.fills_by_id[fill.fill_id]
        assert (stream.price, stream.fee, stream.liquidity) == (fill.price, fill.fee, fill.liquidity)

    play(scenario, tmp_path)


def test_a_fill_has_one_id_on_the_stream_and_in_the_history_also_where_a_taker_met_many(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        await rig.submit(rig.intent(price=None, quantity="3.2"))
        await rig.told.until(lambda: len(rig.told.fills_by_id) == 3)
        report = await rig.execution.account(0)
        assert {fill.fill_id for fill in report.fills} == set(rig.told.fills_by_id)

    play(scenario, tmp_path)


def test_every_page_of_the_history_is_read(tmp_path: Path) -> None:
    venue = LoopbackKraken()

    async def scenario(rig: TradeRig) -> None:
        for _ in range(130):
            trade_once(rig.venue, "0.001")
        report = await rig.execution.account(0)
        assert len({fill.fill_id for fill in report.fills}) == 130
        assert [fields["ofs"] for fields in rig.asked("TradesHistory")][-3:] == ["0", "50", "100"]
        times = [fill.venue_ns for fill in report.fills]
        assert times == sorted(times)

    play(scenario, tmp_path, venue=venue)


def test_fills_from_before_the_moment_asked_for_are_left_out(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        trade_once(rig.venue)
        before = rig.venue.exchange.trades[0].at_ns
        trade_once(rig.venue)
        report = await rig.execution.account(before + 5_000_000_000)
        assert report.fills == ()
        assert len((await rig.execution.account(before - 1_000_000_000)).fills) == 2

    play(scenario, tmp_path)


def test_an_account_that_moves_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        moved: list[None] = []

        def move_once(method: str) -> None:
            if method == "TradesHistory" and not moved:
                moved.append(None)
                trade_once(rig.venue)

        rig.venue.rest.before_answer = move_once
        asked = len(rig.asked("TradesHistory"))
        report = await rig.execution.account(0)
        assert len(rig.asked("TradesHistory")) == asked + 2
        held = {balance.asset: balance.total for balance in report.balances}
        assert held["BTC"] == rig.venue.ours.balances["BTC"] == D("2.1")
        assert [fill.quantity for fill in report.fills] == [D("0.1")]

    play(scenario, tmp_path)


def test_an_account_that_never_holds_still_is_not_reported(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.rest.before_answer = lambda method: method == "TradesHistory" and trade_once(rig.venue)
        with pytest.raises(NoAnswerError, match="moved 3 times"):
            await rig.execution.account(0)

    play(scenario, tmp_path)


def test_orders_keep_their_names_over_a_restart_and_those_of_others_go_by_the_venues(tmp_path: Path) -> None:
    venue = LoopbackKraken()
    names: list[str] = []

    async def before(rig: TradeRig) -> None:
        for order in (rig.intent(), rig.intent(client_order_id="s0001-7")):
            await rig.submit(order)
            names.append(order.client_order_id)

    async def after(rig: TradeRig) -> None:
        foreign = rig.venue.exchange.add(
            rig.venue.ours, Request(BTC_USD, Side.SELL, MatchKind.LIMIT, D("0.2"), D(31000))
        )
        report = await rig.execution.account(0)
        shown = {order.intent.client_order_id for order in report.open_orders}
        assert shown == {*names, foreign.order_id}
        cancelled = await rig.execution.cancel(foreign.order_id, "BTC/USD")
        assert cancelled.outcome is SendOutcome.ACCEPTED
        assert (await rig.execution.cancel(names[0], "BTC/USD")).outcome is SendOutcome.ACCEPTED
        rig.venue.exchange.crowd("BTC/USD", Side.SELL, "29000", "99")
        await rig.told.until(lambda: rig.told.filled(names[1]) == D("0.1"))

    play(before, tmp_path, venue=venue)
    play(after, tmp_path, venue=venue)


def test_a_trade_of_an_order_nobody_here_knows_is_named_by_asking_for_it(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        trade_once(rig.venue, cl_ord_id="s0009-1")
        trade_once(rig.venue)
        report = await rig.execution.account(0)
        names = [fill.client_order_id for fill in report.fills]
        assert names == ["s0009-1", rig.venue.exchange.trades[1].order.order_id]

    play(scenario, tmp_path)


def test_an_order_that_the_venue_has_forgotten_keeps_no_other_from_being_named(tmp_path: Path) -> None:
    venue = LoopbackKraken()
    for n in range(1, 6):  # before anybody listens
        trade_once(venue, cl_ord_id=f"s0009-{n}")
    forgotten = venue.exchange.trades[3].order.order_id
    del venue.exchange.orders[forgotten]

    async def scenario(rig: TradeRig) -> None:
        names = [fill.client_order_id for fill in (await rig.execution.account(0)).fills]
        assert names == ["s0009-1", "s0009-2", "s0009-3", forgotten, "s0009-5"]

    play(scenario, tmp_path, venue=venue)


def test_an_order_that_was_forgotten_while_nobody_listened_keeps_no_order_back(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        orders = [rig.intent(), rig.intent(price="28999")]
        for order in orders:
            await rig.submit(order)
        first, second = rig.open_at_venue
        await rig.venue.stream.close()
        for order_id in (first, second):
            rig.venue.exchange.cancel(rig.venue.exchange.orders[order_id])
        del rig.venue.exchange.orders[first]
        await rig.venue.until(lambda: rig.venue.stream.connections == 2)
        await rig.execution.until_ready()
        questions = len(rig.asked("QueryOrders"))
        await rig.venue.stream.close()
        await rig.venue.until(lambda: rig.venue.stream.connections == 3)
        await rig.execution.until_ready()
        assert len(rig.asked("QueryOrders")) == questions
        assert sum(OrderStatus.CANCELLED in rig.told.changes(order.client_order_id) for order in orders) == 1
        assert (await rig.submit(rig.intent())).outcome is SendOutcome.ACCEPTED

    play(scenario, tmp_path)


def test_assets_that_earn_by_themselves_count_and_what_is_not_traded_here_does_not(tmp_path: Path) -> None:
    async def scenario(rig: TradeRig) -> None:
        rig.venue.ours.balances |= {"USD.F": D(500), "XBT.F": D("0.25"), "ETH2.S": D(9), "ADA": D(77)}
        held = {balance.asset: balance.total for balance in (await rig.execution.account(0)).balances}
        assert held == {"BTC": D("2.25"), "ETH": D(10), "USD": D(100500)}

    play(scenario, tmp_path)
