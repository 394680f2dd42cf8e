"""A live console whose orders fail with the key in the error: the terminal gets nothing of the key."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.test_no_secret_is_shown import forms_of
from tests.engine.daemon import command, environment
from tests.engine.rehearsal import Rehearsal, keep_keys, live_config, ready
from tests.engine.sabotaged_engine import TRIGGER, WORDS
from tests.terminal.terminal import Terminal
from tests.terminal.test_console_under_a_terminal import START_S, engine_pid, status

SABOTAGED = (
    "import tests.engine.sabotaged_engine as sabotaged; from tui.launch import main; "
    "sabotaged.SignedRest._request = sabotaged.broken_request; main()"
)
PART = 10  # so many characters of a key in a row are a leak: panes cut what is too long for them


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(tmp_path)
    yield rehearsal
    rehearsal.process.kill()
    rehearsal.process.communicate()


@pytest.fixture
def home(tmp_path: Path, venue: Rehearsal) -> Iterator[Path]:
    """A folder for one live engine, which is ended with the test."""
    home = tmp_path / "h"
    home.mkdir()
    live_config(home, venue)
    keep_keys(home, venue)
    yield home
    pid = engine_pid(home)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def parts_of(text: str) -> set[str]:
    return {text[at : at + PART] for at in range(len(text) - PART + 1)}


def test_a_live_console_whose_orders_fail_with_the_key_in_the_error_shows_none_of_it(home: Path, venue: Rehearsal):
    terminal = Terminal((sys.executable, "-c", SABOTAGED, "--live"), environment(home), 160, 50)
    terminal.wait_for(lambda text: "Type LIVE to go on" in text, START_S)
    terminal.send(b"LIVE\r")
    terminal.wait_for(lambda text: "RUNNING" in text and ready(status(home) or {}), START_S)
    (home / TRIGGER).touch()
    failed = command(home, "order", "buy", "0.001", "BTC/USDT@binance", "--yes")
    assert failed.returncode != 0
    terminal.wait_for(lambda text: f"{WORDS} request: {{'X-MBX-APIKEY': '***'" in text, START_S)
    terminal.send(b"?")  # paints over it: what was hidden below would be seen again
    terminal.send(b"\x1b")
    host = engine_pid(home)
    assert host is not None
    os.kill(host, signal.SIGTERM)
    terminal.wait_for_exit(START_S)
    painted = terminal.received.decode(errors="replace")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", painted)
    secrets = {part for text in venue.keys["own"].values() for form in forms_of(text) for part in parts_of(form)}
    assert len(secrets) > 100
    assert not [part for part in secrets if part in painted or part in plain]
