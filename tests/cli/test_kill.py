"""The kill switch from the command line: the file is there whatever the engine does."""

import errno
import json
import os
import socket

import pytest

from core.io.kill_file import read_kill_file
from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]


def test_kill_reports_what_happened_at_each_venue(engine: FakeEngine, paths: Paths, capsys: CapturedText):
    venues = {"sim-a": {"cancelled": 3, "failed": 0}, "sim-b": {"cancelled": 0, "failed": 1}}
    engine.answer("POST", "/api/control/kill", done("halted", venues=venues))
    assert run(["kill", "--flatten", "--reason", "wrong prices"]) == 0
    text = capsys.readouterr().out
    assert "halted" in text
    for word in ("sim-a", "sim-b", "cancelled", "failed"):
        assert word in text
    body = engine.last.body
    assert body is not None
    assert (body["flatten"], body["reason"]) == (True, "wrong prices")


def test_kill_writes_the_file_before_it_asks(engine: FakeEngine, paths: Paths):
    assert run(["kill", "--reason", "x"]) == 2
    wish = json.loads(paths.kill_file.read_text())
    assert (wish["reason"], wish["flatten"]) == ("x", False)
    assert wish["who"].startswith("cli:")
    assert [path.name for path in paths.state_dir.iterdir()] == [paths.kill_file.name]


def test_kill_without_an_engine_leaves_the_file_and_says_what_it_means(paths: Paths, capsys: CapturedText):
    assert run(["kill"]) == 3
    assert paths.kill_file.exists()
    text = capsys.readouterr().err
    assert str(paths.kill_file) in text
    assert "the next start begins HALTED" in text


def test_kill_of_a_hung_engine_leaves_the_file_and_fails(
    paths: Paths, capsys: CapturedText, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tui.cli.kill.TIMEOUT_S", 0.05)
    paths.ensure()
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(paths.socket))
        hung.listen()
        assert run(["kill"]) == 1
    assert paths.kill_file.exists()
    text = capsys.readouterr().err
    assert "did not answer" in text
    assert "end its process" in text


def test_kill_asks_the_engine_even_where_the_file_cannot_be_written(
    engine: FakeEngine, paths: Paths, capsys: CapturedText
):
    paths.state_dir.write_text("a file in the way")
    engine.answer("POST", "/api/control/kill", done("halted"))
    assert run(["kill"]) == 0
    assert "warning: the kill file could not be written" in capsys.readouterr().out
    assert run(["kill", "--json"]) == 0
    assert "could not be written" in json.loads(capsys.readouterr().out)["warning"]


def test_kill_that_the_engine_could_not_finish_exits_1(engine: FakeEngine, capsys: CapturedText):
    answer = not_done("failed", "sim-b did not answer", venues={"sim-b": "in doubt"})
    engine.answer("POST", "/api/control/kill", answer, 503)
    assert run(["kill", "--json"]) == 1
    error = json.loads(capsys.readouterr().err)["error"]
    assert "sim-b did not answer" in error["message"]
    assert error["data"] == {"venues": {"sim-b": "in doubt"}}


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
