"""What the websockets carry: books that add up, prints both sides see, private events, subscriptions."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sim.binance_protocol.accounts import Account, Accounts
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.depth import Diff
from adapters.sim.binance_protocol.exchange import Exchange
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.market_kind import MarketKind
from adapters.sim.binance_protocol.orders import OrderRequest
from adapters.sim.binance_protocol.signature import signed_text
from core.types.order import Side
from tests.venues.binance.rig import SYMBOL, HandClock, Rig, Trader, limit, market, rehearse

PATHS = {"spot": "", "usdm": "/usdm"}


class Follower:
    """A book kept as Binance tells clients to: snapshot, then diffs whose ids join."""

    def __init__(self, last_id: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        self.last_id = last_id
        self.bids, self.asks = dict(bids), dict(asks)
        self._has_begun = False

    def take(self, diff: Diff) -> None:
        if diff.last_id <= self.last_id:
            return
        if self._has_begun:
            assert diff.first_id == self.last_id + 1 == diff.previous_id + 1
        else:
            assert diff.first_id <= self.last_id + 1 <= diff.last_id
        self._has_begun = True
        self.last_id = diff.last_id
        for side, changes in ((self.bids, diff.bids), (self.asks, diff.asks)):
            side.update(changes)
            for ticks in [ticks for ticks, lots in side.items() if not lots]:
                del side[ticks]


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1_000),
    moves=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["BUY", "SELL"]), st.integers(1, 400), st.integers(-3, 40)),
        min_size=3,
        max_size=12,
    ),
    snapshot_at=st.integers(0, 2),
    speed=st.sampled_from([100, 250, 500, 1000]),
)
def test_snapshot_and_diffs_give_exactly_the_book(
    seed: int, moves: list[tuple[int, str, int, int]], snapshot_at: int, speed: int
):
    clock = HandClock()
    config = RehearsalConfig(seed=seed, markets=(MarketKind.USDM,), history_minutes=2)
    (account,) = make_accounts(config, invent_keys(["ann"], seed))
    venue = Exchange(config, Accounts([account]), clock).markets[MarketKind.USDM]
    book = venue.books[SYMBOL]
    follower: Follower | None = None
    waiting: list[Diff] = []
    for number, (steps, side, lots, away) in enumerate(moves):
        for _ in range(steps):
            venue.desk.settle(book, book.crowd(0.05, clock.now_ns), 0)
        place(venue.desk, account, book, side, lots, away, number)
        if number == snapshot_at:
            follower = Follower(*book.depth.snapshot(5_000))
        diff = book.depth.take_diff(speed)
        waiting += [] if diff is None else [diff]
    assert follower is not None
    for diff in waiting:
        follower.take(diff)
    last_id, bids, asks = book.depth.snapshot(5_000)
    assert (follower.last_id, follower.bids, follower.asks) == (last_id, dict(bids), dict(asks))


def place(desk: Any, account: Account, book: Any, side: str, lots: int, away: int, number: int) -> None:
    is_buy = side == "BUY"
    best = book.matching.best_bid() if is_buy else book.matching.best_ask()
    ticks = best - away if is_buy else best + away
    request = OrderRequest(
        symbol=SYMBOL, side=Side.BUY if is_buy else Side.SELL, order_type="LIMIT", time_in_force="GTC",
        quantity=Decimal(lots) / 1000, price=Decimal(ticks), client_order_id=f"n{number}",
    )  # fmt: skip
    desk.place(account, request)


@pytest.mark.parametrize("kind", PATHS)
def test_streamed_diffs_join_and_lead_to_the_rest_book(kind: str):
    async def scenario(rig: Rig) -> None:
        base = "/api/v3" if kind == "spot" else "/fapi/v1"
        async with rig.stream(f"{PATHS[kind]}/ws/btcusdt@depth@100ms") as events:
            rig.step(20)
            start = (await rig.ann.raw("GET", f"{base}/depth?symbol={SYMBOL}&limit=1000")).body
            book: dict[str, dict[str, str]] = {side: dict(start[side]) for side in ("bids", "asks")}
            rig.step(60)
            end = (await rig.ann.raw("GET", f"{base}/depth?symbol={SYMBOL}&limit=1000")).body
            previous = None
            while previous is None or previous["u"] < end["lastUpdateId"]:
                diff = await events.next()
                assert previous is None or diff["U"] == previous["u"] + 1
                assert kind == "spot" or previous is None or diff["pu"] == previous["u"]
                previous = diff
                if diff["u"] > start["lastUpdateId"]:
                    for side, key in (("bids", "b"), ("asks", "a")):
                        book[side].update(diff[key])
        for side in ("bids", "asks"):
            assert {p: q for p, q in book[side].items() if Decimal(q)} == dict(end[side])

    rehearse(scenario)


async def between(rig: Rig, kind: str) -> Decimal:
    """Return a price between the best bid and ask, where nobody stands."""
    while rig.price("BUY", -1, kind) >= rig.price("SELL", 0, kind):
        rig.step()
    return rig.price("BUY", -1, kind)


@pytest.mark.parametrize("kind", PATHS)
def test_two_accounts_trade_with_each_other_and_everybody_sees_the_print(kind: str):
    async def scenario(rig: Rig) -> None:
        price = await between(rig, kind)
        ann, bob = (getattr(trader, kind) for trader in (rig.ann, rig.bob))
        async with rig.stream(f"{PATHS[kind]}/stream?streams=btcusdt@trade/btcusdt@aggTrade") as events:
            maker = (await ann(**limit("BUY", "0.05", price))).body
            taker = (await bob(**limit("SELL", "0.02", price, newOrderRespType="RESULT"))).body
            assert taker["status"] == "FILLED"
            trade, aggregate = [(await events.next())["data"] for _ in range(2)]
        own, his = [(await send("GET", "myTrades" if kind == "spot" else "userTrades")).body[0] for send in (ann, bob)]
        assert own["id"] == his["id"] == trade["t"] == aggregate["f"] == aggregate["l"]
        assert (own["orderId"], his["orderId"]) == (maker["orderId"], taker["orderId"])
        assert (trade["m"], Decimal(trade["p"]), Decimal(trade["q"])) == (True, price, Decimal("0.02"))
        left = (await ann("GET", orderId=maker["orderId"])).body
        assert (left["status"], Decimal(left["executedQty"])) == ("PARTIALLY_FILLED", Decimal("0.02"))

    rehearse(scenario)


def test_usdm_user_stream_tells_every_step_of_an_order_and_the_account():
    async def scenario(rig: Rig) -> None:
        price = await between(rig, "usdm")
        key = (await rig.ann.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        async with rig.stream(f"/usdm/ws/{key}") as events:
            order = (await rig.ann.usdm(**limit("BUY", "0.05", price, newClientOrderId="mine"))).body
            assert kind_of(await events.next()) == ("ORDER_TRADE_UPDATE", "NEW", "NEW")
            await rig.bob.usdm(**market("SELL", "0.02"))
            short, account, trade = [await events.next() for _ in range(3)]
            assert (short["e"], short["t"]) == ("TRADE_LITE", trade["o"]["t"])
            assert account["a"]["m"] == "ORDER"
            assert account["a"]["P"][0]["pa"] == "0.020"
            assert kind_of(trade) == ("ORDER_TRADE_UPDATE", "TRADE", "PARTIALLY_FILLED")
            assert (trade["o"]["i"], trade["o"]["c"], trade["o"]["m"]) == (order["orderId"], "mine", True)
            await rig.ann.usdm("PUT", orderId=order["orderId"], side="BUY", quantity="0.04", price=price)
            assert kind_of(await events.next()) == ("ORDER_TRADE_UPDATE", "AMENDMENT", "PARTIALLY_FILLED")
            await rig.ann.usdm("DELETE", orderId=order["orderId"])
            assert kind_of(await events.next()) == ("ORDER_TRADE_UPDATE", "CANCELED", "CANCELED")

    rehearse(scenario)


def kind_of(event: Any) -> tuple[str, str, str]:
    return event["e"], event["o"]["x"], event["o"]["X"]


async def signature_events(rig: Rig, trader: Trader, events: Any) -> None:
    params: dict[str, object] = {"apiKey": trader.account.key, "timestamp": rig.server.exchange.now_ms()}
    answer = await events.ask("userDataStream.subscribe.signature", params=signed(trader, params))
    assert answer["result"] == {"subscriptionId": 0}


def signed(trader: Trader, params: dict[str, object]) -> dict[str, object]:
    import hashlib
    import hmac

    text = signed_text(params)
    return {**params, "signature": hmac.new(trader.account.secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("by", ["listen key", "signature"])
def test_spot_user_stream_tells_orders_and_balances(by: str):
    async def scenario(rig: Rig) -> None:
        key = (await rig.ann.raw("POST", "/api/v3/userDataStream")).body["listenKey"]
        async with rig.stream(f"/ws/{key}" if by == "listen key" else "/ws-api/v3") as events:
            if by == "signature":
                await signature_events(rig, rig.ann, events)
            order = (await rig.ann.spot(**limit("BUY", "0.01", rig.price("BUY", 100)))).body
            await rig.ann.spot("DELETE", orderId=order["orderId"], newClientOrderId="away")
            seen = [event.get("event", event) for event in [await events.next() for _ in range(4)]]
            assert [event["e"] for event in seen] == ["executionReport", "outboundAccountPosition"] * 2
            assert [event["x"] for event in seen[::2]] == ["NEW", "CANCELED"]
            assert (seen[2]["c"], seen[2]["C"]) == ("away", order["clientOrderId"])
            held, free = ({row["a"]: row["l"] for row in event["B"]}["USDT"] for event in seen[1::2])
            assert Decimal(held) == Decimal(order["price"]) / 100
            assert Decimal(free) == 0

    rehearse(scenario)


def test_nobody_hears_another_accounts_orders():
    async def scenario(rig: Rig) -> None:
        key = (await rig.bob.raw("POST", "/fapi/v1/listenKey")).body["listenKey"]
        async with rig.stream(f"/private/ws?listenKey={key}") as events:
            await rig.ann.usdm(**limit("BUY", "0.01", rig.price("BUY", 50, "usdm")))
            order = (await rig.bob.usdm(**limit("BUY", "0.01", rig.price("BUY", 50, "usdm")))).body
            assert (await events.next())["o"]["i"] == order["orderId"]

    rehearse(scenario)


def test_orders_go_over_the_websocket_api_too():
    async def scenario(rig: Rig) -> None:
        async with rig.stream("/ws-api/v3") as events:
            params: dict[str, object] = {"symbol": SYMBOL, **limit("BUY", "0.01", rig.price("BUY", 100))}
            params |= {"apiKey": rig.ann.account.key, "timestamp": rig.server.exchange.now_ms()}
            placed = await events.ask("order.place", params=signed(rig.ann, params))
            assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
            refused = await events.ask("order.place", params={**signed(rig.ann, params), "quantity": "0.02"})
            assert (refused["status"], refused["error"]["code"]) == (400, -1022)
            assert (await events.ask("order.dance"))["status"] == 400

    rehearse(scenario)


def test_streams_are_subscribed_to_and_left_on_an_open_socket():
    async def scenario(rig: Rig) -> None:
        async with rig.stream("/stream?streams=btcusdt@miniTicker") as events:
            assert (await events.ask("SUBSCRIBE", params=["ethusdt@bookTicker"]))["result"] is None
            listed = await events.ask("LIST_SUBSCRIPTIONS")
            assert listed["result"] == ["btcusdt@miniTicker", "ethusdt@bookTicker"]
            rig.step(20)
            await events.until(lambda event: event.get("stream") == "btcusdt@miniTicker")
            assert {event["stream"] for event in events.seen if "stream" in event} == set(listed["result"])
            await events.ask("UNSUBSCRIBE", params=["ethusdt@bookTicker", "btcusdt@miniTicker"])
            events.seen.clear()
            rig.step(20)
            await events.ask("LIST_SUBSCRIPTIONS")
            assert len(events.seen) == 1
            assert "error" in await events.ask("DANCE")

    rehearse(scenario)


def test_candles_of_stream_and_rest_agree_and_close_with_the_minute():
    async def scenario(rig: Rig) -> None:
        rig.clock.now_ns = rig.clock.now_ns // 60_000_000_000 * 60_000_000_000 + 58_000_000_000
        async with rig.stream("/ws/btcusdt@kline_1m") as events:
            rig.step(60)
            closed = (await events.until(lambda event: event["e"] == "kline" and event["k"]["x"]))["k"]
            rows = (await rig.ann.raw("GET", f"/api/v3/klines?symbol={SYMBOL}&interval=1m&limit=3")).body
            row = next(row for row in rows if row[0] == closed["t"])
            assert row[:7] == [closed[key] for key in ("t", "o", "h", "l", "c", "v", "T")]
            assert closed["T"] == closed["t"] + 59_999

    rehearse(scenario)
