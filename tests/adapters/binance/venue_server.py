"""A small Binance on the loopback: true books, their diffs, snapshots and the ways they fail."""

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Protocol

from aiohttp import WSCloseCode, web

from adapters.binance.endpoints import Endpoints
from adapters.binance.market import BinanceMarket
from tests.adapters.binance.messages import exchange_information
from tests.venues.loopback import serving
from tests.venues.news import LIMIT_S

Answer = Callable[[str], web.Response]
Levels = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


class VenueBook(Protocol):
    """The venue's own book of one symbol."""

    @property
    def update_id(self) -> int: ...

    def change(self) -> str: ...

    def snapshot(self) -> bytes: ...

    def levels(self) -> Levels: ...


class TrueBook:
    """The venue's own book of one symbol; prices in ticks of 0.1, sizes in lots of 0.001."""

    def __init__(self, symbol: str, seed: int) -> None:
        self.symbol = symbol
        self.update_id = 1000
        self.bids = {1000 - n: n + 1 for n in range(40)}
        self.asks = {1001 + n: n + 1 for n in range(40)}
        self._random = random.Random(seed)

    def change(self) -> str:
        """Change some levels and return the diff as a message of the combined stream."""
        first, self.update_id = self.update_id + 1, self.update_id + self._random.randint(1, 5)
        bids = self._change(self.bids, -1)
        asks = self._change(self.asks, +1)
        data = {
            "e": "depthUpdate", "E": self.update_id, "T": self.update_id, "s": self.symbol,
            "U": first, "u": self.update_id, "pu": first - 1, "b": bids, "a": asks,
        }  # fmt: skip
        return json.dumps({"stream": f"{self.symbol.lower()}@depth@100ms", "data": data}, separators=(",", ":"))

    def snapshot(self) -> bytes:
        bids = [_level(ticks, self.bids[ticks]) for ticks in sorted(self.bids, reverse=True)]
        asks = [_level(ticks, self.asks[ticks]) for ticks in sorted(self.asks)]
        return json.dumps({"lastUpdateId": self.update_id, "bids": bids, "asks": asks}).encode()

    def levels(self) -> Levels:
        """Return bids and asks as quantity by price."""
        bids, asks = (
            {Decimal(ticks) / 10: Decimal(lots) / 1000 for ticks, lots in side.items()}
            for side in (self.bids, self.asks)
        )
        return bids, asks

    def _change(self, side: dict[int, int], away: int) -> list[tuple[str, str]]:
        changed: list[tuple[str, str]] = []
        touch = 1000 if away < 0 else 1001
        for _ in range(self._random.randint(0, 4)):
            ticks = touch + away * self._random.randint(0, 60)
            lots = self._random.choice((0, 1, 7, 5000))
            side.pop(ticks, None)
            if lots:
                side[ticks] = lots
            changed.append(_level(ticks, lots))
        return changed


class RecordedBook:
    """A book that goes through the changes of a recorded session, from its recorded snapshot on."""

    def __init__(self, snapshot: bytes, messages: list[str]) -> None:
        start = json.loads(snapshot)
        self.update_id = start["lastUpdateId"]
        self._bids, self._asks = (dict(map(_exact, start[side])) for side in ("bids", "asks"))
        self._messages = deque(message for message in messages if json.loads(message)["data"]["u"] > self.update_id)

    @property
    def remaining(self) -> int:
        return len(self._messages)

    def change(self) -> str:
        message = self._messages.popleft()
        data = json.loads(message)["data"]
        self.update_id = data["u"]
        for side, changes in ((self._bids, data["b"]), (self._asks, data["a"])):
            side.update(map(_exact, changes))
            for price in [price for price, quantity in side.items() if not quantity]:
                del side[price]
        return message

    def snapshot(self) -> bytes:
        bids, asks = ([(f"{p:f}", f"{q:f}") for p, q in side.items()] for side in self.levels())
        return json.dumps({"lastUpdateId": self.update_id, "bids": bids, "asks": asks}).encode()

    def levels(self) -> Levels:
        return self._bids, self._asks


def _exact(level: tuple[str, str]) -> tuple[Decimal, Decimal]:
    return Decimal(level[0]), Decimal(level[1])


def _level(ticks: int, lots: int) -> tuple[str, str]:
    return f"{ticks // 10}.{ticks % 10}0", f"{lots // 1000}.{lots % 1000:03d}"


class LoopbackBinance:
    """Serves exchangeInfo, fundingInfo, depth and the combined stream."""

    def __init__(self, market: BinanceMarket, books: Mapping[str, VenueBook], rules: bytes) -> None:
        self.market = market
        self.books = dict(books)
        self._rules = rules
        self.connections = 0
        self.snapshots_served: list[str] = []
        self.next_snapshots: deque[Answer] = deque()  # answers given before the true ones
        self.refuse_connections = 0
        self.url = ""
        self._sockets: set[web.WebSocketResponse] = set()
        self._news = asyncio.Event()

    @classmethod
    def generated(cls, market: BinanceMarket, bases: tuple[str, ...], seed: int = 1) -> "LoopbackBinance":
        """Make a venue of random books."""
        books = {f"{base}USDT": TrueBook(f"{base}USDT", seed + n) for n, base in enumerate(bases)}
        return cls(market, books, exchange_information(market, bases))

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(
            rest_url=self.url, stream_url=self.url.replace("http", "ws"), api_path="/api",
            snapshot_burst=1000, snapshots_per_s=1000.0,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self):
        app = web.Application()
        app.router.add_get("/api/exchangeInfo", self._exchange_information)
        app.router.add_get("/api/fundingInfo", self._funding)
        app.router.add_get("/api/depth", self._depth)
        for path in ("", "/public", "/market"):
            app.router.add_get(f"{path}/stream", self._stream)
        async with serving(app) as self.url:
            try:
                yield self
            finally:
                await self.close_sockets()

    async def connected(self, count: int) -> None:
        """Wait until so many websockets have been opened in all and the last one is."""
        async with asyncio.timeout(LIMIT_S):
            while self.connections < count or not self._sockets:
                self._news.clear()
                await self._news.wait()

    async def publish(self, symbol: str, count: int = 1) -> None:
        for _ in range(count):
            await self.send(self.books[symbol].change())

    async def send(self, message: str) -> None:
        for socket in list(self._sockets):
            await socket.send_str(message)

    def lose(self, symbol: str, count: int = 1) -> None:
        """Change the book without telling anybody."""
        for _ in range(count):
            self.books[symbol].change()

    async def close_one_socket(self) -> None:
        await next(iter(self._sockets)).close(code=WSCloseCode.GOING_AWAY)

    async def close_sockets(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _exchange_information(self, _: web.Request) -> web.Response:
        return web.Response(body=self._rules)

    async def _funding(self, _: web.Request) -> web.Response:
        return web.json_response([{"symbol": "ETHUSDT", "fundingIntervalHours": 4, "disclaimer": False}])

    async def _depth(self, request: web.Request) -> web.Response:
        symbol = request.query["symbol"]
        self.snapshots_served.append(symbol)
        if self.next_snapshots:
            return self.next_snapshots.popleft()(symbol)
        return web.Response(body=self.books[symbol].snapshot())

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_connections:
            self.refuse_connections -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        self.connections += 1
        self._news.set()
        try:
            async for _ in socket:
                pass
        finally:
            self._sockets.discard(socket)
        return socket
