"""What a console that stands still costs its engine, and what its screen says when it goes on."""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pyte

from bench.console_load import Plan
from bench.engine_latency import MeasuredEngine, Samples
from bench.memory import BOOKS
from bench.percentile import percentile
from bench.pseudo_terminal import PseudoTerminal
from bench.result import BenchError, Result
from core.io import control_stream
from core.io.control_server import ControlServer
from core.io.interpreter import calm_garbage_collection, take_short_turns

STALLED_S: Final = 60
STALLED_AFTER_S = control_stream.STALLED_AFTER_S  # as shipped; a test shortens it
MOVES_PER_S: Final = 10
SIZE: Final = (160, 50)
START_S: Final = 120.0
AFTERWARDS_S: Final = 8.0
_LOG_DESK: Final = 6
_MOMENT: Final = re.compile(r"moment (\d+) of the engine")
_OLD_MOMENTS: Final = 8  # two seconds: what is older must not look fresh
_AGED: Final = re.compile(r"no data for|LOST|stood still")
_TOLD: Final = re.compile(r"no frames for \d+ s: fresh snapshot[^\n]*")
_ROOT: Final = Path(__file__).parents[1]
_STATM_PAGES: Final = 1  # resident


def run(rounds: int, seed: int, messages: int = STALLED_S) -> Result:
    """Stop a real console for `messages` seconds between halves of as long without one and with one that reads."""
    del rounds
    take_short_turns()
    with tempfile.TemporaryDirectory(prefix="bench-stalled-") as folder:
        return asyncio.run(_measure(seed, messages, Path(folder)))


async def _measure(seed: int, seconds: int, folder: Path) -> Result:
    socket = folder / "run" / "control.sock"
    engine = MeasuredEngine(seed, folder, MOVES_PER_S)
    await engine.start()
    server = ControlServer(engine.engine.access, socket, stalled_after_s=STALLED_AFTER_S)
    await server.start()
    without, reading, stalled = Samples([], []), Samples([], []), Samples([], [])
    try:
        calm_garbage_collection()
        await engine.sample(seconds / 2, without)
        console = await _started(socket, folder)
        try:
            about = await _stopped_between(console, engine, seconds, reading, stalled)
        finally:
            console.process.kill()
            await asyncio.to_thread(console.wait, START_S)
        await engine.sample(seconds / 2, without)
    finally:
        await server.stop()
        await engine.stop()
    figures = {"without": without.figures(), "reading": reading.figures(), "stalled": stalled.figures()}
    ratios = {
        "no console (p99 lateness)": _ratio(without.lateness_ms, stalled.lateness_ms),
        "no console (p99 tick to order)": _ratio(without.orders_ms, stalled.orders_ms),
        "a console that reads (p99 lateness)": _ratio(reading.lateness_ms, stalled.lateness_ms),
    }
    return Result("stalled", {**figures, "seconds each": seconds, **about, "books": BOOKS}, ratios)


def _ratio(other: list[float], stalled: list[float]) -> float:
    return round(percentile(other, 0.99) / percentile(stalled, 0.99), 2)


async def _started(socket: Path, folder: Path) -> PseudoTerminal:
    """Return a whole console under a terminal, attached and with a picture."""
    plan = Plan(kind="attached", report=str(folder / "report"), seconds=1e6, socket=str(socket), desk=_LOG_DESK)
    command = [sys.executable, "-m", "bench.console_load", msgspec.json.encode(plan).decode()]
    console = PseudoTerminal(command, {**os.environ, "PYTHONPATH": str(_ROOT)}, *SIZE)
    deadline = time.monotonic() + START_S
    while not any(_MOMENT.search(chunk.data.decode(errors="replace")) for chunk in list(console.chunks)):
        if time.monotonic() > deadline or console.process.poll() is not None:
            raise BenchError(f"the console never showed its engine:\n{console.text()}")
        await asyncio.sleep(0.1)
    return console


async def _stopped_between(
    console: PseudoTerminal, engine: MeasuredEngine, seconds: int, reading: Samples, stalled: Samples
) -> dict[str, Any]:
    await engine.sample(seconds / 2, reading)
    os.kill(console.process.pid, signal.SIGSTOP)
    resident, stopped_at = _resident_kb(), engine.ticks
    await engine.sample(seconds, stalled)
    grown = _resident_kb() - resident
    behind_s = max((view.behind_s for view in engine.engine.access.parts.consoles.console_views()), default=0.0)
    went_on_s, went_on_at = time.monotonic(), engine.ticks
    os.kill(console.process.pid, signal.SIGCONT)
    await engine.sample(max(AFTERWARDS_S, seconds / 2), reading)
    after = await asyncio.to_thread(_afterwards, console, went_on_s, went_on_at)
    return {
        "engine says it is behind by s": behind_s,
        "resident grew KB": grown,
        "moments missed": went_on_at - stopped_at,
        **after,
    }


class _Picture(NamedTuple):
    at_s: float
    text: str

    @property
    def newest_moment(self) -> int:
        return max((int(found) for found in _MOMENT.findall(self.text)), default=0)


def _afterwards(console: PseudoTerminal, went_on_s: float, went_on_at: int) -> dict[str, Any]:
    """Read what the screen showed from the moment on at which the console went on."""
    pictures = list(_pictures(console, went_on_s))
    told = next(((each, found) for each in pictures if (found := _TOLD.search(each.text))), None)
    fresh = next((each for each in pictures if each.newest_moment >= went_on_at), None)
    if told is None or fresh is None:
        raise BenchError(f"the console that went on never said what it missed:\n{console.text()}")
    unmarked = [
        each
        for each in pictures
        if each.at_s < fresh.at_s and went_on_at - each.newest_moment > _OLD_MOMENTS and not _AGED.search(each.text)
    ]
    return {
        "told": told[1].group().strip(),
        "told after ms": round((told[0].at_s - went_on_s) * 1e3),
        "fresh after ms": round((fresh.at_s - went_on_s) * 1e3),
        "first picture": _words_of(pictures[0]),
        "old pictures that looked fresh": len(unmarked),
    }


def _words_of(picture: _Picture) -> str:
    return " ".join(_AGED.findall(picture.text)[:1]) or "unmarked"


def _pictures(console: PseudoTerminal, from_s: float) -> Iterator[_Picture]:
    screen = pyte.Screen(*SIZE)
    stream = pyte.ByteStream(screen)
    for chunk in list(console.chunks):
        stream.feed(chunk.data)
        if chunk.at_s >= from_s:
            yield _Picture(chunk.at_s, "\n".join(screen.display))


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[_STATM_PAGES])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
