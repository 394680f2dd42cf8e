"""The recorded console on a stage: it is given what reached it then, one by one, and its picture is taken.

It runs beside the viewer as a program of its own on the same loop; the library knows whose turn it is by a context, so
everything here is done in the console's.
"""

import asyncio
import contextvars
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from textual import events
from textual.geometry import Size
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from core.control.desk_stream import DeskMirror, DeskStreamError
from core.state.desk import DeskSnapshot
from tui.console.exit_choice import ExitChoice
from tui.console.own_traffic import Sent
from tui.flight.console_state import recall_screen
from tui.flight.entries import (
    Answered,
    Entry,
    Frame,
    KeyPressed,
    LookedAway,
    MouseDone,
    Pasted,
    Resized,
    ScreenKept,
    SessionHeader,
)
from tui.flight.replayed_console import ReplayedConsole

_MOUSE: Final = {
    kind.__name__: kind
    for kind in (
        events.MouseMove, events.MouseDown, events.MouseUp, events.MouseScrollDown, events.MouseScrollUp,
        events.MouseScrollLeft, events.MouseScrollRight,
    )
}  # fmt: skip


_REFRESH_PATIENCE_S: Final = 1.0
_MOST_REFRESHES: Final = 6


class StageError(Exception):
    """The recording cannot be shown by this version; the text says why."""


class Stage:
    """One run of the recorded console, from a beginning on."""

    def __init__(self, header: SessionHeader, *, is_begun_later: bool, native_colours: bool) -> None:
        self.console = ReplayedConsole(header, is_begun_later=is_begun_later, native_colours=native_colours)
        self._mirror = DeskMirror()
        self._snapshot: DeskSnapshot | None = None
        self._turns: dict[str, int] = {}
        self._ready = asyncio.Event()
        self._ending = asyncio.Event()
        self._context: contextvars.Context | None = None
        self._pilot: Pilot[ExitChoice] | None = None
        self._running: asyncio.Task[None] | None = None

    async def start(self, columns: int, rows: int) -> None:
        """Begin; raise StageError where the console ends at once."""
        self._running = asyncio.create_task(self._run(columns, rows), name="replayed-console")
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait((ready, self._running), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._running.done():
            raise StageError(f"the console did not start: {self._running.exception()}")

    async def stop(self) -> None:
        self._ending.set()
        self.console.replay_sender.give_up()
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    async def apply(self, entry: Entry, *, is_drawn: bool = True) -> None:
        """Let one thing happen again; a frame that is not drawn only counts for those after it."""
        self.console.clock.go_to(entry.at_ns, entry.utc_ns if isinstance(entry, Frame) else 0)
        await self._in_its_context(self._apply(entry, is_drawn=is_drawn))

    async def come_to_rest(self) -> None:
        """Wait until a dialog that grew or shrank with the last frame has its place: it gets that after the frame."""
        if self.console.dialogs.top is not None:
            await self._in_its_context(self._settle())

    def picture(self) -> list[Strip]:
        """Return what the console shows now, row by row."""
        assert self._context is not None
        return self._context.run(self._rows)

    @property
    def snapshot(self) -> DeskSnapshot | None:
        return self._snapshot

    async def _run(self, columns: int, rows: int) -> None:
        async with self.console.run_test(size=(columns, rows)) as pilot:
            self._pilot = pilot
            self._context = contextvars.copy_context()
            await self._settle()
            self._ready.set()
            await self._ending.wait()

    async def _in_its_context(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._context is not None
        await asyncio.create_task(work, context=self._context)

    async def _apply(self, entry: Entry, *, is_drawn: bool) -> None:
        match entry:
            case Frame():
                await self._show(entry, is_drawn=is_drawn)
            case Answered():
                self.console.replay_link.answer(entry.number, entry.result)
                await self._settle()
            case Resized():
                await self._resize(entry.columns, entry.rows)
            case ScreenKept():
                await self._recall(entry)
            case KeyPressed() | MouseDone() | Pasted() | LookedAway():
                await self._do(entry)

    async def _show(self, frame: Frame, *, is_drawn: bool) -> None:
        if frame.state:
            try:
                self._snapshot = self._mirror.apply(frame.state)
            except DeskStreamError as error:
                raise StageError(str(error)) from None
        self.console.replay_link.show(self._snapshot, frame.link, frame.notices)
        self.console.sent_then = None if frame.sent is None else Sent(*frame.sent)
        if not is_drawn:
            return
        top = self.console.dialogs.top
        await self.console.draw_recorded_frame()
        if self._turns:
            self._take_turns()
        if self.console.dialogs.top is not top:
            await self._settle()

    async def _do(self, entry: KeyPressed | MouseDone | Pasted | LookedAway) -> None:
        """Do what the trader did, and wait until all of it is done."""
        link = self.console.replay_link
        link.is_by_recorded_hand = True
        try:
            self.console.post_message(_event_of(entry))
            await self._settle()
            if len(self.console.screen_stack) > 1:  # the command palette searches in the background
                await self.console.workers.wait_for_complete()  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
                await self._settle()
        finally:
            link.is_by_recorded_hand = False

    async def _resize(self, columns: int, rows: int) -> None:
        assert self._pilot is not None
        if self.console.size != Size(columns, rows):
            await self._pilot.resize_terminal(columns, rows)
            await self._settle()

    async def _recall(self, kept: ScreenKept) -> None:
        """Take the kept screen over, where this is how the stage begins; passing by, the screen is that one."""
        if self._snapshot is None:
            self._turns = recall_screen(self.console, kept.state)
            self.console.replay_link.commands = kept.commands
            await self._settle()

    def _take_turns(self) -> None:
        """Put the panes back into the turn that they had: the first frame drew them all."""
        for pane in self.console.area.shown():
            pane.take_turn(self._turns.get(pane.id or "", 0) + 1)
        self._turns = {}

    async def _settle(self) -> None:
        """Wait until everything that was begun is done: until a refresh changes nothing any more."""
        assert self._pilot is not None
        for field in self.console.query(Input):
            field.cursor_blink = False  # that is the one thing which goes by no recorded time
        await self._pilot.pause()
        rows = self._rows()
        for _ in range(_MOST_REFRESHES):
            refreshed = asyncio.Event()
            self.console.call_after_refresh(refreshed.set)
            with suppress(TimeoutError):
                await asyncio.wait_for(refreshed.wait(), _REFRESH_PATIENCE_S)
            await self._pilot.pause()
            before, rows = rows, self._rows()
            if rows == before:
                return

    def _rows(self) -> list[Strip]:
        # The one place where the library has the whole screen as rows.
        return self.console.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage] - see above


def _event_of(entry: KeyPressed | MouseDone | Pasted | LookedAway) -> events.Event:
    match entry:
        case KeyPressed():
            return events.Key(entry.key, entry.character)
        case Pasted():
            return events.Paste(entry.text)
        case LookedAway():
            return events.AppBlur() if entry.is_away else events.AppFocus()
        case MouseDone():
            if entry.kind not in _MOUSE:
                raise StageError(f"the mouse event {entry.kind} is not known to this version")
            return _MOUSE[entry.kind](
                None, entry.x, entry.y, entry.delta_x, entry.delta_y, entry.button, entry.shift, entry.meta, entry.ctrl,
                screen_x=entry.x, screen_y=entry.y,
            )  # fmt: skip
