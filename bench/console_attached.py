"""How late an engine's loop is with a console attached and without, in turns; how long attaching takes."""

import time
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import msgspec
import pyte

from bench.console_load import Plan, Report
from bench.console_run import WIDE, Run, say
from bench.percentile import percentile
from bench.result import BenchError

TURNS: Final = 7
WARM_UP_S: Final = 2.0
SETTLE_S: Final = 0.5


class _Window(NamedTuple):
    """A time in which things stood one way, by CLOCK_MONOTONIC."""

    began_s: float
    ended_s: float


def attached(folder: Path, served: Plan, turns: int = TURNS) -> dict[str, Any]:
    """Let consoles attach to one engine and go again; return figures of the engine and of attaching.

    The engine is a process of its own. In each of the turns it is alone for half of the plan's seconds and has a
    console for as long, so that whatever else the machine does meets both.
    """
    socket = str(folder / "run" / "control.sock")
    (folder / "run").mkdir(mode=0o700)
    engine = Run(folder, WIDE, msgspec.structs.replace(served, socket=socket))
    engine.wait_until_ready()
    takes_ms: list[float] = []
    alone: list[_Window] = []
    shown: list[_Window] = []
    for _ in range(turns):
        began_s = time.monotonic()
        time.sleep(served.seconds / 2)
        alone.append(_Window(began_s, time.monotonic()))
        plan = msgspec.structs.replace(
            served, kind="attached", socket=socket, warm_up_s=WARM_UP_S, seconds=served.seconds / 2
        )
        console = Run(folder, WIDE, plan).finish()
        first_s = console.terminal.when(_is_full)
        if first_s is None:
            raise BenchError(f"an attached console never showed its engine:\n{console.terminal.text()}")
        shown.append(_Window(console.report.began_s, console.report.ended_s))
        takes_ms.append((first_s - console.report.connected_s) * 1e3)
        say(f"attached after {takes_ms[-1]:.0f} ms")
        time.sleep(SETTLE_S)
    return {"attach_ms": median(takes_ms), **_lateness(engine.stop().report, alone, shown)}


def _lateness(report: Report, alone: list[_Window], shown: list[_Window]) -> dict[str, Any]:
    """Return the median over the turns: one in which the machine was busy elsewhere does not decide."""
    headless = [_p99_ms(report, window) for window in alone]
    with_console = [_p99_ms(report, window) for window in shown]
    more = [one - other for one, other in zip(with_console, headless, strict=True)]
    return {
        "core_lag_attached_p99_ms": median(with_console),
        "core_lag_headless_p99_ms": median(headless),
        "core_lag_attached_more_ms": median(more),
        "core_lag_attached_more_ms_by_turn": [round(each, 2) for each in more],
        "attached_engine_cpu_pct": _cpu_pct(report, shown) - _cpu_pct(report, alone),
    }


def _p99_ms(report: Report, window: _Window) -> float:
    return percentile([late for at_s, late in report.lateness if window.began_s <= at_s < window.ended_s], 0.99)


def _cpu_pct(report: Report, windows: list[_Window]) -> float:
    """Return the share of a core that the engine took in these times."""
    used_s = lasted_s = 0.0
    for window in windows:
        inside = [each for each in report.processor if window.began_s <= each[0] < window.ended_s]
        used_s += inside[-1][1] - inside[0][1]
        lasted_s += inside[-1][0] - inside[0][0]
    return 100 * used_s / lasted_s


def _is_full(screen: pyte.Screen) -> bool:
    """Tell whether the last row of the list has a price."""
    return any("B40USDT" in line and "not followed" not in line and "." in line for line in screen.display)
