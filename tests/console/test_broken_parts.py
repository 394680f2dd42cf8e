"""A part of the console that breaks is seen to be broken, and nothing else stands still for it."""

import logging
import math
import re
from collections.abc import Callable

import pytest

from core.control.commands import Kill
from core.state.desk import DeskSnapshot
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, run_console
from tests.console.hostile_link import HOSTILE, HostileLink, floats, some_floats
from tests.console.test_every_size import swept
from tests.console.whole_link import watch_some
from tui.panes.view import View
from tui.present import numbers
from tui.present.freshness import Freshness, freshness
from tui.present.sparkline import CELL_NS


def broken(view: View) -> None:
    raise ZeroDivisionError("mark is zero")


def test_a_pane_that_cannot_take_a_frame_says_so_and_those_after_it_go_on() -> None:
    async def script(desk: Desk) -> None:
        shown = desk.app.area.shown()
        shown[0].take = broken
        before = desk.bar("header"), desk.pane("log")
        for _ in range(20):
            await desk.frame()
        assert "ZeroDivisionError: mark is zero" in desk.pane(shown[0].id or "")
        assert "could not be drawn" not in "".join(desk.pane(each.id or "") for each in shown[1:])
        assert (desk.bar("header"), desk.pane("log")) != before
        ladder = desk.app.area.ladders[1]
        assert ladder.book() is not None
        assert ladder.book() == desk.link.snapshot().books[ladder.instrument or ""]

    run_console(script)


def test_a_change_of_the_desk_with_a_pane_that_breaks_ends_no_console() -> None:
    async def script(desk: Desk) -> None:
        for pane in desk.app.area.panes.values():
            pane.take = broken
        await desk.press("5", "z", "1", "ctrl+k")

    link, left = run_console(script)
    assert left is None
    assert [type(command) for command in link.commands] == [Kill]


def test_a_dialog_or_a_bar_that_breaks_keeps_no_pane_from_going_on() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("b")
        top = desk.app.dialogs.top
        assert top is not None
        top.frame = broken
        desk.app.footer.frame = broken
        for _ in range(5):
            await desk.frame()
        ladder = desk.app.area.ladders[0]
        assert ladder.book() == desk.link.snapshot().books[ladder.instrument or ""]
        assert "ZeroDivisionError" in desk.bar("message")

    run_console(script)


def test_two_parts_that_break_in_every_frame_are_each_told_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken_otherwise(view: View) -> None:
        raise ValueError("no such key")

    async def script(desk: Desk) -> None:
        await desk.press("b")
        top = desk.app.dialogs.top
        assert top is not None
        top.frame = broken
        desk.app.footer.frame = broken_otherwise
        desk.app.messages.lines.clear()
        caplog.clear()
        for _ in range(20):
            await desk.app.draw_frame()
        told = [said.text for said in desk.app.messages.lines]
        assert sorted(text.rpartition(": ")[2] for text in told) == ["mark is zero", "no such key"]
        assert len([each for each in caplog.records if each.levelno >= logging.ERROR]) == 2
        top.frame = broken_otherwise
        await desk.app.draw_frame()
        assert len(desk.app.messages.lines) == 3  # another error of the same part is news

    run_console(script)


def test_a_pane_that_is_not_shown_and_breaks_keeps_no_pane_from_going_on() -> None:
    async def script(desk: Desk) -> None:
        hidden = next(pane for pane in desk.app.area.panes.values() if not pane.display)
        hidden.take_note = broken
        for _ in range(20):
            await desk.frame()
        ladder = desk.app.area.ladders[0]
        assert ladder.book() == desk.link.snapshot().books[ladder.instrument or ""]

    run_console(script)


@pytest.mark.parametrize("age_s", [math.nan, math.inf])
def test_an_age_that_is_no_number_is_never_fresh(age_s: float) -> None:
    assert freshness(age_s) is Freshness.STALE
    assert numbers.age(age_s) == numbers.duration(age_s) == "unknown"


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_and_numbers_that_nobody_expects_fit_every_desk_and_every_dialog(
    make: Callable[[], HostileLink],
) -> None:
    assert swept(SMALL, link=make()) == []


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=str)
def test_no_name_of_a_venue_reaches_the_terminal_as_a_command(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        for number in "123456":
            await desk.press(number)
            for pane in desk.app.area.shown():
                shown = desk.pane(pane.id or "")
                assert all(letter.isprintable() or letter in "\n\u200b" for letter in shown), pane.id

    run_console(script, HOSTILE["a name that moves the terminal's cursor"](), size)


NO_NUMBERS = [floats(math.nan), floats(math.inf), some_floats(math.nan, 23), some_floats(-math.inf, 23)]


@pytest.mark.parametrize("distort", NO_NUMBERS, ids=["nan", "inf", "some nan", "some -inf"])
def test_floats_that_are_no_number_end_no_console_break_no_pane_and_take_no_kill_key(
    distort: Callable[[DeskSnapshot], DeskSnapshot],
) -> None:
    async def script(desk: Desk) -> None:
        watch_some(desk.app)
        for key in "1234561":
            await desk.press(key)
            assert "PAPER" in desk.bar("header")
        for name in desk.app.area.panes:
            desk.app.area.zoomed = name
            desk.app.arrange()
            for _ in range(2):  # two places of the lines of the last minutes
                desk.link.step += CELL_NS // 100_000_000
                await desk.frame()
            assert "could not be drawn" not in desk.pane(name)
            desk.app.area.panes[name].move_sideways(-1)  # the crosshair, where there is one
            await desk.frame()
            assert "could not be drawn" not in desk.pane(name)
            assert name not in {"pnl", "chart"} or not re.search(r"\b(nan|inf)\b", desk.pane(name))
        await desk.press("ctrl+k")

    link, _ = run_console(script, HostileLink(distort=distort), LARGE)
    assert [type(command) for command in link.commands] == [Kill]
