"""The console's link to an engine: attached over a real socket, and hosted."""

import asyncio
import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from core.control.commands import Outcome, Pause, PlaceOrder
from core.control.desk_stream import DeskFramer
from core.io.control_server import ControlServer
from core.io.control_stream import MAX_CLIENTS
from core.io.system_clock import SystemClock
from core.ports.control import EngineLink
from core.state.desk import DeskRequest, DeskSnapshot
from tests.control.fake_engine import FakeEngine, book, desk
from tests.control.serving import serving
from tui.attach import AttachedLink
from tui.hosted import HostedLink

WAIT_S = 20.0


class HandClock:
    def __init__(self) -> None:
        self.now_ns = 0

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns


async def until(is_true: Callable[[], bool]) -> None:
    """Let the loop run until something is true; fail the test where it never becomes so."""
    async with asyncio.timeout(WAIT_S):
        while not is_true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def attached(path: Path) -> AttachedLink:
    return AttachedLink(path, SystemClock(), interval_ms=50)


def test_an_attached_console_follows_the_engine(path: Path) -> None:
    async def run() -> None:
        engine, link = FakeEngine(), attached(path)
        async with serving(engine, path):
            await link.start()
            await until(lambda: link.latest() is not None)
            assert link.latest() == engine.state
            assert link.lost_reason is None
            engine.state = desk(2)
            engine.state.books = {"NVDA@sim-x": book("NVDA", 9)}
            await until(lambda: link.latest() == engine.state)
            await link.stop()
        assert link.lost_reason == "detached"

    asyncio.run(run())


def test_what_is_wanted_reaches_the_engine_also_when_it_changes(path: Path) -> None:
    async def run() -> None:
        engine, link = FakeEngine(), attached(path)
        link.want(DeskRequest(books=("BTC/USDT@sim-a",), depth=7))
        async with serving(engine, path):
            await link.start()
            await until(lambda: bool(engine.requests))
            assert (engine.requests[0].books, engine.requests[0].depth) == (("BTC/USDT@sim-a",), 7)
            link.want(DeskRequest(chart="NVDA@sim-x"))
            await until(lambda: engine.requests[-1].chart == "NVDA@sim-x")
            await link.stop()

    asyncio.run(run())


def test_the_link_says_that_it_is_down_and_comes_back_by_itself(path: Path) -> None:
    async def run() -> None:
        link = attached(path)
        await link.start()
        await until(lambda: "no engine answers" in (link.lost_reason or ""))
        first = FakeEngine()
        async with serving(first, path):
            await until(lambda: link.lost_reason is None)
        await until(lambda: link.lost_reason is not None)
        assert link.latest() == first.state  # old, and said to be so
        second = FakeEngine()
        second.state.engine_id = "engine-2"
        async with serving(second, path):
            await until(lambda: link.lost_reason is None)
            assert link.latest() == second.state
            await link.stop()

    asyncio.run(run())


def test_an_engine_that_stops_says_goodbye(path: Path) -> None:
    async def run() -> aiohttp.WSMessage:
        server = ControlServer(FakeEngine(), path)
        await server.start()
        connector = aiohttp.UnixConnector(str(path))
        async with (
            aiohttp.ClientSession("http://engine", connector=connector) as session,
            session.ws_connect("/api/stream") as stream,
        ):
            stopping = asyncio.create_task(server.stop())
            message = await stream.receive(WAIT_S)
            await stopping
            return message

    message: Any = asyncio.run(run())
    assert (message.type, message.extra) == (aiohttp.WSMsgType.CLOSE, "the engine stops")


def test_a_missed_frame_makes_the_link_ask_for_the_whole_state(path: Path) -> None:
    """A server that skips a frame: the link must not apply the next one to an older state."""
    states = [desk(number) for number in range(1, 5)]
    requests: list[str] = []

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        requests.append(await socket.receive_str())
        framer = DeskFramer()
        await socket.send_str(framer.frame(states[0]).decode())
        framer.frame(states[1])
        await socket.send_str(framer.frame(states[2]).decode())
        requests.append(await socket.receive_str())
        framer.start_over()
        await socket.send_str(framer.frame(states[3]).decode())
        await socket.receive()
        return socket

    async def run() -> DeskSnapshot | None:
        application = web.Application()
        application.router.add_get("/api/stream", stream)
        runner = web.AppRunner(application, shutdown_timeout=1.0)
        await runner.setup()
        await web.UnixSite(runner, str(path)).start()
        link = attached(path)
        await link.start()
        await until(lambda: link.latest() == states[3])
        assert link.lost_reason is None
        await link.stop()
        await runner.cleanup()
        return link.latest()

    assert asyncio.run(run()) == states[3]
    assert requests[0] == requests[1]


def test_an_engine_that_goes_silent_is_told_by_its_silence(path: Path) -> None:
    async def run() -> None:
        engine, clock = FakeEngine(), HandClock()
        link = AttachedLink(path, clock, interval_ms=5_000)
        async with serving(engine, path):
            await link.start()
            await until(lambda: link.latest() is not None)
            assert link.lost_reason is None
            clock.now_ns += 31_000_000_000
            assert link.lost_reason == "the engine has been silent for 31.0 s"
            await link.stop()

    asyncio.run(run())


def test_commands_go_over_the_link_and_outcomes_come_back(path: Path) -> None:
    async def run() -> None:
        engine, link = FakeEngine(), attached(path)
        order = PlaceOrder(who="console", venue="sim-a", symbol="BTC/USDT", side="buy", quantity=Decimal("0.10"))
        assert (await link.execute(order)).outcome is Outcome.FAILED
        await link.start()
        refused = await link.execute(order)
        assert refused.outcome is Outcome.FAILED
        assert "nothing was sent" in refused.message
        async with serving(engine, path):
            for outcome in Outcome:
                engine.answer = type(engine.answer)(outcome=outcome, message="because", data={"a": 1})
                assert await link.execute(order) == engine.answer
            seen = [msgspec.structs.replace(each, engine=None, as_of_ns=None) for each in engine.commands]
            assert seen == [order] * len(Outcome)
            bad = await link.execute(PlaceOrder(venue="v", symbol="s", side="buy", quantity=Decimal("NaN")))
            assert bad.outcome is Outcome.INVALID
        await link.stop()

    asyncio.run(run())


def test_what_may_raise_risk_names_the_engine_and_the_picture_that_were_on_the_screen(path: Path) -> None:
    order = PlaceOrder(venue="v1", symbol="BTC/USDT", side="buy", quantity=Decimal(1))

    async def run() -> None:
        engine, link = FakeEngine(), attached(path)
        async with serving(engine, path):
            await link.start()
            await until(lambda: link.latest() is not None)
            await link.execute(order)
            await link.execute(Pause())
            await link.stop()
        assert [command.engine for command in engine.commands] == [engine.state.engine_id, None]
        assert [command.as_of_ns for command in engine.commands] == [engine.state.engine_ns, None]

    asyncio.run(run())


def test_an_answer_lost_on_the_way_leaves_the_command_in_doubt(path: Path) -> None:
    async def run() -> str:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.close()

        link = attached(path)
        async with await asyncio.start_unix_server(break_off, path):
            await link.start()
            result = await link.execute(Pause())
            await link.stop()
        assert result.outcome is Outcome.FAILED
        return result.message

    assert "may or may not have been carried out" in asyncio.run(run())


@pytest.mark.parametrize(
    ("request_text", "said"),
    [
        ("{", "not a desk request"),
        ('{"color": 1}', "unknown field `color`"),
        ('{"interval_ms": 49}', "allowed are 50 to 5000"),
        ('{"depth": 100000}', "allowed are 1 to 1000"),
        ('{"books": [' + ",".join(['"A@b"'] * 65) + "]}", "at most 64"),
    ],
)
def test_a_request_that_makes_no_sense_closes_the_stream_with_the_reason(
    path: Path, request_text: str, said: str
) -> None:
    async def run() -> aiohttp.WSMessage:
        async with serving(FakeEngine(), path) as session, session.ws_connect("/api/stream") as stream:
            await stream.send_str(request_text)
            return await stream.receive(WAIT_S)

    message: Any = asyncio.run(run())
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert said in message.extra


def test_an_engine_that_cannot_show_the_desk_says_so_and_the_link_waits(path: Path) -> None:
    class Failing(FakeEngine):
        def desk(self, request: DeskRequest) -> DeskSnapshot:
            raise ZeroDivisionError

    async def run() -> None:
        link = attached(path)
        async with serving(Failing(), path):
            await link.start()
            await until(lambda: "ZeroDivisionError" in (link.lost_reason or ""))
            await link.stop()

    asyncio.run(run())


def test_consoles_are_limited_and_a_detached_one_makes_room(path: Path) -> None:
    async def run() -> None:
        async with serving(FakeEngine(), path) as session:
            streams = [await session.ws_connect("/api/stream") for _ in range(MAX_CLIENTS)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
                await session.ws_connect("/api/stream")
            assert refusal.value.status == 503
            await streams.pop().close()
            streams.append(await session.ws_connect("/api/stream"))
            for stream in streams:
                await stream.close()

    asyncio.run(run())


def test_a_console_that_stops_reading_gets_the_newest_state_and_never_a_backlog(path: Path) -> None:
    """While it does not read, the engine is asked at most a few times; then one frame holds everything."""

    class Growing(FakeEngine):
        def desk(self, request: DeskRequest) -> DeskSnapshot:
            state = copy.deepcopy(super().desk(request))
            state.sequence = len(self.requests)
            state.instruments = []
            state.books = {f"{n}@sim-a": book(str(n), len(self.requests), levels=1_000) for n in range(20)}
            return state

    async def run() -> tuple[int, int]:
        engine = Growing()
        never_s = 3_600.0  # it is to be found slow, not stalled, however long twenty frames for the other take
        async with (
            serving(engine, path, stalled_after_s=never_s) as session,
            session.ws_connect("/api/stream", max_msg_size=0) as stream,
        ):
            transport = stream._response.connection.transport
            transport.pause_reading()
            await stream.send_str('{"interval_ms": 50}')
            await until(lambda: len(engine.requests) >= 1)
            reader = attached(path)
            await reader.start()
            await until(lambda: reader.latest() is not None)
            before = len(engine.requests)
            await until(lambda: len(engine.requests) >= before + 20)  # frames for the console that reads
            transport.resume_reading()
            first = json.loads(await stream.receive_str())
            second = json.loads(await stream.receive_str())
            assert (first["sequence"], second["sequence"]) == (1, 2)
            newest = {tuple(path): value for path, value in second["set"]}[("sequence",)]
            await reader.stop()
            return before, newest

    before, newest = asyncio.run(run())
    assert newest > before + 10


def test_a_hosted_link_makes_a_snapshot_at_most_once_per_interval() -> None:
    engine, clock = FakeEngine(), HandClock()
    link = HostedLink(engine, clock, interval_ms=100)
    assert (link.is_hosted, link.lost_reason) == (True, None)
    first = link.latest()
    assert link.latest() is first
    clock.now_ns += 99_999_999
    link.latest()
    assert len(engine.requests) == 1
    clock.now_ns += 1
    link.latest()
    assert len(engine.requests) == 2
    link.want(DeskRequest(depth=3))
    link.latest()
    assert engine.requests[-1].depth == 3
    link.want(DeskRequest(depth=3))
    link.latest()
    assert len(engine.requests) == 3


def test_a_hosted_console_outlives_an_engine_that_cannot_be_shown() -> None:
    class Failing(FakeEngine):
        def desk(self, request: DeskRequest) -> DeskSnapshot:
            if len(self.requests) == 1:
                self.requests.append(request)
                raise ZeroDivisionError("no price")
            return super().desk(request)

    clock = HandClock()
    link = HostedLink(Failing(), clock, interval_ms=100)
    shown = link.latest()
    clock.now_ns += 100_000_000
    assert link.latest() is shown
    assert link.lost_reason == "the engine failed to show itself (ZeroDivisionError: no price)"
    clock.now_ns += 100_000_000
    link.latest()
    assert link.lost_reason is None


def test_both_links_are_engine_links(path: Path) -> None:
    async def run() -> list[bool]:
        links: list[EngineLink] = [attached(path), HostedLink(FakeEngine(), HandClock())]
        assert [(await link.execute(Pause())).outcome for link in links] == [Outcome.FAILED, Outcome.DONE]
        return [link.is_hosted for link in links]

    assert asyncio.run(run()) == [False, True]
