"""Goes through a recording: on, back, to a time; and has the picture of where it is."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from textual.strip import Strip

from tui.flight.entries import Frame, Mark
from tui.flight.reel import Reel
from tui.flight.stage import Stage

KEPT_PICTURES: Final = 120  # for steps back; further back the console is set up anew
LONG_WAY_NS: Final = 60_000_000_000  # without a moment to begin at: frames are passed over
PASSED_OVER: Final = 10  # of them, for each that is drawn


class Picture(NamedTuple):
    number: int  # of the last entry that made it
    at_ns: int
    rows: list[Strip]
    is_exact: bool  # False: frames were passed over on the way here


class Player:
    """Where it is, is `shown`; there is no picture before `seek` or `to_start`."""

    def __init__(self, reel: Reel, *, native_colours: bool, alive: Callable[[float], bool] = lambda _: True) -> None:
        """Take who is told how far a long way has been gone, as a share, and says whether to go on."""
        self.reel = reel
        self._native = native_colours
        self._alive = alive
        self._stage: Stage | None = None
        self._at = -1  # the last entry that the stage has had
        self._is_exact = True
        self._pictures: deque[Picture] = deque(maxlen=KEPT_PICTURES)
        self._back = 0  # how many pictures before the newest is shown

    @property
    def shown(self) -> Picture:
        return self._pictures[-1 - self._back]

    @property
    def has_picture(self) -> bool:
        return bool(self._pictures)

    @property
    def stage(self) -> Stage | None:
        return self._stage

    @property
    def is_at_end(self) -> bool:
        return self.shown.number >= len(self.reel) - 1

    async def close(self) -> None:
        stage, self._stage = self._stage, None
        if stage is not None:
            await stage.stop()

    async def to_start(self) -> None:
        await self._go_to(self.reel.stop_after(0))

    async def to_end(self) -> None:
        await self._go_to(len(self.reel) - 1)

    async def seek(self, at_ns: int) -> None:
        """Show the moment of a time, exactly."""
        await self._go_to(self.reel.last_before(max(0, min(at_ns, self.reel.last_ns))))

    async def step(self) -> None:
        """Show the next thing that happened."""
        if self._back:
            self._back -= 1
        elif not self.is_at_end:
            await self._go_to(self.reel.stop_after(self._at))

    async def step_back(self) -> None:
        """Show what was before the last thing that happened."""
        wanted = self.reel.stop_before(self.shown.number)
        if self._back + 1 < len(self._pictures) and self._pictures[-2 - self._back].number == wanted:
            self._back += 1
        elif wanted < self.shown.number:
            await self._go_to(wanted)

    async def run_to(self, at_ns: int, *, may_go_on: Callable[[], bool]) -> None:
        """Play on to a time, as far as `may_go_on` lets it: one frame at least; then frames are passed over."""
        while self._back and self._pictures[-self._back].at_ns <= at_ns:
            self._back -= 1
        if self._back:
            return
        has_news = False
        while self._at + 1 < len(self.reel) and self.reel.entry(self._at + 1).at_ns <= at_ns:
            is_last = self._at + 2 >= len(self.reel) or self.reel.entry(self._at + 2).at_ns > at_ns
            await self._apply_next(is_drawn=is_last or may_go_on())
            has_news = True
        if has_news:
            self._take_picture()

    def marks_around(self) -> tuple[Mark | None, Mark | None]:
        """Return the last mark at or before what is shown, and the next one."""
        at_ns = self.shown.at_ns
        before = [mark for mark in self.reel.marks if mark.at_ns <= at_ns]
        after = next((mark for mark in self.reel.marks if mark.at_ns > at_ns), None)
        return (before[-1] if before else None), after

    async def next_mark(self) -> bool:
        """Go to the next key or event; return whether there is one."""
        _, after = self.marks_around()
        if after is not None:
            await self.seek(after.at_ns)
        return after is not None

    async def previous_mark(self) -> bool:
        at_ns = self.shown.at_ns
        before = [mark for mark in self.reel.marks if mark.at_ns < at_ns]
        if before:
            await self.seek(before[-1].at_ns)
        return bool(before)

    async def make_exact(self) -> None:
        """Show the same moment with every frame drawn that was passed over."""
        if not self.shown.is_exact:
            await self._go_to(self.shown.number, is_anew=True)

    async def _go_to(self, number: int, *, is_anew: bool = False) -> None:
        beginning = self.reel.beginning_for(number)
        if is_anew or self._stage is None or not self._is_exact or not beginning - 1 <= self._at <= number:
            await self._set_up(beginning)
        self._back = 0
        first, began_ns = self._at + 1, self.reel.entry(max(self._at, 0)).at_ns
        exact_from_ns = self.reel.entry(number).at_ns - LONG_WAY_NS
        is_long = exact_from_ns > began_ns
        for at in range(first, number + 1):
            is_passed = is_long and self.reel.entry(at).at_ns < exact_from_ns and at % PASSED_OVER != 0
            await self._apply_next(is_drawn=not is_passed)
            if at > number - KEPT_PICTURES // 4 and at < number:
                self._take_picture()
            if at % 32 == 0:
                await asyncio.sleep(0)
                if not self._alive((at - first) / max(1, number - first)):
                    break
        if self._stage is not None:
            await self._stage.come_to_rest()
        self._take_picture()

    async def _set_up(self, beginning: int) -> None:
        await self.close()
        self._is_exact = True
        self._at = beginning - 1
        is_later = beginning > 0 or bool(self.reel.session.header.continues)
        stage = Stage(self.reel.session.header, is_begun_later=is_later, native_colours=self._native)
        await stage.start(*self.reel.size_at(beginning))
        self._stage = stage

    async def _apply_next(self, *, is_drawn: bool) -> None:
        assert self._stage is not None
        entry = self.reel.entry(self._at + 1)
        if isinstance(entry, Frame) and not is_drawn:
            self._is_exact = False
        await self._stage.apply(entry, is_drawn=is_drawn)
        self._at += 1

    def _take_picture(self) -> None:
        assert self._stage is not None
        newest = self._pictures[-1] if self._pictures else None
        if newest is not None and (newest.number, newest.is_exact) == (self._at, self._is_exact):
            return
        rows = self._stage.picture()
        if newest is not None:  # rows that are the same are kept once
            before = newest.rows
            rows = [*(old if old == new else new for old, new in zip(before, rows, strict=False)), *rows[len(before) :]]
        self._pictures.append(Picture(self._at, self.reel.entry(self._at).at_ns, rows, self._is_exact))
