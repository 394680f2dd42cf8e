"""What lies between an engine and a console takes all that it is sent; a console is shown nothing old for all that."""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from core.control.desk_stream import DeskMirror
from core.io.control_stream import MOST_UNREAD
from core.state.desk import DeskRequest, DeskSnapshot
from tests.control.fake_engine import FakeEngine
from tests.control.serving import serving
from tests.control.test_attach import attached, until


class CountingEngine(FakeEngine):
    """Every look is another picture, numbered by the look."""

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        state = copy.copy(super().desk(request))
        state.sequence = len(self.requests)
        return state


class SlowWay:
    """A tunnel that takes everything from the engine at once and hands it on only while it is open."""

    def __init__(self, engine: Path) -> None:
        self._engine = engine
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._kept = bytearray()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, console_in: asyncio.StreamReader, console_out: asyncio.StreamWriter) -> None:
        engine_in, engine_out = await asyncio.open_unix_connection(str(self._engine))
        self._writers += [console_out, engine_out]
        self._tasks |= {
            asyncio.create_task(self._take(engine_in)),
            asyncio.create_task(self._hand_on(console_out)),
            asyncio.create_task(_hand_back(console_in, engine_out)),
        }

    async def _take(self, engine: asyncio.StreamReader) -> None:
        while data := await engine.read(1 << 16):
            self._kept += data

    async def _hand_on(self, console: asyncio.StreamWriter) -> None:
        while True:
            await self.is_open.wait()
            console.write(bytes(self._kept))
            self._kept.clear()
            await asyncio.sleep(0.005)

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)


async def _hand_back(console: asyncio.StreamReader, engine: asyncio.StreamWriter) -> None:
    while data := await console.read(1 << 16):
        engine.write(data)


@asynccontextmanager
async def slow_way(folder: Path, engine: Path) -> AsyncIterator[SlowWay]:
    way = SlowWay(engine)
    server = await asyncio.start_unix_server(way.serve, str(folder / "way.sock"))
    try:
        yield way
    finally:
        await way.end()
        server.close()
        await server.wait_closed()


def test_an_engine_sends_no_more_than_two_frames_into_a_way_that_hands_none_on(tmp_path: Path) -> None:
    async def run() -> int:
        engine, path = CountingEngine(), tmp_path / "c.sock"
        shown: list[int] = []
        async with serving(engine, path), slow_way(tmp_path, path) as way, console_on(tmp_path / "way.sock") as stream:
            reading = asyncio.create_task(_show(stream, shown))
            await until(lambda: bool(shown))
            way.is_open.clear()
            reader = attached(path)
            await reader.start()  # beside it another is shown the engine as before
            seen: list[int] = []
            await until(lambda: len(seen) > 20 or _note(seen, reader.latest()))
            await reader.stop()
            newest, before = len(engine.requests), len(shown)
            way.is_open.set()
            await until(lambda: bool(shown) and shown[-1] > newest)
            reading.cancel()
        return sum(sequence <= newest for sequence in shown[before:])

    assert asyncio.run(run()) <= MOST_UNREAD


@asynccontextmanager
async def console_on(path: Path) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.ws_connect("http://engine/api/stream") as stream,
    ):
        await stream.send_str('{"interval_ms": 50, "console": "far"}')
        yield stream


async def _show(stream: aiohttp.ClientWebSocketResponse, shown: list[int]) -> None:
    mirror = DeskMirror()
    async for message in stream:
        shown.append(mirror.apply(message.data).sequence)


def _note(seen: list[int], snapshot: DeskSnapshot | None) -> bool:
    if snapshot is not None and snapshot.sequence not in seen:
        seen.append(snapshot.sequence)
    return False


def frames_sent_to_one_that_says(tmp_path: Path, *words: bytes) -> int:
    """Return how many frames a console is sent that answers no ping but says these words."""

    async def run() -> int:
        engine, path = CountingEngine(), tmp_path / "c.sock"
        async with serving(engine, path) as session, session.ws_connect("/api/stream", autoping=False) as deaf:
            await deaf.send_str('{"interval_ms": 50, "console": "deaf"}')
            await until(lambda: bool(engine.requests))
            for word in words:
                await deaf.pong(word)
            reader = attached(path)
            await reader.start()  # the other goes on, so that time passes
            seen: list[int] = []
            await until(lambda: len(seen) > 20 or _note(seen, reader.latest()))
            await reader.stop()
            return sum(request.console == "deaf" for request in engine.requests)

    return asyncio.run(run())


def test_a_console_that_answers_no_ping_is_sent_two_frames_and_then_none(tmp_path: Path) -> None:
    assert frames_sent_to_one_that_says(tmp_path) == MOST_UNREAD


def test_an_answer_to_nothing_that_was_asked_lets_no_frame_pass(tmp_path: Path) -> None:
    assert frames_sent_to_one_that_says(tmp_path, b"999", b"-1", b"x", b"") == MOST_UNREAD


def test_what_was_read_makes_room_for_as_much(tmp_path: Path) -> None:
    assert frames_sent_to_one_that_says(tmp_path, b"1") == MOST_UNREAD + 1
