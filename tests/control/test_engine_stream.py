"""The websocket of an attached console: what an engine may send is understood, what is no engine is refused."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.control.test_attach import until
from tui.engine_stream import StreamError, follow

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, PART, PING, CLOSE = 0x81, 0x00, 0x89, 0x88


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.sock"


def frame(kind: int, payload: bytes) -> bytes:
    assert len(payload) < 126
    return bytes([kind, len(payload)]) + payload


class Peer:
    """Shakes hands, sends what it is told to and keeps what comes."""

    def __init__(self, sends: bytes, answer: str = "101 Switching Protocols", key: bytes = b"") -> None:
        self._sends, self._answer, self._key = sends, answer, key
        self.heard = bytearray()
        self.has_gone = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked = next(line for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: "))
        key = self._key or asked.removeprefix(b"Sec-WebSocket-Key: ")
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        writer.write(f"HTTP/1.1 {self._answer}\r\nsec-websocket-accept: ".encode() + accept + b"\r\n\r\n" + self._sends)
        await writer.drain()
        while part := await reader.read(1000):
            self.heard += part
        writer.close()
        self.has_gone = True


@asynccontextmanager
async def listening(peer: Peer, path: Path) -> AsyncIterator[None]:
    async with await asyncio.start_unix_server(peer.talk, path):
        try:
            yield
        finally:
            await until(lambda: peer.has_gone)


def followed(peer: Peer, path: Path) -> tuple[list[bytes], str]:
    frames: list[bytes] = []

    async def run() -> str:
        async with listening(peer, path):
            return await follow(path, lambda _send: None, frames.append)

    return frames, asyncio.run(run())


def test_texts_arrive_whole_also_those_that_come_in_pieces_and_a_goodbye_has_its_words(path: Path) -> None:
    pieces = frame(0x01, b"two ") + frame(PING, b"") + frame(PART, b"pie") + frame(PART | 0x80, b"ces")
    peer = Peer(frame(TEXT, b"one") + pieces + frame(TEXT, b"") + frame(CLOSE, b"\x03\xe9the engine stops"))
    assert followed(peer, path) == ([b"one", b"two pieces", b""], "the engine stops")


def test_a_ping_is_answered_with_its_own_words_masked(path: Path) -> None:
    peer = Peer(frame(PING, b"there?") + frame(CLOSE, b"\x03\xe8"))
    assert followed(peer, path) == ([], "1000")
    kind, length, mask, words = peer.heard[0], peer.heard[1], peer.heard[2:6], peer.heard[6:12]
    assert (kind, length) == (0x8A, 0x80 | 6)
    assert bytes(letter ^ mask[n % 4] for n, letter in enumerate(words)) == b"there?"


@pytest.mark.parametrize(
    "sent",
    [frame(PART, b"of nothing"), frame(0x01, b"a") + frame(TEXT, b"b"), b"\x81\x81mask!", b"\xc1\x00"],
    ids=["piece of nothing", "two at once", "masked", "extension"],
)
def test_what_is_no_websocket_ends_the_link(path: Path, sent: bytes) -> None:
    with pytest.raises(StreamError):
        followed(Peer(sent), path)


def test_more_than_any_desk_is_not_taken(path: Path) -> None:
    with pytest.raises(StreamError, match="more than 67108864 bytes"):
        followed(Peer(b"\x81\x7f" + (1 << 40).to_bytes(8)), path)


def test_an_end_without_a_goodbye_is_a_lost_connection(path: Path) -> None:
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def run() -> str:
        async with await asyncio.start_unix_server(leave, path):
            return await follow(path, lambda _send: None, lambda _text: None)

    assert asyncio.run(run()) == "connection lost"


@pytest.mark.parametrize(
    ("peer", "said"),
    [
        (Peer(b"", "503 Service Unavailable"), "too many consoles are attached .status 503"),
        (Peer(b"", "403 Forbidden"), "it belongs to another user"),
        (Peer(b"", "404 Not Found"), "it may be of another version"),
        (Peer(b"", key=b"something else"), "is no engine"),
    ],
)
def test_who_refuses_or_is_no_engine_is_said(path: Path, peer: Peer, said: str) -> None:
    with pytest.raises(StreamError, match=said):
        followed(peer, path)
    assert peer.heard == b""  # a goodbye in frames would be no HTTP


def test_what_cannot_be_used_ends_the_link_with_its_own_error(path: Path) -> None:
    def refuse(_text: bytes) -> None:
        raise LookupError("not that")

    async def run() -> None:
        async with listening(Peer(frame(TEXT, b"x")), path):
            await follow(path, lambda _send: None, refuse)

    with pytest.raises(LookupError):
        asyncio.run(run())


def test_texts_of_every_length_reach_the_engine(path: Path) -> None:
    texts = [b"x" * length for length in (0, 1, 125, 126, 65_535, 65_536, 100_001)]
    heard: list[bytes] = []

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        while len(heard) < len(texts):
            heard.append((await socket.receive_str()).encode())
        await socket.close(message=b"enough")
        return socket

    def say_all(send: Callable[[bytes], None]) -> None:
        for text in texts:
            send(text)

    async def run() -> str:
        application = web.Application()
        application.router.add_get("/api/stream", stream)
        runner = web.AppRunner(application, shutdown_timeout=1.0)
        await runner.setup()
        await web.UnixSite(runner, str(path)).start()
        reason = await follow(path, say_all, lambda _text: None)
        await runner.cleanup()
        return reason

    assert asyncio.run(run()) == "enough"
    assert heard == texts
