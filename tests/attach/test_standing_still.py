"""A console that was stopped and goes on shows nothing of what waited in its socket as if it were new."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from core.control.desk_stream import DeskFramer, StreamRequest
from tests.control.fake_engine import desk
from tests.control.test_attach import HandClock
from tui.attach import AttachedLink

SECOND_NS = 1_000_000_000


class Stopped:
    """A link with its first picture, and the engine's side of its stream."""

    def __init__(self) -> None:
        self.clock, self.framer = HandClock(), DeskFramer()
        self.clock.now_ns = 100 * SECOND_NS
        self.link = AttachedLink(Path("/nowhere"), self.clock)
        self.asked: list[StreamRequest] = []
        self.open()

    def open(self) -> None:
        self.link._opened(lambda text: self.asked.append(msgspec.json.decode(text, type=StreamRequest)))

    async def hear(self, number: int, gap_ms: int = 0, engine_id: str | None = None, way_ns: int = 0) -> None:
        """Hand a frame over that was made so long ago."""
        self.number, state = number, desk(number)
        state.engine_id = engine_id or state.engine_id
        state.engine_ns += self.clock.now_ns - way_ns
        self.link._take(self.framer.frame(state, gap_ms))

    def shown(self) -> int | None:
        latest = self.link.latest()
        return None if latest is None else latest.sequence


def with_link(script: Callable[[Stopped], Awaitable[None]]) -> None:
    async def run() -> None:
        stopped = Stopped()
        await stopped.hear(1)
        assert stopped.shown() == 1
        await script(stopped)

    asyncio.run(run())


def test_what_waited_while_the_console_stood_still_is_not_shown_and_the_whole_state_is_asked_for() -> None:
    async def script(stopped: Stopped) -> None:
        stopped.clock.now_ns += 60 * SECOND_NS
        await stopped.hear(2)
        await stopped.hear(3)
        assert stopped.shown() == 1  # with its age
        assert stopped.link.lost_reason == "this console stood still for 60 s; asking for the whole state"
        assert len(stopped.asked) == 2  # when the link was opened, and now
        stopped.framer.start_over()  # as the engine does when it is asked, or finds that nothing was read
        await stopped.hear(4, gap_ms=60_000)
        assert stopped.shown() == 4
        assert stopped.link.lost_reason is None
        assert stopped.link.take_notices() == ["no frames for 60 s: fresh snapshot; meanwhile 0 fills and 0 log lines"]

    with_link(script)


def test_it_is_the_same_where_a_picture_is_drawn_before_the_first_frame_is_read() -> None:
    async def script(stopped: Stopped) -> None:
        stopped.clock.now_ns += 60 * SECOND_NS
        assert stopped.shown() == 1
        assert "stood still for 60 s" in (stopped.link.lost_reason or "")
        await stopped.hear(2)
        assert stopped.shown() == 1

    with_link(script)


def test_an_engine_that_was_silent_is_shown_with_its_first_frame_to_a_console_that_went_on_looking() -> None:
    async def script(stopped: Stopped) -> None:
        for _ in range(600):
            stopped.clock.now_ns += SECOND_NS // 10
            assert stopped.shown() == 1
        assert "silent for 60.0 s" in (stopped.link.lost_reason or "")
        await stopped.hear(2)
        assert stopped.shown() == 2
        assert stopped.link.lost_reason is None

    with_link(script)


def test_a_picture_that_is_late_by_less_is_no_standstill() -> None:
    async def script(stopped: Stopped) -> None:
        stopped.clock.now_ns += SECOND_NS * 9 // 10
        await stopped.hear(2)
        assert stopped.shown() == 2
        assert len(stopped.asked) == 1  # when the link was opened

    with_link(script)


def test_a_link_that_comes_back_to_the_same_engine_says_how_long_nothing_was_shown() -> None:
    async def script(stopped: Stopped) -> None:
        for silence_s in (60, 1):
            for _ in range(10 * silence_s):
                stopped.clock.now_ns += SECOND_NS // 10
                assert stopped.shown() is not None
            stopped.open()
            stopped.framer.start_over()
            await stopped.hear(2)
            await stopped.hear(3)
        assert stopped.link.take_notices() == ["no frames for 60 s: fresh snapshot; meanwhile 0 fills and 0 log lines"]

    with_link(script)


def test_a_link_that_comes_back_to_another_engine_has_missed_nothing_of_it() -> None:
    async def script(stopped: Stopped) -> None:
        for _ in range(600):
            stopped.clock.now_ns += SECOND_NS // 10
            assert stopped.shown() == 1
        stopped.open()
        stopped.framer.start_over()
        await stopped.hear(2, engine_id="another run")
        assert stopped.link.take_notices() == []

    with_link(script)
