"""A small OKX on the loopback: REST v5 with signatures, both websockets, and the ways they fail."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import web

from adapters.okx.endpoints import Endpoints
from core.types.credentials import Credentials, Secret
from tests.venues.loopback import serving
from tests.venues.news import LIMIT_S
from tests.venues.okx.exchange import Exchange, Row
from tests.venues.okx.listing import ROWS, SPOT_ROWS, SWAP_ROWS, ZERO, plain
from tests.venues.okx.sockets import Sockets

KEYS = {"api_key": "b7f2-key", "secret": "C1D5E7-secret", "passphrase": "open sesame"}
CREDENTIALS = Credentials(venue="okx", fields={name: Secret(text) for name, text in KEYS.items()})
TRADE, ACCOUNT = "/api/v5/trade", "/api/v5/account"
Serve = Callable[[], Awaitable[web.Response]]
Fault = Callable[[web.Request, Serve], Awaitable[web.Response]]


def answer(rows: list[Any], code: str = "0", msg: str = "", status: int = 200) -> web.Response:
    return web.json_response({"code": code, "msg": msg, "data": rows}, status=status)


def told(code: str, *, status: int = 200, **headers: str) -> Fault:
    """Answer with an error of the venue and do nothing."""

    async def fault(request: web.Request, serve: Serve) -> web.Response:
        response = answer([], code, "scripted", status)
        response.headers.update(headers)
        return response

    return fault


def body(text: str, status: int = 200) -> Fault:
    """Answer with any text and do nothing."""

    async def fault(request: web.Request, serve: Serve) -> web.Response:
        return web.Response(text=text, status=status)

    return fault


async def lost_answer(request: web.Request, serve: Serve) -> web.Response:
    """Do what was asked and hang up without a word."""
    await serve()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def lost_request(request: web.Request, serve: Serve) -> web.Response:
    """Hang up without doing anything."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class LoopbackOkx:
    """Serves what the adapter and ccxt ask of OKX."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self.exchange = exchange or Exchange()
        self.clock_ahead_ms = 0
        self.exchange.now_ms = lambda: time.time_ns() // 1_000_000 + self.clock_ahead_ms
        self._news = asyncio.Event()
        self.sockets = Sockets(self.exchange, KEYS, self._news.set)
        self.faults: dict[str, deque[Fault]] = {}  # by path, taken one a request
        self.requests: list[tuple[str, Any]] = []  # path, query or body
        self.headers: list[dict[str, str]] = []
        self.config: Row = {
            "acctLv": "2", "posMode": "net_mode", "perm": "read_only,trade", "ip": "", "autoLoan": False, "label": "x",
            "uid": "1",
        }  # fmt: skip
        self.timer: Row | None = None  # the dead-man timer as it was set last
        self.algos: dict[str, Row] = {}  # orders held back: nothing here ever sets them off
        self.algo_types = {"conditional", "oco", "trigger", "move_order_stop", "iceberg", "twap", "chase"}
        self.leverage: dict[str, str] = {}
        self.page_limit = 100
        self.url = ""

    @property
    def endpoints(self) -> Endpoints:
        stream = self.url.replace("http", "ws")
        return Endpoints(rest_url=self.url, public_url=f"{stream}/ws/v5/public", private_url=f"{stream}/ws/v5/private")

    def fail(self, path: str, *faults: Fault) -> None:
        self.faults.setdefault(path, deque()).extend(faults)

    def asked(self, path: str) -> list[Any]:
        return [what for at, what in self.requests if at == path]

    def hold_back(self, order_type: str, inst_id: str) -> None:
        algo_id = str(9000 + len(self.algos))
        self.algos[algo_id] = {"algoId": algo_id, "instId": inst_id, "ordType": order_type, "state": "live"}

    async def flush(self) -> None:
        await self.sockets.flush()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that some request brings about."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_get("/ws/v5/public", self.sockets.public)
        app.router.add_get("/ws/v5/private", self.sockets.private)
        for method, path, handler, is_public in self._routes():
            app.router.add_route(method, path, self._guarded(handler, is_public))
        async with serving(app) as self.url:
            try:
                yield self
            finally:
                await self.sockets.close()

    def _routes(self) -> list[tuple[str, str, Callable[[Any], web.Response], bool]]:
        exchange = self.exchange
        return [
            ("GET", "/api/v5/public/time", lambda _: answer([{"ts": str(exchange.now_ms())}]), True),
            ("GET", "/api/v5/public/instruments", self._instruments, True),
            ("GET", "/api/v5/market/ticker", self._ticker, True),
            ("POST", f"{TRADE}/order", lambda terms: self._acknowledge([exchange.place(terms)], [terms]), False),
            ("POST", f"{TRADE}/batch-orders", lambda many: self._acknowledge(list(map(exchange.place, many)), many),
             False),
            ("POST", f"{TRADE}/cancel-order", lambda terms: self._acknowledge([exchange.cancel(terms)], [terms]),
             False),
            ("POST", f"{TRADE}/cancel-batch-orders",
             lambda many: self._acknowledge(list(map(exchange.cancel, many)), many), False),
            ("POST", f"{TRADE}/amend-order", lambda terms: self._acknowledge([exchange.amend(terms)], [terms]), False),
            ("POST", f"{TRADE}/cancel-all-after", self._set_timer, False),
            ("GET", f"{TRADE}/order", self._order, False),
            ("GET", f"{TRADE}/orders-pending", self._pending, False),
            ("GET", f"{TRADE}/orders-algo-pending", self._algos, False),
            ("POST", f"{TRADE}/cancel-algos", self._cancel_algos, False),
            ("GET", f"{TRADE}/fills", self._fills, False),
            ("GET", f"{TRADE}/fills-history", self._fills, False),
            ("GET", f"{ACCOUNT}/balance", self._balance, False),
            ("GET", f"{ACCOUNT}/positions", self._positions, False),
            ("GET", f"{ACCOUNT}/config", lambda _: answer([self.config]), False),
            ("GET", f"{ACCOUNT}/bills", self._bills, False),
            ("GET", f"{ACCOUNT}/bills-archive", self._bills, False),
            ("POST", f"{ACCOUNT}/set-leverage", self._set_leverage, False),
            ("GET", f"{ACCOUNT}/leverage-info", self._leverage, False),
        ]  # fmt: skip

    def _guarded(self, handler: Callable[[Any], web.Response], is_public: bool):
        async def serve(request: web.Request) -> web.Response:
            raw = await request.read()
            what = json.loads(raw) if raw else dict(request.query)
            self.requests.append((request.path, what))
            self.headers.append(dict(request.headers))
            refusal = None if is_public else self._refusal(request, raw)
            if refusal is not None:
                self._news.set()
                return refusal

            async def run() -> web.Response:
                response = handler(what)
                await self.flush()
                return response

            faults = self.faults.get(request.path)
            try:
                return await faults.popleft()(request, run) if faults else await run()
            finally:
                self._news.set()

        return serve

    def _refusal(self, request: web.Request, raw: bytes) -> web.Response | None:
        headers, path = request.headers, request.path_qs
        stamp = headers.get("OK-ACCESS-TIMESTAMP", "")
        text = f"{stamp}{request.method}{path}".encode() + raw
        signature = base64.b64encode(hmac.new(KEYS["secret"].encode(), text, hashlib.sha256).digest()).decode()
        if headers.get("OK-ACCESS-KEY") != KEYS["api_key"]:
            return answer([], "50111", "Invalid OK-ACCESS-KEY", 401)
        if headers.get("OK-ACCESS-PASSPHRASE") != KEYS["passphrase"]:
            return answer([], "50105", "Request header OK-ACCESS-PASSPHRASE incorrect.", 401)
        if headers.get("OK-ACCESS-SIGN") != signature:
            return answer([], "50113", "Invalid Sign", 401)
        age_ms = abs(datetime.fromisoformat(stamp).timestamp() * 1000 - self.exchange.now_ms())
        if age_ms > 30_000:
            return answer([], "50102", "Timestamp request expired", 401)
        if int(headers.get("expTime", "9" * 15)) < self.exchange.now_ms():
            return answer([], "51054", "Request timed out")
        return None

    def _acknowledge(self, results: list[tuple[str, str, str]], many: list[Row]) -> web.Response:
        rows = [
            {"clOrdId": terms.get("clOrdId", ""), "ordId": ord_id or terms.get("ordId", ""), "sCode": code,
             "sMsg": msg, "tag": terms.get("tag", ""), "ts": str(self.exchange.now_ms())}
            for (code, msg, ord_id), terms in zip(results, many, strict=True)
        ]  # fmt: skip
        bad = sum(row["sCode"] != "0" for row in rows)
        code = "0" if not bad else "1" if bad == len(rows) else "2"
        return answer(rows, code, "All operations failed" if code == "1" else "")

    def _instruments(self, query: Row) -> web.Response:
        return answer({"SPOT": SPOT_ROWS, "SWAP": SWAP_ROWS}.get(query["instType"], []))

    def _ticker(self, query: Row) -> web.Response:
        last = self.exchange.last.get(query["instId"])
        return answer([] if last is None else [{"instId": query["instId"], "last": plain(last)}])

    def _order(self, query: Row) -> web.Response:
        order = self.exchange.find(query)
        return answer([], "51603", "Order does not exist") if order is None else answer([order.row()])

    def _page(self, rows: list[Row], query: Row, key: str) -> web.Response:
        """Serve newest first, behind the id that is asked for."""
        after = int(query.get("after", 1 << 62))
        kept = [
            row for row in rows if int(row[key]) < after and int(row.get("ts", 1 << 62)) >= int(query.get("begin", 0))
        ]
        kept.sort(key=lambda row: -int(row[key]))
        return answer(kept[: min(int(query.get("limit", 100)), self.page_limit)])

    def _pending(self, query: Row) -> web.Response:
        return self._page([order.row() for order in self.exchange.resting()], query, "ordId")

    def _algos(self, query: Row) -> web.Response:
        wanted = query.get("ordType", "").split(",")
        if not set(wanted) <= self.algo_types or (len(wanted) > 1 and set(wanted) != {"conditional", "oco"}):
            return answer([], "51000", "Parameter ordType error", 400)
        return self._page([row for row in self.algos.values() if row["ordType"] in wanted], query, "algoId")

    def _cancel_algos(self, many: list[Row]) -> web.Response:
        if len(many) > 10:
            return answer([], "51000", "Parameter error", 400)
        rows = [{"algoId": terms["algoId"], "sCode": "0", "sMsg": ""} for terms in many]
        for row in rows:
            if self.algos.pop(row["algoId"], None) is None:
                row |= {"sCode": "51400", "sMsg": "Cancellation failed as the order does not exist."}
        return answer(rows)

    def _fills(self, query: Row) -> web.Response:
        wanted = query.get("ordId"), query.get("instType")
        rows = [row for row in self.exchange.fills if (wanted[0] or row["ordId"]) == row["ordId"]]
        return self._page([row for row in rows if (wanted[1] or row["instType"]) == row["instType"]], query, "billId")

    def _bills(self, query: Row) -> web.Response:
        return self._page(
            [row for row in self.exchange.bills if row["type"] == query.get("type", "8")], query, "billId"
        )

    def _balance(self, _: Row) -> web.Response:
        details = [
            {"ccy": name, "cashBal": plain(total), "availBal": plain(total), "eq": plain(total), "frozenBal": "0"}
            for name, total in self.exchange.cash.items()
        ]
        return answer([{"details": details, "totalEq": "", "uTime": "1"}])

    def _positions(self, _: Row) -> web.Response:
        return answer(
            [
                {
                    "instId": name,
                    "instType": ROWS[name]["instType"],
                    "pos": plain(held),
                    "posSide": "net",
                    "avgPx": plain(average),
                    "mgnMode": "cross",
                }
                for name, (held, average) in self.exchange.positions.items()
                if held != ZERO
            ]
        )

    def _set_timer(self, terms: Row) -> web.Response:
        self.timer = terms
        return answer([{"triggerTime": "0", "tag": terms.get("tag", ""), "ts": str(self.exchange.now_ms())}])

    def timer_fires(self) -> None:
        """Let the dead-man timer run out: orders with its tag go."""
        assert self.timer is not None
        for order in self.exchange.resting():
            if order.terms.get("tag", "") == self.timer["tag"]:
                self.exchange.cancel({"ordId": order.ord_id}, "Cancel all after triggered")

    def _set_leverage(self, terms: Row) -> web.Response:
        self.leverage[terms["instId"]] = terms["lever"]
        return answer([{**terms, "posSide": ""}])

    def _leverage(self, query: Row) -> web.Response:
        lever = self.leverage.get(query["instId"], "3")
        return answer([{"instId": query["instId"], "mgnMode": query["mgnMode"], "posSide": "net", "lever": lever}])
