"""The shipped console on a real terminal: it moves, it halts, it outlives its terminal, it attaches."""

import getpass
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.control.client import ControlClient, EngineUnresponsive, NoEngine
from core.paths import Paths
from tests.terminal.terminal import Terminal

CONSOLE = (sys.executable, "-c", "from tui.launch import main; main()")
START_S = 60.0
CTRL_D, CTRL_K, CTRL_Q = b"\x04", b"\x0b", b"\x11"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for one engine, which is ended with the test."""
    home = tmp_path / "h"
    yield home
    pid = engine_pid(home)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def engine_pid(home: Path) -> int | None:
    from core.io.instance_lock import find_holder

    holder = find_holder(Paths.under(home).lock)
    return None if holder is None else holder.pid


def console(home: Path, columns: int = 120, rows: int = 40) -> Terminal:
    return Terminal(CONSOLE, {**os.environ, "SERAPHIM_HOME": str(home)}, columns, rows)


def status(home: Path) -> dict[str, Any] | None:
    try:
        code, body = ControlClient(Paths.under(home).socket, 2.0).get("/api/monitoring/state")
    except (NoEngine, EngineUnresponsive):
        return None
    return body if code == 200 else None


def wait_for_status(home: Path, wanted: str) -> dict[str, Any]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = status(home)
        if found is not None and found["global"]["system_status"] == wanted:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the engine never was {wanted}: {status(home)}")


def test_first_run_shows_moving_books_and_ctrl_k_halts(home: Path):
    terminal = console(home)
    first = terminal.wait_for(lambda text: "RUNNING" in text and "BTC/USDT" in text and "3/3 up" in text, START_S)
    assert "PAPER" in first

    terminal.wait_for(lambda text: text.splitlines()[4:20] != first.splitlines()[4:20], START_S)
    terminal.send(CTRL_K)

    terminal.wait_for(lambda text: "HALTED" in text, START_S)
    assert wait_for_status(home, "halted")["global"]["halt_level"] in {"halted", "flatten"}


def test_jobs_of_the_first_run_appear_and_are_explained(home: Path):
    terminal = console(home)
    terminal.wait_for(lambda text: "RUNNING" in text, START_S)

    terminal.send(b"3")

    terminal.wait_for(lambda text: "Capital" in text and "room left" in text, START_S)
    # In both panes: they are drawn one after the other, and the key explains the topmost job of the timeline.
    for of_pane in (r"\b0001-\d+ +(?:hedge|arb)", r"\b0001-\d+ \w+/USDT (?:hedge|arb)"):
        terminal.wait_for(lambda text, row=of_pane: re.search(row, text) is not None, 3 * START_S)
    terminal.send(b"e")
    terminal.wait_for(lambda text: "hard rules" in text and "passed" in text, START_S)


@pytest.mark.parametrize("target", ["engine", "shell's job"])
def test_sigusr1_to_a_hosting_console_halts_and_the_console_shows_it(home: Path, target: str):
    terminal = console(home)
    terminal.wait_for(lambda text: "RUNNING" in text, START_S)
    host = engine_pid(home)
    assert host is not None
    assert host != terminal.pid

    os.kill(host if target == "engine" else terminal.pid, signal.SIGUSR1)

    terminal.wait_for(lambda text: "HALTED" in text, START_S)
    assert wait_for_status(home, "halted")["kill"]["who"] == "signal"
    assert engine_pid(home) == host


def test_engine_outlives_its_terminal_and_another_console_attaches(home: Path):
    terminal = console(home, 80, 24)
    terminal.wait_for(lambda text: "RUNNING" in text, START_S)
    host = engine_pid(home)

    terminal.close()

    assert terminal.wait_for_exit(START_S) == 0, "the shell's job has ended"
    assert wait_for_status(home, "running")
    assert engine_pid(home) == host
    second = console(home, 80, 24)
    second.wait_for(lambda text: "attached" in text and "RUNNING" in text, START_S)
    second.send(CTRL_D)
    assert second.wait_for_exit(START_S) == 0
    assert wait_for_status(home, "running")
    end_gracefully(home)


def test_detaching_from_a_hosted_engine_gives_the_shell_back_and_leaves_the_engine(home: Path):
    terminal = console(home, 80, 24)
    terminal.wait_for(lambda text: "RUNNING" in text, START_S)

    terminal.send(CTRL_D)

    assert terminal.wait_for_exit(START_S) == 0
    host = engine_pid(home)
    assert f"goes on as process {host}" in " ".join(terminal.text().split())
    terminal.close()
    assert host is not None
    os.kill(host, signal.SIGCONT)  # a closing shell wakes its jobs, too
    assert wait_for_status(home, "running")
    end_gracefully(home)


def test_who_loses_the_terminal_or_the_console_is_told_what_happened_meanwhile(home: Path):
    """First the terminal of a console that hosts its engine goes, then an attached console is killed."""
    hosting = console(home, 80, 24)
    hosting.wait_for(lambda text: "RUNNING" in text, START_S)
    wait_for_consoles(home, 1)

    hosting.close()
    assert hosting.wait_for_exit(START_S) == 0
    wait_for_consoles(home, 0)
    pause_and_resume(home, times=1)

    second = console(home, 120, 40)
    page = away_page(second)
    assert "1 raised, 1 lifted" in page
    assert re.search(rf"fills +{missed_fills(home)}\b", page)

    os.kill(second.pid, signal.SIGKILL)
    second.wait_for_exit(START_S)
    wait_for_consoles(home, 0)
    pause_and_resume(home, times=2)

    third = console(home, 120, 40)
    assert "2 raised, 2 lifted" in away_page(third)
    third.send(CTRL_D)  # the page swallows no key that is safe
    assert third.wait_for_exit(START_S) == 0
    end_gracefully(home)


def away_page(terminal: Terminal) -> str:
    """Open the page, unless a slow machine made the absence long enough for it to come by itself."""
    told = terminal.wait_for(lambda text: "attached" in text and "while you were away" in text.lower(), START_S)
    if "While you were away" not in told:
        terminal.send(b"w")
    return terminal.wait_for(lambda text: "w shows this again" in text, START_S)


def wait_for_consoles(home: Path, count: int) -> None:
    deadline = time.monotonic() + START_S
    while len(ask(home, "/api/desk")["consoles"]) != count:
        assert time.monotonic() < deadline, f"there never were {count} consoles"
        time.sleep(0.05)


def pause_and_resume(home: Path, *, times: int) -> None:
    for verb in ("pause", "resume") * times:
        assert ControlClient(Paths.under(home).socket).post(f"/api/control/{verb}")[0] == 200


def missed_fills(home: Path) -> int:
    symbols: list[dict[str, Any]] = ask(home, f"/api/away?who=console:{getpass.getuser()}")["symbols"]
    return sum(symbol["fills"] for symbol in symbols)


def ask(home: Path, path: str) -> dict[str, Any]:
    code, answer = ControlClient(Paths.under(home).socket).get(path)
    assert code == 200
    return answer


def end_gracefully(home: Path) -> None:
    host = engine_pid(home)
    assert host is not None
    os.kill(host, signal.SIGTERM)
    deadline = time.monotonic() + START_S
    while engine_pid(home) is not None:
        assert time.monotonic() < deadline, "the engine does not end"
        time.sleep(0.05)


def test_terminal_that_stops_reading_does_not_stop_the_engine(home: Path):
    terminal = console(home, 200, 60)
    terminal.wait_for(lambda text: "RUNNING" in text and "3/3 up" in text, START_S)
    stalled_at_ns = wait_for_status(home, "running")["last_update"]

    # Nobody reads the terminal now. Far more is painted in this time than terminal and writer hold together.
    wait_until_engine_is_at(home, stalled_at_ns + 8_000_000_000)

    engine_now = wait_for_status(home, "running")
    clock = time.strftime("%H:%M", time.gmtime(engine_now["last_update"] / 1e9))
    terminal.wait_for(lambda text: clock in text.splitlines()[0] and "no data" not in text, START_S)


def test_console_that_was_stopped_paints_the_whole_screen_again_when_it_goes_on(home: Path):
    terminal = console(home)
    terminal.wait_for(lambda text: "RUNNING" in text and "3/3 up" in text, START_S)
    host = engine_pid(home)
    assert host is not None

    os.kill(host, signal.SIGSTOP)
    terminal.garble()
    os.kill(host, signal.SIGCONT)

    terminal.wait_for(lambda text: "#" not in text and "RUNNING" in text, START_S)


def wait_until_engine_is_at(home: Path, at_ns: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        found = status(home)
        assert found is not None, "the engine does not answer any more"
        if found["last_update"] >= at_ns:
            return
        time.sleep(0.1)
    raise AssertionError("the engine's clock stands still")


def test_too_small_a_terminal_says_so_and_comes_back_when_it_grows(home: Path):
    terminal = console(home, 20, 5)
    terminal.wait_for(lambda text: "small" in text, START_S)

    terminal.resize(120, 40)

    terminal.wait_for(lambda text: "BTC/USDT" in text and "RUNNING" in text, START_S)
