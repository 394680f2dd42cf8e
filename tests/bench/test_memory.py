"""The memory benchmark sends every message through a whole engine."""

import pytest

from bench import memory


def test_every_message_is_seen_by_the_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BOOKS", 3)
    told = memory.run(1, 1, 60)
    assert (told.measured["messages"], told.measured["warm-up"], told.measured["books"]) == (60, 6, 3)
    assert len(told.measured["MB at each tenth"]) == memory.STEPS + 1
