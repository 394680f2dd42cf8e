"""What the console costs: processor, bytes and lateness, beside a naive console of the same content in the same run."""

import os
import resource
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec
import pyte

from bench.console_attached import attached
from bench.console_load import Plan
from bench.console_run import NARROW, WIDE, Run
from bench.first_paint import first_paint
from bench.memory import BOOKS
from bench.percentile import percentile
from bench.result import BenchError, Result

SECONDS: Final = 10
KEYS: Final = 40  # as many as there are rows to go down
DOWN, CTRL_K = b"\x1b[B", b"\x0b"


def run(rounds: int, seed: int, messages: int = SECONDS) -> Result:
    """Measure each kind of console for `messages` seconds; `rounds` count for the first paint alone."""
    with tempfile.TemporaryDirectory(prefix="bench-console-") as name:
        return _measured(Path(name), rounds, seed, messages)


def _measured(folder: Path, rounds: int, seed: int, seconds: int) -> Result:
    def plan(kind: str, **more: Any) -> Plan:
        return msgspec.convert({"kind": kind, "report": "", "seconds": seconds, "seed": seed, **more}, Plan)

    waited_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    headless = Run(folder, WIDE, plan("none")).finish()
    ours, ours_s = _with_keys(folder, plan("hosted"))
    naive, naive_s = _with_keys(folder, plan("naive"))
    slower = Run(folder, WIDE, plan("hosted", frames_per_s=4.0)).finish()
    ladders = Run(folder, WIDE, plan("hosted", desk=2)).finish()
    low = Run(folder, NARROW, plan("hosted", is_low_bandwidth=True, desk=1)).finish()
    still = Run(folder, WIDE, plan("hosted", moves_per_s=0, desk=2, warm_up_s=13)).finish()
    attached_figures = attached(folder, plan("served"))
    kills = [_kills(folder, plan("hosted", is_broken=is_broken)) for is_broken in (False, True)]
    paint = first_paint(folder, rounds)
    ui, naive_ui = ours.cpu_pct - headless.cpu_pct, naive.cpu_pct - headless.cpu_pct
    p95, naive_p95 = percentile(ours_s, 0.95) * 1e3, percentile(naive_s, 0.95) * 1e3
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures: dict[str, Any] = {
        "ui_cpu_pct": ui,
        "key_to_paint_p95_ms": p95,
        "core_lag_p99_ms": ours.report.lag_p99_ms,
        "kbytes_per_s_10hz": ours.kbytes_per_s,
        "kbytes_per_s_4hz": slower.kbytes_per_s,
        "kbytes_per_s_low_bandwidth": low.kbytes_per_s,
        "kbytes_per_s_still": still.kbytes_per_s,
        "writes_per_s_still": still.writes_per_s,
        **attached_figures,
        "kill_key_p99_ms": max(kills),
        "kill_key_p99_ms_by_pane": {"whole": round(kills[0], 2), "broken": round(kills[1], 2)},
        **paint,
        "headless_core_lag_p99_ms": headless.report.lag_p99_ms,
        "headless_cpu_pct": headless.cpu_pct,
        "desk_2_cpu_pct": ladders.cpu_pct - headless.cpu_pct,
        "desk_2_kbytes_per_s": ladders.kbytes_per_s,
        "frames_per_s": ours.report.frames / seconds,
        "ui_ms_per_frame": ui * 10 * seconds / max(1, ours.report.frames),
        "keys": len(ours_s),
        "naive_cpu_pct": naive_ui,
        "naive_ui_ms_per_frame": naive_ui * 10 * seconds / max(1, naive.report.frames),
        "naive_key_to_paint_p95_ms": naive_p95,
        "naive_kbytes_per_s": naive.kbytes_per_s,
        "naive_core_lag_p99_ms": naive.report.lag_p99_ms,
        "naive_frames_per_s": naive.report.frames / seconds,
        "preempted": used.ru_nivcsw - waited_before.ru_nivcsw,
        "load_average": os.getloadavg()[0],
        "books": BOOKS,
    }
    rounded = {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    ratios = {
        "DataTable (processor a frame)": (naive_ui / max(1, naive.report.frames))
        / (max(ui, 0.01) / ours.report.frames),
        "DataTable (key to paint p95)": naive_p95 / max(p95, 0.01),
    }
    return Result("console", rounded, {name: round(value, 2) for name, value in ratios.items()})


def _with_keys(folder: Path, plan: Plan) -> tuple[Run, list[float]]:
    run = Run(folder, WIDE, plan)
    run.wait_until_ready()
    pressed = run.press([DOWN] * KEYS, (plan.seconds - 1) / KEYS)
    run.finish()
    answers = run.terminal.answers(pressed, _cursor_row)
    if len(answers) < 0.9 * KEYS:
        raise BenchError(f"of {KEYS} keys {len(answers)} were answered by {plan.kind}:\n{run.terminal.text()}")
    return run, answers


def _cursor_row(screen: pyte.Screen) -> int:
    """Return the row under the cursor, by its ground or that it is reversed; -1 where none is."""
    looks = [(screen.buffer[row][3].bg, screen.buffer[row][3].reverse) for row in range(3, screen.lines - 3)]
    usual = max(set(looks), key=looks.count)
    return next((row for row, look in enumerate(looks) if look != usual), -1)


def _kills(folder: Path, plan: Plan) -> float:
    run = Run(folder, WIDE, plan)
    run.wait_until_ready()
    count = int(plan.seconds / 0.1) - 3
    pressed = run.press([CTRL_K] * count, 0.1)
    run.finish()
    heard = run.report.commands_s
    if len(heard) != count:
        raise BenchError(f"of {count} kill keys {len(heard)} reached the engine:\n{run.terminal.text()}")
    return percentile([heard_s - at_s for at_s, heard_s in zip(pressed, heard, strict=True)], 0.99) * 1e3
