"""Orders of every kind, what they do to wallets and positions, and how wrong ones are refused."""

from decimal import Decimal

import pytest

from tests.venues.binance.rig import SYMBOL, Answer, Rig, Trader, limit, market, rehearse

USDM_FAR = 200  # ticks behind the touch: rests, and the crowd does not come there


async def balance(trader: Trader, asset: str) -> tuple[Decimal, Decimal]:
    account = (await trader.send("GET", "/api/v3/account")).body
    row = next(row for row in account["balances"] if row["asset"] == asset)
    return Decimal(row["free"]), Decimal(row["locked"])


async def position(trader: Trader) -> Decimal:
    (row,) = (await trader.send("GET", "/fapi/v2/positionRisk", symbol=SYMBOL)).body
    return Decimal(row["positionAmt"])


def test_resting_spot_order_holds_its_price_and_cancelling_gives_it_back():
    async def scenario(rig: Rig) -> None:
        price = rig.price("BUY", USDM_FAR)
        order = (await rig.ann.spot(**limit("BUY", "0.01", price, newClientOrderId="mine"))).body
        assert (order["status"], order["executedQty"]) == ("NEW", "0.00000000")
        assert await balance(rig.ann, "USDT") == (100_000 - price / 100, price / 100)
        (listed,) = (await rig.ann.spot("GET", "openOrders")).body
        assert listed["clientOrderId"] == "mine"
        cancelled = (await rig.ann.spot("DELETE", origClientOrderId="mine")).body
        assert (cancelled["status"], cancelled["origClientOrderId"]) == ("CANCELED", "mine")
        assert await balance(rig.ann, "USDT") == (Decimal(100_000), Decimal(0))
        assert (await rig.ann.spot("GET", orderId=order["orderId"])).body["status"] == "CANCELED"
        assert (await rig.ann.spot("DELETE", orderId=order["orderId"])).code == -2011

    rehearse(scenario)


def test_spot_market_buy_pays_what_it_swept_and_its_fee_comes_off_the_coin():
    async def scenario(rig: Rig) -> None:
        order = (await rig.ann.spot(**market("BUY", "1.5"))).body
        paid = sum(Decimal(fill["price"]) * Decimal(fill["qty"]) for fill in order["fills"])
        fees = sum(Decimal(fill["commission"]) for fill in order["fills"])
        assert order["status"] == "FILLED"
        assert Decimal(order["cummulativeQuoteQty"]) == paid
        assert (await balance(rig.ann, "USDT"))[0] == 100_000 - paid
        assert (await balance(rig.ann, "BTC"))[0] == Decimal("2.5") - fees
        assert Decimal("0.0015") <= fees <= Decimal("0.0015") + len(order["fills"]) * Decimal("1E-8")
        trades = (await rig.ann.spot("GET", "myTrades", orderId=order["orderId"])).body
        assert [trade["id"] for trade in trades] == [fill["tradeId"] for fill in order["fills"]]

    rehearse(scenario)


def test_spot_market_buy_by_cost_spends_no_more_than_that():
    async def scenario(rig: Rig) -> None:
        order = (await rig.ann.spot(side="BUY", type="MARKET", quoteOrderQty="1000")).body
        assert order["status"] == "FILLED"
        assert 900 < Decimal(order["cummulativeQuoteQty"]) <= 1000

    rehearse(scenario)


def test_usdm_position_opens_and_closes_with_profit_fee_and_income_that_add_up():
    async def scenario(rig: Rig) -> None:
        await rig.ann.usdm(**market("BUY", "0.5"))
        assert await position(rig.ann) == Decimal("0.5")
        rig.step(40)
        closed = (await rig.ann.usdm(**market("SELL", "0.5", newOrderRespType="RESULT", reduceOnly="true"))).body
        assert closed["status"] == "FILLED"
        assert await position(rig.ann) == 0
        incomes = (await rig.ann.send("GET", "/fapi/v1/income")).body
        (wallet,) = (await rig.ann.send("GET", "/fapi/v2/balance")).body
        assert Decimal(wallet["balance"]) == 100_000 + sum(Decimal(income["income"]) for income in incomes)
        trades = (await rig.ann.usdm("GET", "userTrades")).body
        money = sum(
            Decimal(trade["realizedPnl"]) - Decimal(trade["commission"]) for trade in trades
        )  # fmt: skip
        assert Decimal(wallet["balance"]) == 100_000 + money

    rehearse(scenario)


@pytest.mark.parametrize("kind", ["spot", "usdm"])
def test_immediate_orders_leave_nothing_behind(kind: str):
    async def scenario(rig: Rig) -> None:
        send = getattr(rig.ann, kind)
        best, book = rig.price("SELL", 0, kind), rig.book(kind)
        there = book.instrument.lots_to_quantity(book.matching.lots_at(*_level(rig, kind)))
        more = f"{there + Decimal('0.1'):f}"
        killed = (await send(**limit("BUY", more, best, timeInForce="FOK", newOrderRespType="RESULT"))).body
        assert (killed["status"], Decimal(killed["executedQty"])) == ("EXPIRED", 0)
        taken = (await send(**limit("BUY", more, best, timeInForce="IOC", newOrderRespType="RESULT"))).body
        assert (taken["status"], Decimal(taken["executedQty"])) == ("EXPIRED", there)
        assert (await send("GET", "openOrders")).body == []

    rehearse(scenario)


def _level(rig: Rig, kind: str):
    from core.types.order import Side

    best = rig.book(kind).matching.best_ask()
    assert best is not None
    return Side.SELL, best


@pytest.mark.parametrize(
    ("kind", "terms", "code"),
    [("spot", {"type": "LIMIT_MAKER"}, -2010), ("usdm", {"type": "LIMIT", "timeInForce": "GTX"}, -5022)],
)
def test_post_only_order_that_would_take_is_refused_and_one_behind_rests(kind: str, terms: dict[str, str], code: int):
    async def scenario(rig: Rig) -> None:
        send = getattr(rig.ann, kind)
        order: dict[str, object] = {"side": "BUY", "quantity": "0.01", **terms}
        assert (await send(**order, price=rig.price("SELL", 0, kind))).code == code
        assert (await send(**order, price=rig.price("BUY", 5, kind))).status == 200
        assert len((await send("GET", "openOrders")).body) == 1

    rehearse(scenario)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("EXPIRE_MAKER", {"maker": "EXPIRED_IN_MATCH", "taker": "NEW"}),
        ("EXPIRE_TAKER", {"maker": "NEW", "taker": "EXPIRED_IN_MATCH"}),
        ("EXPIRE_BOTH", {"maker": "EXPIRED_IN_MATCH", "taker": "EXPIRED_IN_MATCH"}),
    ],
)
def test_own_orders_never_trade_with_each_other(mode: str, expected: dict[str, str]):
    async def scenario(rig: Rig) -> None:
        # Between the best prices there is nobody else.
        price = rig.price("BUY", -1, "usdm")
        while price >= rig.price("SELL", 0, "usdm"):
            rig.step()
            price = rig.price("BUY", -1, "usdm")
        await rig.ann.usdm(**limit("SELL", "0.01", price, newClientOrderId="maker"))
        taker = limit("BUY", "0.01", price, newClientOrderId="taker", selfTradePreventionMode=mode)
        await rig.ann.usdm(**taker)
        found = {name: (await rig.ann.usdm("GET", origClientOrderId=name)).body["status"] for name in expected}
        assert found == expected
        assert (await rig.ann.usdm("GET", "userTrades")).body == []

    rehearse(scenario)


def test_market_order_is_paid_for_without_the_own_orders_that_give_way():
    async def scenario(rig: Rig) -> None:
        while rig.price("BUY", -1) >= rig.price("SELL", 0):
            rig.step()
        between = rig.price("BUY", -1)
        assert (await rig.ann.spot(**limit("SELL", "1", between))).status == 200
        rig.ann.account.spot.free["USDT"] = between / 2  # enough at the own price, not at that of the others
        assert (await rig.ann.spot(**market("BUY", "0.5"))).code == -2010
        assert len((await rig.ann.spot("GET", "openOrders")).body) == 1

    rehearse(scenario)


def test_reduce_only_never_opens_and_goes_when_the_position_is_gone():
    async def scenario(rig: Rig) -> None:
        assert (await rig.ann.usdm(**market("SELL", "0.01", reduceOnly="true"))).code == -2022
        await rig.ann.usdm(**market("BUY", "0.02"))
        assert (await rig.ann.usdm(**market("BUY", "0.01", reduceOnly="true"))).code == -2022
        high = rig.price("SELL", USDM_FAR, "usdm")
        await rig.ann.usdm(**limit("SELL", "0.02", high, reduceOnly="true", newClientOrderId="target"))
        closed = await rig.ann.usdm(**market("SELL", "0.05", reduceOnly="true", newOrderRespType="RESULT"))
        assert (closed.body["status"], closed.body["executedQty"]) == ("EXPIRED", "0.020")
        assert await position(rig.ann) == 0
        assert (await rig.ann.usdm("GET", origClientOrderId="target")).body["status"] == "EXPIRED"

    rehearse(scenario)


def test_reduce_only_order_larger_than_the_position_stands_with_what_there_is_to_close():
    async def scenario(rig: Rig) -> None:
        await rig.ann.usdm(**market("BUY", "0.02"))
        high = rig.price("SELL", USDM_FAR, "usdm")
        order = (await rig.ann.usdm(**limit("SELL", "0.05", high, reduceOnly="true"))).body
        matching, number = rig.book("usdm").matching, order["orderId"]
        assert (order["status"], matching.lots_left(number)) == ("NEW", 20)
        assert (await rig.ann.usdm(**limit("SELL", "0.01", high, reduceOnly="true"))).code == -2022
        # Moved to where it trades at once it still closes no more than that.
        low = rig.price("BUY", 3, "usdm")
        moved = await rig.ann.usdm("PUT", orderId=number, side="SELL", quantity="0.06", price=low)
        assert (moved.body["status"], moved.body["executedQty"]) == ("EXPIRED", "0.020")
        assert await position(rig.ann) == 0

    rehearse(scenario)


def test_modified_order_keeps_its_id_and_shrinking_keeps_its_place():
    async def scenario(rig: Rig) -> None:
        price = rig.price("BUY", 3, "usdm")
        order = (await rig.ann.usdm(**limit("BUY", "0.02", price))).body
        matching, number = rig.book("usdm").matching, order["orderId"]
        await rig.bob.usdm(**limit("BUY", "0.5", price))
        ahead = matching.lots_ahead(number)
        shrunk = await rig.ann.usdm("PUT", orderId=number, side="BUY", quantity="0.01", price=price)
        assert (shrunk.body["orderId"], shrunk.body["origQty"]) == (number, "0.010")
        assert matching.lots_ahead(number) == ahead
        await rig.ann.usdm("PUT", orderId=number, side="BUY", quantity="0.02", price=price)
        assert matching.lots_ahead(number) == (ahead or 0) + 500
        again = await rig.ann.usdm("PUT", orderId=number, side="BUY", quantity="0.02", price=price)
        assert again.code == -5027
        moved = await rig.ann.usdm("PUT", orderId=number, side="BUY", quantity="0.02", price=price - 5)
        assert moved.body["price"] == str(price - 5)
        assert (await rig.ann.usdm("PUT", orderId=1, side="BUY", quantity="0.02", price=price)).code == -2013

    rehearse(scenario)


def test_spot_order_shrinks_in_place_and_is_replaced_in_one_request():
    async def scenario(rig: Rig) -> None:
        price = rig.price("BUY", 3)
        order = (await rig.ann.spot(**limit("BUY", "0.02", price))).body
        ahead = rig.book().matching.lots_ahead(order["orderId"])
        amend = "order/amend/keepPriority"
        amended = (await rig.ann.spot("PUT", amend, orderId=order["orderId"], newQty="0.01")).body["amendedOrder"]
        assert (amended["orderId"], amended["origQty"]) == (order["orderId"], "0.01000000")
        assert rig.book().matching.lots_ahead(order["orderId"]) == ahead
        assert (await balance(rig.ann, "USDT"))[1] == price / 100
        assert (await rig.ann.spot("PUT", amend, orderId=order["orderId"], newQty="0.05")).code == -2038
        replacing = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": order["orderId"]}
        replaced = await rig.ann.spot("POST", "order/cancelReplace", **replacing, **limit("BUY", "0.03", price - 1))
        assert replaced.body["cancelResponse"]["status"] == "CANCELED"
        assert replaced.body["newOrderResponse"]["status"] == "NEW"
        again = await rig.ann.spot("POST", "order/cancelReplace", **replacing, **limit("BUY", "0.03", price - 1))
        assert (again.status, again.code, again.body["data"]["newOrderResult"]) == (400, -2022, "NOT_ATTEMPTED")

    rehearse(scenario)


WRONG_SPOT = {
    "price between ticks": (limit("BUY", "0.01", Decimal("50000.5")), -1013, "PRICE_FILTER"),
    "price far off": (limit("BUY", "0.01", Decimal(1)), -1013, "PERCENT_PRICE_BY_SIDE"),
    "fraction of a lot": (limit("BUY", "0.0105", Decimal(60_000)), -1013, "LOT_SIZE"),
    "too large for the market": (market("BUY", "121"), -1013, "MARKET_LOT_SIZE"),
    "no money": (limit("BUY", "5", Decimal(60_000)), -2010, "insufficient balance"),
    "no coins": (market("SELL", "1.1"), -2010, "insufficient balance"),
    "stop": ({**limit("BUY", "0.01", Decimal(60_000)), "type": "STOP_LOSS_LIMIT"}, -1013, "not supported"),
    "no quantity": ({"side": "BUY", "type": "MARKET"}, -1102, "quantity"),
    "unknown side": (market("LONG", "0.01"), -1117, "side"),
    "unknown type": ({**market("BUY", "0.01"), "type": "ICE"}, -1116, "orderType"),
    "unknown time in force": (limit("BUY", "0.01", Decimal(60_000), timeInForce="GTX"), -1115, "timeInForce"),
    "client id": (market("BUY", "0.01", newClientOrderId="no blanks"), -1100, "newClientOrderId"),
    "letters for a number": (market("BUY", "many"), -1100, "quantity"),
    "unknown symbol": (market("BUY", "0.01", symbol="NOPEUSDT"), -1121, "symbol"),
}
WRONG_USDM = {
    "too many decimals": (limit("BUY", "0.01", Decimal("60000.55")), -1111, "Precision"),
    "no margin": (limit("BUY", "40", Decimal(60_000)), -2019, "Margin is insufficient"),
    "too little value": (limit("BUY", "0.001", Decimal(1_000)), -4164, "notional"),
    "price too high": (limit("BUY", "0.01", Decimal(90_000)), -4016, "higher"),
    "nothing": (market("BUY", "0"), -4003, "Quantity"),
    "stop": ({**market("BUY", "0.01"), "type": "STOP_MARKET", "stopPrice": "60000"}, -4120, "Algo Order"),
    "hedge mode": (market("BUY", "0.01", positionSide="LONG"), -4061, "position side"),
    "isolated": ({"marginType": "ISOLATED"}, -1130, "not offered"),
}


@pytest.mark.parametrize(("order", "code", "said"), WRONG_SPOT.values(), ids=WRONG_SPOT)
def test_wrong_spot_order_gets_the_venues_code(order: dict[str, object], code: int, said: str):
    async def scenario(rig: Rig) -> None:
        for path in ("order", "order/test"):
            _is_refused(await rig.ann.spot(path=path, **order), code, said)
        assert (await rig.ann.spot("GET", "allOrders")).body == []

    rehearse(scenario)


@pytest.mark.parametrize(("order", "code", "said"), WRONG_USDM.values(), ids=WRONG_USDM)
def test_wrong_usdm_order_gets_the_venues_code(order: dict[str, object], code: int, said: str):
    async def scenario(rig: Rig) -> None:
        for path in ["marginType"] if "marginType" in order else ["order", "order/test"]:
            _is_refused(await rig.ann.usdm(path=path, **order), code, said)

    rehearse(scenario)


def _is_refused(answer: Answer, code: int, said: str) -> None:
    assert (answer.status, answer.code) == (400, code)
    assert said in answer.body["msg"]


@pytest.mark.parametrize(("kind", "code"), [("spot", -2010), ("usdm", -4116)])
def test_client_id_of_an_open_order_cannot_be_used_again_until_it_ends(kind: str, code: int):
    async def scenario(rig: Rig) -> None:
        send = getattr(rig.ann, kind)
        order = limit("BUY", "0.01", rig.price("BUY", 50, kind), newClientOrderId="once")
        assert (await send(**order)).status == 200
        again = await send(**order)
        assert (again.code, "uplicate" in again.body["msg"]) == (code, True)
        assert (await getattr(rig.bob, kind)(**order)).status == 200
        await send("DELETE", origClientOrderId="once")
        assert (await send(**order)).status == 200

    rehearse(scenario)


def test_leverage_bounds_what_can_be_held():
    async def scenario(rig: Rig) -> None:
        order = limit("BUY", "10", rig.price("BUY", 300, "usdm"))
        assert (await rig.ann.usdm("POST", "leverage", leverage=1)).body["leverage"] == 1
        assert (await rig.ann.usdm(**order)).code == -2019
        assert (await rig.ann.usdm("POST", "leverage", leverage=500)).code == -4028
        await rig.ann.usdm("POST", "leverage", leverage=20)
        assert (await rig.ann.usdm(**order)).status == 200
        assert (await rig.ann.usdm("POST", "leverage", leverage=2)).code == -2027

    rehearse(scenario)
