"""The real transport against servers on the loopback."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import WSMsgType, web

from adapters.network.transport import NetworkTransport
from core.ports.transport import TransportError
from tests.venues.loopback import serving

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMIT_S = 10.0


def against(handler: Handler, client: Callable[[NetworkTransport, str], Awaitable[None]]) -> None:
    async def play() -> None:
        app = web.Application()
        app.router.add_get("/", handler)
        transport = NetworkTransport()
        async with serving(app, shutdown_timeout_s=0.5) as url:
            try:
                async with asyncio.timeout(LIMIT_S):
                    await client(transport, url.removeprefix("http://"))
            finally:
                await transport.close()

    asyncio.run(play())


def test_a_reply_carries_status_headers_and_body_and_the_query_arrives() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "3"}, text=request.query["symbol"])

    async def client(transport: NetworkTransport, host: str) -> None:
        reply = await transport.get(f"http://{host}/", {"symbol": "BTCUSDT"}, LIMIT_S)
        assert (reply.status, reply.headers["Retry-After"], reply.body) == (429, "3", b"BTCUSDT")

    against(handler, client)


def test_what_the_network_does_is_a_transport_error() -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def client(transport: NetworkTransport, host: str) -> None:
        with pytest.raises(TransportError):
            await transport.get(f"http://{host}/", {}, LIMIT_S)
        with pytest.raises(TransportError):
            await transport.get("http://127.0.0.1:1/", {}, LIMIT_S)
        with pytest.raises(TransportError):
            await transport.connect(f"ws://{host}/", lambda _: None, LIMIT_S)
        with pytest.raises(TransportError):
            await transport.connect("ws://127.0.0.1:1/", lambda _: None, LIMIT_S)

    against(hang_up, client)


def test_a_server_that_never_answers_is_given_up() -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def client(transport: NetworkTransport, host: str) -> None:
        with pytest.raises(TransportError, match=r"no answer within 0\.05 s"):
            await transport.get(f"http://{host}/", {}, 0.05)
        with pytest.raises(TransportError, match=r"no connection within 0\.05 s"):
            await transport.connect(f"ws://{host}/", lambda _: None, 0.05)

    against(never, client)


def test_messages_arrive_whole_and_in_order_both_ways_and_the_end_is_told() -> None:
    echoed: list[bytes] = []

    async def echo(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        message = await socket.receive()
        assert message.type is WSMsgType.TEXT
        await socket.ping()
        await socket.send_str(message.data)
        assert socket._writer is not None
        # a message in three fragments
        for fragment, head in ((b"ab", b"\x01\x02"), (b"cd", b"\x00\x02"), (b"e", b"\x80\x01")):
            assert request.transport is not None
            request.transport.write(head + fragment)
        await socket.send_str("x" * 200_000)
        await socket.close(code=1001)
        return socket

    async def client(transport: NetworkTransport, host: str) -> None:
        connection = await transport.connect(f"ws://{host}/", echoed.append, LIMIT_S)
        connection.send(b"hello")
        assert "1001" in await connection.closed() or "GOING_AWAY" in await connection.closed()
        connection.send(b"too late")
        await connection.close()

    against(echo, client)
    assert echoed == [b"hello", b"abcde", b"x" * 200_000]
