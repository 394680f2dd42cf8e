"""What becomes of the engine and its orders when a hosting console ends."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from core.config.config import Config
from core.paths import Paths
from tui import hosting
from tui.compose.start_terms import PAPER_TERMS
from tui.console.exit_choice import ExitChoice
from tui.console.settings import DEFAULTS


class FakePresence:
    def attach(self, _: object) -> "FakePresence":
        return self

    def end(self) -> None: ...


class FakeProcess:
    """An engine that starts at once and notes how it is stopped."""

    stopped: list[bool]  # whether orders were to be cancelled

    def __init__(self, *_: object) -> None:
        FakeProcess.stopped = []
        self.access = FakePresence()

    async def start(self) -> None: ...

    async def stop(self, _: str, *, cancel_orders: bool) -> None:
        self.stopped.append(cancel_orders)


class FakeConsole:
    def __init__(self, choice: ExitChoice) -> None:
        self._choice = choice

    async def run_async(self, *, mouse: bool) -> ExitChoice:
        await asyncio.sleep(0.01)
        return self._choice


@pytest.mark.parametrize(
    ("choice", "is_cancelling"),
    # Between the cancels and the stop the engine still trades: what it sent then has to go too.
    [(ExitChoice.QUIT_STOP_ENGINE, False), (ExitChoice.QUIT_CANCEL_AND_STOP, True)],
)
def test_orders_are_cancelled_by_the_stop_itself_where_the_trader_wants_them_gone(
    choice: ExitChoice, is_cancelling: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hosting, "EngineProcess", FakeProcess)
    monkeypatch.setattr(hosting, "make_console", lambda *_: FakeConsole(choice))
    asyncio.run(
        asyncio.wait_for(hosting.run_hosted(Config(), Paths.under(tmp_path), PAPER_TERMS, DEFAULTS, pytest.fail), 10)
    )
    assert FakeProcess.stopped == [is_cancelling]


LEAVES_TWICE = """
import os, sys
from tui.shell_parent import Leave
reading, writing = os.pipe()
os.close(reading)
result = os.dup(2)
if os.fork() == 0:
    leave = Leave(writing)
    leave()
    leave()
    os.write(result, b"still here")
    os._exit(0)
os.wait()
"""


def test_leaving_the_terminal_ends_no_engine_whose_parent_is_gone_already():
    done = subprocess.run([sys.executable, "-c", LEAVES_TWICE], capture_output=True, timeout=30, check=False)
    assert done.stderr.decode() == "still here"
