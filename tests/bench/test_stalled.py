"""The benchmark of a console that stands still stops a real one, and reads on its screen what it says afterwards."""

import pytest

from bench import memory, stalled
from bench.stalled import _AGED, _TOLD, _Picture


def test_a_console_that_stands_still_is_measured_beside_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BOOKS", 3)
    monkeypatch.setattr(stalled, "STALLED_AFTER_S", 0.1)
    result = stalled.run(rounds=1, seed=1, messages=4)
    assert "fresh snapshot; meanwhile" in result.measured["told"]
    assert result.measured["moments missed"] > 0
    assert result.measured["old pictures that looked fresh"] == 0
    for how in ("without", "reading", "stalled"):
        assert result.measured[how]["probes"] > 0
        assert result.measured[how]["orders"] > 0


def test_a_picture_is_known_by_the_newest_moment_of_the_engine_on_it_and_by_the_mark_of_its_age() -> None:
    picture = _Picture(0.0, "│12:00:00 moment 7 of the engine│\n│12:00:01 moment 12 of the engine│")
    assert picture.newest_moment == 12
    assert _Picture(0.0, "nothing").newest_moment == 0
    assert not _AGED.search(picture.text)
    assert all(_AGED.search(text) for text in ("no data for 60 s", "LOST", "stood still for 60 s"))
    line = "! no frames for 60 s: fresh snapshot; meanwhile 2 fills and 240 log lines  \n ^k HALT"
    told = _TOLD.search(line)
    assert told is not None
    assert told.group().strip().endswith("240 log lines")
