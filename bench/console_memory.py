"""What the console's resident memory grows by in hours of trading, on a clock that goes as fast as it can draw."""

import asyncio
import gc
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from textual.drivers.headless_driver import HeadlessDriver

from bench.console_load import RestlessWalk, names_of
from bench.depth_server import CHANGES, LEVELS
from bench.market import make_market
from bench.memory import WalkingFeed, resident_mb
from bench.result import Result
from bench.watching_engine import WatchingEngine
from core.control.commands import AnyCommand, CommandResult, Outcome
from core.io.interpreter import calm_garbage_collection, take_short_turns
from core.state.desk import DeskRequest, DeskSnapshot, LogLine
from tui.console.app import ConsoleApp
from tui.console.settings import ConsoleSettings
from tui.hosted import HostedLink

MINUTES: Final = 8 * 60
FRAMES_A_MINUTE: Final = 600
STEPS: Final = 10
TURNS: Final = 3
SIZE: Final = (160, 50)
_FRAME_NS: Final = 100_000_000
_LOG_LINES: Final = 400
_TICK: Final = Decimal("0.1")


class VirtualClock:
    """A clock that the benchmark moves."""

    def __init__(self) -> None:
        self._began_ns, self.passed_ns = time.time_ns(), 0

    def utc_ns(self) -> int:
        return self._began_ns + self.passed_ns

    def monotonic_ns(self) -> int:
        return self.passed_ns


class RollingLink:
    """An `EngineLink` that at every look has other prices everywhere, and now and then one more line in the log."""

    is_hosted, console_id, place, lost_reason = True, "", "hosted", None

    def __init__(self, start: DeskSnapshot, clock: VirtualClock) -> None:
        self._snapshot, self._clock = start, clock
        self._number = 0

    def want(self, request: DeskRequest) -> None: ...

    def take_notices(self) -> list[str]:
        return []

    def latest(self) -> DeskSnapshot:
        self._number += 1
        step = _TICK * ((self._number * 7) % 23 - 11)
        state = self._snapshot.monitoring
        market = {
            venue: {name: _moved(each, step) for name, each in markets.items()}
            for venue, markets in state.market.items()
        }
        log = self._snapshot.log
        if self._number % 20 == 0:
            text = f"line {self._number}"
            log = [*log, LogLine(sequence=self._number + 10**6, at_ns=self._clock.utc_ns(), level="info",
                                 topic="engine", text=text)][-_LOG_LINES:]  # fmt: skip
        self._snapshot = msgspec.structs.replace(
            self._snapshot,
            sequence=self._snapshot.sequence + 1,
            engine_ns=self._clock.utc_ns(),
            log=log,
            monitoring=msgspec.structs.replace(state, market=market),
        )
        return self._snapshot

    async def execute(self, command: AnyCommand) -> CommandResult:
        return CommandResult(outcome=Outcome.DONE, message=type(command).__name__)


def _moved(market: Any, step: Decimal) -> Any:
    if market.bid is None or market.ask is None:
        return market
    return msgspec.structs.replace(market, bid=market.bid + step, ask=market.ask + step)


class Screen(HeadlessDriver):
    """A terminal that takes everything at once."""

    sent_bytes = 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        type(self).sent_bytes += len(data.encode())


def run(rounds: int, seed: int, messages: int = MINUTES) -> Result:
    """Draw `messages` minutes of frames, ten a second, behind a warm-up of a tenth as long, in one round."""
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
    link.want(DeskRequest(books=tuple(names_of()[:2])))
    snapshot = link.latest()
    await engine.stop()
    assert snapshot is not None
    return snapshot


async def _measured(seed: int, minutes: int, folder: Path) -> Result:
    clock = VirtualClock()
    link = RollingLink(await _start(seed, folder, clock), clock)
    settings = ConsoleSettings(frame_period_s=3600)
    app = ConsoleApp(link, clock=clock, settings=settings, native_colours=False)
    app.driver_class = Screen
    app.area.watchlist.names = names_of()
    setattr(app.area.watchlist, "FRAMES_BETWEEN", 0)  # noqa: B010 - a class's own, here for one pane
    app.area.desk, app.area.zoomed = 2, "watchlist"
    frames = minutes * FRAMES_A_MINUTE
    async with app.run_test(size=SIZE, headless=False):
        calm_garbage_collection()
        await _draw(app, clock, frames // STEPS)
        resident, sent, began_s = [_settled_mb()], Screen.sent_bytes, time.perf_counter()
        for _ in range(STEPS):
            await _draw(app, clock, frames // STEPS)
            resident.append(_settled_mb())
            print(f"bench console-memory: {resident[-1]:.1f} MB", file=sys.stderr, flush=True)
        seconds = time.perf_counter() - began_s
    return Result(
        "console-memory",
        {
            "MB grown": round(resident[-1] - resident[0], 2),
            "MB at each tenth": [round(each, 1) for each in resident],
            "virtual minutes": minutes,
            "frames": frames,
            "frames/s": round(frames / seconds),
            "kbytes a frame": round((Screen.sent_bytes - sent) / frames / 1e3, 2),
        },
        {},
    )


def _settled_mb() -> float:
    """Return what stays resident: what the next collection would free is no growth."""
    gc.collect()
    return resident_mb()


async def _draw(app: ConsoleApp, clock: VirtualClock, frames: int) -> None:
    for _ in range(frames):
        clock.passed_ns += _FRAME_NS
        await app.draw_frame()
        for _ in range(TURNS):  # until panes have told the screen
            await asyncio.sleep(0)
        app.screen._on_timer_update()  # pyright: ignore[reportPrivateUsage] - the library paints by the wall's clock
