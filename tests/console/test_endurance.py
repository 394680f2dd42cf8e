"""What a console keeps of a long day is bounded: nothing grows with the frames drawn, nor with what came and went."""

import gc
from collections.abc import Iterator

import pytest
from textual.strip import Strip

from tests.console.driving import Desk, run_console
from tests.console.whole_link import WholeLink, watch_some
from tui.console.acyclic_strips import keep_strips_acyclic

FRAMES = 60
SIZE = (160, 50)


@pytest.fixture
def _no_collections() -> Iterator[None]:
    """Free only what nothing refers to, as between two collections that an engine's process puts off."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def strips_alive() -> int:
    return sum(isinstance(each, Strip) for each in gc.get_objects())


@pytest.mark.usefixtures("_no_collections")
@pytest.mark.parametrize("desk", ["1", "2", "3", "4", "5", "6"])
def test_a_picture_that_was_painted_over_is_freed_at_once(desk: str) -> None:
    counts: list[int] = []

    async def script(at: Desk) -> None:
        watch_some(at.app)
        await at.press(desk)
        for _ in range(2):
            for _ in range(FRAMES):
                await at.frame()
            counts.append(strips_alive())

    run_console(script, link=WholeLink(), size=SIZE)
    first, second = counts
    assert second - first < SIZE[1]  # fewer than a screen has rows, however many frames


def test_strips_are_cut_as_the_library_cuts_them() -> None:
    keep_strips_acyclic()
    strip = Strip.blank(10)
    assert [each.cell_length for each in strip.divide([3, 10])] == [3, 7]
    assert strip.divide([10])[0] is strip
    assert [each.cell_length for each in strip.divide([4, 10, 12])] == [4, 6]
    assert list(strip.divide([])) == []
