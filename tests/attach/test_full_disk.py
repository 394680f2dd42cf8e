"""A disk that takes nothing more keeps nobody from a running engine, and keeps a new engine from starting."""

from pathlib import Path

import pytest

from core.paths import Paths, StateFolderError
from tui import launch
from tui.attached import disk_problem


@pytest.fixture(autouse=True)
def _full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path / "home"))

    def refuse(paths: Paths) -> None:
        raise StateFolderError(paths.state_dir, "the folder cannot be written: the disk is full")

    monkeypatch.setattr(Paths, "prove_writable", refuse)


def test_who_looks_at_an_engine_is_let_in_and_told() -> None:
    paths = launch._ready_paths(is_looking=True)
    assert paths.runtime_dir.is_dir()
    assert disk_problem(paths).endswith("the disk is full; this console keeps nothing")


def test_an_engine_does_not_start_there() -> None:
    with pytest.raises(StateFolderError, match="the disk is full"):
        launch._ready_paths()
