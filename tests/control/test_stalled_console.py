"""A console that stops reading costs the engine one frame, nobody waits for it, and it is told what it missed."""

import asyncio
import copy
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from core.control.commands import Outcome, Pause
from core.control.desk_stream import DeskFramer, DeskMirror
from core.io.control_server import ControlServer
from core.state.desk import DeskRequest, DeskSnapshot, LogLine
from tests.control.fake_engine import FakeEngine, book, desk
from tests.control.test_attach import attached, until
from tui.attach import gap_text

ROOT = Path(__file__).parents[2]
KEPT_LINES = 40
MISSED_FRAMES = 20


class BusyEngine(FakeEngine):
    """Every look is another desk, some hundred kilobytes wide: more than a socket holds."""

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        state = copy.copy(super().desk(request))
        count = len(self.requests)
        state.sequence = count
        state.books = {f"{n}@sim-a": book(str(n), count, levels=1_000) for n in range(30)}
        first = max(1, 10 * count - KEPT_LINES + 1)
        state.log = [
            LogLine(sequence=n, at_ns=n, level="info", topic="engine", text="x") for n in range(first, 10 * count + 1)
        ]
        state.monitoring = copy.copy(state.monitoring)
        state.monitoring.global_ = msgspec.structs.replace(state.monitoring.global_, total_trades=3 * count)
        return state


@asynccontextmanager
async def stopped_console(path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    """Run a console and stop it where it stands, once it has been shown something."""
    console = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.console_process", str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert console.stdout is not None
    try:
        assert (await console.stdout.readline()).strip() == b"shown"
        os.kill(console.pid, signal.SIGSTOP)
        yield console, console.stdout
    finally:
        console.kill()
        await console.wait()


def test_a_stopped_console_costs_one_frame_and_is_told_what_it_missed(tmp_path: Path) -> None:
    async def run() -> tuple[int, str]:
        engine, path = BusyEngine(), tmp_path / "c.sock"
        server = ControlServer(engine, path, stalled_after_s=0.1)
        await server.start()
        reader = attached(path)
        async with stopped_console(path) as (console, heard):
            await until(lambda: engine.present[0].behind_s > 0.1)
            [client] = server._streams._clients
            kept = client.transport.get_write_buffer_size()
            assert client.framer._sent is None
            await reader.start()  # who reads goes on
            before = len(engine.requests)
            await until(lambda: len(engine.requests) >= before + MISSED_FRAMES)
            assert (await reader.execute(Pause())).outcome is Outcome.DONE  # nobody waits for the one that stands
            frame = len(DeskFramer().frame(engine.desk(DeskRequest())))
            assert client.transport.get_write_buffer_size() == kept <= frame
            newest = len(engine.requests)
            os.kill(console.pid, signal.SIGCONT)
            told = (await asyncio.wait_for(heard.readline(), 20)).decode()
            await until(lambda: engine.present[0].behind_s == 0.0)
        await reader.stop()
        await server.stop()
        return newest, told

    newest, told = asyncio.run(run())
    found = re.fullmatch(r"(\d+) no frames for \d+ s: fresh snapshot; meanwhile (\d+) fills and (\d+) log lines, "
                         r"(\d+) of them no longer shown\n", told)  # fmt: skip
    assert found is not None, told
    shown, fills, lines, hidden = map(int, found.groups())
    assert shown > newest - 1  # the first picture behind the gap is of now, not the next of a queue
    frames = fills // 3
    assert frames >= MISSED_FRAMES
    assert (lines, hidden) == (10 * frames, 10 * frames - KEPT_LINES)


def test_an_engine_stops_in_order_also_where_a_console_that_stood_still_leaves_meanwhile(tmp_path: Path) -> None:
    async def run() -> list[object]:
        engine, path = BusyEngine(), tmp_path / "c.sock"
        server = ControlServer(engine, path, stalled_after_s=0.1)
        await server.start()
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://engine", connector=connector) as session:
            stream = await session.ws_connect("/api/stream", max_msg_size=0)
            stream._response.connection.transport.pause_reading()
            await stream.send_str('{"interval_ms": 50}')
            await until(lambda: bool(engine.present) and engine.present[0].behind_s > 0.1)
            [client] = server._streams._clients
            stopping = asyncio.create_task(server.stop())
            await until(lambda: client.socket.closed)  # it says goodbye, and waits for room to say it
            await stream._writer.close(1000)
            await asyncio.wait((stopping,))
            return [stopping.cancelled() or stopping.exception(), server._streams._clients]

    assert asyncio.run(run()) == [None, []]


def test_the_gap_goes_with_the_snapshot_and_with_no_delta() -> None:
    framer, mirror, state = DeskFramer(), DeskMirror(), desk()
    mirror.apply(framer.frame(state, 61_000))
    assert mirror.gap_ms == 61_000
    mirror.apply(framer.frame(state))
    assert mirror.gap_ms == 0


def test_a_gap_is_told_in_words() -> None:
    before, now = desk(1), desk(2)
    now.log = [LogLine(sequence=n, at_ns=n, level="info", topic="engine", text="") for n in range(10, 13)]
    assert gap_text(60_400, before, now) == (
        "no frames for 60 s: fresh snapshot; meanwhile 0 fills and 9 log lines, 6 of them no longer shown"
    )
    assert gap_text(60_400, None, now) == "no frames for 60 s: fresh snapshot"
    now.engine_id = "another run"  # its lines count anew
    assert gap_text(60_400, before, now) == "no frames for 60 s: fresh snapshot"
