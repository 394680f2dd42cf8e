"""A picture that a line held back is shown as old as it is, however new it is to the console."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attach.test_standing_still import SECOND_NS, Stopped, with_link
from tui.console.freshness_watch import FreshnessWatch
from tui.line_lateness import LineLateness

HOUR_S = 3_600


class Line:
    """An engine's clock, a console's, and what lies between; all in seconds."""

    def __init__(self) -> None:
        self.lateness = LineLateness()
        self.now_s = 1_000.0
        self.ahead_s = 1_700_000_000.0  # the engine's clock, of the console's

    def arrives(self, way_s: float, engine: str = "run-1") -> float:
        """Let a picture arrive now that was so long on its way; return by how much it is found late."""
        made_ns = int((self.now_s + self.ahead_s - way_s) * SECOND_NS)
        return self.lateness.of(engine, made_ns, int(self.now_s * SECOND_NS)) / SECOND_NS


def test_a_picture_is_late_by_what_its_way_was_longer_than_the_shortest() -> None:
    line, found = Line(), list[float]()
    for way_s in (0.25, 0.25, 4.26, 2.26, 0.25, 0.10, 0.25):
        line.now_s += 5
        found.append(line.arrives(way_s))
    assert found == [0.0, 0.0, 4.0, 2.0, 0.0, 0.0, 0.1]


def test_a_line_that_stays_late_is_not_taken_for_the_usual_one_within_minutes() -> None:
    line = Line()
    line.arrives(0.1)
    line.now_s += 5
    for _ in range(600):
        line.now_s += 1
        assert line.arrives(4.2) >= 3.7


@pytest.mark.parametrize("step_s", [-HOUR_S, -10, 10, HOUR_S])
def test_a_step_of_the_engines_clock_makes_nothing_late_and_what_is_late_behind_it_is_found(step_s: int) -> None:
    line = Line()
    for _ in range(3):
        line.now_s += 1
        assert line.arrives(0.1) == 0
    line.ahead_s += step_s
    for _ in range(3):
        line.now_s += 1
        assert line.arrives(0.1) == 0
    line.now_s += 5
    assert line.arrives(4.12) == 4.0


def test_another_engine_has_another_clock() -> None:
    line = Line()
    line.arrives(0.1)
    line.now_s += 1
    line.ahead_s -= 0.5
    assert line.arrives(0.1, "run-2") == 0


@given(st.floats(-100e-6, 100e-6), st.sampled_from([1, 60, HOUR_S, 10 * HOUR_S]))
def test_clocks_that_drift_apart_over_days_and_nights_make_nothing_late(drift: float, every_s: int) -> None:
    line = Line()
    for _ in range(200):
        line.now_s += every_s
        line.ahead_s += drift * every_s
        assert line.arrives(0.1) == 0


def test_a_clock_that_does_not_go_on_says_nothing() -> None:
    lateness = LineLateness()
    assert [lateness.of("run-1", 7, now_s * SECOND_NS) for now_s in range(5)] == [0] * 5


def late_by(stopped: Stopped, way_s: float) -> Awaitable[None]:
    return stopped.hear(stopped.number + 1, way_ns=int(way_s * SECOND_NS))


def on_a_line(script: Callable[[Stopped, FreshnessWatch], Awaitable[None]]) -> None:
    async def main(stopped: Stopped) -> None:
        watch = FreshnessWatch(stopped.link, stopped.clock, 0.1)
        watch.look(stopped.link.latest())
        await script(stopped, watch)

    with_link(main)


def test_the_age_of_a_late_picture_counts_from_when_it_was_made() -> None:
    async def script(stopped: Stopped, watch: FreshnessWatch) -> None:
        for _ in range(4):
            stopped.clock.now_ns += SECOND_NS // 2
            assert stopped.shown() is not None
        await late_by(stopped, 1.55)
        view = watch.look(stopped.link.latest())
        assert (view.snapshot_age_s, view.lost_reason) == (1.5, None)
        stopped.clock.now_ns += SECOND_NS // 4
        assert watch.age_s(stopped.link.latest()) == 1.75
        await late_by(stopped, 0.0)
        assert watch.look(stopped.link.latest()).snapshot_age_s == 0.0

    on_a_line(script)


def test_a_line_that_is_too_late_is_a_lost_link_until_it_is_in_time_again() -> None:
    async def script(stopped: Stopped, watch: FreshnessWatch) -> None:
        for _ in range(5):
            stopped.clock.now_ns += SECOND_NS * 9 // 10
            assert stopped.shown() is not None
        await late_by(stopped, 4.05)
        view = watch.look(stopped.link.latest())
        assert view.lost_reason == "the line is slow: its newest picture is 4.0 s old"
        assert view.snapshot_age_s == 4.0
        await late_by(stopped, 0.0)
        assert watch.look(stopped.link.latest()).lost_reason is None

    on_a_line(script)
