"""One websocket of a client: what it is sent, one message after another."""

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

MOST_WAITING: Final = 20_000  # messages; a client that reads slower than that is disconnected
PING_S: Final = 20.0
CLOSE_PATIENCE_S: Final = 1.0


class Connection:
    """Queue messages and write them; subclasses say what a message of the client does."""

    def __init__(self) -> None:
        self._socket = web.WebSocketResponse(heartbeat=PING_S, timeout=CLOSE_PATIENCE_S)
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._is_too_slow = False

    def push(self, text: str) -> None:
        """Queue a message; a client that does not read is given up."""
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._is_too_slow = True

    def push_json(self, value: object) -> None:
        self.push(msgspec.json.encode(value).decode())

    def take(self, message: dict[str, object]) -> None:
        """Do what a message of the client asks for."""
        raise NotImplementedError

    def opened(self) -> None:
        """Begin, once the socket stands."""

    def closed(self) -> None:
        """Forget whatever was subscribed to."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk until one side leaves."""
        await self._socket.prepare(request)
        writer = asyncio.ensure_future(self._write())
        self.opened()
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._read(message.data)
        finally:
            self.closed()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return self._socket

    async def close(self) -> None:
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    def _read(self, text: str) -> None:
        try:
            message = msgspec.json.decode(text, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.push_json({"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}})
            return
        self.take(message)

    async def _write(self) -> None:
        with suppress(ConnectionError):  # the reader sees it, too, and ends the connection
            while not self._is_too_slow:
                await self._socket.send_str(await self._waiting.get())
            await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Disconnected: reads too slowly")
