"""A rehearsal venue that moves only when a test says so, and a plain client that signs for itself."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.config import RehearsalConfig
from adapters.sim.binance_protocol.key_file import invent_keys, make_accounts
from adapters.sim.binance_protocol.server import RehearsalServer
from adapters.sim.binance_protocol.symbol_book import SymbolBook

LIMIT_S = 20.0
NAMES = ("ann", "bob")
SYMBOL = "BTCUSDT"


class HandClock:
    """Begins now and goes on by hand."""

    def __init__(self) -> None:
        self.now_ns = time.time_ns() // 1_000_000_000 * 1_000_000_000

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns

    def advance_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Trader:
    """One account's way to the venue over REST."""

    def __init__(self, session: aiohttp.ClientSession, server: RehearsalServer, account: Account) -> None:
        self._session = session
        self._server = server
        self.account = account

    async def send(self, method: str, path: str, **params: object) -> Answer:
        """Send a signed request, timed by the venue's clock unless `timestamp` is given."""
        params.setdefault("timestamp", self._server.exchange.now_ms())
        text = urlencode(params)
        signature = hmac.new(self.account.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return await self.raw(method, f"{path}?{text}&signature={signature}")

    async def raw(self, method: str, path: str, key: str | None = None) -> Answer:
        headers = {"X-MBX-APIKEY": self.account.key if key is None else key}
        async with self._session.request(method, self._server.url + path, headers=headers) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text), {k.upper(): v for k, v in response.headers.items()})

    async def spot(self, method: str = "POST", path: str = "order", **params: object) -> Answer:
        return await self.send(method, f"/api/v3/{path}", **{"symbol": SYMBOL, **params})

    async def usdm(self, method: str = "POST", path: str = "order", **params: object) -> Answer:
        return await self.send(method, f"/fapi/v1/{path}", **{"symbol": SYMBOL, **params})


class Events:
    """What a websocket carried, in order."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.seen: list[Any] = []

    async def next(self) -> Any:
        async with asyncio.timeout(LIMIT_S):
            self.seen.append(await self._socket.receive_json())
        return self.seen[-1]

    async def until(self, fits: Callable[[Any], bool]) -> Any:
        while not fits(event := await self.next()):
            pass
        return event

    async def ask(self, method: str, **message: object) -> Any:
        """Send a request over the socket and return its answer."""
        await self._socket.send_json({"id": 7, "method": method, **message})
        return await self.until(lambda event: event.get("id") == 7)

    async def is_closed(self) -> bool:
        async with asyncio.timeout(LIMIT_S):
            while (await self._socket.receive()).type not in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING}:
                pass
        return True


@dataclass
class Rig:
    server: RehearsalServer
    clock: HandClock
    session: aiohttp.ClientSession
    traders: list[Trader]

    @property
    def ann(self) -> Trader:
        return self.traders[0]

    @property
    def bob(self) -> Trader:
        return self.traders[1]

    def book(self, kind: str = "spot", symbol: str = SYMBOL) -> SymbolBook:
        markets = {market.kind.value: market for market in self.server.exchange.markets.values()}
        return markets[kind].books[symbol]

    def price(self, side: str, ticks_away: int, kind: str = "spot") -> Decimal:
        """Return a price so many ticks behind the best of a side; below 0 it is ahead of it."""
        book = self.book(kind)
        best = book.matching.best_bid() if side == "BUY" else book.matching.best_ask()
        assert best is not None
        away = -ticks_away if side == "BUY" else ticks_away
        return book.instrument.ticks_to_price(best + away)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.clock.advance_ms(50)
            self.server.step()

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[Events]:
        async with self.session.ws_connect(self.server.stream_url + path) as socket:
            events = Events(socket)
            if "/ws-api" not in path:
                await events.ask("LIST_SUBSCRIPTIONS")  # answered once the streams are listened to
                events.seen.clear()
            yield events


def rehearse(scenario: Callable[[Rig], Awaitable[None]], config: RehearsalConfig | None = None) -> None:
    """Run a scenario against a venue of two accounts."""

    async def main() -> None:
        chosen = config or RehearsalConfig()
        accounts = make_accounts(chosen, invent_keys(NAMES, chosen.seed))
        clock = HandClock()
        server = RehearsalServer(chosen, accounts, clock, drives=False)
        await server.start()
        try:
            async with aiohttp.ClientSession() as session:
                traders = [Trader(session, server, account) for account in accounts]
                await scenario(Rig(server, clock, session, traders))
        finally:
            await server.stop()

    asyncio.run(main())


def limit(side: str, quantity: str, price: Decimal, **more: object) -> dict[str, object]:
    return {"side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": quantity, "price": f"{price:f}", **more}


def market(side: str, quantity: str, **more: object) -> dict[str, object]:
    return {"side": side, "type": "MARKET", "quantity": quantity, **more}
