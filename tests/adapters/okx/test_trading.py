"""The life of orders at OKX, over the loopback."""

import asyncio
import time
from decimal import Decimal

import msgspec

from adapters.network.transport import NetworkTransport
from adapters.okx.venue import cancel_everything, key_rights
from core.io.system_clock import SystemClock
from core.ports.keys import KeyRight
from core.ports.randomness import NoRandomness
from core.ports.venue import SendOutcome
from core.types.order import Liquidity, OrderStatus, Side, TimeInForce
from tests.venues.okx.rig import OURS, SPOT, SPOT_ID, SWAP, SWAP_ID, Rig, run
from tests.venues.okx.server import CREDENTIALS, TRADE, LoopbackOkx, told

FIRST, SECOND = f"{OURS}1", f"{OURS}2"
D = Decimal


def test_a_limit_order_rests_is_filled_in_parts_and_ends() -> None:
    async def scenario(rig: Rig) -> None:
        result = await rig.trader.send(SWAP, Side.BUY, "3", "49000")
        assert result.outcome is SendOutcome.ACCEPTED
        await rig.sink.until_said(FIRST, OrderStatus.OPEN)
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        await rig.sink.until_said(FIRST, OrderStatus.PARTIALLY_FILLED)
        await rig.crowd(SWAP, Side.SELL, "48990", "2.5")
        await rig.sink.until_said(FIRST, OrderStatus.FILLED)
        assert result.venue_order_id == rig.exchange.order_named("s0001X1").ord_id

    rig = run(scenario)
    assert [(f.price, f.quantity, f.liquidity) for f in rig.sink.fills] == [
        (D(49000), D(1), Liquidity.MAKER),
        (D(49000), D(2), Liquidity.MAKER),
    ]
    # 0.02 % of 49,000 · 0.01 BTC a contract
    assert [fill.fee for fill in rig.sink.fills] == [D("0.098"), D("0.196")]
    assert rig.sink.statuses(FIRST) == [OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED]


def test_orders_carry_what_they_must() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.crowd(SPOT, Side.SELL, "50000", "1")
        await rig.crowd(SWAP, Side.SELL, "50000", "10")
        await rig.trader.send(SPOT, Side.BUY, "0.1")
        await rig.trader.send(SWAP, Side.BUY, "2")
        await rig.trader.send(SWAP, Side.SELL, "1", "51000", reduce_only=True, post_only=True)
        await rig.trader.send(SPOT, Side.SELL, "0.05", "50000", time_in_force=TimeInForce.IOC, reduce_only=True)
        await rig.sink.until_said(f"{OURS}4", OrderStatus.CANCELLED)

    rig = run(scenario)
    spot_buy, swap_buy, closing, spot_sell = rig.server.asked(f"{TRADE}/order")
    usual = {"tag": "seraphim", "stpMode": "cancel_taker"}
    assert spot_buy == usual | {
        "instId": SPOT_ID, "tdMode": "cash", "clOrdId": "s0001X1", "side": "buy", "ordType": "market", "sz": "0.1",
        "tgtCcy": "base_ccy",
    }  # fmt: skip
    assert swap_buy == usual | {
        "instId": SWAP_ID, "tdMode": "cross", "clOrdId": "s0001X2", "side": "buy", "ordType": "market", "sz": "2",
    }  # fmt: skip
    assert closing == usual | {
        "instId": SWAP_ID, "tdMode": "cross", "clOrdId": "s0001X3", "side": "sell", "ordType": "post_only", "sz": "1",
        "px": "51000", "reduceOnly": True,
    }  # fmt: skip
    assert spot_sell == usual | {
        "instId": SPOT_ID, "tdMode": "cash", "clOrdId": "s0001X4", "side": "sell", "ordType": "ioc", "sz": "0.05",
        "px": "50000",
    }  # fmt: skip


def test_orders_that_the_venue_does_not_have_are_not_sent() -> None:
    async def scenario(rig: Rig) -> None:
        results = [
            await rig.trader.send(SPOT, Side.BUY, "0.1", "50000", reduce_only=True),
            await rig.trader.send(SWAP, Side.BUY, "1", "50000", post_only=True, time_in_force=TimeInForce.IOC),
            await rig.trader.send(SWAP, Side.BUY, "NaN", "50000"),
            await rig.trader.send("UNI/USD:UNI", Side.BUY, "1", "5"),
            await rig.trader.send("XYZ/USDT", Side.BUY, "1", "5"),
        ]
        assert [result.outcome for result in results] == [SendOutcome.REJECTED] * 5
        assert "inverse swaps are not traded" in results[3].reason

    assert run(scenario).server.asked(f"{TRADE}/order") == []


def test_a_post_only_order_that_would_take_and_one_that_meets_an_own_order_end_without_a_fill() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.SELL, "1", "50000")
        await rig.trader.send(SWAP, Side.BUY, "1", "50000")
        await rig.sink.until_said(SECOND, OrderStatus.CANCELLED)
        await rig.trader.send(SWAP, Side.BUY, "1", "50000", post_only=True)
        await rig.sink.until_said(f"{OURS}3", OrderStatus.CANCELLED)

    rig = run(scenario)
    assert rig.sink.fills == []
    assert rig.exchange.order_named("s0001X1").is_resting


def test_a_cancel_ends_an_order() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        assert (await rig.execution.cancel(FIRST, SWAP)).outcome is SendOutcome.ACCEPTED
        await rig.sink.until_said(FIRST, OrderStatus.CANCELLED)

    assert run(scenario).exchange.resting() == []


def test_an_amend_gives_price_and_total_quantity_and_keeps_what_is_filled() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "3", "49000")
        await rig.crowd(SWAP, Side.SELL, "49000", "1")
        result = await rig.trader.amend(FIRST, "49100", "5")
        assert result.outcome is SendOutcome.ACCEPTED
        order = rig.exchange.order_named("s0001X1")
        assert (result.venue_order_id, order.price, order.size, order.filled) == (order.ord_id, D(49100), D(5), D(1))
        assert (await rig.trader.amend(FIRST, "49100", "1")).outcome is SendOutcome.REJECTED
        report = await rig.execution.account(0)
        assert [(o.intent.limit_price, o.intent.quantity) for o in report.open_orders] == [(D(49100), D(5))]

    run(scenario)


def test_an_amend_that_the_venue_took_and_did_not_do_is_in_doubt() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "3", "49000")
        ord_id = rig.exchange.order_named("s0001X1").ord_id
        rig.exchange.amend = lambda terms: ("0", "", ord_id)  # taken, and never carried out
        assert (await rig.trader.amend(FIRST, "49100", "5")).outcome is SendOutcome.IN_DOUBT

    assert len(run(scenario).server.asked(f"{TRADE}/order")) == 5  # one sent, four looks


def test_the_account_is_read_whole() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.crowd(SPOT, Side.SELL, "50000", "1")
        await rig.crowd(SWAP, Side.SELL, "50100", "10")
        await rig.trader.send(SPOT, Side.BUY, "0.1")
        await rig.trader.send(SWAP, Side.BUY, "4")
        await rig.trader.send(SWAP, Side.SELL, "1", "60000")
        rig.exchange.place(
            {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "2", "px": "1000"}
        )
        rig.exchange.pay_funding(SWAP_ID, "-1.5")
        report = await rig.execution.account(0)
        balances = {balance.asset: balance.total for balance in report.balances}
        assert balances == {name: rig.exchange.cash[name] for name in ("BTC", "USDT")}
        assert {(p.instrument_id.symbol, p.quantity, p.average_price) for p in report.positions} == {
            (SWAP, D(4), D(50100)),
            (SPOT, rig.exchange.cash["BTC"], D(50000)),
        }
        names = {order.intent.client_order_id: order.intent.source for order in report.open_orders}
        foreign = rig.exchange.resting()[0].ord_id
        assert names == {f"{OURS}3": "external", f"okx-{foreign}": "external"}
        assert [(fill.client_order_id, fill.quantity) for fill in report.fills] == [(FIRST, D("0.1")), (SECOND, D(4))]
        # a spot buy pays its fee in the base: 0.1 % of 0.1 BTC at 50,000
        assert report.fills[0].fee == D(5)
        assert [(p.instrument_id.symbol, p.amount) for p in report.funding] == [(SWAP, D("-1.5"))]
        assert report.fills == tuple(fill_as(rig, fill) for fill in report.fills)

    def fill_as(rig: Rig, fill):
        """Return the same fill as the websocket told it, with the time of arrival of the other."""
        told = next(each for each in rig.sink.fills if each.fill_id == fill.fill_id)
        return msgspec.structs.replace(told, received_ns=fill.received_ns)

    run(scenario)


def test_lists_longer_than_a_page_are_read_to_their_end() -> None:
    async def scenario(rig: Rig) -> None:
        for _ in range(230):
            rig.exchange.place(
                {"instId": SWAP_ID, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "1000"}
            )
        await rig.crowd(SWAP, Side.SELL, "1000", "120")
        for _ in range(101):
            rig.exchange.pay_funding(SWAP_ID, "0.1")
        report = await rig.execution.account(0)
        assert (len(report.open_orders), len(report.fills), len(report.funding)) == (110, 120, 101)
        assert len({fill.fill_id for fill in report.fills}) == 120
        assert [fill.venue_ns for fill in report.fills] == sorted(fill.venue_ns for fill in report.fills)

    run(scenario)


def test_an_asset_that_the_venue_leaves_out_is_told_at_nothing() -> None:
    async def scenario(rig: Rig) -> None:
        del rig.exchange.cash["BTC"]
        report = await rig.execution.account(0)
        assert {balance.asset: balance.total for balance in report.balances} == {"BTC": D(0), "USDT": D(100_000)}

    run(scenario)


def test_a_fill_between_the_questions_makes_the_account_be_asked_again() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "3", "49000")

        async def filled_meanwhile(request, serve):
            rig.exchange.crowd(SWAP_ID, Side.SELL, "49000", "1")
            return await serve()

        rig.server.fail(f"{TRADE}/fills", filled_meanwhile)
        report = await rig.execution.account(time.time_ns() - 60_000_000_000)
        held = sum(p.quantity for p in report.positions if p.instrument_id.symbol == SWAP)
        assert held == sum(fill.quantity for fill in report.fills) == D(1)

    assert len(run(scenario).server.asked("/api/v5/account/positions")) > 1


def test_everything_is_cancelled_whoever_sent_it_in_every_instrument() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        for n in range(44):
            inst_id, mode = (SWAP_ID, "cross") if n % 2 else (SPOT_ID, "cash")
            rig.exchange.place(
                {"instId": inst_id, "tdMode": mode, "side": "buy", "ordType": "limit", "sz": "0.01", "px": "9"}
            )
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert rig.exchange.resting() == []

    rig = run(scenario)
    assert [len(batch) for batch in rig.server.asked(f"{TRADE}/cancel-batch-orders")] == [20, 20, 5]


def test_orders_that_the_venue_holds_back_are_cancelled_with_the_others() -> None:
    async def scenario(rig: Rig) -> None:
        for order_type in [*sorted(rig.server.algo_types), *["trigger"] * 10]:
            rig.server.hold_back(order_type, SWAP_ID)
        rig.server.algo_types.remove("chase")  # a venue that does not know one has none of it
        rig.server.algos = {name: row for name, row in rig.server.algos.items() if row["ordType"] != "chase"}
        assert (await rig.execution.cancel_all()).outcome is SendOutcome.ACCEPTED
        assert rig.server.algos == {}

    rig = run(scenario)
    assert [len(batch) for batch in rig.server.asked(f"{TRADE}/cancel-algos")] == [10, 6]


def test_held_back_orders_that_cannot_be_listed_are_doubt_and_keep_no_other_alive() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        rig.server.fail(f"{TRADE}/orders-algo-pending", *[told("50001", status=503)] * 100)
        result = await rig.execution.cancel_all()
        assert result.outcome is SendOutcome.IN_DOUBT
        assert "what is open could not be read" in result.reason
        assert rig.exchange.resting() == []

    run(scenario)


def test_a_process_with_nothing_but_keys_cancels_everything_and_says_what_it_could_not() -> None:
    async def scenario(rig: Rig) -> None:
        transport = NetworkTransport()

        async def cancel():
            return await cancel_everything(
                transport=transport, clock=SystemClock(), randomness=NoRandomness(), credentials=CREDENTIALS,
                endpoints=rig.server.endpoints,
            )  # fmt: skip

        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        report = await cancel()
        assert (report.is_clean, report.gone) == (True, (f"{SWAP_ID} {FIRST}",))
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")
        kept = rig.exchange.cancel
        rig.exchange.cancel = lambda terms: ("51406", "Cancel - order not support", "")
        report = await cancel()
        assert not report.is_clean
        assert SECOND in report.text
        assert "51406" in report.text
        rig.exchange.cancel = kept
        await transport.close()

    run(scenario)


def test_the_rights_of_a_key_are_told() -> None:
    async def scenario(rig: Rig) -> None:
        rig.server.config |= {"perm": "read_only,withdraw,trade", "ip": "10.0.0.1"}
        transport = NetworkTransport()
        rights = await key_rights(
            transport=transport, clock=SystemClock(), randomness=NoRandomness(), credentials=CREDENTIALS,
            endpoints=rig.server.endpoints,
        )  # fmt: skip
        await transport.close()
        assert rights.rights == {KeyRight.READ, KeyRight.TRADE, KeyRight.WITHDRAW}
        assert rights.detail == "bound to 10.0.0.1"
        rig.server.config["perm"] = "read_only,transfer"
        assert (await rig.execution.key_rights()).rights is None

    run(scenario)


def test_leverage_is_set_at_the_start_where_it_is_configured() -> None:
    async def scenario(rig: Rig) -> None:
        assert await rig.execution.leverage(SWAP) == 2
        assert await rig.execution.set_leverage(SWAP, 5) == 5
        assert await rig.execution.leverage(SPOT) == 1

    assert run(scenario, leverage=2).server.leverage == {SWAP_ID: "5"}


def test_the_demo_network_is_marked_on_every_request() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.trader.send(SWAP, Side.BUY, "1", "49000")

    live = run(scenario)
    assert not any("x-simulated-trading" in headers for headers in live.server.headers)

    async def demo() -> list[dict[str, str]]:
        server, transport = LoopbackOkx(), NetworkTransport()
        async with server.running(), asyncio.timeout(20):
            endpoints = msgspec.structs.replace(server.endpoints, is_demo=True)
            await cancel_everything(
                transport=transport, clock=SystemClock(), randomness=NoRandomness(), credentials=CREDENTIALS,
                endpoints=endpoints,
            )  # fmt: skip
            await transport.close()
        return server.headers

    assert all(headers["x-simulated-trading"] == "1" for headers in asyncio.run(demo()))
