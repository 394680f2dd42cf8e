"""Binance's USD-M depth streams on the loopback, in a process of their own that keeps its pace.

``python -m bench.depth_server PLAN`` prints its port, then a line a session. A session begins when every book is
subscribed, on one connection or on many; all books make the same moves. When a message was sent is in the stamps' file,
by CLOCK_MONOTONIC, which all processes of a machine share.
"""

import asyncio
import json
import mmap
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import parse_qs, urlsplit

import msgspec
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,  # pyright: ignore[reportUnknownVariableType] -- its **kwargs are untyped
)
from picows import WSUpgradeResponse as Response
from picows import WSUpgradeResponseWithListener as Answer

from bench.market import FIRST_ID, IDS_A_MESSAGE, SYMBOL, Market, make_market
from bench.result import BenchError

LEVELS: Final = 1_000
CHANGES: Final = 20
DEPTH: Final = 20
STAMP_BYTES: Final = 8
_SETTLE_S: Final = 0.5  # a subscriber asks for snapshots meanwhile, which are of the time before the first message
_PATIENCE_S: Final = 30.0
_LOOP_EVERY: Final = 50  # messages after which pings and full buffers are seen to
_STREAM: Final = f"{SYMBOL.lower()}@depth@100ms"


class Plan(msgspec.Struct, frozen=True):
    """What is sent: message number k is of book k modulo `books`."""

    seed: int
    books: int
    rounds: int  # messages a book
    per_s: float  # of all books together
    stamps: str  # file of one native int64 a message

    @property
    def messages(self) -> int:
        return self.books * self.rounds

    @property
    def last_id(self) -> int:
        return FIRST_ID + IDS_A_MESSAGE * self.rounds

    @property
    def patience_s(self) -> float:
        """Return how long a subscriber may take from its first request to the last message."""
        return self.messages / self.per_s + _PATIENCE_S

    def market(self) -> Market:
        return make_market(self.seed, self.rounds, LEVELS, CHANGES, DEPTH)


class Session(msgspec.Struct, frozen=True):
    """How one went: a subscriber that does not keep up makes the server late."""

    messages: int
    seconds: float
    latest_ms: float  # the most that a message left behind its time


def symbol_of(book: int) -> str:
    return f"B{book:02}USDT"


class DepthServer:
    """Answers the requests of a feed and sends each message at its time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        market = plan.market()
        self._messages = market.messages
        levels = {"bids": market.bids, "asks": market.asks}
        self._snapshot = json.dumps({"lastUpdateId": FIRST_ID, "E": 1, "T": 1, **levels}).encode()
        self._places = {f"{symbol_of(book).lower()}@depth@100ms": book for book in range(plan.books)}
        self._subscribed: dict[int, tuple[WSTransport, bool]] = {}
        self._is_complete = asyncio.Event()
        file = Path(plan.stamps).open("r+b")  # noqa: SIM115 - the map needs it until the process ends
        self._stamps = memoryview(mmap.mmap(file.fileno(), plan.messages * STAMP_BYTES)).cast("q")

    async def serve(self) -> None:
        server = await ws_create_server(self._answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        while True:
            await self._is_complete.wait()
            await asyncio.sleep(_SETTLE_S)
            print(msgspec.json.encode(await self._session()).decode(), flush=True)
            self._subscribed.clear()
            self._is_complete.clear()

    def subscribe(self, streams: list[str], transport: WSTransport, *, is_wrapped: bool) -> None:
        for name in streams:
            if name in self._places:
                self._subscribed[self._places[name]] = transport, is_wrapped
        if len(self._subscribed) == self._plan.books:
            self._is_complete.set()

    def _answer(self, request: WSUpgradeRequest) -> "Subscriber | Answer":
        url = urlsplit(request.path.decode())
        if "Upgrade" in request.headers:
            return Subscriber(self, parse_qs(url.query).get("streams", [""])[0].split("/"))
        bodies = {"exchangeInfo": self._rules(), "fundingInfo": b"[]", "depth": self._snapshot}
        return Answer(Response.create_ok_response(bodies[url.path.rpartition("/")[2]]), None)

    def _rules(self) -> bytes:
        filters = [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ]
        alike = {"status": "TRADING", "quoteAsset": "USDT", "marginAsset": "USDT", "contractType": "PERPETUAL"}
        names = [symbol_of(book) for book in range(self._plan.books)]
        symbols = [{"symbol": name, "baseAsset": name[:-4], "filters": filters, **alike} for name in names]
        return json.dumps({"serverTime": 1, "symbols": symbols}).encode()

    async def _session(self) -> Session:
        ready = [self._ready(*self._subscribed[book], symbol_of(book)) for book in range(self._plan.books)]
        clock, interval_ns, stamps = time.monotonic_ns, int(1e9 / self._plan.per_s), self._stamps
        began_ns, latest_ns, number = clock(), 0, 0
        for moves in zip(*ready, strict=True):
            for transport, payload in moves:
                due_ns = began_ns + number * interval_ns
                early_ns = due_ns - clock()
                if early_ns > 0:
                    time.sleep(early_ns / 1e9)  # noqa: ASYNC251 - a loop wakes to the millisecond only
                stamps[number] = sent_ns = clock()
                transport.send(WSMsgType.TEXT, payload)
                latest_ns = max(latest_ns, sent_ns - due_ns)
                number += 1
                if number % _LOOP_EVERY == 0:
                    await asyncio.sleep(0)
        return Session(number, (clock() - began_ns) / 1e9, latest_ns / 1e6)

    def _ready(self, transport: WSTransport, is_wrapped: bool, symbol: str) -> list[tuple[WSTransport, bytes]]:
        """Return a book's messages, encoded, in the form of its connection."""
        start, end = (0, None) if is_wrapped else (len(f'{{"stream":"{_STREAM}","data":'), -1)
        stream = f"{symbol.lower()}@depth@100ms"
        texts = (text.replace(_STREAM, stream, 1).replace(SYMBOL, symbol, 1) for text in self._messages)
        cut = len(stream) - len(_STREAM)
        return [(transport, text[start + (cut if start else 0) : end].encode()) for text in texts]


class Subscriber(WSListener):
    """One connection: of combined streams by its address, or of what it asks for in messages."""

    def __init__(self, server: DepthServer, streams: list[str]) -> None:
        super().__init__()
        self._server, self._streams = server, streams

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._server.subscribe(self._streams, transport, is_wrapped=True)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            asked = json.loads(frame.get_payload_as_bytes())
            transport.send(WSMsgType.TEXT, json.dumps({"result": None, "id": asked["id"]}).encode())
            self._server.subscribe(asked["params"], transport, is_wrapped=False)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


class ServerProcess:
    """The server in a process of its own; a context manager that ends it."""

    def __init__(self, plan: Plan) -> None:
        Path(plan.stamps).write_bytes(bytes(plan.messages * STAMP_BYTES))
        arguments = [sys.executable, "-m", "bench.depth_server", msgspec.json.encode(plan).decode()]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(arguments, cwd=root, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def session(self) -> Session:
        """Return how the session went that was the last to end."""
        return msgspec.json.decode(self._line(), type=Session)

    def _line(self) -> str:
        line = cast("Any", self._process.stdout).readline()
        if not line:
            raise BenchError(f"the server ended with code {self._process.wait()}")
        return line


if __name__ == "__main__":
    asyncio.run(DepthServer(msgspec.json.decode(sys.argv[1], type=Plan)).serve())
