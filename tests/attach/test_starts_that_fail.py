"""What keeps a console from starting is one sentence and an exit code; who has no name is its number."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from core.io.console_id import new_console_name
from core.paths import Paths
from tui import launch


def test_a_lock_that_cannot_be_looked_at_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    paths = Paths.from_environment()
    paths.make_folders()
    paths.lock.symlink_to(paths.lock)  # refused to everybody, as another user's is to all but one
    assert launch.run_console(None) == 1
    told = capsys.readouterr().err
    assert str(paths.lock) in told
    assert len(told.splitlines()) == 1


def test_a_user_without_a_name_is_called_by_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def know_nobody(_uid: int) -> pwd.struct_passwd:
        raise KeyError("uid not found")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", know_nobody)
    assert new_console_name("ssh").who == f"console:{os.getuid()}@ssh"
    monkeypatch.setenv("USER", "alice")
    assert new_console_name().who == "console:alice"
