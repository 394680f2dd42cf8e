"""The command line as a process: what it loads, and how it ends when it is interrupted or nobody reads."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, done

HEAVY = ("textual", "ccxt", "numba", "numpy", "polars", "aiohttp", "msgspec", "rich", "platformdirs", "core.config")
FRONT_COMMANDS = [
    ["status", "--json"],
    ["pause", "--json"],
    ["resume", "--json"],
    ["set-risk-mode", "balanced", "--json"],
    ["kill", "--json"],
    ["positions", "--json"],
    ["cancel", "--all", "--json"],
    ["jobs", "--json"],
    ["jobs", "cancel", "job-1", "--json"],
    ["explain", "job-1", "--json"],
    ["capital", "--json"],
    ["risk", "--json"],
    ["override", "--end", "--json"],
    ["halt", "global", "halted", "--json"],
    ["safe-mode", "sim-a", "on", "--json"],
    ["alerts", "--json"],
    ["alerts", "test", "phone", "--json"],
    ["alerts", "unshelve", "feed okx", "--json"],
    ["alerts", "price", "list", "--json"],
    ["alerts", "price", "remove", "p-1", "--json"],
]


@pytest.mark.parametrize("command", FRONT_COMMANDS, ids=" ".join)
def test_front_commands_load_nothing_heavy(engine: FakeEngine, command: list[str]):
    engine.answer("GET", "/api/monitoring/state", {"global": {}})
    engine.answer("GET", "/api/positions", {"positions": []})
    engine.answer("DELETE", "/api/orders", done())
    engine.answer("GET", "/api/jobs", {"jobs": []})
    engine.answer("DELETE", "/api/jobs/job-1", done())
    engine.answer("POST", "/api/jobs/job-1/explain", done())
    engine.answer("GET", "/api/capital/snapshot", {"venues": []})
    engine.answer("GET", "/api/risk", {"limits": []})
    engine.answer("GET", "/api/alerts", {"alerts": [], "sinks": []})
    engine.answer("POST", "/api/alerts/phone/test", done())
    engine.answer("POST", "/api/alerts/unshelve", done())
    engine.answer("GET", "/api/price_alerts", {"price_alerts": []})
    engine.answer("DELETE", "/api/price_alerts/p-1", done())
    for name in ("pause", "resume", "set_risk_mode", "kill", "end_override", "halt", "set_safe_mode"):
        engine.answer("POST", f"/api/control/{name}", done())
    program = (
        "import sys\nfrom tui.cli.app import run\ncode = run(sys.argv[2:])\n"
        "print(*(name for name in sys.argv[1].split(',') if name in sys.modules), file=sys.stderr)\nsys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, ",".join(HEAVY), *command], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stderr.split() == []
    assert json.loads(ran.stdout)


def test_daemon_part_of_the_command_line_loads_no_textual():
    program = "import sys, tui.cli.app, tui.cli.program\nprint('textual' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_ctrl_c_ends_with_130_and_no_traceback(paths: Paths):
    paths.ensure()
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(paths.socket))
        hung.listen()
        command = [sys.executable, "-m", "tui.cli", "status"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            accepted, _ = hung.accept()  # it has asked and waits for the answer
            with accepted:
                accepted.recv(1)
                waiting.send_signal(signal.SIGINT)
                assert waiting.wait(30) == 130
            assert waiting.stderr is not None
            assert waiting.stderr.read() == ""


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["config", "show"]], ids=" ".join)
def test_a_reader_that_left_is_no_error(engine: FakeEngine, arguments: list[str]):
    engine.answer("GET", "/api/monitoring/state", {"global": {}, "padding": ["x" * 100] * 10_000})
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "tui.cli", *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_a_failure(engine: FakeEngine):
    engine.answer("GET", "/api/monitoring/state", {"global": {}})
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "tui.cli", "status", "--json"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert "cannot be written (the disk is full)" in json.loads(ran.stderr)["error"]["message"]


@pytest.mark.parametrize(("typed", "exit_code", "sent"), [("0.1\n", 0, 1), ("yes\n", 2, 0), ("\x04", 1, 0)])
def test_large_order_is_typed_out_at_a_terminal(engine: FakeEngine, typed: str, exit_code: int, sent: int):
    engine.answer(
        "GET",
        "/api/monitoring/state",
        {"global": {"trading_mode": "paper"}, "market": {"sim-a": {"BTC/USDT": {"ask": 64000}}}},
    )
    engine.answer("POST", "/api/orders", done())
    person, terminal = os.openpty()
    command = [sys.executable, "-m", "tui.cli", "order", "buy", "0.1", "BTC/USDT@sim-a"]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asking:
        os.write(person, typed.encode())
        assert asking.wait(30) == exit_code
        assert asking.stderr is not None
        assert "Type the quantity" in asking.stderr.read()
    os.close(person)
    os.close(terminal)
    assert [request.method for request in engine.requests].count("POST") == sent
