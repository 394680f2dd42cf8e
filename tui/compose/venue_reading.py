"""Ask a venue something once, without an engine: its instruments, its time, whether its stream opens."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from adapters.network.transport import NetworkTransport
from adapters.streams.market_data import UNREADABLE
from core.ports.transport import TransportError

T = TypeVar("T")

TIMEOUT_S: Final = 10.0
SHOWN_BYTES: Final = 200
_OK: Final = 200


class VenueUnreachableError(Exception):
    """A venue did not answer as it should; the text names the address and what came instead."""


class Answer(msgspec.Struct, frozen=True):
    body: bytes
    sent_ns: int  # UTC
    received_ns: int


async def ask(transport: NetworkTransport, url: str, params: Mapping[str, str]) -> Answer:
    """Return the venue's answer; raise VenueUnreachableError."""
    sent_ns = time.time_ns()
    try:
        reply = await transport.get(url, params, TIMEOUT_S)
    except TransportError as error:
        raise VenueUnreachableError(f"{url}: {error}") from None
    if reply.status != _OK:
        shown = reply.body[:SHOWN_BYTES].decode("utf-8", "replace")
        raise VenueUnreachableError(f"{url}: answered {reply.status}: {shown}")
    return Answer(reply.body, sent_ns, time.time_ns())


class ReadOnce:
    """Implements `adapters.streams.dialect.ReadTable` with a single attempt."""

    def __init__(self, transport: NetworkTransport) -> None:
        self._transport = transport

    async def __call__(self, url: str, params: Mapping[str, str], decode: Callable[[bytes], T], /) -> T:
        answer = await ask(self._transport, url, params)
        try:
            return decode(answer.body)
        except UNREADABLE as error:
            raise VenueUnreachableError(f"{url}: the answer cannot be read: {error}") from None


async def open_stream(transport: NetworkTransport, url: str) -> float:
    """Return the seconds that opening a websocket took; raise VenueUnreachableError."""
    began_s = asyncio.get_running_loop().time()
    try:
        connection = await transport.connect(url, lambda _: None, TIMEOUT_S)
    except TransportError as error:
        raise VenueUnreachableError(f"{url}: {error}") from None
    took_s = asyncio.get_running_loop().time() - began_s
    await connection.close()
    return took_s
