"""How long an attaching console takes from its start to its first picture, in times of its widget library's import.

What counts:

- A console's time begins with its process and ends when its terminal has the whole first frame: the header, which waits
  for an engine, the frame of every pane of the desk with what it waits for, and the keys in the last row. That is the
  console itself, not a page before it: keys are taken from then on. No engine runs, so none takes processor from it.
- It starts as a trader's does from the second day on: with the example configuration, and a screen that was saved.
- The peer is `python -c "import textual.app"`, from its start to its end.
- Both are installed programs: their byte code is there, from a start of each that does not count.

The second figure is for what the first leaves out: from the start of the process to the first picture with an engine's
numbers, in times of the same import, with an engine at rest beside it. Loading later may not make that longer.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

import pyte

from bench.console_run import say
from bench.pseudo_terminal import PseudoTerminal
from bench.result import BenchError

PATIENCE_S: Final = 60.0
SIZE: Final = (160, 50)
_ROOT: Final = Path(__file__).parents[1]
_CONSOLE: Final = (sys.executable, "-c", "from tui.launch import main; main()")
_ENGINE: Final = (*_CONSOLE, "--daemon")
_IMPORT: Final = (sys.executable, "-c", "import textual.app")
_TITLES: Final = ("Ladder", "Chart", "Profit today", "Positions", "Orders", "Risk", "Jobs", "Log")
_LAST_SENT: Final = b"HALT"  # of the first frame: the last row


def first_paint(folder: Path, rounds: int) -> dict[str, Any]:
    """Measure `rounds` pairs of each, one pair before that not counted."""
    alone, beside = folder / "alone", folder / "beside"
    for home in (alone, beside):
        (home / "state").mkdir(parents=True, mode=0o700)
        (home / "state" / "console.json").write_text("{}")
    shutil.copy(_ROOT / "config.example.toml", alone / "config.toml")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), "PYTHONPATH": str(_ROOT)}
    frames = [_ratio(environment, alone, _LAST_SENT, _is_whole) for _ in range(rounds + 1)]
    engine = PseudoTerminal(_ENGINE, {**environment, "SERAPHIM_HOME": str(beside)}, *SIZE)
    _wait_until((beside / "run" / "control.sock").exists, engine)
    numbers = [_ratio(environment, beside, b"PAPER", _has_numbers) for _ in range(rounds + 1)]
    engine.process.terminate()
    engine.wait(PATIENCE_S)
    return {"first_paint_ratio": median(frames[1:]), "first_numbers_ratio": median(numbers[1:])}


def _ratio(
    environment: Mapping[str, str], home: Path, last_sent: bytes, is_there: Callable[[pyte.Screen], bool]
) -> float:
    console = PseudoTerminal([*_CONSOLE, "--attach"], {**environment, "SERAPHIM_HOME": str(home)}, *SIZE)
    _wait_until(lambda: console.when_sent(last_sent) is not None, console)
    time.sleep(0.3)  # the rest of the frame, for whoever sends the last row first
    console.process.terminate()
    console.wait(PATIENCE_S)
    painted_s = console.when(is_there)
    if painted_s is None:
        raise BenchError(f"that was no picture of a console:\n{console.text()}")
    peer = PseudoTerminal(_IMPORT, environment, *SIZE)
    peer.wait(PATIENCE_S)
    took_s, import_s = painted_s - console.started_s, peer.ended_s - peer.started_s
    say(f"first picture after {took_s * 1e3:.0f} ms, import {import_s * 1e3:.0f} ms")
    return took_s / import_s


def _is_whole(screen: pyte.Screen) -> bool:
    rows = [row.rstrip() for row in screen.display]
    text = "\n".join(rows)
    return "CONNECTING" in rows[0] and "^k HALT" in rows[-1] and all(f" {title} " in text for title in _TITLES)


def _has_numbers(screen: pyte.Screen) -> bool:
    return "PAPER" in screen.display[0]


def _wait_until(is_true: Callable[[], bool], program: PseudoTerminal) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > deadline or program.process.poll() is not None:
            raise BenchError(f"nothing was painted:\n{program.text()}")
        time.sleep(0.01)
