"""How late an engine's loop is while an attached console stands still, and while none is attached."""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.depth_server import CHANGES, LEVELS
from bench.market import Walk, make_market
from bench.memory import BOOKS, WalkingFeed
from bench.percentile import percentile
from bench.result import BenchError, Result
from bench.watching_engine import WatchingEngine
from core.io import control_stream
from core.io.control_server import ControlServer
from core.io.interpreter import calm_garbage_collection, take_short_turns

STALLED_S: Final = 60
STALLED_AFTER_S = control_stream.STALLED_AFTER_S  # as shipped; a test shortens it
MOVES_PER_S: Final = 20
PROBE_S: Final = 0.02
_ROOT: Final = Path(__file__).parents[1]
_STATM_PAGES: Final = 1  # resident


def run(rounds: int, seed: int, messages: int = STALLED_S) -> Result:
    """Stop a real console for `messages` seconds, and measure as long without one, in one round."""
    del rounds
    take_short_turns()
    with tempfile.TemporaryDirectory(prefix="bench-stalled-") as folder:
        return asyncio.run(_measure(seed, messages, Path(folder)))


async def _measure(seed: int, seconds: int, folder: Path) -> Result:
    feed = WalkingFeed(make_market(seed, 0, LEVELS, CHANGES, 0), Walk(seed, LEVELS, CHANGES))
    engine = WatchingEngine(feed, [each.symbol for each in feed.instruments], folder, lambda _symbol, _sequence: None)
    await engine.start()
    server = ControlServer(engine.access, folder / "run" / "control.sock", stalled_after_s=STALLED_AFTER_S)
    await server.start()
    moving = asyncio.ensure_future(_move(feed))
    try:
        calm_garbage_collection()
        without = await _lateness_ms(seconds)
        stalled, about = await _with_stopped_console(engine, folder / "run" / "control.sock", seconds)
    finally:
        moving.cancel()
        await server.stop()
        await engine.stop()
    figures = {"without": _figures(without), "stalled": _figures(stalled), "seconds each": seconds, **about}
    figures["books"] = BOOKS
    ratio = percentile(without, 0.99) / percentile(stalled, 0.99)
    return Result("stalled", figures, {"no console (p99 lateness)": round(ratio, 2)})


async def _with_stopped_console(
    engine: WatchingEngine, socket: Path, seconds: int
) -> tuple[list[float], dict[str, Any]]:
    console = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.console_process", str(socket), cwd=_ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert console.stdout is not None
    try:
        await console.stdout.readline()
        os.kill(console.pid, signal.SIGSTOP)
        resident = _resident_kb()
        lateness = await _lateness_ms(seconds)
        grown = _resident_kb() - resident
        behind_s = max(view.behind_s for view in engine.access.parts.consoles.console_views())
        os.kill(console.pid, signal.SIGCONT)
        told = (await asyncio.wait_for(console.stdout.readline(), 20)).decode().strip()
    except TimeoutError:
        raise BenchError("the console that was continued never said that it missed anything") from None
    finally:
        console.kill()
        await console.wait()
    return lateness, {"behind s": behind_s, "resident grew KB": grown, "told": told.partition(" ")[2]}


async def _move(feed: WalkingFeed) -> None:
    while True:
        feed.move()
        await asyncio.sleep(1 / MOVES_PER_S)


async def _lateness_ms(seconds: int) -> list[float]:
    """Return how late each of many short sleeps ended, as the engine's own pulse measures it."""
    loop = asyncio.get_running_loop()
    found: list[float] = []
    until = loop.time() + seconds
    while (due := loop.time() + PROBE_S) < until:
        await asyncio.sleep(PROBE_S)
        found.append((loop.time() - due) * 1e3)
    return found


def _figures(lateness_ms: list[float]) -> dict[str, float]:
    return {
        "p50_ms": round(percentile(lateness_ms, 0.5), 3),
        "p99_ms": round(percentile(lateness_ms, 0.99), 3),
        "max_ms": round(max(lateness_ms), 3),
        "probes": len(lateness_ms),
    }


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[_STATM_PAGES])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
