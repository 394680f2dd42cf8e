"""What the documents say of recorded sessions is what happens, and a replay reaches nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, table
from tui import launch
from tui.flight.viewer_keys import REPLAY_KEYS

SCRIPT = """
import os, socket, subprocess, sys
from pathlib import Path
from tui.flight.no_effects import refuse_effects
refuse_effects()
folder = Path(sys.argv[1])
tries = {
    "write": lambda: (folder / "new").write_text("x"),
    "append": lambda: open(folder / "old", "a"),
    "remove": lambda: (folder / "old").unlink(),
    "rename": lambda: (folder / "old").rename(folder / "other"),
    "folder": lambda: (folder / "sub").mkdir(),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "process": lambda: subprocess.run(["true"]),
}
for name, attempt in tries.items():
    try:
        attempt()
    except PermissionError as error:
        print(name, error)
print("read", (folder / "old").read_text())
"""


def test_replay_writes_no_file_connects_nowhere_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("untouched")
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    refused = [line.split()[0] for line in ran.stdout.splitlines() if "this is a replay" in line]
    assert refused == ["write", "append", "remove", "rename", "folder", "connect", "process"]
    assert "read untouched" in ran.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["old"]


def test_keys_of_a_replay_are_those_of_the_document() -> None:
    assert table(ROOT / "docs" / "sessions.md", "| in a replay |") == [[key.shown, key.help] for key in REPLAY_KEYS]


def test_a_file_that_is_no_session_is_told_in_one_line_with_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    (tmp_path / "x").write_text("nothing")
    assert launch.run_replay(str(tmp_path / "x")) == launch.EXIT_USAGE
    assert launch.run_replay("nothing") == launch.EXIT_USAGE
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "is no recorded session" in told[0]
    assert "there is no session 'nothing'" in told[1]


def test_replay_without_a_terminal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert launch.run_replay("x") == launch.EXIT_USAGE
    assert "a replay needs a terminal" in capsys.readouterr().err
