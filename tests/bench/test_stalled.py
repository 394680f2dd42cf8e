"""The benchmark of a console that stands still stops a real one, and the console says so afterwards."""

import pytest

from bench import memory, stalled


def test_a_console_that_stands_still_is_measured_beside_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BOOKS", 3)
    monkeypatch.setattr(stalled, "STALLED_AFTER_S", 0.1)
    result = stalled.run(rounds=1, seed=1, messages=1)
    assert "fresh snapshot" in result.measured["told"]
    assert result.measured["without"]["probes"] > 0
    assert result.measured["stalled"]["probes"] > 0
