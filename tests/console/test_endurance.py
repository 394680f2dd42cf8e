"""What a console keeps of a long day is bounded: nothing grows with the frames drawn, nor with what came and went."""

import asyncio
import gc
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual._styles_cache import StylesCache
from textual.strip import Strip
from textual.widgets import Input

from bench import memory
from bench.console_memory import _start
from bench.trading_day import TradingDay, VirtualClock
from core.state.monitoring import Alert
from tests.console.driving import Desk, run_console
from tests.console.whole_link import WholeLink, watch_some
from tui.console.app import ConsoleApp
from tui.console.dialogs.settings import SettingsDialog
from tui.console.freed_pictures import free_what_is_painted_over
from tui.console.garbage import EVERY_NS, GarbageRounds
from tui.console.settings import ConsoleSettings
from tui.flight.console_state import kept_screen
from tui.panes.alarms import MOST_UNFOLDED, AlarmsPane

FRAMES = 60
SIZE = (160, 50)
OPENED = 30
HELD_BY_THE_LIBRARY = 5  # the newest layouts of a screen, each with its dialog


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
    free_what_is_painted_over()
    strip = Strip.blank(10)
    assert [each.cell_length for each in strip.divide([3, 10])] == [3, 7]
    assert strip.divide([10])[0] is strip
    assert [each.cell_length for each in strip.divide([4, 10, 12])] == [4, 6]
    assert list(strip.divide([])) == []


LOOK_NS = 15_000_000_000
LOOKS = 960  # four hours
DESKS_EVERY = 40


def test_what_a_console_remembers_of_a_day_is_full_after_two_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept screen holds every attribute of data of the console and its panes, also of one that comes later."""
    monkeypatch.setattr(memory, "BOOKS", 24)
    clock = VirtualClock()
    day = TradingDay(asyncio.run(_start(1, tmp_path, clock)), clock, 1)
    app = ConsoleApp(day, clock=clock, settings=ConsoleSettings(frame_period_s=3600), native_colours=False)
    app.area.watchlist.names = day.names
    sizes: list[int] = []

    async def script() -> None:
        async with app.run_test(size=SIZE):
            for look in range(LOOKS):
                clock.passed_ns += LOOK_NS
                if look % DESKS_EVERY == 0:
                    app.action_act(f"desk-{look // DESKS_EVERY % 6 + 1}")
                await app.draw_frame()
                await asyncio.sleep(0)
                if look in {LOOKS // 2, LOOKS - 1}:
                    sizes.append(len(kept_screen(app)))

    asyncio.run(script())
    half, whole = sizes
    assert day.books.trades > 900
    assert half > 10_000
    assert whole < 1.2 * half


def group(number: int) -> list[Alert]:
    cause = f"feed {number}"
    alerts = [Alert(severity="severe", name=cause, text="down", since_ns=number)]
    return [*alerts, Alert(severity="warning", name=f"unwatched {number}", text="", since_ns=1, explained_by=cause)]


def test_unfolded_alarms_are_remembered_while_they_are_gone_and_the_oldest_of_many_are_forgotten() -> None:
    link = WholeLink()

    async def script(at: Desk) -> None:
        await at.press("4")
        pane = at.app.area.panes["alerts"]
        assert isinstance(pane, AlarmsPane)
        for number in range(MOST_UNFOLDED + 3):
            link.alarms = group(number)
            await at.redraw()
            pane._cursor.selected = f"feed {number}"
            assert pane.fold()
        assert len(pane._unfolded) == MOST_UNFOLDED
        for number, is_unfolded in ((MOST_UNFOLDED, True), (0, False)):
            link.alarms = group(number)
            await at.frame()
            assert (f"unwatched {number}" in at.pane("alerts")) is is_unfolded

    run_console(script, link=link)


@pytest.mark.parametrize("key", ["b", "P", "comma", "question_mark"])
def test_a_dialog_that_was_closed_leaves_no_field_and_no_picture_behind(key: str) -> None:
    counts: list[int] = []

    async def script(at: Desk) -> None:
        for times in (HELD_BY_THE_LIBRARY, OPENED):
            for _ in range(times):
                await at.press(key)
                assert at.app.dialogs.top is not None
                await at.press("escape")
                assert at.app.dialogs.top is None
            await at.frame()
            gc.collect()
            counts.append(sum(isinstance(each, Input | StylesCache) for each in gc.get_objects()))

    run_console(script)
    assert counts[1] - counts[0] < OPENED  # not one for each, apart from what the library holds of the newest


def dialogs_alive() -> int:
    return sum(isinstance(each, SettingsDialog) for each in gc.get_objects())


@pytest.mark.usefixtures("_no_collections")
def test_what_closed_dialogs_were_made_of_is_freed_within_minutes_though_nothing_else_collects() -> None:
    async def script(at: Desk) -> None:
        for _ in range(12):
            await at.press("comma", "escape")
        assert dialogs_alive() >= 12, "freed by something else: then this shows nothing"
        await at.frame(EVERY_NS / 1e9)
        assert dialogs_alive() <= HELD_BY_THE_LIBRARY

    run_console(script)


def test_collections_that_take_long_become_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, collected = VirtualClock(), list[int]()

    def collect() -> None:
        collected.append(clock.passed_ns)
        clock.passed_ns += 100_000_000

    monkeypatch.setattr(gc, "collect", collect)
    rounds = GarbageRounds(clock)
    for _ in range(3_600 * 2):
        clock.passed_ns += 1_000_000_000
        rounds.frame()
    waited_s = [round((later - sooner) / 1e9) for sooner, later in itertools.pairwise(collected)]
    assert collected[0] == EVERY_NS
    assert waited_s == [3_000, 3_000]
