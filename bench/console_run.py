"""One child of the console's benchmark under a terminal, from its start to its report."""

import os
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from bench.console_load import STOP, Plan, Report
from bench.pseudo_terminal import PseudoTerminal
from bench.result import BenchError

WIDE, NARROW = (160, 50), (80, 24)
START_S: Final = 120.0
_ROOT: Final = Path(__file__).parents[1]


class Run:
    """A child and its terminal."""

    def __init__(self, folder: Path, size: tuple[int, int], plan: Plan) -> None:
        say(f"{plan.kind} {size[0]}x{size[1]} at {plan.frames_per_s:g} Hz{' low' if plan.is_low_bandwidth else ''}")
        self._plan = msgspec.structs.replace(plan, report=str(folder / f"report-{time.monotonic_ns()}"))
        command = [sys.executable, "-m", "bench.console_load", msgspec.json.encode(self._plan).decode()]
        self.terminal = PseudoTerminal(command, {**os.environ, "PYTHONPATH": str(_ROOT)}, *size)
        self.report = Report(began_s=0.0)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while not Path(self._plan.report + ".ready").exists():
            if time.monotonic() > deadline or self.terminal.process.poll() is not None:
                raise BenchError(f"{self._plan.kind} never was ready:\n{self.terminal.text()}")
            time.sleep(0.05)

    def press(self, keys: list[bytes], apart_s: float) -> list[float]:
        """Press keys evenly; return when each was."""
        pressed: list[float] = []
        for key in keys:
            pressed.append(self.terminal.press(key))
            time.sleep(apart_s)
        return pressed

    def stop(self) -> "Run":
        """Have a child end that serves until it is told to."""
        Path(self._plan.report + STOP).touch()
        return self.finish()

    def finish(self) -> "Run":
        code = self.terminal.wait(START_S)
        if code or not Path(self._plan.report).exists():
            raise BenchError(f"{self._plan.kind} ended with code {code}:\n{self.terminal.text()}")
        self.report = msgspec.json.decode(Path(self._plan.report).read_bytes(), type=Report)
        return self

    @property
    def kbytes_per_s(self) -> float:
        report = self.report
        return self.terminal.sent_between(report.began_s, report.ended_s) / 1e3 / (report.ended_s - report.began_s)

    @property
    def writes_per_s(self) -> float:
        report = self.report
        count = sum(report.began_s <= chunk.at_s < report.ended_s for chunk in self.terminal.chunks)
        return count / (report.ended_s - report.began_s)

    @property
    def cpu_pct(self) -> float:
        return 100 * self.report.cpu_s / (self.report.ended_s - self.report.began_s)


def say(text: str) -> None:
    print(f"bench console: {text}", file=sys.stderr, flush=True)
