"""The loopback Kraken's websocket, version 2: market data in public, executions and orders in private."""

import asyncio
import itertools
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from core.matching.events import MatchKind
from core.types.order import Side
from tests.venues.kraken.book_channel import BookChannel
from tests.venues.kraken.exchange import Account, Exchange, RefusedError, Request, VenueOrder, VenueTrade
from tests.venues.kraken.pairs import Pair

Params = dict[str, object]
_encode = msgspec.json.Encoder(decimal_format="number").encode
TRADING = {"add_order", "amend_order", "cancel_order", "cancel_all", "cancel_all_orders_after"}


class Client:
    """One open websocket; what is sent leaves in order."""

    def __init__(self, socket: web.WebSocketResponse, exchange: Exchange) -> None:
        self.socket = socket
        self.books: dict[str, BookChannel] = {}
        self.trades: set[str] = set()
        self.account: Account | None = None  # whose executions are sent
        self.balances_of: Account | None = None
        self.sequences = {"executions": itertools.count(1), "balances": itertools.count(1)}
        self._exchange = exchange
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._writer = asyncio.get_running_loop().create_task(self._write())

    def send(self, message: object) -> None:
        if not self._exchange.faults.is_silent:
            self._queue.put_nowait(message if isinstance(message, bytes) else _encode(message))

    async def stop(self) -> None:
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            message = await self._queue.get()
            if self.socket.closed:
                return
            await self.socket.send_str(message.decode())


class StreamSide:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        exchange.on_book, exchange.on_trade = self._on_book, self._on_trade
        exchange.on_execution = self._on_execution
        self.clients: list[Client] = []
        self.connections = 0
        self.asked: list[tuple[str, Params]] = []
        self.before_answer: Callable[[str], None] = lambda method: None
        self.before: dict[str, Callable[[], None]] = {}  # what happens once before a method is looked at
        self._held_back: list[tuple[Client, object]] = []
        self.news = asyncio.Event()
        self._tokens: dict[str, Account] = {}

    def new_token(self, account: Account) -> str:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = account
        return token

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v2", self._serve)
        app.router.add_get("/auth/v2", self._serve)

    async def close(self) -> None:
        for client in list(self.clients):
            await client.socket.close(code=WSCloseCode.GOING_AWAY)

    def heartbeat(self) -> None:
        for client in self.clients:
            client.send(b'{"channel":"heartbeat"}')

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self._exchange.faults.take("refused_connections"):
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client = Client(socket, self._exchange)
        self.clients.append(client)
        self.connections += 1
        self.news.set()
        status = {"version": "2.0.10", "system": "online", "api_version": "v2", "connection_id": self.connections}
        client.send({"channel": "status", "type": "update", "data": [status]})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._on_request(client, msgspec.json.decode(message.data))
        finally:
            self.clients.remove(client)
            await client.stop()
            self.news.set()
        return socket

    # requests ----------------------------------------------------------------------------------------

    def _on_request(self, client: Client, request: dict[str, object]) -> None:
        method, number = str(request["method"]), request.get("req_id")
        params = request.get("params") or {}
        assert isinstance(params, dict)
        faults, arrived = self._exchange.faults, self._time()
        self.asked.append((method, params))
        self.news.set()
        self._exchange.look_at_dead_men()
        if method == "ping":
            self._answer(client, {"method": "pong"}, number, arrived)
            return
        if method in TRADING and faults.take("lost_requests"):
            return
        self.before.pop(method, lambda: None)()
        try:
            if method in TRADING and faults.next_errors:
                raise RefusedError(faults.next_errors.popleft())
            results = self._do(client, method, params)
        except RefusedError as error:
            self._answer(client, {"method": method, "success": False, "error": str(error)}, number, arrived)
            return
        self.before_answer(method)
        if method in TRADING and faults.take("lost_answers"):
            return
        for result in results:
            self._answer(client, {"method": method, "success": True, "result": result}, number, arrived)
        if method == "subscribe":
            self._first_message(client, params)

    def _answer(self, client: Client, answer: dict[str, object], number: object, arrived: str) -> None:
        ending: dict[str, object] = {} if number is None else {"req_id": number}
        client.send({**answer, "time_in": arrived, "time_out": self._time(), **ending})

    def _do(self, client: Client, method: str, params: Params) -> list[object]:
        match method:
            case "subscribe":
                return self._subscribe(client, params)
            case "unsubscribe":
                return self._unsubscribe(client, params)
            case "add_order":
                order = self._exchange.add(self._account(params), self._request(params))
                result = {"order_id": order.order_id, "order_userref": 0}
                return [result | ({"cl_ord_id": order.cl_ord_id} if order.cl_ord_id else {})]
            case "amend_order":
                order = self._named(params)
                quantity, price = (_decimal(params.get(name)) for name in ("order_qty", "limit_price"))
                self._exchange.amend(order, quantity, price, post_only=bool(params.get("post_only")))
                return [{"amend_id": "TAMEND-AAAAA-AAAAAA", "cl_ord_id": order.cl_ord_id}]
            case "cancel_order":
                order = self._named(params)
                self._exchange.cancel(order)
                return [{"order_id": order.order_id, "cl_ord_id": order.cl_ord_id}]
            case "cancel_all":
                return [{"count": self._exchange.cancel_all(self._account(params))}]
            case "cancel_all_orders_after":
                account, seconds = self._account(params), int(str(params["timeout"]))
                account.dead_man_at_ns = self._exchange.now_ns() + seconds * 10**9 if seconds else None
                return [{"currentTime": self._time(), "triggerTime": self._time()}]
            case _:
                raise RefusedError(f"Unsupported field: 'method': '{method}'")

    def _subscribe(self, client: Client, params: Params) -> list[object]:
        channel = params["channel"]
        if channel == "executions":
            client.account = self._account(params)
            return [{"channel": "executions", "snap_orders": True, "snap_trades": False, "maxratecount": 60}]
        if channel == "balances":
            client.balances_of = self._account(params)
            return [{"channel": "balances", "snapshot": True}]
        if channel == "instrument":
            return [{"channel": "instrument", "snapshot": True}]
        results: list[object] = []
        for symbol in _symbols(params):
            if symbol not in self._exchange.pairs:
                raise RefusedError(f"Currency pair not supported {symbol}")
            if channel == "book":
                if symbol in client.books:
                    raise RefusedError("Already subscribed")
                depth = int(str(params.get("depth", 10)))
                client.books[symbol] = BookChannel(self._exchange.pairs[symbol], depth)
                results.append({"channel": "book", "symbol": symbol, "depth": depth, "snapshot": True})
            elif channel == "trade":
                client.trades.add(symbol)
                results.append({"channel": "trade", "symbol": symbol, "snapshot": False})
        return results

    def _unsubscribe(self, client: Client, params: Params) -> list[object]:
        for symbol in _symbols(params):
            client.books.pop(symbol, None)
        return [{"channel": params["channel"], "symbol": symbol} for symbol in _symbols(params)]

    def _first_message(self, client: Client, params: Params) -> None:
        match params["channel"]:
            case "book":
                for symbol in _symbols(params):
                    self._send_book(client, client.books[symbol], is_snapshot=True)
            case "instrument":
                rows = [pair.instrument_row() for pair in self._exchange.pairs.values()]
                client.send({"channel": "instrument", "type": "snapshot", "data": {"assets": [], "pairs": rows}})
            case "executions":
                assert client.account is not None
                orders = [self._execution(order, "new", None) for order in self._exchange.open_orders(client.account)]
                self._send_executions(client, "snapshot", orders)
            case "balances":
                assert client.balances_of is not None
                rows = [{"asset": asset, "balance": total} for asset, total in client.balances_of.balances.items()]
                sequence = next(client.sequences["balances"])
                client.send({"channel": "balances", "type": "snapshot", "data": rows, "sequence": sequence})

    def _account(self, params: Params) -> Account:
        account = self._tokens.get(str(params.get("token")))
        if account is None:
            raise RefusedError("ESession:Invalid session")
        return account

    def _named(self, params: Params) -> VenueOrder:
        names = [params.get("order_id"), params.get("cl_ord_id")]
        order_id, cl_ord_id = (str(name[0] if isinstance(name, list) else name) if name else None for name in names)
        return self._exchange.find(self._account(params), order_id, cl_ord_id)

    def _request(self, params: Params) -> Request:
        if params["order_type"] == "market":
            kind = MatchKind.MARKET
        elif params.get("post_only"):
            kind = MatchKind.POST_ONLY
        else:
            kind = MatchKind.IOC if params.get("time_in_force") == "ioc" else MatchKind.LIMIT
        quantity = _decimal(params["order_qty"])
        assert quantity is not None
        cl_ord_id = params.get("cl_ord_id")
        return Request(
            self._pair(str(params["symbol"])), Side(params["side"]), kind, quantity,
            _decimal(params.get("limit_price")), None if cl_ord_id is None else str(cl_ord_id),
        )  # fmt: skip

    def _pair(self, symbol: str) -> Pair:
        pair = self._exchange.pairs.get(symbol)
        if pair is None:
            raise RefusedError(f"Currency pair not supported {symbol}")
        return pair

    # what is told ------------------------------------------------------------------------------------

    def _on_book(self, pair: Pair) -> None:
        for client in self.clients:
            channel = client.books.get(pair.symbol)
            if channel is not None:
                self._send_book(client, channel, is_snapshot=False)

    def _send_book(self, client: Client, channel: BookChannel, *, is_snapshot: bool) -> None:
        book, faults = self._exchange.books[channel.pair.symbol], self._exchange.faults
        data = channel.snapshot(book) if is_snapshot else channel.update(book)
        if data is None or (not is_snapshot and faults.take("lost_book_messages")):
            return
        if faults.take("wrong_checksums"):
            data["checksum"] = (int(str(data["checksum"])) + 1) % 2**32
        if not is_snapshot:
            data["timestamp"] = self._time()
        message = {"channel": "book", "type": "snapshot" if is_snapshot else "update", "data": [data]}
        if not is_snapshot and faults.take("swapped_book_messages"):
            self._held_back.append((client, message))
            return
        client.send(message)
        if not is_snapshot and faults.take("repeated_book_messages"):
            client.send(message)
        held_back, self._held_back = self._held_back, []
        for late_client, late in held_back:
            late_client.send(late)

    def _on_trade(self, pair: Pair, taker: Side, price: Decimal, quantity: Decimal, number: int) -> None:
        row = {
            "symbol": pair.symbol, "side": taker.value, "price": price, "qty": quantity, "ord_type": "limit",
            "trade_id": number, "timestamp": self._time(),
        }  # fmt: skip
        for client in self.clients:
            if pair.symbol in client.trades:
                client.send({"channel": "trade", "type": "update", "data": [row]})

    def _on_execution(self, account: Account, order: VenueOrder, kind: str, trade: VenueTrade | None) -> None:
        for client in self.clients:
            if client.account is account:
                self._send_executions(client, "update", [self._execution(order, kind, trade)])

    def _send_executions(self, client: Client, kind: str, rows: list[Params]) -> None:
        faults = self._exchange.faults
        sequence = next(client.sequences["executions"])
        message = {"channel": "executions", "type": kind, "data": rows, "sequence": sequence}
        if kind == "update" and faults.take("lost_executions"):
            return
        client.send(message)
        if kind == "update" and faults.take("repeated_executions"):
            client.send(message)

    def _execution(self, order: VenueOrder, kind: str, trade: VenueTrade | None) -> Params:
        row: Params = {
            "exec_type": kind, "order_id": order.order_id, "timestamp": self._time(), "order_userref": 0,
            "order_status": "pending_new" if kind == "pending_new" else order.status,
        }  # fmt: skip
        is_first = kind in {"pending_new", "new"}
        if order.cl_ord_id is not None and (is_first or not self._exchange.faults.hidden_client_ids):
            row["cl_ord_id"] = order.cl_ord_id
        if is_first or trade is not None:
            row |= {"symbol": order.pair.symbol, "side": order.side.value, "order_qty": order.quantity}
            row |= {"order_type": "market" if order.price is None else "limit", "limit_price": order.price or 0}
        if trade is not None:
            asset = self._exchange.faults.fee_asset or order.pair.quote
            fee = trade.fee / trade.price if asset == order.pair.base else trade.fee
            row |= {
                "exec_id": trade.trade_id, "trade_id": trade.number, "last_qty": trade.quantity,
                "last_price": trade.price, "liquidity_ind": "m" if trade.is_maker else "t",
                "cost": trade.price * trade.quantity, "fees": [{"asset": asset, "qty": fee}],
                "cum_qty": order.filled, "cum_cost": order.cost,
            }  # fmt: skip
        if order.reason is not None:
            row |= {"reason": order.reason, "cancel_reason": order.reason}
        return row

    def _time(self) -> str:
        at_ns = self._exchange.now_ns()
        moment = datetime.fromtimestamp(at_ns // 10**9, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ns % 10**9 // 1000:06d}Z"


def _symbols(params: Params) -> list[str]:
    symbols = params.get("symbol", [])
    assert isinstance(symbols, list)
    return [str(symbol) for symbol in symbols]


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
