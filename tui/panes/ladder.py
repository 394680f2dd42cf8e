"""The ladder pane: one instrument's book with a cursor on a price."""

from dataclasses import replace

from textual import events

from core.state.desk import BookView, DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.export import Export, rows_of
from tui.present.ink import Ink, Span
from tui.present.ladder import ladder_lines, ladder_note, ladder_rows, ladder_title
from tui.present.ladder_window import LadderWindow, Recentring, centred, followed, moved_cursor, regrouped
from tui.present.picture import Picture

_FRAME_AND_HEADER_ROWS = 2


class LadderPane(Pane):
    """Show a book that stands still; only the trader, or a touch that left the window, moves it."""

    TITLE = "Ladder"
    ABOUT = (
        "The book of one instrument, bids left and asks right, on price rows that stand still. ◂ and ▸ are own "
        "orders, ▲ ▼ the last trade by its aggressor, • a price with own orders. Struck-through prices must not "
        "be traded on."
    )
    KEYS = (
        "ticket-here",
        "buy",
        "sell",
        "cancel",
        "cancel-buys",
        "cancel-sells",
        "cancel-symbol",
        "order-up",
        "order-down",
        "recentre",
        "coarser",
        "finer",
        "next-instrument",
        "previous-instrument",
        "cursor-up",
        "cursor-down",
        "drop-cursor",
        "copy",
        "export",
    )
    IS_PUBLIC = True
    OLD_DECOR = False  # the ladder judges ages itself

    def __init__(self, pane_id: str, letter: str, recentring: Recentring) -> None:
        super().__init__(pane_id, letter)
        self.instrument: str | None = None
        self.window: LadderWindow | None = None
        self._recentring = recentring

    @property
    def name_shown(self) -> str:
        return f"ladder {self.letter}  {self.instrument or 'without an instrument'}"

    def show(self, instrument: str | None) -> None:
        """Show another instrument, centred."""
        if instrument != self.instrument:
            self.instrument = instrument
            self.window = None
            self.paint()

    def export(self, snapshot: DeskSnapshot) -> Export | None:
        """Return the book's levels, best first, each with its exact price and size."""
        book = snapshot.books.get(self.instrument or "")
        if book is None:
            return None
        sides = (("bid", book.bid_ticks, book.bid_lots), ("ask", book.ask_ticks, book.ask_lots))
        rows = [
            (book.venue, book.symbol, side, price * book.tick_size, size * book.lot_size)
            for side, ticks, lots in sides
            for price, size in zip(ticks, lots, strict=True)
        ]
        return rows_of("book", ("venue", "symbol", "side", "price", "quantity"), rows)

    def book(self) -> BookView | None:
        view = self._view
        if view is None or view.snapshot is None or self.instrument is None:
            return None
        return view.snapshot.books.get(self.instrument)

    def cursor_price_ticks(self) -> int | None:
        return None if self.window is None else self.window.cursor_ticks()

    def draw(self, view: View, width: int, height: int) -> Picture:
        if self.instrument is None:
            text = "No instrument for this ladder. [ and ] choose one."
            return Picture((Span(self.TITLE, Ink.STRONG),), (), wrap(text, width, Ink.QUIET))
        book = self.book()
        if book is not None:
            self.window = followed(self.window, book, ladder_rows(height), self._recentring)
        note = ladder_note(book, self.window, height, view.snapshot_age_s)
        body = ladder_lines(book, self.window, width, height, view.snapshot_age_s)
        return Picture(ladder_title(self.instrument, book), note, body)

    def _rows(self) -> int:
        return ladder_rows(max(1, self.size.height - 2))

    def recentre(self) -> None:
        """Put the touch in the middle; the cursor stays on its price."""
        book = self.book()
        if book is None:
            return
        cursor = None if self.window is None else self.window.cursor
        group = None if cursor is None or self.window is None else self.window.group
        self.window = centred(book, self._rows(), group, cursor)
        self.paint()

    def regroup(self, step: int) -> None:
        book = self.book()
        if book is not None and self.window is not None:
            self.window = regrouped(self.window, book, step, self._rows())
            self.paint()

    def move_cursor(self, step: int) -> None:
        book = self.book()
        if book is not None and self.window is not None:
            self.window = moved_cursor(self.window, book, -step, self._rows())
            self.paint()

    def drop_cursor(self) -> None:
        if self.window is not None:
            self.window = replace(self.window, cursor=None)
            self.paint()

    def on_click(self, event: events.Click) -> None:
        row = event.y - _FRAME_AND_HEADER_ROWS
        if self.window is not None and 0 <= row < self._rows():
            self.window = replace(self.window, cursor=max(1, self.window.top - row))
            self.paint()
