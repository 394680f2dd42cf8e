"""What the console's resident memory grows by in a day of trading, on a clock that goes as fast as it can draw."""

import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from textual.drivers.headless_driver import HeadlessDriver

from bench.console_load import RestlessWalk
from bench.depth_server import CHANGES, LEVELS
from bench.market import make_market
from bench.memory import BOOKS, WalkingFeed, resident_mb
from bench.result import BenchError, Result
from bench.trader import CYCLE_MINUTES, FRAMES_A_MINUTE, Trader
from bench.trading_day import WHO, TradingDay, VirtualClock
from bench.watching_engine import WatchingEngine
from core.io.interpreter import calm_garbage_collection, take_short_turns
from core.state.desk import DeskRequest, DeskSnapshot
from tui.console.files import ConsoleFiles
from tui.console.memory import MemoryFile
from tui.console.settings import ConsoleSettings
from tui.flight.recorded_console import RecordedConsole
from tui.flight.session_folder import session_files
from tui.hosted import HostedLink

MINUTES: Final = 8 * 60
STEPS: Final = 10
TELL_EVERY_MINUTES: Final = 5
TURNS: Final = 3
SIZE: Final = (160, 50)
SESSION_BYTES: Final = 10_000_000
SESSIONS: Final = 3
_FRAME_NS: Final = 100_000_000
DISK_BEHIND: Final = 2  # blocks
DISK_PAUSE_S: Final = 0.001


class Screen(HeadlessDriver):
    """A terminal that takes everything at once."""

    sent_bytes = 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        type(self).sent_bytes += len(data.encode())


class _Sizes(NamedTuple):
    """Resident megabytes: before anything is drawn, behind the first cycle, then at each tenth and at most."""

    started: float
    warm: float
    tenths: list[float]
    most: float
    collected: float  # at the end, without the garbage that waits for its collection


def run(rounds: int, seed: int, messages: int = MINUTES) -> Result:
    """Draw `messages` minutes of frames, ten a second, behind one cycle of all desks and dialogs, in one round."""
    del rounds
    take_short_turns()
    with tempfile.TemporaryDirectory(prefix="bench-console-memory-") as folder:
        return asyncio.run(_measured(seed, messages, Path(folder)))


async def _start(seed: int, folder: Path, clock: VirtualClock) -> DeskSnapshot:
    """Return what a real engine with fifty books shows."""
    feed = WalkingFeed(make_market(seed, 0, LEVELS, CHANGES, 0), RestlessWalk(seed, LEVELS, CHANGES))
    engine = WatchingEngine(feed, [each.symbol for each in feed.instruments], folder, lambda _symbol, _sequence: None)
    await engine.start()
    link = HostedLink(engine.access, clock)
    link.want(DeskRequest())
    snapshot = link.latest()
    await engine.stop()
    assert snapshot is not None
    return snapshot


async def _measured(seed: int, minutes: int, folder: Path) -> Result:
    clock = VirtualClock()
    day = TradingDay(await _start(seed, folder, clock), clock, seed)
    app = RecordedConsole(
        day,
        clock=clock,
        files=ConsoleFiles(MemoryFile(folder / "console.json"), folder / "exports"),
        folder=folder / "sessions",
        version="bench",
        who=WHO,
        settings=ConsoleSettings(frame_period_s=3600, recording_bytes=SESSION_BYTES, recordings_kept=SESSIONS),
        native_colours=False,
    )
    app.driver_class = Screen
    app.area.watchlist.names = day.names
    setattr(app.area.watchlist, "FRAMES_BETWEEN", 0)  # noqa: B010 - a class's own, here for one pane
    try:
        async with app.run_test(size=SIZE, headless=False):
            calm_garbage_collection()
            trader, started = Trader(app), resident_mb()
            await _draw(app, clock, trader, CYCLE_MINUTES)
            sent, began_s = Screen.sent_bytes, time.perf_counter()
            sizes = await _grown(app, clock, trader, minutes, started)
            seconds = time.perf_counter() - began_s
            _check(app, day, trader)
    finally:
        app.recorder.close()
    recorded = session_files(folder / "sessions")
    return Result("console-memory", {
        "MB grown": round(sizes.most - sizes.warm, 2),
        "MB grown without waiting garbage": round(sizes.collected - sizes.warm, 2),
        "MB at each tenth": [round(each, 1) for each in sizes.tenths],
        "MB in the first cycle": round(sizes.warm - sizes.started, 2),
        "virtual minutes": minutes,
        "frames": minutes * FRAMES_A_MINUTE,
        "frames/s": round(minutes * FRAMES_A_MINUTE / seconds),
        "kbytes a frame": round((Screen.sent_bytes - sent) / (minutes * FRAMES_A_MINUTE) / 1e3, 2),
        "books": BOOKS,
        "keys": trader.pressed,
        "commands": day.commands,
        "fills": day.books.trades,
        "jobs": day.jobs.ended_count,
        "alarms": day.alarms.raised,
        "engine runs": day.runs,
        "recorded files kept": len(recorded),
        "recorded MB kept": round(sum(file.stat().st_size for file in recorded) / 1e6, 1),
    }, {})  # fmt: skip


async def _grown(app: RecordedConsole, clock: VirtualClock, trader: Trader, minutes: int, started: float) -> _Sizes:
    """Draw the day; memory is read as it stands, with whatever garbage waits, since a console's user has that too."""
    warm, most, began_s = resident_mb(), 0.0, time.perf_counter()
    tenths: list[float] = []
    for minute in range(1, minutes + 1):
        await _draw(app, clock, trader, 1)
        most = max(most, resident_mb())
        if minute * STEPS // minutes > len(tenths):
            tenths.append(resident_mb())
        if minute % TELL_EVERY_MINUTES == 0 or minute == minutes:
            left_s = (time.perf_counter() - began_s) / minute * (minutes - minute)
            told = f"minute {minute} of {minutes}, {resident_mb():.1f} MB ({most - warm:+.1f} at most)"
            print(
                f"bench console-memory: {told}, {left_s / 60:.0f} min left", file=sys.__stderr__, flush=True
            )  # the library takes the other
    gc.collect()
    return _Sizes(started, warm, tenths, most, resident_mb())


async def _draw(app: RecordedConsole, clock: VirtualClock, trader: Trader, minutes: int) -> None:
    for _ in range(minutes * FRAMES_A_MINUTE):
        clock.passed_ns += _FRAME_NS
        trader.frame()
        await app.draw_frame()
        for _ in range(TURNS):  # until panes have told the screen
            await asyncio.sleep(0)
        app.screen._on_timer_update()  # pyright: ignore[reportPrivateUsage] - the library paints by the wall's clock
        # A minute of this lasts seconds: no disk has to keep up with that.
        while app.recorder.waiting > DISK_BEHIND:  # noqa: ASYNC110 - a thread takes the blocks, it tells no loop
            await asyncio.sleep(DISK_PAUSE_S)
    _check_recorded(app)


def _check_recorded(app: RecordedConsole) -> None:
    if not app.recorder.is_on:
        told = [line.text for line in app.messages.lines if "recorded" in line.text]
        raise BenchError(f"the session is not recorded to its end: {told or app.recorder.take_notices()}")


def _check(app: RecordedConsole, day: TradingDay, trader: Trader) -> None:
    """Refuse a figure of a console that did not do what its trader did."""
    bad = [line.text for line in app.messages.lines if line.level == "error"]
    if bad:
        raise BenchError(f"the console had a fault: {bad[-1]}")
    if trader.pressed and not day.commands:
        raise BenchError("no command of the trader came to the engine")
