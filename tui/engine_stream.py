"""The engine's stream: a websocket over its Unix socket (RFC 6455), as far as an engine speaks it.

Written out because every library for it takes longer to load than a console takes to its first picture.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

from core.control.desk_stream import ROWS_KNOWN
from core.control.routes import ROWS_HEADER, STREAM

BEAT_EVERY_S: Final = 0.5
_CONNECT_TIMEOUT_S: Final = 5.0
_MAX_MESSAGE_BYTES: Final = 64 << 20
_MAX_HEAD_BYTES: Final = 64 << 10
_ACCEPT_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_SWITCHING_PROTOCOLS: Final = 101
_REFUSALS: Final = {403: "it belongs to another user", 503: "too many consoles are attached"}
_LAST, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_SHORTEST_16, _SHORTEST_64 = 126, 127
_CLOSE_NORMAL: Final = struct.pack("!H", 1000)

Send = Callable[[bytes], None]


class StreamError(Exception):
    """The stream cannot be had, or broke; the text says why."""


class _Kind(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class _Frame(NamedTuple):
    kind: int
    is_last: bool
    payload: bytes


async def follow(socket_path: Path, on_open: Callable[[Send], None], on_frame: Callable[[bytes], None]) -> str:
    """Follow one connection to its end and return why it ended.

    Parameters
    ----------
    on_open
        Is given the way to send a text, which does nothing once the connection has gone.
    on_frame
        Is given each text; what it raises ends the connection and is raised here.

    Raises
    ------
    StreamError
        Where there is no connection, it is refused, or what comes over it is no websocket.
    """
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(socket_path), limit=_MAX_HEAD_BYTES)
    except TimeoutError:
        raise StreamError(f"{socket_path} does not answer") from None
    except OSError as error:
        raise StreamError(f"no engine answers on {socket_path} ({error.strerror or error})") from error
    try:
        await _shake_hands(socket_path, reader, writer)
        beating = asyncio.create_task(_beat(writer), name="stream-beat")
        try:
            on_open(lambda text: _send(writer, _Kind.TEXT, text))
            return await _follow(reader, writer, on_frame)
        finally:
            beating.cancel()
            _send(writer, _Kind.CLOSE, _CLOSE_NORMAL)
    except (asyncio.IncompleteReadError, OSError):
        return "connection lost"
    finally:
        writer.close()


async def _shake_hands(socket_path: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    key = base64.b64encode(os.urandom(16))
    head = [
        f"GET {STREAM} HTTP/1.1",
        "Host: engine",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key.decode()}",
        "Sec-WebSocket-Version: 13",
        f"{ROWS_HEADER}: {ROWS_KNOWN}",
    ]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            answer = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise StreamError(f"{socket_path} does not answer") from None
    except asyncio.LimitOverrunError:
        raise StreamError(f"what answers on {socket_path} is no engine") from None
    first, *fields = answer.decode("latin-1").split("\r\n")
    status = [*first.split(" "), ""][1]
    if status != str(_SWITCHING_PROTOCOLS):
        why = _REFUSALS.get(int(status) if status.isdigit() else 0, "it may be of another version")
        raise StreamError(f"the engine on {socket_path} refused the link: {why} (status {status or 'missing'})")
    from hashlib import sha1  # noqa: PLC0415 - a console is painted by now

    accept = base64.b64encode(sha1(key + _ACCEPT_GUID, usedforsecurity=False).digest()).decode()
    named = (field.partition(":") for field in fields)
    if accept not in (value.strip() for name, _, value in named if name.lower() == "sec-websocket-accept"):
        raise StreamError(f"what answers on {socket_path} is no engine")


async def _beat(writer: asyncio.StreamWriter) -> None:
    """Have the engine hear that this end lives, also while a long frame is on its way over a slow line."""
    while True:
        await asyncio.sleep(BEAT_EVERY_S)
        _send(writer, _Kind.PONG, b"")


async def _follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_frame: Callable[[bytes], None]) -> str:
    message: bytearray | None = None  # as far as it has come
    while True:
        frame = await _read_frame(reader)
        match frame.kind:
            case _Kind.TEXT | _Kind.BINARY | _Kind.CONTINUATION:
                if (frame.kind == _Kind.CONTINUATION) is (message is None):
                    raise StreamError("the engine sent a piece of a message out of its order")
                message = (message or bytearray()) + frame.payload
                if len(message) > _MAX_MESSAGE_BYTES:
                    raise StreamError(f"the engine sent more than {_MAX_MESSAGE_BYTES} bytes at once")
                if frame.is_last:
                    whole, message = bytes(message), None
                    on_frame(whole)
            case _Kind.PING:
                _send(writer, _Kind.PONG, frame.payload)
            case _Kind.CLOSE:
                return _close_reason(frame.payload)
            case _:
                pass


async def _read_frame(reader: asyncio.StreamReader) -> _Frame:
    first, second = await reader.readexactly(2)
    length = second & ~_MASKED
    if first & _RESERVED or second & _MASKED:
        raise StreamError("the engine sent what is no frame of a websocket")
    if length == _SHORTEST_16:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    elif length == _SHORTEST_64:
        (length,) = struct.unpack("!Q", await reader.readexactly(8))
    if length > _MAX_MESSAGE_BYTES:
        raise StreamError(f"the engine sent more than {_MAX_MESSAGE_BYTES} bytes at once")
    return _Frame(first & 0x0F, bool(first & _LAST), await reader.readexactly(length))


def _send(writer: asyncio.StreamWriter, kind: _Kind, payload: bytes) -> None:
    """Send a frame; a client masks what it sends, so that no proxy takes it for something else."""
    if writer.is_closing():
        return
    length = len(payload)
    if length < _SHORTEST_16:
        head = struct.pack("!BB", _LAST | kind, _MASKED | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", _LAST | kind, _MASKED | _SHORTEST_16, length)
    else:
        head = struct.pack("!BBQ", _LAST | kind, _MASKED | _SHORTEST_64, length)
    mask = os.urandom(4)
    pad = (mask * (length // len(mask) + 1))[:length]
    masked = (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(length)
    writer.write(head + mask + masked)


def _close_reason(payload: bytes) -> str:
    """Return the words of a goodbye, else its number."""
    if len(payload) < 2:
        return "without a word"
    (code,) = struct.unpack("!H", payload[:2])
    return payload[2:].decode(errors="replace") or str(code)
