"""The small Binance behind the two ends of a network: in memory on virtual time, and on a real loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, web

from adapters.binance.trading_endpoints import StreamForm, TradingEndpoints
from adapters.network.transport import Reply
from core.ports.transport import HttpRequest, TransportError
from tests.venues.binance_trading.small_binance import LostError, SmallBinance
from tests.venues.loopback import serving


class MemoryConnection:
    def __init__(self, venue: SmallBinance, on_message: Callable[[bytes], None]) -> None:
        self._venue = venue
        self._on_message = on_message
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if venue.form is StreamForm.LISTEN_KEY:
            venue.listeners.append(self.hear)

    def hear(self, text: str) -> None:
        self._on_message(text.encode())

    def send(self, payload: bytes) -> None:
        answer = self._venue.subscribe(payload.decode())
        if '"status": 200' in answer:
            self._venue.listeners.append(self.hear)
        self.hear(answer)

    async def closed(self) -> str:
        return await asyncio.shield(self.ended)

    def drop(self, why: str = "connection lost") -> None:
        if self.hear in self._venue.listeners:
            self._venue.listeners.remove(self.hear)
        if not self.ended.done():
            self.ended.set_result(why)

    async def close(self) -> None:
        self.drop("closed here")


class MemoryTransport:
    """A Transport straight into the venue; every request takes `latency_s`."""

    def __init__(self, venue: SmallBinance, latency_s: float = 0.001) -> None:
        self.venue = venue
        self.latency_s = latency_s
        self.connections: list[MemoryConnection] = []
        self.refuse_connections = 0
        self.addresses: list[str] = []

    async def get(self, url, params, timeout_s):
        raise NotImplementedError

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        await asyncio.sleep(self.latency_s / 2)
        parts = urlsplit(request.url)
        try:
            answer = self.venue.handle(request.method, parts.path, parts.query, request.headers)
        except LostError:
            raise TransportError("the venue hung up") from None
        await asyncio.sleep(self.latency_s / 2)
        return Reply(answer.status, answer.headers, answer.body)

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> MemoryConnection:
        self.addresses.append(url)
        if self.refuse_connections:
            self.refuse_connections -= 1
            raise TransportError("refused")
        connection = MemoryConnection(self.venue, on_message)
        self.connections.append(connection)
        return connection


def memory_endpoints(form: StreamForm) -> TradingEndpoints:
    return TradingEndpoints(
        rest_url="http://venue", private_url="ws://venue", stream_form=form, wallet_url="http://venue"
    )


class Loopback:
    """The venue on a port of this machine."""

    def __init__(self, venue: SmallBinance) -> None:
        self.venue = venue
        self.url = ""
        self._sockets: dict[web.WebSocketResponse, Callable[[str], None]] = {}
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def endpoints(self) -> TradingEndpoints:
        return TradingEndpoints(
            rest_url=self.url, private_url=self.url.replace("http", "ws"), stream_form=self.venue.form,
            wallet_url=self.url,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Loopback"]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        async with serving(app, shutdown_timeout_s=0.5) as self.url:
            try:
                yield self
            finally:
                await self.drop_sockets()

    async def drop_sockets(self) -> None:
        for socket, listener in list(self._sockets.items()):
            self._sockets.pop(socket, None)
            if listener in self.venue.listeners:
                self.venue.listeners.remove(listener)
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._stream(request)
        try:
            answer = self.venue.handle(request.method, request.path, request.query_string, request.headers)
        except LostError:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return web.Response(status=answer.status, body=answer.body, headers=dict(answer.headers))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)

        def hear(text: str) -> None:
            task = asyncio.get_running_loop().create_task(socket.send_str(text))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

        self._sockets[socket] = hear
        if self.venue.form is StreamForm.LISTEN_KEY:
            self.venue.listeners.append(hear)
        async for message in socket:
            answer = self.venue.subscribe(message.data)
            await socket.send_str(answer)
            self.venue.listeners.append(hear)
        if hear in self.venue.listeners:
            self.venue.listeners.remove(hear)
        return socket
