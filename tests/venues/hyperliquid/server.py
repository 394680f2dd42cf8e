"""A small Hyperliquid on the loopback: /info, /exchange and /ws, with signatures really checked and faults to order."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from email.utils import formatdate

from aiohttp import WSCloseCode, web

from adapters.hyperliquid.network import Endpoints
from tests.venues.hyperliquid.exchange_state import ExchangeState, plain
from tests.venues.hyperliquid.signatures import signer_of
from tests.venues.loopback import serving

LIMIT_S = 20.0
DEXS = {
    "": [("BTC", 5), ("ETH", 4), ("kPEPE", 0)],
    "xyz": [("xyz:XYZ100", 4), ("xyz:TSLA", 3), ("xyz:NVDA", 3)],
}
Fault = Callable[["LoopbackHyperliquid", web.Request, dict], "web.StreamResponse | None"]
PRICED_AT = Decimal(100)


class LoopbackHyperliquid:
    """Serves one venue; `agents` tells for which account each key may trade."""

    def __init__(self, *, is_mainnet: bool = True, dexs: dict[str, list[tuple[str, int]]] | None = None) -> None:
        self.state = ExchangeState(DEXS if dexs is None else dexs)
        self.state.on_event = self._on_event
        self.is_mainnet = is_mainnet
        self.agents: dict[str, str] = {}
        self.actions: list[dict] = []  # whole bodies of what was posted to /exchange, refused ones too
        self.questions: list[dict] = []
        self.marks: dict[str, Decimal] = {}
        self.exchange_faults: deque[Fault] = deque()  # each works on one action
        self.info_faults: dict[str, deque[Fault]] = {}
        self.muted: set[str] = set()  # channels that say nothing
        self.is_silent = False  # sockets stay open and carry nothing
        self.repeats = 0  # news that is told twice
        self.swaps = 0  # news that is told after the one that follows it
        self.skew_s = 0.0  # of the venue's clock, before the machine's
        self.state.clock_ns = lambda: time.time_ns() + int(self.skew_s * 1e9)
        self.unconfirmed: set[str] = set()  # channels whose subscriptions are not answered
        self.abstraction = "disabled"
        self.page_rows = 2000
        self.newest_first = False  # what a page has where not all is on it
        self.scheduled_ms: int | None = None
        self.has_traded_enough = True
        self.connections = 0
        self.refuse_connections = 0
        self.url = ""
        self._held_back: list[str] = []
        self._nonces: dict[str, set[int]] = {}
        self._sockets: dict[web.WebSocketResponse, list[dict]] = {}
        self._outbox: asyncio.Queue[tuple[web.WebSocketResponse, str]] = asyncio.Queue()
        self._news = asyncio.Event()

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(rest_url=self.url, stream_url=f"{self.url.replace('http', 'ws')}/ws")

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_post("/info", self._info)
        app.router.add_post("/exchange", self._exchange)
        app.router.add_get("/ws", self._stream)
        async with serving(app) as self.url:
            sending = asyncio.create_task(self._send_all())
            try:
                yield self
            finally:
                sending.cancel()
                await self.close_sockets()

    # what tests do ---------------------------------------------------------------------------------

    def sent(self, kind: str) -> list[dict]:
        """Return the actions of one kind that were posted."""
        return [body["action"] for body in self.actions if body["action"]["type"] == kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that some request or subscription brings about."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def subscribed(self, connections: int, kind: str) -> None:
        """Wait until so many connections were made in all and one of the open ones follows a channel."""
        await self.until(
            lambda: (
                self.connections >= connections
                and any(each["type"] == kind for followed in self._sockets.values() for each in followed)
            )
        )

    def say(self, message: object) -> None:
        """Send a message to every socket, whatever it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        for socket in self._sockets:
            self._outbox.put_nowait((socket, text))

    async def all_sent(self) -> None:
        """Wait until everything that was said is on its way."""
        async with asyncio.timeout(LIMIT_S):
            await self._outbox.join()

    async def close_sockets(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    # /info -------------------------------------------------------------------------------------------

    async def _info(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.questions.append(body)
        self._news.set()
        faults = self.info_faults.get(body["type"])
        if faults and (answer := faults.popleft()(self, request, body)) is not None:
            return answer
        written = {"Date": formatdate(self.state.clock_ns() / 1e9, usegmt=True)}
        return web.json_response(self._answer(body), headers=written)

    def _answer(self, body: dict) -> object:
        state, kind, dex = self.state, body["type"], body.get("dex") or ""
        user = str(body.get("user", "")).lower()
        match kind:
            case "perpDexs":
                return [None, *({"name": name, "fullName": name} for name in list(state.dexs)[1:])]
            case "meta":
                universe = [{"name": c, "szDecimals": d, "maxLeverage": 20} for c, d in state.dexs[dex]]
                return {"universe": universe, "collateralToken": 0, "marginTables": []}
            case "spotMeta":
                return {"tokens": [{"name": "USDC", "szDecimals": 8, "index": 0}], "universe": []}
            case "l2Book":
                return state.book_message(state.assets[body["coin"]])
            case "frontendOpenOrders" | "openOrders":
                coins = {coin for coin, _ in state.dexs[dex]}
                mine = [o for o in state.orders.values() if o.user == user and o.status == "open"]
                return [order.row() for order in mine if order.asset.coin in coins]
            case "orderStatus":
                order = state.find(user, body["oid"])
                if order is None:
                    return {"status": "unknownOid"}
                update = order.update() | {"order": order.row()}
                return {"status": "order", "order": update}
            case "clearinghouseState":
                return self._clearinghouse(user, dex)
            case "spotClearinghouseState":
                total = plain(state.account(user).cash)
                held = {"coin": "USDC", "token": 0, "total": total, "hold": "0.0", "entryNtl": "0.0"}
                return {"balances": [held] if state.account(user).cash else []}
            case "userFills":
                return list(reversed(state.account(user).fills))[:2000]
            case "userFillsByTime":
                return self._page(state.account(user).fills, body)
            case "userFunding":
                return self._page(state.account(user).funding, body)
            case "userAbstraction":
                return self.abstraction
            case "userRole":
                owner = self.agents.get(user)
                return {"role": "missing"} if owner is None else {"role": "agent", "data": {"user": owner}}
            case _:
                raise web.HTTPUnprocessableEntity(text="Failed to deserialize the JSON body into the target type")

    def _page(self, rows: list[dict], body: dict) -> list[dict]:
        within = [row for row in rows if body["startTime"] <= row["time"] <= body.get("endTime", row["time"])]
        return within[-self.page_rows :] if self.newest_first else within[: self.page_rows]

    def _clearinghouse(self, user: str, dex: str) -> dict:
        account, coins = self.state.account(user), {coin for coin, _ in self.state.dexs[dex]}
        held, value = [], account.cash if dex == "" else Decimal(0)
        for coin, (size, entry) in account.positions.items():
            if coin in coins and size:
                profit = (self.marks.get(coin, entry) - entry) * size
                value += profit
                position = {"coin": coin, "szi": plain(size), "entryPx": plain(entry), "unrealizedPnl": plain(profit)}
                held.append({"type": "oneWay", "position": position})
        summary = {"accountValue": plain(value), "totalNtlPos": "0.0", "totalRawUsd": "0.0", "totalMarginUsed": "0.0"}
        return {
            "assetPositions": held, "marginSummary": summary, "crossMarginSummary": summary,
            "withdrawable": plain(value), "time": self.state.now_ms(),
        }  # fmt: skip

    # /exchange ---------------------------------------------------------------------------------------

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.actions.append(body)
        self._news.set()
        if self.exchange_faults:
            answer = self.exchange_faults.popleft()(self, request, body)
            if answer is not None:
                return answer
        return web.json_response(self.execute(body))

    def execute(self, body: dict) -> dict:
        """Do what a signed action asks for, and return the answer."""
        expires_ms = body.get("expiresAfter")
        if expires_ms is not None and expires_ms < self.state.clock_ns() // 1_000_000:
            return {"status": "err", "response": "The time of this action has run out"}
        signer = signer_of(body, is_mainnet=self.is_mainnet)
        user = self.agents.get(signer)
        if user is None:
            return {"status": "err", "response": f"User or API Wallet {signer} does not exist."}
        used = self._nonces.setdefault(signer, set())
        if body["nonce"] in used or (len(used) >= 100 and body["nonce"] < sorted(used)[-100]):
            return {"status": "err", "response": f"Invalid nonce: duplicate nonce {body['nonce']}"}
        used.add(body["nonce"])
        return self._do(user, body["action"])

    def _do(self, user: str, action: dict) -> dict:
        state = self.state
        match action["type"]:
            case "order":
                return _statuses("order", [state.place(user, wire) for wire in action["orders"]])
            case "batchModify":
                return _statuses("order", [state.modify(user, wire) for wire in action["modifies"]])
            case "cancel":
                orders = [state.orders.get(each["o"]) for each in action["cancels"]]
            case "cancelByCloid":
                orders = [state.find(user, each["cloid"]) for each in action["cancels"]]
            case "updateLeverage":
                return {"status": "ok", "response": {"type": "default"}}
            case "scheduleCancel":
                if not self.has_traded_enough:
                    text = (
                        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0."
                    )
                    return {"status": "err", "response": text}
                self.scheduled_ms = action.get("time")
                return {"status": "ok", "response": {"type": "default"}}
            case other:
                return {"status": "err", "response": f"this venue has no action {other}"}
        mine = [order if order is not None and order.user == user else None for order in orders]
        return _statuses("cancel", [state.cancel(order) for order in mine])

    # /ws -----------------------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_connections:
            self.refuse_connections -= 1
            self._news.set()
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets[socket] = followed = []
        self.connections += 1
        self._outbox.put_nowait((socket, "Websocket connection established."))
        try:
            async for message in socket:
                wish = json.loads(message.data)
                if wish["method"] == "ping":
                    self._outbox.put_nowait((socket, '{"channel":"pong"}'))
                elif wish["method"] == "unsubscribe":
                    followed[:] = [each for each in followed if each != wish["subscription"]]
                elif wish["subscription"]["type"] not in self.unconfirmed:
                    followed.append(wish["subscription"])
                    self._outbox.put_nowait((socket, json.dumps({"channel": "subscriptionResponse", "data": wish})))
                    self._begin(socket, wish["subscription"])
                self._news.set()
        finally:
            del self._sockets[socket]
        return socket

    def _begin(self, socket: web.WebSocketResponse, subscription: dict) -> None:
        """Send what a channel begins with."""
        kind, user = subscription["type"], str(subscription.get("user", "")).lower()
        data: object = None
        if kind == "l2Book":
            data = self.state.book_message(self.state.assets[subscription["coin"]])
        elif kind == "activeAssetCtx":
            data = {"coin": subscription["coin"], "ctx": self.context(subscription["coin"])}
        elif kind == "userFills":
            data = {"isSnapshot": True, "user": user, "fills": self.state.account(user).fills}
        elif kind == "userFundings":
            data = {"isSnapshot": True, "user": user, "fundings": []}
        if data is not None and kind not in self.muted:
            self._outbox.put_nowait((socket, json.dumps({"channel": kind, "data": data})))

    def context(self, coin: str) -> dict:
        mark = plain(self.marks.get(coin, PRICED_AT))
        return {
            "funding": "0.0000125", "openInterest": "688.11", "prevDayPx": "1.0", "dayNtlVlm": "1.0", "premium": "0.0",
            "oraclePx": mark, "markPx": mark, "midPx": mark, "impactPxs": [mark, mark], "dayBaseVlm": "1.0",
        }  # fmt: skip

    def _on_event(self, channel: str, key: str, data: object) -> None:
        if channel in self.muted:
            return
        news = [json.dumps({"channel": channel, "data": data})]
        if self.swaps:
            self.swaps -= 1
            self._held_back += news
            return
        news = news * (1 + (self.repeats > 0)) + self._held_back
        self.repeats -= self.repeats > 0
        self._held_back = []
        for socket, followed in self._sockets.items():
            if any(
                each["type"] == channel and key in (each.get("coin"), str(each.get("user")).lower())
                for each in followed
            ):
                for text in news:
                    self._outbox.put_nowait((socket, text))

    async def _send_all(self) -> None:
        while True:
            socket, text = await self._outbox.get()
            if not (socket.closed or self.is_silent):
                await socket.send_str(text)
            self._outbox.task_done()


def _statuses(kind: str, statuses: list) -> dict:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}
