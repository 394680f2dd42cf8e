"""Order ids, chance and clocks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.io.order_ids import MAX_LENGTH, OrderIds
from core.io.seeded_randomness import SeededRandomness
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.ports.randomness import Randomness

tags = st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True)


@given(st.sets(st.tuples(st.integers(1, 2**32), tags), min_size=2, max_size=6))
def test_ids_are_unique_over_runs_and_journals_and_fit_every_venue(origins: set[tuple[int, str]]) -> None:
    sources: list[IdSource] = [OrderIds(run, tag) for run, tag in origins]
    ids = [source.next_order_id() for source in sources for _ in range(20)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]+", order_id) and len(order_id) <= MAX_LENGTH for order_id in ids)


def test_ids_read_as_run_and_counter() -> None:
    source = OrderIds(run=26)
    assert [source.next_order_id() for _ in range(2)] == ["s001a-1", "s001a-2"]
    assert OrderIds(1, "7f3a9c").next_order_id() == "s7f3a9c-0001-1"


@pytest.mark.parametrize(("run", "tag"), [(-1, ""), (1, "UPPER"), (1, "toolongtag"), (1, "a-b")])
def test_origins_that_could_clash_are_refused(run: int, tag: str) -> None:
    with pytest.raises(ValueError, match=r"^(run|tag)"):
        OrderIds(run, tag)


def test_an_id_that_no_venue_would_take_is_never_given() -> None:
    with pytest.raises(OverflowError):
        OrderIds(16**30).next_order_id()


def draw(source: Randomness, count: int) -> list[float]:
    return [source.uniform() for _ in range(count)]


@given(st.integers(), st.text(max_size=5))
def test_a_seed_repeats_itself(seed: int, stream: str) -> None:
    assert draw(SeededRandomness(seed, stream), 5) == draw(SeededRandomness(seed, stream), 5)


def test_a_seed_gives_the_same_numbers_on_every_machine() -> None:
    assert draw(SeededRandomness(7, "flow"), 3) == [0.20458414137320968, 0.17941577293678135, 0.05560081145788642]


def test_seeds_and_streams_are_independent() -> None:
    assert len({tuple(draw(SeededRandomness(s, n), 3)) for s in (1, 2) for n in ("", "a", "b")}) == 6


@pytest.mark.parametrize("source", [SeededRandomness(1), SystemRandomness()])
def test_numbers_are_spread_over_zero_to_one(source: Randomness) -> None:
    drawn = draw(source, 2_000)
    assert all(0 <= number < 1 for number in drawn)
    assert {int(number * 10) for number in drawn} == set(range(10))


def test_the_steady_clock_never_goes_back_and_both_are_integers() -> None:
    clock: Clock = SystemClock()
    read = [clock.monotonic_ns() for _ in range(1_000)]
    assert read == sorted(read)
    assert clock.utc_ns() > 1_600_000_000_000_000_000
