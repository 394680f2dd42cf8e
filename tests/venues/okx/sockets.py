"""The two websockets of a small OKX."""

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import WSMsgType, web

from tests.venues.okx.exchange import Exchange, Row
from tests.venues.okx.listing import ROWS, plain

DEPTH = 400


def dumps(message: object) -> str:
    return json.dumps(message, separators=(",", ":"))


class Sockets:
    """What is sent to whom; books carry ids and, where `with_checksums`, the checksum of their best levels."""

    def __init__(self, exchange: Exchange, keys: dict[str, str], on_news: Callable[[], None]) -> None:
        self.exchange = exchange
        self.with_checksums = False
        self.wrong_checksums = 0  # of the next messages
        self.is_deaf = False  # private messages are lost on the way
        self.repeats = 0  # private messages that are told twice
        self.refuse = 0  # connections that are turned away
        self.connections = 0
        self.public_connections = 0
        self.subscribed: list[Row] = []  # every argument, in order
        self.pings = 0
        self.answers_pings = True
        self._keys = keys
        self._on_news = on_news
        self._public: dict[web.WebSocketResponse, set[tuple[str, str]]] = {}
        self._private: set[web.WebSocketResponse] = set()
        self._seq: dict[str, int] = dict.fromkeys(ROWS, 100)
        self._next_seq: dict[str, int] = {}
        self._outbox: list[tuple[web.WebSocketResponse, str]] = []
        exchange.on_order = self._order_changed
        exchange.on_book = self._book_changed
        exchange.on_trade = self._traded

    # what tests do ------------------------------------------------------------------------------------------

    async def flush(self) -> None:
        """Send what the exchange said since the last time."""
        outbox, self._outbox = self._outbox, []
        for socket, text in outbox:
            if not socket.closed:
                await socket.send_str(text)

    async def say(self, text: str, *, private: bool = False) -> None:
        await self.flush()
        for socket in list(self._private if private else self._public):
            await socket.send_str(text)

    async def close(self) -> None:
        for socket in [*self._public, *self._private]:
            await socket.close()

    async def close_private(self) -> None:
        for socket in list(self._private):
            await socket.close()

    def lose_outbox(self) -> None:
        """Lose what was said on the way."""
        self._outbox.clear()

    def shuffle_outbox(self) -> None:
        """Tell what was said in another order, and each word twice."""
        self._outbox = [said for said in reversed(self._outbox) for _ in range(2)]

    def skip_ids(self, inst_id: str, by: int = 5) -> None:
        self._seq[inst_id] += by

    def restart_ids(self, inst_id: str, at: int) -> None:
        """Begin counting anew with the next message, as after a maintenance."""
        self._next_seq[inst_id] = at

    def book_message(self, inst_id: str, action: str, *, unchanged: bool = False) -> str:
        book, row = self.exchange.books[inst_id], ROWS[inst_id]
        sides: dict[str, list[list[str]]] = {}
        for name, ladder in (("asks", book.asks), ("bids", book.bids)):
            changes = ladder.take_changes() if action == "update" else ladder.depth(DEPTH)
            levels = () if unchanged else zip(*changes, strict=True)
            sides[name] = [
                [plain(ticks * Decimal(row["tickSz"])), plain(lots * Decimal(row["lotSz"])), "0", "1"]
                for ticks, lots in levels
            ]
        before = self._seq[inst_id]
        if action == "update" and not unchanged:
            self._seq[inst_id] = self._next_seq.pop(inst_id, before + 3)
        data = {
            **sides, "ts": str(self.exchange.now_ms()), "seqId": self._seq[inst_id],
            "prevSeqId": before if action == "update" else -1,
            "checksum": self._checksum(inst_id) if self.with_checksums else 0,
        }  # fmt: skip
        return dumps({"arg": {"channel": "books", "instId": inst_id}, "action": action, "data": [data]})

    # the exchange speaks --------------------------------------------------------------------------------------

    def _order_changed(self, row: Row) -> None:
        if not self.is_deaf:
            message = dumps({"arg": {"channel": "orders", "instType": "ANY", "uid": "1"}, "data": [row]})
            copies = 1 + (self.repeats > 0)
            self.repeats -= self.repeats > 0
            self._outbox += [(socket, message) for socket in self._private for _ in range(copies)]

    def _book_changed(self, inst_id: str) -> None:
        message = self.book_message(inst_id, "update")
        self._publish("books", inst_id, message)

    def _traded(self, inst_id: str, trade: Row) -> None:
        row = {"instId": inst_id, "ts": str(self.exchange.now_ms()), "count": "1", **trade}
        self._publish("trades", inst_id, dumps({"arg": {"channel": "trades", "instId": inst_id}, "data": [row]}))

    def _publish(self, channel: str, inst_id: str, message: str) -> None:
        self._outbox += [(socket, message) for socket, args in self._public.items() if (channel, inst_id) in args]

    def _checksum(self, inst_id: str) -> int:
        book, row = self.exchange.books[inst_id], ROWS[inst_id]
        texts = [
            [
                f"{plain(ticks * Decimal(row['tickSz']))}:{plain(lots * Decimal(row['lotSz']))}"
                for ticks, lots in zip(*ladder.depth(25), strict=True)
            ]
            for ladder in (book.bids, book.asks)
        ]
        turns = [side[n] for n in range(25) for side in texts if n < len(side)]
        counted = zlib.crc32(":".join(turns).encode()) ^ (self.wrong_checksums > 0)
        self.wrong_checksums -= self.wrong_checksums > 0
        return counted - (1 << 32) if counted >= 1 << 31 else counted

    # connections --------------------------------------------------------------------------------------------

    async def public(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._public[socket] = set()
        self.public_connections += 1
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._on_public(socket, message.data)
        finally:
            del self._public[socket]
        return socket

    async def private(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        is_known = False
        try:
            async for message in socket:
                if message.data == "ping":
                    await self._pong(socket)
                    continue
                request_ = json.loads(message.data)
                if request_["op"] == "login":
                    is_known = self._is_signed(request_["args"][0])
                    answer = {"event": "login", "code": "0"} if is_known else {"event": "error", "code": "60009"}
                    await socket.send_str(dumps({**answer, "msg": "", "connId": "a4d3ae55"}))
                elif is_known:
                    await socket.send_str(dumps({"event": "subscribe", "arg": request_["args"][0], "connId": "a"}))
                    self._private.add(socket)
                else:
                    await socket.send_str(dumps({"event": "error", "code": "60011", "msg": "Please log in"}))
                self._on_news()
        finally:
            self._private.discard(socket)
        return socket

    async def _on_public(self, socket: web.WebSocketResponse, text: str) -> None:
        if text == "ping":
            await self._pong(socket)
            return
        request: dict[str, Any] = json.loads(text)
        await self.flush()
        for arg in request["args"]:
            key = (arg["channel"], arg["instId"])
            self.subscribed.append({"op": request["op"], **arg})
            await socket.send_str(dumps({"event": request["op"], "arg": arg, "connId": "a4d3ae55"}))
            if request["op"] == "unsubscribe":
                self._public[socket].discard(key)
                continue
            self._public[socket].add(key)
            if arg["channel"] == "books":
                await socket.send_str(self.book_message(arg["instId"], "snapshot"))
        self._on_news()

    async def _pong(self, socket: web.WebSocketResponse) -> None:
        self.pings += 1
        if self.answers_pings:
            await socket.send_str("pong")
        self._on_news()

    def _is_signed(self, args: Row) -> bool:
        text = f"{args['timestamp']}GET/users/self/verify".encode()
        signature = base64.b64encode(hmac.new(self._keys["secret"].encode(), text, hashlib.sha256).digest()).decode()
        age_s = abs(self.exchange.now_ms() / 1000 - int(args["timestamp"]))
        names = (args["apiKey"], args["passphrase"], args["sign"])
        return age_s < 30 and names == (self._keys["api_key"], self._keys["passphrase"], signature)
