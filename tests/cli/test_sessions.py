"""Recorded sessions are listed, shown and pruned without an engine; a bad file is one sentence and an exit code."""

import json
from pathlib import Path

import pytest

from core.paths import Paths
from tests.console.driving import Desk
from tests.console.flights import record
from tui.cli.app import run
from tui.flight.entries import BlockHead, Frame, Mark, SessionHeader
from tui.flight.session_form import block_bytes, first_bytes

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


def test_what_a_recording_says_of_itself_does_not_steer_the_terminal(paths: Paths, capsys: CapturedText) -> None:
    header = SessionHeader(
        version="1",
        started_utc_ns=1_700_000_000_000_000_000,
        started_ns=0,
        who="console:a\x1b]0;b\x07",
        console="c",
        place="p",
        is_hosted=False,
        frame_period_s=0.1,
        timeframe="1m",
        theme="dark",
        up="green",
        is_low_bandwidth=False,
        has_mouse=True,
        keys={},
        memory=b"",
    )
    head = BlockHead(0, 1_000_000, True, 1, 1, [Mark(5, "alarm", "the venue said \x1b[2Jboo")], "paper", True)
    folder = paths.state_dir / "sessions"
    folder.mkdir(parents=True)
    (folder / "a.session").write_bytes(first_bytes(header) + block_bytes(head, [Frame(0)]))
    assert run(["sessions", "show", "a"]) == 0
    shown = capsys.readouterr().out
    assert "console:a ]0;b" in shown
    assert "the venue said  [2Jboo" in shown
    assert run(["sessions"]) == 0
    listed = capsys.readouterr().out
    assert "console:a ]0;b" in listed
    assert "\x1b" not in shown + listed
