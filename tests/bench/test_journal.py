"""The generated order events of the journal benchmark, and our side of it."""

from pathlib import Path

import pytest

from bench.journal import Ours, check, digest_of, sealed, written
from bench.order_events import make_events
from bench.percentile import percentile
from bench.result import BenchError


def test_the_same_seed_gives_the_same_events() -> None:
    assert make_events(3, 30) == make_events(3, 30)
    assert make_events(3, 30) != make_events(4, 30)


def test_our_file_ends_with_the_rows_it_was_given(tmp_path: Path) -> None:
    events = make_events(1, 60)
    wanted = digest_of([row.body for row in sealed(events)])
    assert Ours(events).run(tmp_path / "together.sqlite") > 0
    assert len(Ours(events).alone(tmp_path / "alone.sqlite")) == 60
    assert written(tmp_path / "together.sqlite") == wanted
    assert written(tmp_path / "alone.sqlite") == wanted


def test_other_rows_are_no_result() -> None:
    with pytest.raises(BenchError, match="peer has other rows"):
        check("peer", digest_of(["a"]), digest_of(["b"]))


def test_a_percentile_is_a_value_that_was_seen() -> None:
    values = list(range(100))
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [0, 50, 99, 99]
