"""The screen around a replay: REPLAY in word, colour and border, keys of its own, and where it is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.console.driving import LARGE, MEDIUM, SMALL, Desk, shown
from tests.console.fake_link import FakeLink
from tests.console.flights import record, recorded
from tests.console.test_flight_replay import QUIET, Hand
from tui.flight.replay_times import typed_time
from tui.flight.session_folder import session_named
from tui.flight.session_form import SessionFileError
from tui.flight.viewer import Viewer
from tui.flight.viewer_keys import BY_KEY, REPLAY_KEYS


@dataclass
class Seat:
    """Somebody who looks at a replay."""

    viewer: Viewer
    pilot: Pilot[int]

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.until(lambda: not self.viewer.is_busy)

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(2_000):
            await self.pilot.pause(0.01)
            if condition():
                return
        raise AssertionError(f"that never came:\n{self.screen()}")

    def bar(self) -> str:
        return shown(self.viewer.bar)

    def banner(self) -> str:
        return shown(self.viewer.banner)

    def picture(self) -> str:
        return shown(self.viewer.canvas)

    def screen(self) -> str:
        return "\n".join((self.banner(), self.picture(), self.bar()))


def look_at(home: Path, script: Callable[[Seat], Awaitable[None]], size: tuple[int, int] = MEDIUM) -> Viewer:
    viewer = Viewer(recorded(home)[0], native_colours=True)

    async def main() -> None:
        async with viewer.run_test(size=size) as pilot:
            seat = Seat(viewer, pilot)
            await seat.until(lambda: viewer.player.has_picture and not viewer.is_busy)
            await script(seat)

    asyncio.run(main())
    return viewer


async def a_short_session(desk: Desk) -> None:
    hand = Hand(desk)
    await hand.press("escape", "3", "p", "ctrl+k", "escape", "1")


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
@pytest.mark.parametrize("mode", ["paper", "live"])
def test_replay_says_replay_and_neither_paper_nor_live_where_money_is_named(
    tmp_path: Path, size: tuple[int, int], mode: str
) -> None:
    record(a_short_session, tmp_path, FakeLink(trading_mode=mode), settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("n", "n")
        assert seat.banner().startswith(f"━━ REPLAY  of a recorded {mode.upper()} session")
        assert "nothing is sent" in seat.banner()
        header = next(row for row in seat.picture().splitlines() if row.strip())
        assert "REPLAY" in header
        assert "PAPER" not in header
        assert "LIVE" not in header
        assert seat.viewer.title == "REPLAY seraphim"

    look_at(tmp_path, script, size)


def test_space_plays_and_pauses_and_the_end_is_told(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        viewer = seat.viewer
        assert "‖" in seat.bar()
        await seat.press("plus", "plus", "plus")
        assert " 10x " in seat.bar()
        await seat.press("space")
        assert viewer.is_playing
        await seat.until(lambda: not viewer.is_playing)
        assert "END" in seat.bar()
        await seat.press("space")
        await seat.until(lambda: viewer.player.shown.at_ns < viewer.player.reel.last_ns)

    look_at(tmp_path, script)


def test_keys_pressed_then_are_shown_and_gone_to(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("n", "n")
        assert "key 3" in seat.bar()
        assert "Jobs" in seat.picture()
        at_ns = seat.viewer.player.shown.at_ns
        await seat.press("full_stop", "full_stop")
        assert seat.viewer.player.shown.at_ns > at_ns
        await seat.press("comma", "comma")
        assert seat.viewer.player.shown.at_ns == at_ns
        await seat.press("N")
        assert "key escape" in seat.bar()

    look_at(tmp_path, script)


def test_keys_of_the_viewer_never_reach_the_recorded_console(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("n", "n")
        stage = seat.viewer.player.stage
        assert stage is not None
        console, before = stage.console, seat.picture()
        given = console.replay_link.commands
        await seat.press("ctrl+k", "b", "p", "x", "5", "tab", "f8", "f9", "enter", "r")
        assert seat.picture() == before
        assert console.replay_link.commands == given
        assert console.area.desk == 3

    look_at(tmp_path, script)


def test_a_typed_time_is_gone_to_and_a_wrong_one_told(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("g", "2", "s", "enter")
        assert 1_500_000_000 < seat.viewer.player.shown.at_ns <= 2_000_000_000
        await seat.press("g", "x", "enter")
        assert "is no time" in seat.bar()
        await seat.press("end")
        assert seat.viewer.player.is_at_end
        await seat.press("home")
        assert seat.viewer.player.shown.at_ns < 1_000_000_000

    look_at(tmp_path, script, LARGE)


def test_a_picture_larger_than_the_terminal_is_moved(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, size=LARGE, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("n")
        assert "arrows move the picture" in seat.bar()
        assert "HALT" not in seat.picture().splitlines()[-1]
        await seat.press(*["down"] * 10)
        assert "HALT" in seat.picture().splitlines()[-1]
        await seat.press("right")
        assert not seat.picture().splitlines()[-1].startswith(" ^k HALT")

    look_at(tmp_path, script, SMALL)


def test_cut_recording_is_shown_to_its_last_whole_block_and_said_to_be_cut(tmp_path: Path) -> None:
    async def script_live(desk: Desk) -> None:
        hand = Hand(desk)
        for _ in range(4):
            await hand.frame(6.0)

    record(script_live, tmp_path, settings=QUIET)
    (session,) = recorded(tmp_path)
    with session.path.open("r+b") as file:
        file.truncate(session.bytes - 5)

    async def script(seat: Seat) -> None:
        await seat.press("end")
        assert "END: the end is cut" in seat.bar()

    look_at(tmp_path, script, LARGE)


def test_help_has_every_key_and_any_key_leaves_it(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.press("question_mark")
        assert seat.viewer.help_page.display
        page = shown(seat.viewer.help_page)
        assert all(key.help in page for key in REPLAY_KEYS)
        await seat.press("space")
        assert not seat.viewer.help_page.display
        assert not seat.viewer.is_playing

    look_at(tmp_path, script)


def test_q_leaves(tmp_path: Path) -> None:
    record(a_short_session, tmp_path, settings=QUIET)

    async def script(seat: Seat) -> None:
        await seat.pilot.press("q")

    assert look_at(tmp_path, script).return_value == 0


def test_no_key_of_the_viewer_is_taken_twice() -> None:
    assert len(BY_KEY) == sum(len(key.keys) for key in REPLAY_KEYS)


BEGAN_NS = 1_767_614_400_000_000_000  # 2026-01-05 12:00:00 UTC


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("12:31:07", 1867), ("12:31", 1860), ("+90", 190), ("-30", 70), ("2m", 120), ("1h2m3s", 3723), ("45", 45),
        ("12:00:00.5", 0.5), ("+1.5", 101.5), ("00:10", 43_800),
    ],
)  # fmt: skip
def test_times_are_read_as_a_person_types_them(typed: str, seconds: float) -> None:
    assert typed_time(typed, started_utc_ns=BEGAN_NS, at_ns=100_000_000_000) == int(seconds * 1e9)


@pytest.mark.parametrize("typed", ["", "x", "+", "25:00", "12:61", "1h1h", "--3", "12:"])
def test_what_is_no_time_is_refused_with_what_is_allowed(typed: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        typed_time(typed, started_utc_ns=BEGAN_NS, at_ns=0)


def test_session_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SessionFileError, match="`seraphim sessions` lists them"):
        session_named(tmp_path, "nothing")
