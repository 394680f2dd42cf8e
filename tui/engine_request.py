"""One command to the engine: an HTTP request of its own connection. It needs nothing that is loaded later."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from core.control.routes import CommandRequest

_CONNECT_TIMEOUT_S: Final = 5.0
_MAX_REPLY_BYTES: Final = 64 << 20
_HEAD_END: Final = b"\r\n\r\n"


class Reply(NamedTuple):
    status: int
    body: bytes


class NotSentError(Exception):
    """Nobody took the request, so nothing was done; the text says why."""


class InDoubtError(Exception):
    """The request went out and no whole answer came back: it may have been carried out; the text says why."""


async def ask_engine(socket_path: Path, request: CommandRequest, timeout_s: float) -> Reply:
    """Send a request once and return its answer; raise NotSentError or InDoubtError, the latter when time is up too."""
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(socket_path))
    except TimeoutError:
        raise NotSentError(f"{_CONNECT_TIMEOUT_S:g} s without a connection") from None
    except OSError as error:
        raise NotSentError(error.strerror or str(error)) from error
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(_written(request))
            await writer.drain()
            return _read(await _whole_answer(reader))
    except TimeoutError:
        raise InDoubtError(f"no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise InDoubtError(f"the engine broke off: {error.strerror or error}") from error
    finally:
        writer.close()


def _written(request: CommandRequest) -> bytes:
    head = [
        f"{request.method} {request.path} HTTP/1.1",
        "Host: engine",
        "Connection: close",  # so the answer ends where the connection does
        "Content-Type: application/json",
        f"Content-Length: {len(request.body)}",
    ]
    return "\r\n".join(head).encode() + _HEAD_END + request.body


async def _whole_answer(reader: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while part := await reader.read(1 << 16):
        answer += part
        if len(answer) > _MAX_REPLY_BYTES:
            raise InDoubtError(f"an answer longer than {_MAX_REPLY_BYTES} bytes")
    return bytes(answer)


def _read(answer: bytes) -> Reply:
    head, end, body = answer.partition(_HEAD_END)
    first, *fields = head.decode("latin-1").split("\r\n")
    status = first.split(" ", 2)[1:2]
    length = _length(fields)
    if not end or not first.startswith("HTTP/1.") or not (status and status[0].isdigit()) or length is None:
        raise InDoubtError("the engine broke off before its answer was whole")
    if len(body) != length:
        raise InDoubtError(f"the engine broke off after {len(body)} of {length} bytes of its answer")
    return Reply(int(status[0]), body)


def _length(fields: Sequence[str]) -> int | None:
    """Return the body's length; None where none is told, as no engine's answer is."""
    for field in fields:
        name, _, value = field.partition(":")
        if name.lower() == "content-length" and value.strip().isdigit():
            return int(value)
    return None
