"""Collects what reaches a console, in its order, and hands it to the disk in blocks."""

import logging
from pathlib import Path
from typing import Final

import msgspec
from textual import events

from core.control.commands import CommandResult
from core.control.desk_stream import DeskFramer
from core.paths import StateFolderError, describe
from core.ports.clock import Clock
from core.state.desk import DeskSnapshot
from tui.flight import marks
from tui.flight.entries import (
    Answered,
    BlockHead,
    Entry,
    Frame,
    KeyPressed,
    LinkState,
    LookedAway,
    Mark,
    MouseDone,
    Pasted,
    Resized,
    ScreenKept,
    SessionHeader,
)
from tui.flight.session_folder import new_session_file, prune
from tui.flight.session_writer import SessionWriter

BLOCK_NS: Final = 5_000_000_000  # what a crash loses at most
MOST_BLOCK_BYTES: Final = 1024 * 1024  # unpacked
BEGINNING_NS: Final = 20_000_000_000  # between two moments that a replay can begin at
CALM_NS: Final = 1_000_000_000  # without a key before such a moment: by then every widget has settled
_MOST_OVER_BYTES: Final = 10_000_000  # where no calm moment comes to go on in a new file
_LOG: Final = logging.getLogger(__name__)
_results: Final = msgspec.json.Encoder(decimal_format="number")


class Limits(msgspec.Struct, frozen=True):
    """How much is kept."""

    session_bytes: int
    sessions: int


class FlightRecorder:
    """One console's recording, in one file after another. Nothing of it raises; `take_notices` says once what failed.

    Parameters
    ----------
    folder
        Where the files go; it is made where it is missing.
    header
        Of the first file; those after it begin where the one before ended.
    clock
        The console's.
    """

    def __init__(self, folder: Path, header: SessionHeader, clock: Clock, limits: Limits) -> None:
        self._folder = folder
        self._header = header
        self._clock = clock
        self._limits = limits
        self._notices: list[str] = []
        self._writer: SessionWriter | None = None
        self._earlier: list[SessionWriter] = []  # told to end; the loop does not wait for a disk
        self._size = (80, 24)
        self.sent: tuple[int, int] | None = None  # to the terminal, as the console has just counted
        self._begin_file()

    @property
    def is_on(self) -> bool:
        return self._writer is not None

    @property
    def file(self) -> Path | None:
        return None if self._writer is None else self._writer.path

    @property
    def waiting(self) -> int:
        """Return how many blocks the disk has not taken yet; 0 once it takes none any more."""
        return 0 if self._writer is None or self._writer.problem else self._writer.waiting

    def take_notices(self) -> list[str]:
        """Return what the trader is to be told of the recording itself."""
        if self._writer is not None and self._writer.problem:
            self._give_up(self._writer.problem)
        taken, self._notices = self._notices, []
        return taken

    def looked(self, snapshot: DeskSnapshot | None, link: LinkState, notices: list[str], at_ns: int) -> None:
        """Note one look at the engine; `at_ns` is by the console's steady clock."""
        if self._writer is None:
            return
        frame = Frame(at_ns - self._started_ns, self._clock.utc_ns(), notices=notices, sent=self.sent)
        if link != self._link:
            self._link = frame.link = link
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot = snapshot
            frame.state = self._framer.frame(snapshot)
            self._mode = snapshot.monitoring.global_.trading_mode
            self._marks += self._finder.look(snapshot, frame.at_ns)
        self._frames += 1
        self._add(frame, len(frame.state))
        if frame.at_ns - self._first_ns >= BLOCK_NS or self._bytes >= MOST_BLOCK_BYTES:
            self._close_block()

    def happened(self, event: events.Event) -> None:
        """Note what the terminal sent, unless it concerns nobody."""
        if self._writer is None:
            return
        at_ns = self._now_ns()
        match event:
            case events.Key():
                self._marks.append(Mark(at_ns, marks.KEY, event.key))
                self._hand(KeyPressed(at_ns, event.key, event.character))
            case events.Paste():
                self._marks.append(Mark(at_ns, marks.KEY, "paste"))
                self._hand(Pasted(at_ns, event.text), len(event.text))
            case events.MouseEvent():
                self._mouse(event, at_ns)
            case events.Resize():
                self._size = (event.size.width, event.size.height)
                self._hand(Resized(at_ns, *self._size))
            case events.AppBlur() | events.AppFocus():
                self._hand(LookedAway(at_ns, isinstance(event, events.AppBlur)))
            case _:
                pass

    def _mouse(self, event: events.MouseEvent, at_ns: int) -> None:
        kind = type(event).__name__
        if not isinstance(event, events.MouseMove | events.MouseUp):
            self._marks.append(Mark(at_ns, marks.KEY, f"{kind} {event.x},{event.y}"))
        where = (int(event.x), int(event.y), int(event.delta_x), int(event.delta_y), event.button)
        self._hand(MouseDone(at_ns, kind, *where, event.shift, event.meta, event.ctrl))

    def asked(self) -> int:
        """Note that a command is given; return its number, which its answer will have."""
        self._commands += 1
        return self._commands - 1

    def answered(self, number: int, result: CommandResult) -> None:
        if self._writer is not None:
            self._add(Answered(self._now_ns(), number, _results.encode(result)))

    def is_due(self) -> bool:
        """Tell whether it is time to keep the screen, if the console stands still."""
        if self._writer is None:
            return False
        now_ns = self._now_ns()
        return now_ns - self._kept_ns >= BEGINNING_NS and now_ns - self._handed_ns >= CALM_NS

    def keep_screen(self, state: bytes) -> None:
        """Begin a block that a replay can begin with; in a new file, where this one has its size."""
        writer = self._writer
        if writer is None:
            return
        self._close_block()
        if writer.bytes >= self._limits.session_bytes:
            self._header.continues = writer.path.name
            self._close_block(is_end=True)
            self._let_end(writer)
            self._begin_file()
            if self._writer is None:
                return
        self._kept_ns = self._first_ns = self._now_ns()
        self._framer.start_over()
        self._snapshot = self._link = None  # the next frame has all of both
        self._can_begin = True
        self._add(ScreenKept(self._kept_ns, state, self._commands, *self._size))

    def close(self) -> None:
        """End the recording in order."""
        self._close_block(is_end=True)
        if self._writer is not None:
            self._let_end(self._writer)
        self._writer = None
        for writer in self._earlier:
            writer.finish()

    def fail(self, error: Exception) -> None:
        """Stop after a fault of the recorder's own: it must cost the trader nothing but the recording."""
        if self._writer is not None:
            _LOG.error("the session cannot be recorded", exc_info=error)
            self._give_up(f"{type(error).__name__}: {error}")

    def _begin_file(self) -> None:
        self._started_ns = self._clock.monotonic_ns()
        self._header.started_ns, self._header.started_utc_ns = self._started_ns, self._clock.utc_ns()
        self._framer, self._finder = DeskFramer(), marks.MarkFinder()
        self._snapshot: DeskSnapshot | None = None
        self._link: LinkState | None = None
        self._mode = ""
        self._commands = 0
        self._kept_ns = self._handed_ns = 0
        self._can_begin = True
        self._empty(0)
        self._writer = None
        try:
            path = new_session_file(self._folder, self._header.started_utc_ns, self._header.console)
            for _ in prune(self._folder, self._limits.sessions - 1):
                pass
        except StateFolderError as error:
            self._give_up(str(error))
        except OSError as error:
            self._give_up(describe(error))
        else:
            self._writer = SessionWriter(path, msgspec.structs.replace(self._header))
            self._writer.start()

    def _now_ns(self) -> int:
        return self._clock.monotonic_ns() - self._started_ns

    def _hand(self, entry: Entry, size: int = 0) -> None:
        """Add what came from the trader's hand."""
        self._handed_ns = entry.at_ns
        self._add(entry, size)

    def _add(self, entry: Entry, size: int = 0) -> None:
        if not self._entries:
            self._first_ns = entry.at_ns
        self._entries.append(entry)
        self._last_ns = entry.at_ns
        self._bytes += size

    def _empty(self, first_ns: int) -> None:
        self._entries: list[Entry] = []
        self._marks: list[Mark] = []
        self._frames = self._bytes = 0
        self._first_ns = self._last_ns = first_ns

    def _close_block(self, *, is_end: bool = False) -> None:
        writer = self._writer
        if writer is None or not (self._entries or is_end):
            return
        head = BlockHead(
            self._first_ns,
            self._last_ns,
            self._can_begin,
            len(self._entries),
            self._frames,
            self._marks,
            self._mode,
            is_end,
        )
        writer.put((head, self._entries))
        self._can_begin = False
        self._empty(self._last_ns)
        if writer.bytes >= self._limits.session_bytes + _MOST_OVER_BYTES:
            self._give_up("it has reached its size, and the console never stood still to begin a new file")

    def _let_end(self, writer: SessionWriter) -> None:
        writer.stop()
        self._earlier = [*(each for each in self._earlier if each.is_alive()), writer]

    def _give_up(self, why: str) -> None:
        if self._writer is not None:
            self._let_end(self._writer)
        self._writer = None
        self._notices.append(f"this session is no longer recorded: {why}; everything else goes on")
