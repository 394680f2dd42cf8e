"""A small Binance that trades: orders, executions, accounts and private streams, and the ways they fail.

It knows no network: `over_memory` and `over_loopback` put it behind the two ends of one.
"""

import hashlib
import hmac
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import parse_qsl

from adapters.binance.market import BinanceMarket
from adapters.binance.trading_endpoints import StreamForm
from core.types.credentials import Credentials, Secret
from tests.adapters.binance.messages import exchange_information

KEY, SECRET = "the-key", "the-secret"
CREDENTIALS = Credentials(venue="binance", fields={"api_key": Secret(KEY), "secret": Secret(SECRET)})
PUBLIC = {"time", "exchangeInfo", "ticker/price", "fundingRate"}
KEYED = {"listenKey", "userDataStream"}
D = Decimal


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class LostError(Exception):
    """The connection ends without an answer."""


def error(code: int, text: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps({"code": code, "msg": text}).encode(), headers or {})


def ok(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"X-MBX-USED-WEIGHT-1M": "1"})


Fault = Callable[[Callable[[], Answer]], Answer]


def instead(answer: Answer) -> Fault:
    """Answer so and do nothing."""
    return lambda _: answer


def lose_the_answer(act: Callable[[], Answer]) -> Answer:
    act()
    raise LostError


def lose_the_request(_: Callable[[], Answer]) -> Answer:
    raise LostError


class SmallBinance:
    def __init__(
        self, market: BinanceMarket, now_ms: Callable[[], int], form: StreamForm = StreamForm.LISTEN_KEY
    ) -> None:
        self.market = market
        self.form = form
        self.now_ms = now_ms
        self.ahead_ms = 0  # its clock before ours
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.queries: list[str] = []
        self.faults: dict[tuple[str, str], deque[Fault]] = defaultdict(deque)
        self.orders: dict[int, dict[str, object]] = {}
        self.trades: list[dict[str, object]] = []
        self.balances: dict[str, Decimal] = {"USDT": D(10_000)}
        self.positions: dict[str, dict[str, str]] = {}
        self.income: list[dict[str, object]] = []
        self.conditional: list[dict[str, object]] = []
        self.prices = {"BTCUSDT": D("100.0"), "ETHUSDT": D("10.0"), "BNBUSDT": D("600")}
        self.hedge_mode = False
        self.leverage = 5
        self.countdowns: dict[str, int] = {}
        self.restrictions: dict[str, object] = {"enableReading": True, "enableWithdrawals": False}
        self.listeners: list[Callable[[str], None]] = []
        self.is_deaf = False  # streams stay open and carry nothing
        self.valid_key: str | None = None
        self.keys_made = 0
        self.page_limit = 1000
        self.newest_first_pages = False  # a window that holds more than a page shows its end
        self._next_order, self._next_trade = 1000, 1

    # requests ----------------------------------------------------------------------------------------

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """Answer a request; raise LostError where its connection ends."""
        parameters = dict(parse_qsl(query))
        name = path.split("/", 3)[3]
        self.requests.append((method, name, parameters))
        self.queries.append(query)

        def act() -> Answer:
            return self._refusal(name, query, parameters, headers) or self._act(method, name, parameters)

        queue = self.faults[method, name]
        return queue.popleft()(act) if queue else act()

    def asked(self, method: str, name: str) -> list[dict[str, str]]:
        return [parameters for *what, parameters in self.requests if what == [method, name]]

    def _refusal(self, name: str, query: str, parameters: dict[str, str], headers: Mapping[str, str]) -> Answer | None:
        if name in PUBLIC:
            return None
        if {key.lower(): value for key, value in headers.items()}.get("x-mbx-apikey") != KEY:
            return error(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        if name in KEYED:
            return None
        signed, _, signature = query.rpartition("&signature=")
        if hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest() != signature:
            return error(-1022, "Signature for this request is not valid.")
        late_ms = self.venue_ms - int(parameters["timestamp"])
        if not -1000 < late_ms <= int(parameters["recvWindow"]):
            return error(-1021, "Timestamp for this request is outside of the recvWindow.")
        return None

    @property
    def venue_ms(self) -> int:
        return self.now_ms() + self.ahead_ms

    def _act(self, method: str, name: str, p: dict[str, str]) -> Answer:
        action = getattr(self, f"_{method}_{name.replace('/', '_')}".lower())
        return action(p)

    def _get_time(self, _: dict[str, str]) -> Answer:
        return ok({"serverTime": self.venue_ms})

    def _get_exchangeinfo(self, _: dict[str, str]) -> Answer:
        return Answer(200, exchange_information(self.market, ("BTC", "ETH", "BNB")))

    def _get_ticker_price(self, p: dict[str, str]) -> Answer:
        if "symbols" in p:
            return ok([{"symbol": each, "price": str(self.prices[each])} for each in json.loads(p["symbols"])])
        return ok({"symbol": p["symbol"], "price": str(self.prices[p["symbol"]])})

    # orders --------------------------------------------------------------------------------------------

    def _post_order(self, p: dict[str, str]) -> Answer:
        if self._find(p["symbol"], p["newClientOrderId"]) is not None:
            if self.market is BinanceMarket.SPOT:
                return error(-2010, "Duplicate order sent.")
            return error(-4116, "ClientOrderId is duplicated.")
        order = self.rest_order(p["symbol"], p["side"], p["quantity"], p.get("price", "0"), p["newClientOrderId"], p)
        if p["type"] == "MARKET":
            self.fill(order, p["quantity"], str(self.prices[p["symbol"]]), is_maker=False)
        elif p.get("timeInForce") == "IOC":
            self._end(order, "EXPIRED")
        return ok({name: order[name] for name in ("symbol", "orderId", "clientOrderId")} | {"transactTime": 1})

    def rest_order(
        self, symbol: str, side: str, quantity: str, price: str, name: str, p: Mapping[str, str] | None = None
    ) -> dict[str, object]:
        """Put an order in, ours or somebody else's, and tell the streams."""
        p = p or {}
        self._next_order += 1
        order: dict[str, object] = {
            "symbol": symbol, "orderId": self._next_order, "clientOrderId": name, "side": side,
            "type": p.get("type", "LIMIT"), "timeInForce": p.get("timeInForce", "GTC"), "status": "NEW",
            "price": price, "origQty": quantity, "executedQty": "0", "time": self.venue_ms,
            "updateTime": self.venue_ms, "reduceOnly": p.get("reduceOnly") == "true",
        }  # fmt: skip
        self.orders[self._next_order] = order
        self._tell(order, "NEW")
        return order

    def fill(
        self, order: dict[str, object], quantity: str, price: str, *, is_maker: bool = True, fee: str = "0.01",
        asset: str = "USDT",
    ) -> dict[str, object]:  # fmt: skip
        """Execute a part of an order and book it."""
        done = D(str(order["executedQty"])) + D(quantity)
        order["executedQty"] = str(done)
        order["status"] = "FILLED" if done == D(str(order["origQty"])) else "PARTIALLY_FILLED"
        order["updateTime"] = self.venue_ms
        is_buyer = order["side"] == "BUY"
        self._next_trade += 1
        trade: dict[str, object] = {
            "symbol": order["symbol"], "id": self._next_trade, "orderId": order["orderId"], "price": price,
            "qty": quantity, "commission": fee, "commissionAsset": asset, "time": self.venue_ms,
        }  # fmt: skip
        if self.market is BinanceMarket.SPOT:
            trade |= {"isBuyer": is_buyer, "isMaker": is_maker}
        else:
            trade |= {"buyer": is_buyer, "maker": is_maker, "side": order["side"], "positionSide": "BOTH"}
        self.trades.append(trade)
        self._book(str(order["symbol"]), D(quantity) if is_buyer else -D(quantity), D(price), D(fee), asset)
        self._tell(order, "TRADE", trade)
        return trade

    def _book(self, symbol: str, signed: Decimal, price: Decimal, fee: Decimal, asset: str) -> None:
        if self.market is BinanceMarket.USDM:
            held = D(self.positions.get(symbol, {}).get("positionAmt", "0")) + signed
            self.positions[symbol] = {
                "symbol": symbol, "positionAmt": str(held), "entryPrice": str(price), "positionSide": "BOTH",
            }  # fmt: skip
        else:
            base = symbol.removesuffix("USDT")
            self.balances[base] = self.balances.get(base, D(0)) + signed
            self.balances["USDT"] -= signed * price
        self.balances[asset] = self.balances.get(asset, D(0)) - fee

    def _end(self, order: dict[str, object], status: str) -> None:
        order["status"] = status
        order["updateTime"] = self.venue_ms
        self._tell(order, status)

    def _delete_order(self, p: dict[str, str]) -> Answer:
        order = self._find(p["symbol"], p["origClientOrderId"])
        if order is None or order["status"] not in {"NEW", "PARTIALLY_FILLED"}:
            return error(-2011, "Unknown order sent.")
        self._end(order, "CANCELED")
        named = {"origClientOrderId": order["clientOrderId"], "clientOrderId": "of-the-cancel"}
        return ok(order | named if self.market is BinanceMarket.SPOT else order)

    def _put_order(self, p: dict[str, str]) -> Answer:
        order = self._find(p["symbol"], p["origClientOrderId"])
        if order is None or order["status"] not in {"NEW", "PARTIALLY_FILLED"}:
            return error(-2013, "Order does not exist.")
        if (order["price"], order["origQty"]) == (p["price"], p["quantity"]):
            return error(-5027, "No need to modify the order.")
        order |= {"price": p["price"], "origQty": p["quantity"], "updateTime": self.venue_ms}
        self.orders[int(str(order["orderId"]))] = order
        self._tell(order, "AMENDMENT")
        return ok(order)

    def _get_order(self, p: dict[str, str]) -> Answer:
        order = self.orders.get(int(p.get("orderId", 0))) or self._find(p["symbol"], p.get("origClientOrderId", ""))
        return error(-2013, "Order does not exist.") if order is None else ok(order)

    def open_orders(self) -> list[dict[str, object]]:
        return [order for order in self.orders.values() if order["status"] in {"NEW", "PARTIALLY_FILLED"}]

    def _get_openorders(self, _: dict[str, str]) -> Answer:
        return ok(self.open_orders())

    def _cancel_symbol(self, p: dict[str, str]) -> Answer:
        found = [order for order in self.open_orders() if order["symbol"] == p["symbol"]]
        for order in found:
            self._end(order, "CANCELED")
        if self.market is BinanceMarket.SPOT:
            return ok(found) if found else error(-2011, "Unknown order sent.")
        return ok({"code": 200, "msg": "The operation of cancel all open order is done."})

    _delete_openorders = _delete_allopenorders = _cancel_symbol

    def _get_openalgoorders(self, _: dict[str, str]) -> Answer:
        return ok(self.conditional)

    def _delete_algoopenorders(self, p: dict[str, str]) -> Answer:
        self.conditional = [order for order in self.conditional if order["symbol"] != p["symbol"]]
        return ok({"code": 200, "msg": "success"})

    def _find(self, symbol: str, name: str) -> dict[str, object] | None:
        return next((o for o in self.orders.values() if (o["symbol"], o["clientOrderId"]) == (symbol, name)), None)

    # the account ---------------------------------------------------------------------------------------

    def _get_account(self, _: dict[str, str]) -> Answer:
        held = [{"asset": a, "free": str(q), "locked": "0"} for a, q in self.balances.items() if q]
        return ok({"balances": held})

    def _get_balance(self, _: dict[str, str]) -> Answer:
        rows = [{"asset": a, "balance": str(q), "availableBalance": str(q)} for a, q in self.balances.items()]
        return ok(rows)

    def _get_positionrisk(self, _: dict[str, str]) -> Answer:
        return ok(list(self.positions.values()))

    def _trade_page(self, p: dict[str, str]) -> Answer:
        found = [trade for trade in self.trades if trade["symbol"] == p["symbol"]]
        if "fromId" in p:
            found = [trade for trade in found if int(str(trade["id"])) >= int(p["fromId"])]
        else:
            window = range(int(p["startTime"]), int(p["endTime"]) + 1)
            assert len(window) <= (86_400_000 if self.market is BinanceMarket.SPOT else 7 * 86_400_000)
            found = [trade for trade in found if trade["time"] in window]
            if self.newest_first_pages:
                return ok(found[-self.page_limit :])
        return ok(found[: self.page_limit])

    _get_mytrades = _get_usertrades = _trade_page

    def _get_income(self, p: dict[str, str]) -> Answer:
        found = [row for row in self.income if int(str(row["time"])) >= int(p["startTime"])]
        return ok([row for row in found if row["incomeType"] == p["incomeType"]][: self.page_limit])

    def _get_fundingrate(self, p: dict[str, str]) -> Answer:
        middle = (int(p["startTime"]) + int(p["endTime"])) // 2
        return ok([{"symbol": p["symbol"], "fundingRate": "0.0001", "fundingTime": middle}])

    def _get_positionside_dual(self, _: dict[str, str]) -> Answer:
        return ok({"dualSidePosition": self.hedge_mode})

    def _get_symbolconfig(self, p: dict[str, str]) -> Answer:
        return ok([{"symbol": p["symbol"], "leverage": self.leverage}])

    def _post_leverage(self, p: dict[str, str]) -> Answer:
        self.leverage = min(int(p["leverage"]), 20)
        return ok({"symbol": p["symbol"], "leverage": self.leverage, "maxNotionalValue": "1"})

    def _get_account_apirestrictions(self, _: dict[str, str]) -> Answer:
        return ok(self.restrictions)

    def _post_countdowncancelall(self, p: dict[str, str]) -> Answer:
        self.countdowns[p["symbol"]] = int(p["countdownTime"])
        return ok(p)

    # streams -------------------------------------------------------------------------------------------

    def _make_key(self, _: dict[str, str]) -> Answer:
        self.keys_made += 1
        self.valid_key = f"listen{self.keys_made}"
        return ok({"listenKey": self.valid_key})

    def _keep_key(self, _: dict[str, str]) -> Answer:
        return error(-1125, "This listenKey does not exist.") if self.valid_key is None else ok({})

    _post_listenkey = _post_userdatastream = _make_key
    _put_listenkey = _put_userdatastream = _keep_key

    def subscribe(self, text: str) -> str:
        """Answer a request on the websocket API; events flow where it says 200."""
        request = json.loads(text)
        p = request["params"]
        signed = f"apiKey={p['apiKey']}&timestamp={p['timestamp']}"
        good = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest() == p["signature"]
        if request["method"] == "userDataStream.subscribe.signature" and good:
            return json.dumps({"id": request["id"], "status": 200, "result": {"subscriptionId": 0}})
        return json.dumps({"id": request["id"], "status": 400, "error": {"code": -1022, "msg": "Signature."}})

    def expire_key(self) -> None:
        self.valid_key = None
        self.push({"e": "listenKeyExpired", "E": self.venue_ms, "listenKey": "listen1"})

    def push(self, event: object) -> None:
        is_wrapped = self.form is StreamForm.SIGNATURE
        text = json.dumps({"subscriptionId": 0, "event": event} if is_wrapped else event)
        if not self.is_deaf:
            for listener in list(self.listeners):
                listener(text)

    def _tell(self, order: dict[str, object], what: str, trade: dict[str, object] | None = None) -> None:
        t = trade or {"id": 0, "qty": "0", "price": "0"}
        is_spot = self.market is BinanceMarket.SPOT
        body = {
            "s": order["symbol"], "c": order["clientOrderId"], "S": order["side"], "o": order["type"],
            "f": order["timeInForce"], "q": order["origQty"], "p": order["price"], "x": what, "X": order["status"],
            "i": order["orderId"], "l": t["qty"], "z": order["executedQty"], "L": t["price"], "T": self.venue_ms,
            "t": t["id"] or (-1 if is_spot else 0), "m": bool(t.get("isMaker") or t.get("maker")),
        }  # fmt: skip
        if trade is not None:
            body |= {"n": trade["commission"], "N": trade["commissionAsset"]}
        if is_spot:
            cancelled = {"c": "of-the-cancel", "C": order["clientOrderId"]} if what == "CANCELED" else {"C": ""}
            self.push(body | cancelled | {"e": "executionReport", "E": self.venue_ms, "r": "NONE"})
        else:
            self.push({"e": "ORDER_TRADE_UPDATE", "E": self.venue_ms, "T": self.venue_ms, "o": body})
