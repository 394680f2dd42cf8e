"""The log is read from its file, with or without an engine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import Paths
from tests.cli.fake_engine import FakeEngine
from tui.cli.app import run
from tui.cli.logs import _FileTail

CapturedText = pytest.CaptureFixture[str]


def line(text: str, level: str = "info", at_ns: int = 1_700_000_000_123_000_000) -> str:
    return json.dumps({"at_ns": at_ns, "level": level, "topic": "engine", "text": text}) + "\n"


@pytest.fixture
def log_file(paths: Paths) -> Path:
    paths.ensure()
    return paths.log_file


def test_newest_lines_are_shown_with_time_level_and_topic(log_file: Path, capsys: CapturedText):
    log_file.write_text(line("one") + line("two") + line("three", "warning"))
    assert run(["logs", "--lines", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2023-11-14 22:13:20.123 info engine two",
        "2023-11-14 22:13:20.123 warning engine three",
    ]


def test_level_hides_what_is_below_it_but_never_a_line_it_cannot_read(log_file: Path, capsys: CapturedText):
    log_file.write_text(line("calm") + "no json at all\n" + line("bad", "error"))
    assert run(["logs", "--level", "warning", "--json"]) == 0
    assert [entry["text"] for entry in json.loads(capsys.readouterr().out)["lines"]] == ["no json at all", "bad"]


def test_without_a_file_the_engine_is_asked(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/logs", {"log": [json.loads(line("from the engine"))], "last_sequence": 1})
    assert run(["logs"]) == 0
    assert "from the engine" in capsys.readouterr().out


def test_without_file_and_engine_the_place_of_the_log_is_named(paths: Paths, capsys: CapturedText):
    assert run(["logs"]) == 1
    assert str(paths.log_file) in capsys.readouterr().err


def test_following_survives_rotation_and_half_written_lines(tmp_path: Path):
    path = tmp_path / "seraphim.log"
    tail = _FileTail(path)
    assert list(tail.read()) == []
    whole, half = line("whole"), line("half")
    path.write_text(whole + half[:10])
    assert [entry["text"] for entry in tail.read()] == ["whole"]
    with path.open("a") as log:
        log.write(half[10:])
    assert [entry["text"] for entry in tail.read()] == ["half"]
    path.rename(tmp_path / "seraphim.log.1")
    path.write_text(line("after rotation"))
    assert [entry["text"] for entry in tail.read()] == ["after rotation"]
    assert list(tail.read()) == []


def test_follow_prints_new_lines_and_ends_when_nobody_reads(log_file: Path):
    log_file.write_text(line("first"))
    command = [sys.executable, "-m", "tui.cli", "logs", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert follower.stderr is not None
        assert "first" in follower.stdout.readline()
        with log_file.open("a") as log:
            log.write(line("second"))
        assert "second" in follower.stdout.readline()
        follower.stdout.close()
        with log_file.open("a") as log:
            log.write(line("third"))
        assert follower.wait(30) == 0
        assert follower.stderr.read() == ""
