"""The kill switch from the command line: the file is there whatever the engine does, and the venues decide the end."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.io.instance_lock import InstanceLock
from core.io.kill_file import read_kill_file
from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]
STATE = "/api/monitoring/state"
PATIENCE_S = 30.0


def venue(**other: Any) -> dict[str, Any]:
    """Return a venue where nothing is left."""
    fields: dict[str, Any] = {
        "asked_ns": 1, "acknowledged_ns": 12_000_001, "acknowledged_ms": 12.0, "answer": "cancelled",
        "orders_left": 0, "positions_left": [], "flat_verified_ns": 1_700_000_000_000_000_000,
    }  # fmt: skip
    return fields | other


SILENT = venue(acknowledged_ns=None, acknowledged_ms=None, answer="has not answered yet", flat_verified_ns=None)
STUCK = venue(
    flat_verified_ns=None, positions_left=[{"symbol": "NVDA/USD", "quantity": 3, "reason": "its market is closed"}]
)


def kill_state(
    level: str = "halted", *, is_finished: bool = True, venues: dict[str, dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "kill": {
            "level": level, "cause": "kill", "since_ns": 1, "who": "cli:ann", "reason": "", "is_journaled": True,
            "is_finished": is_finished, "venues": venues or {"sim-a": venue()},
        }
    }  # fmt: skip


def halting(engine: FakeEngine, state: dict[str, Any]) -> None:
    engine.answer("POST", "/api/control/kill", done("HALTED", is_halted=True, venues={"sim-a": "cancelled"}))
    engine.answer("GET", STATE, state)


# the file ------------------------------------------------------------------------------------------------


def test_kill_writes_the_file_before_it_asks(engine: FakeEngine, paths: Paths):
    assert run(["kill", "--reason", "x"]) == 2
    wish = json.loads(paths.kill_file.read_text())
    assert (wish["reason"], wish["flatten"]) == ("x", False)
    assert wish["who"].startswith("cli:")
    assert [path.name for path in paths.state_dir.iterdir()] == [paths.kill_file.name]


def test_kill_asks_the_engine_even_where_the_file_cannot_be_written(
    engine: FakeEngine, paths: Paths, capsys: CapturedText
):
    paths.state_dir.write_text("a file in the way")
    halting(engine, kill_state())
    assert run(["kill"]) == 0
    assert "warning: the kill file could not be written" in capsys.readouterr().err
    assert run(["kill", "--json"]) == 0
    assert "could not be written" in json.loads(capsys.readouterr().out)["warning"]


def test_kill_on_a_full_disk_leaves_an_empty_file_that_halts_all_the_same(
    paths: Paths, capsys: CapturedText, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("core.io.kill_file_writer.os.write", full)
    assert run(["kill", "--flatten"]) == 3
    assert [path.name for path in paths.state_dir.iterdir()] == [paths.kill_file.name]
    text = capsys.readouterr().err
    assert "empty (the disk is full): it halts but does not flatten" in text
    assert "the next start begins HALTED" in text
    wish = read_kill_file(paths.kill_file)
    assert wish is not None
    assert not wish.flatten


def test_a_kill_never_takes_back_that_another_one_asked_to_flatten(
    paths: Paths, capsys: CapturedText, monkeypatch: pytest.MonkeyPatch
):
    assert run(["kill", "--flatten", "--reason", "first"]) == 3
    assert run(["kill", "--reason", "second"]) == 3
    wish = read_kill_file(paths.kill_file)
    assert wish is not None
    assert (wish.flatten, wish.reason) == (True, "second")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("core.io.kill_file_writer.os.write", full)
    capsys.readouterr()
    assert run(["kill"]) == 3
    wish = read_kill_file(paths.kill_file)
    assert wish is not None
    assert wish.flatten
    assert "empty" not in capsys.readouterr().err
    assert [path.name for path in paths.state_dir.iterdir()] == [paths.kill_file.name]


# no answer -----------------------------------------------------------------------------------------------


def test_kill_without_an_engine_leaves_the_file_and_says_what_it_means(paths: Paths, capsys: CapturedText):
    assert run(["kill"]) == 3
    assert paths.kill_file.exists()
    text = capsys.readouterr().err
    assert str(paths.kill_file) in text
    assert "the next start begins HALTED." in text
    assert run(["kill", "--flatten"]) == 3
    assert "the next start begins HALTED and closes every position." in capsys.readouterr().err


def test_a_kill_alone_whose_note_of_live_venues_is_damaged_does_not_pass_for_one_without_any(
    paths: Paths, capsys: CapturedText
):
    paths.ensure()
    paths.live_venues.write_bytes(b"{")
    paths.live_venues.chmod(0o600)
    assert run(["kill"]) == 3
    text = capsys.readouterr().err
    assert "Orders at the venues could not be cancelled from here" in text
    assert str(paths.live_venues) in text


@pytest.fixture
def lock(paths: Paths) -> InstanceLock:
    """Hold the lock as an engine does."""
    paths.ensure()
    held = InstanceLock(paths.lock)
    held.acquire(1)
    return held


def test_kill_of_a_hung_engine_says_what_it_did_and_could_not_do(
    paths: Paths, lock: InstanceLock, capsys: CapturedText, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui.cli.kill.ANSWER_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(paths.socket))
        hung.listen()
        assert run(["kill"]) == 1
        text = capsys.readouterr().err
        assert run(["kill", "--json"]) == 1
    data = json.loads(capsys.readouterr().err)["error"]["data"]
    lock.release()
    assert paths.kill_file.exists()
    for said in (
        "did not answer",
        f"{paths.kill_file} is written",
        "Nothing was cancelled or closed at any venue",
        f"process {os.getpid()} holds the lock",
        "obeys the file before it sends anything",
    ):
        assert said in text
    file = {"kill_file": str(paths.kill_file), "is_kill_file_written": True}
    assert data == {**file, "process": os.getpid(), "venues": []}


def test_kill_of_an_engine_without_its_socket_is_a_failure_and_not_no_engine(
    paths: Paths, lock: InstanceLock, capsys: CapturedText
):
    assert run(["kill"]) == 1
    lock.release()
    assert f"process {os.getpid()}" in capsys.readouterr().err
    assert paths.kill_file.exists()


def test_kill_that_the_engine_could_not_carry_out_exits_1(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/control/kill", not_done("failed", "unexpected KeyError"), 503)
    assert run(["kill", "--json"]) == 1
    assert "unexpected KeyError" in json.loads(capsys.readouterr().err)["error"]["message"]


# the checklist -------------------------------------------------------------------------------------------


def test_kill_ends_with_each_venues_confirmation_and_how_long_it_took(engine: FakeEngine, capsys: CapturedText):
    halting(engine, kill_state(venues={"sim-a": venue(), "sim-b": venue(acknowledged_ms=1234.5)}))
    assert run(["kill", "--reason", "wrong prices"]) == 0
    text = capsys.readouterr().out
    for word in ("sim-a", "after 12 ms", "sim-b", "after 1234 ms", "2 venues confirmed, no order is left"):
        assert word in text
    (asked,) = (request.body for request in engine.requests if request.method == "POST")
    assert asked is not None
    assert (asked["flatten"], asked["reason"]) == (False, "wrong prices")


def test_kill_of_an_engine_with_a_slow_venue_waits_for_it(engine: FakeEngine, capsys: CapturedText):
    """An engine that answers is not hung, however silent a venue is."""
    answer = not_done("failed", "HALTED, but not everything was confirmed", is_halted=True, venues={})
    engine.answer("POST", "/api/control/kill", answer, 503)
    engine.answer("GET", STATE, kill_state(is_finished=False, venues={"sim-a": SILENT | {"orders_left": 2}}))
    killing = threading.Thread(target=lambda: codes.append(run(["kill"])))
    codes: list[int] = []
    killing.start()
    wait_for(lambda: sum(request.method == "GET" for request in engine.requests) >= 2)
    engine.answer("GET", STATE, kill_state())
    killing.join(PATIENCE_S)
    assert codes == [0]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["HALTED,", "sim-a", "sim-a", "HALTED:"]
    assert "has not answered yet" in lines[1]
    assert "orders left 2" in lines[1]


def test_flatten_ends_only_when_flat_is_verified(engine: FakeEngine, capsys: CapturedText):
    halting(engine, kill_state("flatten", is_finished=False, venues={"sim-x": venue(flat_verified_ns=None)}))
    assert run(["kill", "--flatten", "--timeout", "0", "--json"]) == 1
    error = json.loads(capsys.readouterr().err)["error"]
    assert "sim-x: its account has not confirmed that it is flat" in error["message"]
    engine.answer("GET", STATE, kill_state("flatten"))
    assert run(["kill", "--flatten", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == "done"
    assert document["data"]["kill"]["is_finished"] is True


def test_flatten_that_cannot_end_says_what_is_left_and_why(engine: FakeEngine, capsys: CapturedText):
    halting(
        engine, kill_state("flatten", is_finished=False, venues={"sim-a": venue(), "sim-b": SILENT, "sim-x": STUCK})
    )
    assert run(["kill", "--flatten", "--timeout", "0"]) == 1
    text = capsys.readouterr().err
    assert "not finished after 0 s" in text
    assert "sim-x: positions left: NVDA/USD 3 (its market is closed)" in text
    assert "sim-b: cancel not confirmed (has not answered yet)" in text
    assert "sim-a:" not in text
    assert "The halt stands" in text


def test_a_halt_that_is_not_in_the_journal_is_no_success(engine: FakeEngine, capsys: CapturedText):
    state = kill_state()
    state["kill"]["is_journaled"] = False
    halting(engine, state)
    assert run(["kill", "--timeout", "0"]) == 1
    assert "not in the journal" in capsys.readouterr().err


def test_a_halt_that_somebody_lifts_meanwhile_is_no_success(engine: FakeEngine, capsys: CapturedText):
    halting(engine, {"kill": None})
    assert run(["kill"]) == 1
    assert "has been lifted" in capsys.readouterr().err


def test_flat_is_never_claimed_of_an_engine_that_has_no_checklist(engine: FakeEngine, capsys: CapturedText):
    halting(engine, {"global": {}})
    assert run(["kill"]) == 0
    assert run(["kill", "--flatten"]) == 1
    assert "not verified" in capsys.readouterr().err


def test_an_engine_that_ends_while_it_is_watched_is_a_failure(paths: Paths, capsys: CapturedText):
    from tests.cli.fake_engine import fake_engine

    with fake_engine(paths.socket) as engine:
        halting(engine, kill_state(is_finished=False))
        codes: list[int] = []
        killing = threading.Thread(target=lambda: codes.append(run(["kill"])))
        killing.start()
        wait_for(lambda: any(request.method == "GET" for request in engine.requests))
    paths.socket.unlink(missing_ok=True)
    killing.join(PATIENCE_S)
    assert codes == [1]
    assert "the engine ended before its venues had confirmed" in capsys.readouterr().err


def test_ctrl_c_leaves_the_halt_in_place_and_says_so(engine: FakeEngine):
    halting(engine, kill_state("flatten", is_finished=False, venues={"sim-b": SILENT}))
    command = [sys.executable, "-m", "tui.cli", "kill", "--flatten"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as killing:
        # Asked a second time, it has read the first answer.
        wait_for(lambda: sum(request.method == "GET" for request in engine.requests) >= 2)
        killing.send_signal(signal.SIGINT)
        assert killing.wait(PATIENCE_S) == 130
        assert killing.stderr is not None
        text = killing.stderr.read()
    assert "The halt stands and the engine goes on by itself" in text
    assert "sim-b: cancel not confirmed" in text
    assert "Traceback" not in text
    assert [request.path for request in engine.requests if request.method == "POST"] == ["/api/control/kill"]


def test_on_a_terminal_the_lines_are_painted_in_place(engine: FakeEngine):
    halting(engine, kill_state(is_finished=False, venues={"sim-a": SILENT, "sim-b": SILENT}))
    person, terminal = os.openpty()
    command = [sys.executable, "-m", "tui.cli", "kill"]
    environment = {**os.environ, "COLUMNS": "60"}
    with subprocess.Popen(command, stdout=terminal, stderr=subprocess.PIPE, env=environment) as killing:
        wait_for(lambda: sum(request.method == "GET" for request in engine.requests) >= 2)
        engine.answer("GET", STATE, kill_state(venues={"sim-a": venue(), "sim-b": venue()}))
        assert killing.wait(PATIENCE_S) == 0
    painted = os.read(person, 1 << 16).decode()
    os.close(person)
    os.close(terminal)
    assert "\x1b[2F\x1b[J" in painted
    assert painted.count("sim-a") == 2
    lines = [line for line in painted.splitlines() if line.startswith("sim-")]
    assert max(map(len, lines)) < 60


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)
