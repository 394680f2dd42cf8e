"""The tape: public trades of the selected instrument as they come."""

from core.state.desk import PrintView
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.entries import HELD
from tui.present.frame import fitting_note
from tui.present.ink import Ink, Span
from tui.present.picture import Picture
from tui.present.tape import empty_tape_lines, followed_prints, tape_lines, tape_note, tape_title


class TapePane(Pane):
    """Remember the prints of every snapshot, so that a burst leaves no more out than it must; scrolled, stand still."""

    TITLE = "Tape"
    ABOUT = (
        "Public trades of the selected instrument, newest first: ▲ a buyer took, ▼ a seller did; • marks own ones "
        "where the venue lets them be told. What the console missed is said between the rows."
    )
    KEYS = ("cursor-up", "cursor-down", "drop-cursor", "next-instrument", "previous-instrument")
    IS_PUBLIC = True

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._source: tuple[object, ...] = ()  # which engine's run, instrument and grid the prints are of
        self._instrument: str | None = None
        self._prints: list[PrintView] = []
        self._held: list[PrintView] | None = None  # what was there when the trader scrolled back
        self._back = 0

    def take(self, view: View) -> None:
        snapshot = view.snapshot
        if snapshot is None:
            return
        instrument = next(iter(snapshot.tapes), None)
        news = [] if instrument is None else snapshot.tapes[instrument]
        book = None if instrument is None else snapshot.books.get(instrument)
        grid = None if book is None else (book.tick_size, book.lot_size)
        source = (snapshot.engine_id, snapshot.monitoring.global_.started_ns, instrument, grid)
        if source != self._source:
            self._source, self._instrument, self._prints = source, instrument, []
            self._held, self._back = None, 0
        self._prints = followed_prints(self._prints, news)

    def draw(self, view: View, width: int, height: int) -> Picture:
        name = self._instrument
        book = None if name is None or view.snapshot is None else view.snapshot.books.get(name)
        title = tape_title(name, book)
        keys = self.keys(view)
        prints = self._prints if self._held is None else self._held
        if book is None or not prints:
            return Picture(title, (), empty_tape_lines(name, book, width, keys))
        self._back = min(self._back, max(0, len(prints) - height))
        note = tape_note(self._prints, view.engine_ns)
        if self._held is not None:
            note = (Span(f"{keys(HELD)} ", Ink.WARNING), *note)
        else:
            note = fitting_note(title, (note, ()), width)  # which tape it is goes before its age, which its times tell
        return Picture(title, note, tape_lines(prints, book, width, height, self._back))

    def move_cursor(self, step: int) -> None:
        if self._held is None:
            self._held = self._prints
        self._back = max(0, self._back + step)
        if self._back == 0:
            self._held = None
        self.paint()

    def drop_cursor(self) -> None:
        self._held, self._back = None, 0
        self.paint()
