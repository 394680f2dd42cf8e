"""The commands of the README and of docs/strategies.md run as they stand there, against an engine that runs so."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.repository.tree import ROOT, blocks

README, STRATEGIES = ROOT / "README.md", ROOT / "docs" / "strategies.md"
START_PATIENCE_S = 120
# One worker for all of them: they share one engine.
pytestmark = pytest.mark.xdist_group("readme-engine")


class Daemon(NamedTuple):
    home: Path
    imports: Path

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home)


def environment(home: Path) -> dict[str, str]:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SERAPHIM_")}
    return settings | {"SERAPHIM_HOME": str(home)}


def shell(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-eu", "-c", script]
    return subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """The daemon as a process, with the documents' strategy in its folder; what it imports is written down."""
    home = tmp_path_factory.mktemp("home")
    (home / "strategies").mkdir()
    (block,) = blocks(STRATEGIES, "strategy example")
    (home / "strategies" / "buy_the_dip.py").write_text(block.text, encoding="utf-8")
    imports = home / "imports.txt"
    command = [sys.executable, "-X", "importtime", "-m", "tui.cli", "daemon"]
    with (
        imports.open("w") as stderr,
        subprocess.Popen(command, cwd=ROOT, env=environment(home), stderr=stderr) as process,
    ):
        try:
            _wait_until_it_takes_orders(process, home, imports)
            yield Daemon(home, imports)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(START_PATIENCE_S) == 0


def _wait_until_it_takes_orders(process: "subprocess.Popen[bytes]", home: Path, imports: Path) -> None:
    """Ask until prices are known well enough for the volatility rule; each question is a process of its own."""
    for _ in range(START_PATIENCE_S * 4):
        assert process.poll() is None, imports.read_text()[-2_000:]
        market = _state(home).get("market", {}).get("sim-a", {})
        if market and all(symbol["short_term_volatility"] is not None for symbol in market.values()):
            return
    pytest.fail(f"the engine took no orders: {_state(home)}")


def _wait_until_the_kill_file_is_gone(home: Path) -> None:
    for _ in range(START_PATIENCE_S * 4):
        if not (home / "state" / "KILL").exists():
            return
        _state(home)
    pytest.fail("the kill file is still there")


def _state(home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tui.cli", "status", "--json"]
    ran = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False)
    return json.loads(ran.stdout) if ran.returncode == 0 else {}


def test_commands_that_need_no_engine_run(tmp_path: Path):
    (block,) = blocks(README, "runnable")
    ran = shell(block.text, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert str(tmp_path / "config.toml") in ran.stdout
    assert "risk.daily_loss_usd = 300" in ran.stdout
    assert re.search(r"^digest +[0-9a-f]{64}$", ran.stdout, re.MULTILINE)


def test_commands_beside_an_engine_run_and_do_what_they_say(daemon: Daemon):
    first, stopping = blocks(README, "runnable beside an engine")
    (strategy,) = blocks(STRATEGIES, "runnable beside an engine")
    ran = shell(first.text, daemon.home)
    assert ran.returncode == 0, ran.stderr
    assert "exit code 4: refused while paused" in ran.stdout
    # The answer comes before the fill or with it, as the venue's latencies have it.
    assert re.search(r"BUY 0\.01 BTC/USDT@sim-a market, manual: (?:filled|open)", ran.stdout)
    assert '"symbol": "BTC/USDT", "side": "buy"' in ran.stdout
    assert "1 orders cancelled" in ran.stdout
    assert _state(daemon.home)["global"]["risk_mode"] == "conservative"

    killing, resuming = stopping.text.split("./run seraphim resume")
    ran = shell(killing, daemon.home)
    assert ran.returncode == 0, ran.stderr
    # The first answer comes within a second whatever the venues do; the command ends when each has confirmed.
    assert "HALTED: 3 venues confirmed, no order is left; positions stay" in ran.stdout
    assert "exit code 4: refused while halted" in ran.stdout
    _wait_until_the_kill_file_is_gone(daemon.home)
    ran = shell(f"./run seraphim resume{resuming}", daemon.home)
    assert ran.returncode == 0, ran.stderr
    assert "lifted kill (global)" in ran.stdout
    assert _state(daemon.home)["global"]["system_status"] == "running"

    ran = shell(strategy.text, daemon.home)
    assert ran.returncode == 0, ran.stderr
    assert "strategy buy_the_dip started" in ran.stdout
    assert re.search(r"buy_the_dip +running +SOL/USDT:USDT@sim-a", ran.stdout)
    assert "strategy buy_the_dip stopped" in ran.stdout


def test_files_stand_where_the_readme_says(daemon: Daemon):
    for name in ("state/journal.sqlite", "state/venues.sqlite", "state/engine.lock", "logs/seraphim.log", "cache"):
        assert (daemon.home / name).exists(), name
    assert not (daemon.home / "state" / "KILL").exists()


def test_running_daemon_has_loaded_no_screen(daemon: Daemon):
    loaded = {line.rpartition("|")[2].strip() for line in daemon.imports.read_text().splitlines() if "|" in line}
    assert {"core.engine.engine", "numba"} <= loaded
    assert loaded & {"textual", "ccxt", "polars", "tui.console.app"} == set()


def test_second_engine_is_refused(daemon: Daemon):
    ran = shell("./run seraphim daemon", daemon.home)
    assert ran.returncode == 1
    assert "an engine is already running as process" in ran.stderr
