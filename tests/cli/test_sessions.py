"""Recorded sessions are listed, shown and pruned without an engine; a bad file is one sentence and an exit code."""

import json
from pathlib import Path

import pytest

from core.paths import Paths
from tests.console.driving import Desk
from tests.console.flights import record
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]


async def halt(desk: Desk) -> None:
    await desk.press("escape", "ctrl+k")
    await desk.frame()


@pytest.fixture
def session(paths: Paths) -> Path:
    record(halt, paths.state_dir)
    (file,) = (paths.state_dir / "sessions").glob("*.session")
    return file


def test_sessions_are_listed_with_when_how_long_size_money_and_who(session: Path, capsys: CapturedText) -> None:
    assert run(["sessions"]) == 0
    listed = capsys.readouterr().out
    for told in (session.name, "2026-01-05 12:31:08", "0:00:0", "PAPER", "console:test", "whole"):
        assert told in listed
    assert run(["sessions", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["sessions"]
    assert (row["mode"], row["keys"], row["halts"], row["bytes"]) == ("paper", 2, 1, session.stat().st_size)


def test_without_any_session_the_folder_and_how_to_get_one_are_told(paths: Paths, capsys: CapturedText) -> None:
    assert run(["sessions"]) == 0
    assert "start `seraphim-tui`" in capsys.readouterr().out


def test_one_session_is_shown_with_its_moments(session: Path, capsys: CapturedText) -> None:
    assert run(["sessions", "show", session.name[:9]]) == 0
    shown = capsys.readouterr().out
    assert "running → halted" in shown
    assert run(["sessions", "show", str(session), "--json"]) == 0
    assert [each["kind"] for each in json.loads(capsys.readouterr().out)["moments"]] == ["halt"]


def test_file_that_cannot_be_read_is_told_in_one_sentence(session: Path, capsys: CapturedText) -> None:
    session.write_bytes(b"SERAPHIM-SESSION 9\n")
    assert run(["sessions", "show", str(session)]) == 2
    told = capsys.readouterr().err
    assert "is of form 9; this program reads form 1" in told
    assert len(told.splitlines()) == 1
    assert run(["sessions"]) == 0
    assert "unreadable" in capsys.readouterr().out
    assert run(["sessions", "show", "nothing-like-it"]) == 2


def test_oldest_sessions_are_pruned(session: Path, capsys: CapturedText) -> None:
    assert run(["sessions", "prune", "--keep", "1"]) == 0
    assert session.exists()
    assert capsys.readouterr().out == "0 removed\n"
    assert run(["sessions", "prune", "--keep", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [session.name]
    assert not session.exists()
