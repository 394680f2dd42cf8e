from collections.abc import Iterator
from pathlib import Path

import pytest

from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, fake_engine


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Give a command line a home of its own."""
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path / "home"))
    return Paths.from_environment()


@pytest.fixture
def engine(paths: Paths) -> Iterator[FakeEngine]:
    with fake_engine(paths.socket) as running:
        yield running
