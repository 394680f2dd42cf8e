"""A recorded session is shown again as it was: the same pictures at the same times, forward, back and from anywhere."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.strip import Strip
from textual.widgets import Input

from core.control.commands import AnyCommand, CommandResult, Kill, Outcome
from tests.console.driving import LARGE, MEDIUM, SMALL, Desk
from tests.console.fake_link import FakeLink
from tests.console.flights import record, recorded, written
from tui.console.app import ConsoleApp
from tui.console.sender import ANSWER_AFTER_S
from tui.console.settings import DEFAULTS
from tui.flight.entries import ScreenKept
from tui.flight.player import Player
from tui.flight.reel import Reel

Shot = tuple[int, list[Strip]]


def picture_of(app: ConsoleApp) -> list[Strip]:
    return app.screen._compositor.render_strips()


QUIET = DEFAULTS._replace(frame_period_s=3600.0)  # it draws when the test says so


class Hand:
    """A trader at a live console, of which only what the recorder sees is drawn."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.shots: list[Shot] = []

    async def frame(self, seconds: float = 0.1) -> None:
        desk = self._desk
        desk.clock.advance(seconds)
        desk.link.step += 1
        await desk.app.draw_frame()
        for field in desk.app.query(Input):
            field.cursor_blink = False
        await desk.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.frame()
            self._desk.clock.advance(0.05)
            await self._desk.pilot.press(key)
            await self._refreshed()
            await self.frame(0.25)

    async def _refreshed(self) -> None:
        """Let the console do what it does after a refresh before the next frame: which comes first is chance else."""
        for _ in range(3):
            if self._desk.app.return_value is not None:
                return  # it was left
            done = asyncio.Event()
            self._desk.app.call_after_refresh(done.set)
            await asyncio.wait_for(done.wait(), 30)
            await self._desk.pilot.pause()

    async def shoot(self) -> None:
        """Let a frame come and take its picture."""
        await self.frame()
        await self._refreshed()
        app = self._desk.app
        self.shots.append((self._desk.clock.monotonic_ns() - app.recorder._started_ns, picture_of(app)))


def replay(home: Path, script: Callable[[Player], Awaitable[None]], which: int = 0) -> None:
    async def main() -> None:
        player = Player(Reel(recorded(home)[which]), native_colours=True)
        try:
            await script(player)
        finally:
            await player.close()

    asyncio.run(main())


def text_of(rows: list[Strip]) -> str:
    return "\n".join(row.text for row in rows)


KEYS = (
    ("escape",), ("down", "down", "down"), ("b", "0", "full_stop", "2", "5"), ("escape",), ("2",), ("tab", "z"),
    ("z", "3", "tab", "down"), ("ctrl+t",), ("ctrl+y",), ("ctrl+y", "p"), ("question_mark",), ("escape", "1"),
    ("greater_than_sign", "d"), ("ctrl+k",), ("escape",),
)  # fmt: skip


def record_busy_session(home: Path, size: tuple[int, int], seconds_between: float = 0.1) -> list[Shot]:
    """Record a trader who does much; return what the screen showed in between."""
    shots: list[Shot] = []

    async def script(desk: Desk) -> None:
        hand = Hand(desk)
        for keys in KEYS:
            await hand.press(*keys)
            await hand.frame(seconds_between)
            await hand.frame()
            await hand.shoot()
        shots.extend(hand.shots)

    record(script, home, size=size, settings=QUIET)
    return shots


@pytest.mark.parametrize("size", [SMALL, MEDIUM, LARGE])
def test_replay_shows_the_same_pictures_at_the_marked_times(tmp_path: Path, size: tuple[int, int]) -> None:
    shots = record_busy_session(tmp_path, size)

    async def script(player: Player) -> None:
        for at_ns, rows in shots:
            await player.seek(at_ns)
            assert player.shown.is_exact
            assert text_of(player.shown.rows) == text_of(rows)
            assert player.shown.rows == rows

    replay(tmp_path, script)


def test_pictures_that_came_late_have_the_age_in_a_replay_that_they_had_then(tmp_path: Path) -> None:
    shots: list[Shot] = []

    async def late(desk: Desk) -> None:
        hand = Hand(desk)
        await hand.press("escape")
        for late_ns in (0, 1_700_000_000, 0):
            desk.link.late_ns = late_ns
            await hand.frame()
            await hand.shoot()
        shots.extend(hand.shots)

    record(late, tmp_path, FakeLink(is_hosted=False), settings=QUIET)
    assert ["1.7 s" in text_of(rows[:3]) for _, rows in shots] == [False, True, False]

    async def script(player: Player) -> None:
        for at_ns, rows in shots:
            await player.seek(at_ns)
            assert text_of(player.shown.rows) == text_of(rows)

    replay(tmp_path, script)


def test_every_step_through_a_dialog_that_grows_shows_it_in_its_place(tmp_path: Path) -> None:
    async def deed(desk: Desk) -> None:
        hand = Hand(desk)
        await hand.press("ctrl+k")
        for _ in range(4):
            await hand.frame()

    record(deed, tmp_path, size=MEDIUM, settings=QUIET)

    async def script(player: Player) -> None:
        await player.to_start()
        while not player.is_at_end:
            await player.step()
            assert player.stage is not None
            rows = player.shown.rows
            await player.stage._in_its_context(player.stage._settle())
            assert text_of(player.stage.picture()) == text_of(rows)

    replay(tmp_path, script)


def test_replay_begun_in_the_middle_shows_the_same_as_one_from_the_beginning(tmp_path: Path) -> None:
    shots = record_busy_session(tmp_path, MEDIUM, seconds_between=9.0)
    reel = Reel(recorded(tmp_path)[0])
    assert len([number for number in range(len(reel)) if isinstance(reel.entry(number), ScreenKept)]) > 2

    async def script(player: Player) -> None:
        for at_ns, rows in reversed(shots):  # each one is behind the player: it is set up anew
            await player.seek(at_ns)
            assert player.reel.beginning_for(player.shown.number) > 0 or at_ns < 40_000_000_000
            assert text_of(player.shown.rows) == text_of(rows)
            assert player.shown.rows == rows

    replay(tmp_path, script)


def test_recording_that_went_on_in_another_file_is_shown_from_there_as_it_was(tmp_path: Path) -> None:
    taken: list[list[Strip]] = []

    async def look(desk: Desk) -> None:
        hand = Hand(desk)
        await hand.press("escape", "3", "tab", "down")
        for _ in range(40):
            await hand.frame(6.0)
            await written(desk)
        await hand.press("z")
        await hand.frame()
        await hand.shoot()
        taken.append(hand.shots[-1][1])

    record(look, tmp_path, settings=QUIET._replace(recording_bytes=60_000))
    last = len(recorded(tmp_path)) - 1
    assert last > 0

    async def script(player: Player) -> None:
        await player.to_end()
        assert text_of(player.shown.rows) == text_of(taken[0])

    replay(tmp_path, script, which=last)


def test_steps_back_show_what_the_steps_forward_showed(tmp_path: Path) -> None:
    record_busy_session(tmp_path, MEDIUM)

    async def script(player: Player) -> None:
        await player.to_start()
        forward = [player.shown]
        while len(forward) < 200 and not player.is_at_end:
            await player.step()
            forward.append(player.shown)
        for before in reversed(forward[:-1]):
            await player.step_back()
            assert player.shown.number == before.number
            assert player.shown.rows == before.rows
        await player.step()
        assert player.shown.rows == forward[1].rows

    replay(tmp_path, script)


def test_next_and_previous_go_to_keys_and_events(tmp_path: Path) -> None:
    async def look(desk: Desk) -> None:
        await Hand(desk).press("escape", "3", "ctrl+k")

    record(look, tmp_path, settings=QUIET)

    async def script(player: Player) -> None:
        await player.to_start()
        met: list[str] = []
        while await player.next_mark():
            last, _ = player.marks_around()
            assert last is not None
            met.append(last.text)
        assert met == ["escape", "3", "ctrl+k", "running → halted (halted)"]
        assert "HALT" in text_of(player.shown.rows)
        await player.previous_mark()
        await player.previous_mark()
        assert player.marks_around()[0].text == "3"

    replay(tmp_path, script)


def test_frames_passed_over_are_owned_up_to_and_drawn_when_it_stops(tmp_path: Path) -> None:
    shots = record_busy_session(tmp_path, MEDIUM)

    async def script(player: Player) -> None:
        await player.to_start()
        at_ns, rows = shots[-1]
        await player.run_to(at_ns, may_go_on=lambda: False)
        assert not player.shown.is_exact
        await player.make_exact()
        assert player.shown.is_exact
        assert player.shown.rows == rows

    replay(tmp_path, script)


def test_no_command_leaves_a_replay_and_a_recorded_one_gets_the_answer_it_got(tmp_path: Path) -> None:
    async def look(desk: Desk) -> None:
        await Hand(desk).press("escape", "p")

    record(look, tmp_path, settings=QUIET)

    async def script(player: Player) -> None:
        await player.to_end()
        assert "pause: done" in text_of(player.shown.rows)
        assert player.stage is not None
        refused = await player.stage.console.link.execute(Kill(reason="a viewer's"))
        assert refused.outcome is Outcome.REFUSED
        assert "nothing is sent" in refused.message

    replay(tmp_path, script)


def test_answer_that_took_long_is_missed_in_the_replay_as_it_was_then(tmp_path: Path) -> None:
    class SlowLink(FakeLink):
        async def execute(self, command: AnyCommand) -> CommandResult:
            await answer.wait()
            return await super().execute(command)

    answer = asyncio.Event()

    async def look(desk: Desk) -> None:
        hand = Hand(desk)
        await hand.press("escape", "p")
        await hand.frame(ANSWER_AFTER_S)
        answer.set()
        await desk.pilot.pause()
        await hand.frame()

    record(look, tmp_path, SlowLink(), settings=QUIET)

    async def script(player: Player) -> None:
        await player.to_end()
        await player.step_back()
        await player.step_back()
        assert "waiting for the engine's answer" in text_of(player.shown.rows)
        await player.to_end()
        said = [line.text for line in player.stage.console.messages.lines]
        assert said[-2:] == ["pause: NO ANSWER for 5 s; it may or may not have been done", "pause: done"]

    replay(tmp_path, script)


def test_nothing_that_was_written_then_is_written_again(tmp_path: Path) -> None:
    async def look(desk: Desk) -> None:
        hand = Hand(desk)
        await hand.press("escape", "tab", "tab", "tab", "tab")
        desk.app.area.panes["orders"].focus()
        await hand.press("3", "1", "ctrl+s", "Y")

    record(look, tmp_path, settings=QUIET)
    for file in (tmp_path / "exports").glob("*"):
        file.unlink()
    (tmp_path / "console.json").unlink()

    async def script(player: Player) -> None:
        await player.to_end()

    replay(tmp_path, script)
    assert not (tmp_path / "console.json").exists()
    assert list((tmp_path / "exports").glob("*")) == []


def test_leaving_the_console_does_not_end_the_replay(tmp_path: Path) -> None:
    async def look(desk: Desk) -> None:
        await Hand(desk).press("escape", "ctrl+d")

    record(look, tmp_path, settings=QUIET)

    async def script(player: Player) -> None:
        await player.to_end()
        await player.to_start()
        assert player.shown.number >= 0

    replay(tmp_path, script)
