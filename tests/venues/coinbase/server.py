"""A small Coinbase Advanced Trade on the loopback: REST, websockets, and faults by script."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from tests.venues.coinbase.exchange import Exchange, Product, RefusedError, VenueOrder
from tests.venues.coinbase.jwt_check import PublicKey, TokenCheck, TokenError
from tests.venues.coinbase.messages import account_row, fill_row, iso, order_row, product_row
from tests.venues.coinbase.sockets import Sockets
from tests.venues.loopback import serving

API = "/api/v3/brokerage"
LIMIT_S = 20.0
USER = web.RequestKey("user", str)


@dataclass
class Fault:
    """What happens to the next request whose method and path begin so."""

    what: str  # e.g. "POST /api/v3/brokerage/orders"
    lost_before: bool = False
    lost_after: bool = False
    answer: Callable[[], web.Response] | None = None
    hold: asyncio.Event | None = None  # handled at once, answered when set
    before: Callable[[], None] | None = None  # happens just before it is looked at


class LoopbackCoinbase:
    def __init__(self, products: list[Product], keys: dict[str, PublicKey], *, skew_s: float = 0.0) -> None:
        self.skew_s = skew_s
        self.exchange = Exchange(products, self.now_ns)
        self.check = TokenCheck(keys, lambda: self.now_ns() / 1e9)
        self.sockets = Sockets(self.exchange, self.check)
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.permissions = {"can_view": True, "can_trade": True, "can_transfer": False, "portfolio_type": "DEFAULT"}
        self.url = ""
        self._news = asyncio.Event()
        self._outbox: list[VenueOrder] = []
        self._sending = asyncio.Lock()
        self._tasks: set[asyncio.Task] = set()
        self.exchange.on_action = self._on_action

    def now_ns(self) -> int:
        return time.time_ns() + int(self.skew_s * 1e9)

    @property
    def stream_url(self) -> str:
        return self.url.replace("http", "ws") + "/ws"

    @asynccontextmanager
    async def running(self):
        app = web.Application(middlewares=[self._gate])
        app.router.add_get("/ws", self.sockets.serve)
        app.router.add_get(f"{API}/time", self._time)
        app.router.add_get(f"{API}/market/products", self._products)
        app.router.add_get(f"{API}/products", self._products)
        app.router.add_get(f"{API}/accounts", self._accounts)
        app.router.add_get(f"{API}/key_permissions", self._key_permissions)
        app.router.add_get(f"{API}/transaction_summary", self._fees)
        app.router.add_post(f"{API}/orders", self._submit)
        app.router.add_post(f"{API}/orders/batch_cancel", self._cancel)
        app.router.add_get(f"{API}/orders/historical/batch", self._orders)
        app.router.add_get(f"{API}/orders/historical/fills", self._fills)
        app.router.add_get(f"{API}/orders/historical/{{order_id}}", self._order)
        async with serving(app, shutdown_timeout_s=0.2) as self.url:
            try:
                yield self
            finally:
                await self.sockets.close()

    # what happens at the venue -------------------------------------------------------------------

    def _on_action(self, touched: list[VenueOrder]) -> None:
        self._outbox += touched
        task = asyncio.get_running_loop().create_task(self.flush())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        """Send what is to be told; returns when it was sent."""
        async with self._sending:
            touched, self._outbox = self._outbox, []
            await self.sockets.publish(touched)

    async def heard(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds that some request of a client brings about."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.02):  # sockets tell nobody
                        await self._news.wait()
                except TimeoutError:
                    continue

    def asked(self, what: str) -> int:
        return sum(line.startswith(what) for line in self.requests)

    # the gate: faults first, then the token --------------------------------------------------------

    @web.middleware
    async def _gate(self, request: web.Request, handler):
        if request.path == "/ws":
            return await handler(request)
        line = f"{request.method} {request.path_qs}"
        self.requests.append(line)
        self._news.set()
        fault = next((f for f in self.faults if line.startswith(f.what)), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault.before is not None:
                fault.before()
            if fault.answer is not None:
                return fault.answer()
            if fault.lost_before:
                return self._hang_up(request)
        public = request.path.startswith(f"{API}/market/") or request.path == f"{API}/time"
        if not public:
            uri = f"{request.method} {request.host}{request.path}"
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                request[USER] = self.check.user(token, uri)
            except TokenError as error:
                return web.Response(status=401, text=f"Unauthorized: {error}")
        response = await handler(request)
        if fault is not None and fault.lost_after:
            return self._hang_up(request)
        if fault is not None and fault.hold is not None:
            await fault.hold.wait()
        return response

    def _hang_up(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    # REST ------------------------------------------------------------------------------------------

    async def _time(self, _: web.Request) -> web.Response:
        now_ns = self.now_ns()
        seconds, millis = now_ns // 1_000_000_000, now_ns // 1_000_000
        return web.json_response({"iso": iso(now_ns), "epochSeconds": str(seconds), "epochMillis": str(millis)})

    async def _products(self, _: web.Request) -> web.Response:
        rows = [product_row(product) for product in self.exchange.products.values()]
        rows.append(rows[0] | {"product_id": "OLD-USD", "base_currency_id": "OLD", "status": "delisted"})
        rows.append({"product_id": "BTC-PERP-INTX", "product_type": "FUTURE"})
        return web.json_response({"products": rows, "num_products": len(rows)})

    async def _key_permissions(self, _: web.Request) -> web.Response:
        return web.json_response(self.permissions)

    async def _fees(self, _: web.Request) -> web.Response:
        return web.json_response({"fee_tier": {"maker_fee_rate": "0.006", "taker_fee_rate": "0.012"}})

    async def _accounts(self, request: web.Request) -> web.Response:
        balances = self.exchange.balances[request[USER]]
        rows = [account_row(n, currency, *purse) for n, (currency, purse) in enumerate(balances.items())]
        return web.json_response(_page("accounts", rows, request))

    async def _submit(self, request: web.Request) -> web.Response:
        body = await request.json()
        try:
            order = self.exchange.submit(request[USER], body)
        except RefusedError as refusal:
            error = {
                "error": refusal.error, "message": "", "error_details": "",
                "preview_failure_reason": refusal.preview or "UNKNOWN_PREVIEW_FAILURE_REASON",
                "new_order_failure_reason": "UNKNOWN_FAILURE_REASON",
            }  # fmt: skip
            answer = {"success": False, "failure_reason": "UNKNOWN_FAILURE_REASON", "order_id": ""}
            return web.json_response(
                answer | {"error_response": error, "order_configuration": body["order_configuration"]}
            )
        success = {
            "order_id": order.order_id, "product_id": order.product.product_id, "side": order.side.value.upper(),
            "client_order_id": order.client_order_id,
        }  # fmt: skip
        return web.json_response({"success": True, "success_response": success, "order_configuration": {}})

    async def _cancel(self, request: web.Request) -> web.Response:
        results = []
        for order_id in (await request.json())["order_ids"]:
            failure = self.exchange.cancel(request[USER], order_id)
            reason = failure or "UNKNOWN_CANCEL_FAILURE_REASON"
            results.append({"success": not failure, "failure_reason": reason, "order_id": order_id})
        return web.json_response({"results": results})

    async def _orders(self, request: web.Request) -> web.Response:
        statuses, products = request.query.getall("order_status", []), request.query.getall("product_ids", [])
        found = [
            order_row(order)
            for order in reversed(self.exchange.orders.values())
            if order.user == request[USER]
            and (not statuses or order.status in statuses)
            and (not products or order.product.product_id in products)
        ]
        return web.json_response(_page("orders", found, request) | {"sequence": "0"})

    async def _order(self, request: web.Request) -> web.Response:
        order = self.exchange.orders.get(request.match_info["order_id"])
        if order is None or order.user != request[USER]:
            text = "order with this orderID was not found"
            return web.json_response({"error": "NOT_FOUND", "error_details": text, "message": text}, status=404)
        return web.json_response({"order": order_row(order)})

    async def _fills(self, request: web.Request) -> web.Response:
        ids = request.query.getall("order_ids", []) + request.query.getall("order_id", [])
        start = request.query.get("start_sequence_timestamp", "1970-01-01T00:00:00Z")
        start_ns = int(datetime.fromisoformat(start).timestamp() * 1e6) * 1000
        found = [
            fill_row(fill)
            for fill in reversed(self.exchange.fills)
            if fill.order.user == request[USER] and (not ids or fill.order.order_id in ids) and fill.at_ns >= start_ns
        ]
        page = _page("fills", found, request)
        del page["has_next"]  # fills have the cursor alone
        return web.json_response(page)


def _page(name: str, rows: list[dict], request: web.Request) -> dict:
    start, limit = int(request.query.get("cursor") or 0), int(request.query.get("limit", 100))
    end = start + limit
    has_next = end < len(rows)
    return {name: rows[start:end], "has_next": has_next, "cursor": str(end) if has_next else ""}
