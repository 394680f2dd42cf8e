"""A program under a benchmark's terminal: an engine with many moving books, and a console of one kind or none.

``python -m bench.console_load PLAN`` writes what it measured into the plan's report file.
"""

import asyncio
import importlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import memory
from bench.depth_server import CHANGES, LEVELS
from bench.market import Walk, make_market
from bench.memory import WalkingFeed
from bench.percentile import percentile
from bench.watching_engine import WatchingEngine
from core.control.commands import AnyCommand, CommandResult
from core.io.control_server import ControlServer
from core.io.interpreter import calm_garbage_collection, take_short_turns
from core.io.system_clock import SystemClock
from core.ports.control import EngineLink
from tui.attach import AttachedLink
from tui.console.settings import ConsoleSettings
from tui.hosted import HostedLink

PROBE_S: Final = 0.001
LOOK_S: Final = 0.1
STOP: Final = ".stop"  # behind the name of the report: a file that ends a serving child
LEAVING_S: Final = 10.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a child does: `kind` is none, served, hosted, naive, or attached to `socket`."""

    kind: str
    report: str
    seconds: float
    warm_up_s: float = 3.0
    seed: int = 1
    moves_per_s: float = 10.0
    frames_per_s: float = 10.0
    is_low_bandwidth: bool = False
    is_broken: bool = False  # the pane that is shown raises at every frame
    socket: str = ""
    desk: int = 0  # 0: the list of all books alone


class Report(msgspec.Struct, kw_only=True):
    """What a child found, times by CLOCK_MONOTONIC, which all processes of a machine share."""

    began_s: float
    connected_s: float = 0.0  # when the console began to connect
    began_cpu_s: float = 0.0
    ended_s: float = 0.0
    cpu_s: float = 0.0
    lag_p99_ms: float = 0.0
    frames: int = 0
    commands_s: list[float] = []
    lateness: list[tuple[float, float]] = []  # of a served one: when, and how late in ms
    processor: list[tuple[float, float]] = []  # of a served one: when, and its seconds of processor until then


class RestlessWalk(Walk):
    """A market in which the touch moves with every message."""

    def message(self) -> str:
        self._middle += self._chance.choice((-2, -1, 1, 2))
        return super().message()


class Lateness:
    """How late short sleeps on the loop end."""

    def __init__(self) -> None:
        self.found_ms: list[float] = []
        self.due_s: list[float] = []

    async def probe(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PROBE_S
            await asyncio.sleep(PROBE_S)
            self.found_ms.append((loop.time() - due) * 1e3)
            self.due_s.append(due)


async def move(feed: WalkingFeed, per_s: float) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while per_s:
        feed.move()
        due = max(due + 1 / per_s, loop.time())
        await asyncio.sleep(due - loop.time())


def stamped(link: Any, report: Report) -> EngineLink:
    """Note when each command reaches the engine."""
    execute = link.execute

    async def noted(command: AnyCommand) -> CommandResult:
        report.commands_s.append(time.monotonic())
        return await execute(command)

    link.execute = noted
    return link


async def measure(plan: Plan, lateness: Lateness, report: Report) -> None:
    """Wait out the warm-up and the time that counts."""
    await asyncio.sleep(plan.warm_up_s)
    lateness.found_ms.clear()
    lateness.due_s.clear()
    report.began_s, report.began_cpu_s = time.monotonic(), time.process_time()
    frames = report.frames
    open(plan.report + ".ready", "w").close()  # noqa: ASYNC230, PTH123 - once, on a file in memory
    await asyncio.sleep(plan.seconds)
    report.ended_s, report.cpu_s = time.monotonic(), time.process_time() - report.began_cpu_s
    report.lag_p99_ms = percentile(lateness.found_ms, 0.99)
    report.frames -= frames


async def serve(plan: Plan, lateness: Lateness, report: Report) -> None:
    """Be attached to until somebody says stop; tell every probe with its time."""
    await asyncio.sleep(plan.warm_up_s)
    open(plan.report + ".ready", "w").close()  # noqa: ASYNC230, PTH123 - once, on a file in memory
    while not os.path.exists(plan.report + STOP):  # noqa: ASYNC240, PTH110 - on a file in memory
        await asyncio.sleep(LOOK_S)
        report.processor.append((time.monotonic(), time.process_time()))
    report.lateness = list(zip(lateness.due_s, lateness.found_ms, strict=True))


async def run(plan: Plan, folder: Path) -> Report:
    lateness, report = Lateness(), Report(began_s=time.monotonic())
    tasks = [asyncio.ensure_future(lateness.probe())]
    if plan.kind == "attached":
        importlib.import_module("tui.console.app")  # a console that attaches has it by then
        report.connected_s = time.monotonic()
        link = AttachedLink(Path(plan.socket), SystemClock())
        await link.start()
        await shown(plan, link, names_of(), lateness, report)
        await link.stop()
        return report
    feed = WalkingFeed(make_market(plan.seed, 0, LEVELS, CHANGES, 0), RestlessWalk(plan.seed, LEVELS, CHANGES))
    engine = WatchingEngine(feed, [each.symbol for each in feed.instruments], folder, lambda _symbol, _sequence: None)
    await engine.start()
    tasks.append(asyncio.ensure_future(move(feed, plan.moves_per_s)))
    calm_garbage_collection()
    server = ControlServer(engine.access, Path(plan.socket)) if plan.kind == "served" else None
    if server is not None:
        await server.start()
    if plan.kind == "served":
        await serve(plan, lateness, report)
    elif plan.kind == "none":
        await measure(plan, lateness, report)
    else:
        await shown(plan, stamped(HostedLink(engine.access, SystemClock()), report), names_of(), lateness, report)
    if server is not None:
        await server.stop()
    for task in tasks:
        task.cancel()
    await engine.stop()
    return report


def names_of() -> list[str]:
    return [f"{memory.symbol_of(book)}/USDT:USDT@{memory.VENUE}" for book in range(memory.BOOKS)]


async def shown(plan: Plan, link: EngineLink, names: list[str], lateness: Lateness, report: Report) -> None:
    """Show the engine in a console until the time is up."""
    from bench.naive_console import NaiveConsole
    from tui.console.app import ConsoleApp
    from tui.console.stall_proof_driver import StallProofDriver

    if plan.kind == "naive":
        app: Any = NaiveConsole(link, names)
    else:
        settings = ConsoleSettings(frame_period_s=1 / plan.frames_per_s)
        settings = settings.for_a_slow_link() if plan.is_low_bandwidth else settings
        app = ConsoleApp(link, clock=SystemClock(), settings=settings, native_colours=False)
        app.driver_class = StallProofDriver
        app.area.watchlist.names = names
        app.area.watchlist.FRAMES_BETWEEN = 0  # as often as the peer draws
        app.area.desk, app.area.zoomed = (plan.desk, None) if plan.desk else (2, "watchlist")
        if plan.is_broken:
            app.area.watchlist.table = None  # calling it raises
    draw = app.draw_frame

    async def counted() -> None:
        report.frames += 1
        await draw()

    app.draw_frame = counted
    console = asyncio.ensure_future(app.run_async(mouse=False))
    await measure(plan, lateness, report)
    app.exit()
    await asyncio.wait([console], timeout=LEAVING_S)


def main() -> None:
    plan = msgspec.json.decode(sys.argv[1].encode(), type=Plan)
    take_short_turns()
    with tempfile.TemporaryDirectory(prefix="bench-console-") as folder:
        report = asyncio.run(run(plan, Path(folder)))
    Path(plan.report).write_bytes(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
