"""The loopback Kraken's REST interface; private requests are taken only as Kraken would take them."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qsl

from aiohttp import web

from core.matching.events import MatchKind
from core.types.order import Side
from tests.venues.kraken.exchange import Account, Exchange, RefusedError, Request, VenueOrder, VenueTrade
from tests.venues.kraken.pairs import Pair

Fields = dict[str, str]
PAGE = 50
TRADING = {"AddOrder": "modify-trades", "AmendOrder": "modify-trades", "CancelOrder": "close-trades"}
TRADING |= {"CancelAll": "close-trades"}
NEEDED = TRADING | {
    "CancelAllOrdersAfter": "close-trades",
    "Balance": "query-funds",
    "BalanceEx": "query-funds",
    "OpenOrders": "query-open-trades",
    "QueryOrders": "query-open-trades",
    "TradesHistory": "query-closed-trades",
    "GetWebSocketsToken": "create-ws-token",
}


class RestSide:
    def __init__(self, exchange: Exchange, new_token: Callable[[Account], str], news: asyncio.Event) -> None:
        self._exchange = exchange
        self._news = news
        self.asked: list[tuple[str, Fields]] = []  # private requests that were looked at
        self.late_nonces = 0
        self.before_answer: Callable[[str], None] = lambda method: None
        self._methods: dict[str, Callable[[Account, Fields], object]] = {
            "Balance": lambda account, _: _texts(_codes(exchange, account)),
            "BalanceEx": self._extended_balances,
            "OpenOrders": self._open_orders,
            "QueryOrders": self._query_orders,
            "TradesHistory": self._trades,
            "AddOrder": self._add,
            "AmendOrder": self._amend,
            "CancelOrder": self._cancel,
            "CancelAll": lambda account, _: {"count": exchange.cancel_all(account)},
            "CancelAllOrdersAfter": self._dead_man,
            "GetWebSocketsToken": lambda account, _: {"token": new_token(account), "expires": 900},
            "GetApiKeyInfo": lambda account, _: {
                "api_key_name": account.name, "api_key": account.key, "permissions": list(account.permissions),
            },
        }  # fmt: skip

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/0/public/{method}", self._public)
        app.router.add_post("/0/private/{method}", self._private)

    # public ----------------------------------------------------------------------------------------------

    async def _public(self, request: web.Request) -> web.Response:
        faults = self._exchange.faults
        if faults.rest_replies:
            status, body = faults.rest_replies.popleft()
            return web.Response(status=status, text=body)
        pairs = self._exchange.pairs.values()
        match request.match_info["method"]:
            case "Time":
                seconds = self._exchange.now_ns() // 10**9
                return _answer({"unixtime": seconds, "rfc1123": "Sun, 29 Nov 26 00:00:00 +0000"})
            case "SystemStatus":
                return _answer({"status": "online", "timestamp": "2026-11-29T00:00:00Z"})
            case "AssetPairs":
                return _answer({pair.name: pair.table_row() for pair in pairs})
            case "Assets":
                codes = {pair.base_code: pair.base for pair in pairs} | {pair.quote_code: pair.quote for pair in pairs}
                row = {"aclass": "currency", "decimals": 10, "display_decimals": 5, "status": "enabled"}
                return _answer({code: {"altname": name.replace("BTC", "XBT"), **row} for code, name in codes.items()})
            case "Depth":
                return _answer(self._depth(request.query["pair"], int(request.query.get("count", "100"))))
            case "Ticker":
                named = [self._exchange.pair_of(name) for name in request.query["pair"].split(",")]
                return _answer({pair.name: self._ticker(pair) for pair in named})
            case method:
                return _refusal(f"EGeneral:Unknown method {method}")

    def _depth(self, name: str, count: int) -> dict[str, object]:
        pair = self._exchange.pair_of(name)
        book = self._exchange.books[pair.symbol]
        sides = {"asks": book.asks, "bids": book.bids}
        rows = {
            side: [
                [str(ticks * pair.tick), str(lots * pair.lot), self._exchange.now_ns() // 10**9]
                for ticks, lots in zip(*ladder.depth(count), strict=True)
            ]
            for side, ladder in sides.items()
        }
        return {pair.name: rows}

    def _ticker(self, pair: Pair) -> dict[str, object]:
        last = str(self._exchange.last_prices[pair.symbol])
        nothing = ["0", "0"]
        return {
            "a": [last, "1", "1.000"], "b": [last, "1", "1.000"], "c": [last, "0.1"], "v": nothing, "p": nothing,
            "t": [0, 0], "l": nothing, "h": nothing, "o": last,
        }  # fmt: skip

    # private ---------------------------------------------------------------------------------------------

    async def _private(self, request: web.Request) -> web.Response:
        method, body = request.match_info["method"], await request.read()
        faults = self._exchange.faults
        if faults.rest_replies:
            status, text = faults.rest_replies.popleft()
            return web.Response(status=status, text=text)
        try:
            account, fields = self._authenticated(request, body)
            if method in faults.unknown_methods or method not in self._methods:
                raise RefusedError("EGeneral:Unknown method")
            if NEEDED.get(method, "") not in {"", *account.permissions}:
                raise RefusedError("EGeneral:Permission denied")
            self._count(account)
            self.asked.append((method, fields))
            self._news.set()
            self._exchange.look_at_dead_men()
            if method in TRADING and faults.take("lost_requests"):
                return web.Response(status=504)
            if method in TRADING and faults.next_errors:
                raise RefusedError(faults.next_errors.popleft())
            result = self._methods[method](account, fields)
        except RefusedError as error:
            return _refusal(str(error))
        self.before_answer(method)
        if method in TRADING and faults.take("lost_answers"):
            return web.Response(status=504)
        return _answer(result)

    def _authenticated(self, request: web.Request, body: bytes) -> tuple[Account, Fields]:
        account = self._exchange.accounts.get(request.headers.get("API-Key", ""))
        if account is None:
            raise RefusedError("EAPI:Invalid key")
        text = body.decode()
        fields = {k: str(v) for k, v in (json.loads(text) if text.startswith("{") else dict(parse_qsl(text))).items()}
        nonce = fields.get("nonce", "")
        digest = hashlib.sha256(nonce.encode() + body).digest()
        wanted = hmac.new(base64.b64decode(account.secret), request.path.encode() + digest, hashlib.sha512).digest()
        if request.headers.get("API-Sign") != base64.b64encode(wanted).decode():
            raise RefusedError("EAPI:Invalid signature")
        if not nonce.isdigit() or int(nonce) <= account.last_nonce:
            self.late_nonces += 1
            raise RefusedError("EAPI:Invalid nonce")
        account.last_nonce = int(nonce)
        return account, fields

    def _count(self, account: Account) -> None:
        account.calls += 1
        limit = self._exchange.faults.call_limit
        if limit is not None and account.calls > limit:
            raise RefusedError("EAPI:Rate limit exceeded")

    def _extended_balances(self, account: Account, _: Fields) -> object:
        codes = {pair.base_code: pair.base for pair in self._exchange.pairs.values()} | {"ZUSD": "USD"}
        return {
            code: {"balance": str(total), "hold_trade": str(self._exchange.held(account, codes.get(code, "")))}
            for code, total in _codes(self._exchange, account).items()
        }

    def _open_orders(self, account: Account, fields: Fields) -> object:
        wanted = fields.get("cl_ord_id")
        orders = [each for each in self._exchange.open_orders(account) if wanted in {None, each.cl_ord_id}]
        return {"open": {order.order_id: order_row(order) for order in orders}}

    def _query_orders(self, account: Account, fields: Fields) -> object:
        names = fields["txid"].split(",")
        if len(names) > PAGE:
            raise RefusedError("EGeneral:Invalid arguments:txid")
        orders = [self._exchange.orders.get(name) for name in names]
        if any(order is None or order.account is not account for order in orders):
            raise RefusedError("EOrder:Invalid order")
        return {order.order_id: order_row(order) for order in orders if order is not None}

    def _trades(self, account: Account, fields: Fields) -> object:
        start = Decimal(fields.get("start", "0"))
        own = [trade for trade in self._exchange.trades if trade.order.account is account]
        own = [trade for trade in own if Decimal(trade.at_ns) / 10**9 > start]
        if fields.get("consolidate_taker", "true") != "false":
            own = _consolidated(own)
        own.reverse()
        first = int(fields.get("ofs", "0"))
        page = own[first : first + PAGE]
        return {"trades": {trade.trade_id: trade_row(trade) for trade in page}, "count": len(own)}

    def _add(self, account: Account, fields: Fields) -> object:
        flags = fields.get("oflags", "").split(",")
        if fields["ordertype"] == "market":
            kind = MatchKind.MARKET
        elif "post" in flags:
            kind = MatchKind.POST_ONLY
        else:
            kind = MatchKind.IOC if fields.get("timeinforce") == "IOC" else MatchKind.LIMIT
        request = Request(
            self._exchange.pair_of(fields["pair"]), Side(fields["type"]), kind, Decimal(fields["volume"]),
            Decimal(fields["price"]) if "price" in fields else None, fields.get("cl_ord_id"),
        )  # fmt: skip
        order = self._exchange.add(account, request)
        return {"descr": {"order": order_text(order)}, "txid": [order.order_id]}

    def _amend(self, account: Account, fields: Fields) -> object:
        order = self._exchange.find(account, fields.get("txid"), fields.get("cl_ord_id"))
        quantity, price = (Decimal(fields[name]) if name in fields else None for name in ("order_qty", "limit_price"))
        self._exchange.amend(order, quantity, price, post_only=fields.get("post_only") == "true")
        return {"amend_id": "TAMEND-AAAAA-AAAAAA"}

    def _cancel(self, account: Account, fields: Fields) -> object:
        self._exchange.cancel(self._exchange.find(account, fields.get("txid"), fields.get("cl_ord_id")))
        return {"count": 1}

    def _dead_man(self, account: Account, fields: Fields) -> object:
        seconds, now_ns = int(fields["timeout"]), self._exchange.now_ns()
        account.dead_man_at_ns = now_ns + seconds * 10**9 if seconds else None
        return {"currentTime": "2026-11-29T00:00:00Z", "triggerTime": "2026-11-29T00:01:00Z" if seconds else "0"}


def order_text(order: VenueOrder) -> str:
    how = "market" if order.price is None else f"limit {order.price}"
    return f"{order.side.value} {order.quantity:.8f} {order.pair.altname} @ {how}"


def order_row(order: VenueOrder) -> dict[str, object]:
    """Return an order as OpenOrders and QueryOrders tell it."""
    status = {"new": "open", "partially_filled": "open", "filled": "closed"}.get(order.status, order.status)
    row: dict[str, object] = {
        "refid": None, "userref": 0, "status": status, "opentm": order.opened_ns / 10**9, "starttm": 0, "expiretm": 0,
        "descr": {
            "pair": order.pair.altname, "type": order.side.value, "ordertype": "market" if not order.price else "limit",
            "price": str(order.price or 0), "price2": "0", "leverage": "none", "order": order_text(order), "close": "",
        },
        "vol": f"{order.quantity:.8f}", "vol_exec": f"{order.filled:.8f}", "cost": str(order.cost),
        "fee": str(order.fee), "price": str(order.cost / order.filled if order.filled else 0),
        "stopprice": "0.00000", "limitprice": "0.00000", "misc": "", "reason": order.reason,
        "oflags": "fciq,post" if order.kind is MatchKind.POST_ONLY else "fciq",
    }  # fmt: skip
    if order.cl_ord_id is not None:
        row["cl_ord_id"] = order.cl_ord_id
    if order.closed_ns is not None:
        row["closetm"] = order.closed_ns / 10**9
    return row


def trade_row(trade: VenueTrade) -> dict[str, object]:
    order = trade.order
    return {
        "ordertxid": order.order_id, "postxid": "TKH2SE-M7IF5-CFI7LT", "pair": order.pair.name,
        "time": float(f"{trade.at_ns / 10**9:.4f}"), "type": order.side.value,
        "ordertype": "market" if order.price is None else "limit", "price": str(trade.price),
        "cost": str(trade.price * trade.quantity), "fee": str(trade.fee), "vol": f"{trade.quantity:.8f}",
        "margin": "0.00000", "misc": "", "trade_id": trade.number, "maker": trade.is_maker,
    }  # fmt: skip


def _consolidated(trades: list[VenueTrade]) -> list[VenueTrade]:
    """Join what a taker got in one go, under the id of the first: not the ids that the websocket tells."""
    joined: list[VenueTrade] = []
    for trade in trades:
        last = joined[-1] if joined else None
        if last is not None and last.order is trade.order and not (last.is_maker or trade.is_maker):
            quantity = last.quantity + trade.quantity
            price = (last.price * last.quantity + trade.price * trade.quantity) / quantity
            joined[-1] = VenueTrade(
                last.trade_id, last.number, last.order, price, quantity, last.fee + trade.fee, False, last.at_ns
            )
        else:
            joined.append(trade)
    return joined


def _codes(exchange: Exchange, account: Account) -> dict[str, Decimal]:
    codes = {pair.base: pair.base_code for pair in exchange.pairs.values()} | {"USD": "ZUSD"}
    return {codes.get(asset, asset): total for asset, total in account.balances.items()}


def _texts(totals: dict[str, Decimal]) -> dict[str, str]:
    return {code: str(total) for code, total in totals.items()}


def _answer(result: object) -> web.Response:
    return web.json_response({"error": [], "result": result})


def _refusal(text: str) -> web.Response:
    return web.json_response({"error": [text]})
