"""Who is attached: a console counts from its first request to the end of its stream, however that ends."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.control.commands import Pause
from core.control.consoles import ConsoleName
from core.io.control_server import ControlServer
from core.io.control_stream import MAX_CLIENTS, SILENT_AFTER_S
from core.io.system_clock import SystemClock
from tests.control.fake_engine import FakeEngine
from tests.control.serving import serving
from tests.control.test_attach import HandClock, until
from tui.attach import AttachedLink
from tui.hosted import HostedLink

ALICE = ConsoleName(console="a11ce", who="console:alice")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


async def connected(session: aiohttp.ClientSession, count: int) -> list[aiohttp.ClientWebSocketResponse]:
    return [await session.ws_connect("/api/stream") for _ in range(count)]


def test_an_attached_console_is_there_until_its_stream_ends(path: Path) -> None:
    async def run() -> None:
        engine = FakeEngine()
        link = AttachedLink(path, SystemClock(), interval_ms=50, name=ALICE)
        async with serving(engine, path):
            await link.start()
            await until(lambda: link.latest() is not None)
            [presence] = engine.present
            assert (presence.hello.console, presence.hello.who, presence.hello.interval_ms) == (
                "a11ce",
                "console:alice",
                50,
            )
            await link.execute(Pause(who="console:alice"))
            assert engine.commands == [Pause(who="console:alice", console="a11ce")]
            await link.stop()
            await until(lambda: engine.present == [])

    asyncio.run(run())


def test_a_stream_that_breaks_off_is_no_console_any_more(path: Path) -> None:
    async def run() -> None:
        engine = FakeEngine()
        async with serving(engine, path) as session:
            stream = await session.ws_connect("/api/stream")
            await stream.send_str("{}")
            await until(lambda: len(engine.present) == 1)
            assert engine.present[0].hello.who.startswith("api (uid ")
            await stream.send_str('{"depth": 3}')  # asks for something else: the same console
            await until(lambda: bool(engine.requests) and engine.requests[-1].depth == 3)
            assert len(engine.present) == 1
            stream._response.connection.transport.abort()
            await until(lambda: engine.present == [])

    asyncio.run(run())


async def close_all(streams: Iterable[aiohttp.ClientWebSocketResponse]) -> None:
    await asyncio.gather(*(stream.close() for stream in streams))


def test_a_console_that_is_back_takes_the_place_of_its_lost_stream_and_of_no_other(path: Path) -> None:
    async def run() -> None:
        engine = FakeEngine()
        async with serving(engine, path) as session:
            lost = await session.ws_connect("/api/stream", autoping=False)  # an answer would meet the end
            other, nameless = await connected(session, 2)
            await lost.send_str('{"console": "a11ce", "who": "console:alice@ssh"}')
            await other.send_str('{"console": "b0b", "who": "console:alice@ssh"}')
            await nameless.send_str("{}")
            await until(lambda: len(engine.present) == 3)
            back = await session.ws_connect("/api/stream")
            await back.send_str('{"console": "a11ce", "who": "console:alice@ssh"}')
            [second_nameless] = await connected(session, 1)
            await second_nameless.send_str("{}")
            await until(lambda: len(engine.present) == 4)
            assert [each.hello.console for each in engine.present] == ["b0b", "", "a11ce", ""]
            while (await lost.receive(20)).type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING}:
                pass  # what it was sent before, then its end
            assert lost.closed
            living = (other, nameless, back, second_nameless)
            assert not any(each.closed for each in living)
            await close_all(living)

    asyncio.run(run())


def test_where_all_places_are_taken_the_one_that_has_been_silent_longest_makes_room_and_none_that_speaks(
    path: Path,
) -> None:
    async def run() -> None:
        engine = FakeEngine()
        server = ControlServer(engine, path)
        await server.start()
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://engine", connector=connector) as session:
            streams = await connected(session, MAX_CLIENTS)
            for number, stream in enumerate(streams):
                await stream.send_str(f'{{"console": "c{number}"}}')
            await until(lambda: len(engine.present) == MAX_CLIENTS)
            clients = {str(client.request and client.request.console): client for client in server._streams._clients}
            now_s = asyncio.get_running_loop().time()
            for client in clients.values():
                client.heard_at = now_s + 3_600  # however long this takes
            clients["c2"].heard_at = now_s - SILENT_AFTER_S - 1
            clients["c5"].heard_at = now_s - SILENT_AFTER_S - 2
            streams += await connected(session, 2)
            assert {each.hello.console for each in engine.present} == {"c0", "c1", "c3", "c4", "c6", "c7"}
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await session.ws_connect("/api/stream")
            assert refusal.value.status == 503
            await close_all(streams)
        await server.stop()

    asyncio.run(run())


@pytest.mark.parametrize("request_text", ['{"console": "a\\u001b[2J"}', '{"who": "' + "x" * 65 + '"}'])
def test_a_name_that_would_disturb_a_screen_is_refused(path: Path, request_text: str) -> None:
    async def run() -> aiohttp.WSMessage:
        engine = FakeEngine()
        async with serving(engine, path) as session, session.ws_connect("/api/stream") as stream:
            await stream.send_str(request_text)
            message = await stream.receive(20)
            assert engine.present == []
            return message

    message: Any = asyncio.run(run())
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert "at most 64 printable characters" in message.extra


def test_a_hosted_console_is_there_until_it_ends() -> None:
    async def run() -> None:
        engine = FakeEngine()
        link = HostedLink(engine, HandClock(), name=ALICE)
        link.start()
        assert [presence.hello.console for presence in engine.present] == ["a11ce"]
        await link.execute(Pause())
        assert engine.commands == [Pause(console="a11ce")]
        link.stop()
        link.stop()
        assert engine.present == []

    asyncio.run(run())
