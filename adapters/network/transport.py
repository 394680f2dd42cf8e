"""The real network: REST over aiohttp, websockets over picows."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from picows import WSAutoPingStrategy, WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport
from picows import ws_connect as _ws_connect  # pyright: ignore[reportUnknownVariableType] -- its **kwargs are untyped
from yarl import URL

from core.io.redaction import mask_known
from core.ports.transport import HttpRequest, TransportError

_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_PING_AFTER_S: Final = 10.0
_PONG_WITHIN_S: Final = 10.0
_GOODBYE_S: Final = 1.0
_DATA: Final = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION)


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


def _without_own_secrets(status: int, body: bytes) -> bytes:
    """Mask what a venue, or a proxy in front of it, echoes of a signed request: errors are shown and journaled.

    What succeeded is data and stays as it is: a number in it may hold the digits of a short passphrase.
    """
    if status < HTTPStatus.BAD_REQUEST:
        return body
    return mask_known(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")


class NetworkTransport:
    """Implements `core.ports.transport.Transport`; `close` when done."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Reply:
        session = self._session = self._session or aiohttp.ClientSession()
        try:
            async with session.get(url, params=params, timeout=aiohttp.ClientTimeout(total=timeout_s)) as response:
                return Reply(response.status, dict(response.headers), await response.read())
        except TimeoutError as error:
            raise TransportError(f"no answer within {timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TransportError(f"{type(error).__name__}: {error}") from error

    async def request(self, request: HttpRequest, timeout_s: float) -> Reply:
        session = self._session = self._session or aiohttp.ClientSession()
        try:
            async with session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=request.headers,
                data=request.body or None,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                allow_redirects=False,  # a signature and a key are for one address
            ) as response:
                body = _without_own_secrets(response.status, await response.read())
                return Reply(response.status, dict(response.headers), body)
        except TimeoutError as error:
            raise TransportError(f"no answer within {timeout_s:g} s") from error
        except aiohttp.ClientConnectorError as error:
            raise TransportError(f"{type(error).__name__}: {error}", may_have_arrived=False) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TransportError(f"{type(error).__name__}: {error}") from error

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> "NetworkConnection":
        try:
            async with asyncio.timeout(timeout_s):
                _, listener = await _ws_connect(
                    lambda: _Listener(on_message),
                    url,
                    max_frame_size=_MAX_MESSAGE_BYTES,
                    enable_auto_ping=True,
                    auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
                    auto_ping_idle_timeout=_PING_AFTER_S,
                    auto_ping_reply_timeout=_PONG_WITHIN_S,
                )
        except TimeoutError as error:
            raise TransportError(f"no connection within {timeout_s:g} s") from error
        except (WSError, OSError, ValueError) as error:
            raise TransportError(f"{type(error).__name__}: {error}") from error
        if not isinstance(listener, _Listener):
            # a server that hangs up during the handshake leaves no listener and no exception
            raise TransportError("the venue hung up during the handshake")
        return NetworkConnection(listener)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class NetworkConnection:
    """An open websocket."""

    def __init__(self, listener: "_Listener") -> None:
        self._listener = listener

    def send(self, payload: bytes) -> None:
        if not self._listener.ended.done():
            self._listener.transport.send(WSMsgType.TEXT, payload)

    async def closed(self) -> str:
        return await asyncio.shield(self._listener.ended)

    async def close(self) -> None:
        if self._listener.ended.done():
            return
        self._listener.transport.send_close(WSCloseCode.OK)
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self.closed()
        except TimeoutError:
            self._listener.transport.disconnect(graceful=False)


class _Listener(WSListener):
    """Puts fragments together and tells how the connection ended."""

    transport: WSTransport

    def __init__(self, on_message: Callable[[bytes], None]) -> None:
        super().__init__()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._on_message = on_message
        self._fragments: list[bytes] = []
        self._close_text = "connection lost"

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if kind in _DATA:
            payload = frame.get_payload_as_bytes()
            if frame.fin and not self._fragments:
                self._on_message(payload)
                return
            self._collect(transport, payload, is_last=frame.fin)
        elif kind == WSMsgType.CLOSE:
            self._close_text = f"closed by the venue ({frame.get_close_code()})"
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        if not self.ended.done():
            self.ended.set_result(self._close_text)

    def _collect(self, transport: WSTransport, payload: bytes, *, is_last: bool) -> None:
        self._fragments.append(payload)
        if sum(map(len, self._fragments)) > _MAX_MESSAGE_BYTES:
            self._close_text = f"a message longer than {_MAX_MESSAGE_BYTES} bytes"
            transport.disconnect()
        elif is_last:
            message = b"".join(self._fragments)
            self._fragments.clear()
            self._on_message(message)
