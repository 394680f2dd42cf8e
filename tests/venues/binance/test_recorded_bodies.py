"""Answers and events have every key that recorded ones of Binance have, with values of the same kind."""

import json
import re
from functools import partial
from typing import Any

from adapters.sim.binance_protocol.config import HOUR_S, RehearsalConfig
from tests.recordings import needs_recordings, recording
from tests.venues.binance.rig import SYMBOL, Events, Rig, limit, market, rehearse
from tests.venues.binance.test_streams import between, signature_events

SPOT, USDM = "binance/JKorf+Binance.Net", "binanceusdm/JKorf+Binance.Net"
NAUTILUS_SPOT = "binance/nautechsystems+nautilus_trader/binance__spot__"
NAUTILUS_USDM = "binanceusdm/nautechsystems+nautilus_trader/binance__futures__"
# Keys of kinds of orders and of programmes that the venue does not have.
ELSEWHERE = {"activatePrice", "priceRate", "strategyId", "strategyType", "trailingDelta", "trailingTime", "cumBase"}

pytestmark = needs_recordings


def recorded(name: str) -> Any:
    text = recording(name if name.endswith(".json") else f"{name}.txt").read_text("utf-8")
    if re.match(r"(GET|POST|PUT|DELETE)\s", text):
        return json.loads(text.split("\n", 3)[3])
    parts = re.split(r"^=\s*", text, maxsplit=1, flags=re.MULTILINE)
    return json.loads(parts[-1])


def kind(value: Any) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__


def differences(real: Any, ours: Any, at: str = "") -> list[str]:
    """Return where ours lacks a key of the real one or has another kind of value; lists by their first elements."""
    if isinstance(real, list) and isinstance(ours, list):
        return differences(real[0], ours[0], f"{at}[]") if real and ours else []
    if isinstance(real, dict) and isinstance(ours, dict):
        found = [f"{at}.{key} is missing" for key in real if key not in ours and key not in ELSEWHERE]
        shared = (key for key in real if key in ours)
        return found + [line for key in shared for line in differences(real[key], ours[key], f"{at}.{key}")]
    if real is None or ours is None or kind(real) == kind(ours):
        return []
    return [f"{at} is {kind(ours)}, recorded {kind(real)}"]


def test_the_comparison_finds_what_is_missing_or_of_another_kind():
    real = {"a": [{"b": "1", "c": 1}], "d": None}
    assert differences(real, {"a": [{"b": "2", "c": 2.5, "more": 0}], "d": "x"}) == []
    assert differences(real, {"a": [{"b": 1}], "d": 1}) == [".a[].c is missing", ".a[].b is number, recorded str"]
    assert differences(real, {"a": "none", "d": 1}) == [".a is str, recorded list"]


def compare(answers: dict[str, Any]) -> None:
    wrong = {name: lines for name, ours in answers.items() if (lines := differences(recorded(name), ours))}
    assert wrong == {}


def test_public_answers():
    async def scenario(rig: Rig) -> None:
        rig.step(100)
        get = partial(rig.ann.raw, "GET")
        named = f"?symbol={SYMBOL}"
        compare(
            {
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetExchangeInfo": (await get("/api/v3/exchangeInfo")).body,
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetServerTime": (await get("/api/v3/time")).body,
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetBookPrice": (
                    await get(f"/api/v3/ticker/bookTicker{named}")
                ).body,
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetTradeHistory": (await get(f"/api/v3/trades{named}")).body,
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetAggregatedTradeHistory": (
                    await get(f"/api/v3/aggTrades{named}")
                ).body,
                f"{SPOT}/Endpoints__Spot__ExchangeData__GetTicker": (await get(f"/api/v3/ticker/24hr{named}")).body,
                f"{NAUTILUS_SPOT}http_json__ticker_price_response.json": (
                    await get(f"/api/v3/ticker/price{named}")
                ).body,
                f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetAggregatedTradeHistory": (
                    await get(f"/fapi/v1/aggTrades{named}")
                ).body,
                f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetFundingInfo": (await get("/fapi/v1/fundingInfo")).body,
                f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetMarkPrice": (
                    await get(f"/fapi/v1/premiumIndex{named}")
                ).body,
                f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetRecentTrades": (
                    await get(f"/fapi/v1/trades{named}")
                ).body,
                f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetServerTime": (await get("/fapi/v1/time")).body,
            }
        )
        recorded_row = recorded(f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetKlines")[0]
        ours = (await get(f"/fapi/v1/klines{named}&interval=1m")).body[0]
        assert [kind(value) for value in ours] == [kind(value) for value in recorded_row]

    rehearse(scenario)


def test_spot_trading_answers():
    async def scenario(rig: Rig) -> None:
        far = rig.price("BUY", 100)
        filled = (await rig.ann.spot(**market("BUY", "0.01"))).body
        await rig.ann.spot(**limit("BUY", "0.01", far, newClientOrderId="a"))
        opened = (await rig.ann.spot("GET", "openOrders")).body
        one = (await rig.ann.spot("GET", origClientOrderId="a")).body
        cancelled = (await rig.ann.spot("DELETE", origClientOrderId="a")).body
        await rig.ann.spot(**limit("BUY", "0.01", far))
        compare(
            {
                f"{SPOT}/Endpoints__Spot__Trading__PlaceOrder": filled,
                f"{NAUTILUS_SPOT}http_json__new_order_full_response.json": filled,
                f"{SPOT}/Endpoints__Spot__Trading__GetOpenOrders": opened,
                f"{SPOT}/Endpoints__Spot__Trading__GetOrder": one,
                f"{NAUTILUS_SPOT}http_json__all_orders_response.json": (await rig.ann.spot("GET", "allOrders")).body,
                f"{SPOT}/Endpoints__Spot__Trading__CancelOrder": cancelled,
                f"{SPOT}/Endpoints__Spot__Trading__CancelAllOrders": (await rig.ann.spot("DELETE", "openOrders")).body,
                f"{SPOT}/Endpoints__Spot__Trading__GetUserTrades": (await rig.ann.spot("GET", "myTrades")).body,
                f"{SPOT}/Endpoints__Spot__Trading__PlaceTestOrder": (
                    await rig.ann.spot("POST", "order/test", **market("BUY", "0.01"), computeCommissionRates="true")
                ).body,
                f"{SPOT}/Endpoints__Spot__Account__GetAccountInfo": (await rig.ann.send("GET", "/api/v3/account")).body,
                f"{SPOT}/Endpoints__Spot__Account__GetCommissionRates": (
                    await rig.ann.spot("GET", "account/commission")
                ).body,
            }
        )

    rehearse(scenario)


def test_usdm_trading_answers():
    async def scenario(rig: Rig) -> None:
        await rig.ann.usdm(**market("BUY", "0.01"))
        far = rig.price("BUY", 300, "usdm")
        placed = (await rig.ann.usdm(**limit("BUY", "0.01", far, newClientOrderId="a"))).body
        edited = (
            await rig.ann.usdm("PUT", origClientOrderId="a", side="BUY", quantity="0.02", price=far)
        ).body  # fmt: skip
        one = (await rig.ann.usdm("GET", "openOrder", origClientOrderId="a")).body
        listed = (await rig.ann.usdm("GET", "openOrders")).body
        cancelled = (await rig.ann.usdm("DELETE", origClientOrderId="a")).body
        await rig.ann.usdm(**market("SELL", "0.01"))
        get = partial(rig.ann.send, "GET")
        trading, account = f"{USDM}/Endpoints__UsdFutures__Trading__", f"{USDM}/Endpoints__UsdFutures__Account__"
        compare(
            {
                f"{trading}PlaceOrder": placed,
                f"{trading}EditOrder": edited,
                f"{trading}GetOpenOrder": one,
                f"{trading}GetOpenOrders": listed,
                f"{trading}CancelOrder": cancelled,
                f"{trading}CancelAllOrdersAfterTimeout": (
                    await rig.ann.usdm("POST", "countdownCancelAll", countdownTime=0)
                ).body,
                f"{trading}GetUserTrades": (await rig.ann.usdm("GET", "userTrades")).body,
                f"{trading}GetPositions": (await get("/fapi/v3/positionRisk")).body,
                f"{account}GetPositionInformation": (await get("/fapi/v2/positionRisk")).body,
                f"{account}GetAccountInfo": (await get("/fapi/v2/account")).body,
                f"{account}GetAccountInfoV3": (await get("/fapi/v3/account")).body,
                f"{account}GetAccountConfiguration": (await get("/fapi/v1/accountConfig")).body,
                f"{account}GetUserCommissionRate": (await rig.ann.usdm("GET", "commissionRate")).body,
                f"{account}ChangeInitialLeverage": (await rig.ann.usdm("POST", "leverage", leverage=3)).body,
            }
        )
        # `tradeId` and `tranId` are numbers in some recorded rows and texts in others.
        income = (await get("/fapi/v1/income")).body[0]
        assert recorded(f"{account}GetIncomeHistory")[0].keys() <= income.keys()
        balances = recorded(f"{USDM}/Socket__UsdFutures__Account__GetBalances")["result"]
        assert differences(balances, (await get("/fapi/v2/balance")).body) == []

    rehearse(scenario)


def test_public_events():
    async def scenario(rig: Rig) -> None:
        names = ("trade", "aggTrade", "miniTicker", "bookTicker", "kline_1m", "depth@100ms", "markPrice@1s")
        streams = "/".join(f"btcusdt@{name}" for name in names)
        seen: dict[str, dict[str, Any]] = {}
        for market_kind, path in (("spot", ""), ("usdm", "/usdm")):
            async with rig.stream(f"{path}/stream?streams={streams}") as events:
                rig.step(100)
                wanted = set(names) if market_kind == "usdm" else set(names) - {"markPrice@1s"}
                found = seen[market_kind] = await one_of_each(events, wanted)
                assert set(found) == wanted
        spot, usdm, events_of = seen["spot"], seen["usdm"], f"{USDM}/Subscriptions__UsdFutures__"
        lines = differences(recorded(f"{SPOT}/Subscriptions__Spot__ExchangeData__Trades"), spot["trade"])
        # The order ids of buyer and seller were in the stream until 2023; the file is from before.
        assert lines == [".data.b is missing", ".data.a is missing"]
        compare(
            {
                f"{SPOT}/Subscriptions__Spot__ExchangeData__AggregatedTrades": spot["aggTrade"],
                f"{SPOT}/Subscriptions__Spot__ExchangeData__MiniTicker": spot["miniTicker"],
                f"{events_of}AggTrades": usdm["aggTrade"],
                f"{events_of}BookTicker": usdm["bookTicker"],
                f"{events_of}MarkPrice": usdm["markPrice@1s"],
                f"{events_of}MiniTicker": usdm["miniTicker"],
                f"{NAUTILUS_USDM}market_data_json__agg_trade_stream.json": usdm["aggTrade"]["data"],
                f"{NAUTILUS_USDM}market_data_json__book_ticker_stream.json": usdm["bookTicker"]["data"],
                f"{NAUTILUS_USDM}market_data_json__depth_update_stream.json": usdm["depth@100ms"]["data"],
                f"{NAUTILUS_USDM}market_data_json__kline_stream_closed.json": usdm["kline_1m"]["data"],
                f"{NAUTILUS_USDM}market_data_json__trade_stream.json": usdm["trade"]["data"],
            }
        )

    rehearse(scenario)


async def one_of_each(events: Events, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while set(found) != names:
        event = await events.next()
        found.setdefault(event["stream"].partition("@")[2], event)
    return found


def test_private_events():
    async def scenario(rig: Rig) -> None:
        key = (await rig.ann.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        price = await between(rig, "usdm")
        async with rig.stream(f"/usdm/stream?streams={key}") as events:
            await rig.ann.usdm(**limit("BUY", "0.01", price))
            await rig.bob.usdm(**market("SELL", "0.01"))
            new, short, account, trade = [await events.next() for _ in range(4)]
        compare(
            {
                f"{USDM}/Subscriptions__UsdFutures__OrderUpdate": new,
                f"{USDM}/Subscriptions__UsdFutures__AccountUpdate": account,
                f"{NAUTILUS_USDM}user_data_json__trade_lite.json": short["data"],
                f"{NAUTILUS_USDM}user_data_json__order_update_trade.json": trade["data"],
                f"{NAUTILUS_USDM}user_data_json__account_update.json": account["data"],
            }
        )
        async with rig.stream("/ws-api/v3") as events:
            await signature_events(rig, rig.ann, events)
            await rig.ann.spot(**limit("BUY", "0.01", rig.price("BUY", 100)))
            new, position = await events.next(), await events.next()
            # more than the best level has, at no worse price
            await rig.ann.spot(**limit("BUY", "1.5", rig.price("SELL", 0), timeInForce="IOC"))
            expired = await events.until(lambda event: event["event"].get("x") == "EXPIRED")
        compare(
            {
                f"{NAUTILUS_SPOT}user_data_json__execution_report_new.json": new["event"],
                f"{NAUTILUS_SPOT}user_data_json__execution_report_expired.json": expired["event"],
                f"{SPOT}/Subscriptions__Spot__Account__AccountPosition": position,
            }
        )

    rehearse(scenario)


def test_funding_answers():
    async def scenario(rig: Rig) -> None:
        due_ms = (await rig.ann.raw("GET", f"/fapi/v1/premiumIndex?symbol={SYMBOL}")).body["nextFundingTime"]
        rig.clock.now_ns = due_ms * 1_000_000
        rig.step(20)
        rows = (await rig.ann.raw("GET", f"/fapi/v1/fundingRate?symbol={SYMBOL}")).body
        compare({f"{USDM}/Endpoints__UsdFutures__ExchangeData__GetFundingRates": rows})
        assert len(rows) == 1

    rehearse(scenario, RehearsalConfig(funding_interval_s=HOUR_S))
