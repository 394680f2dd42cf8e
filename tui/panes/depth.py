"""The depth of the selected instrument's book."""

from decimal import Decimal

from core.state.desk import BookView, DeskSnapshot
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.depth import clipped, depth_lines, depth_note, depth_of, half_of
from tui.present.export import Export, rows_of
from tui.present.ink import Decor, Ink, Span
from tui.present.picture import Picture


class DepthPane(Pane):
    TITLE = "Depth"
    ABOUT = (
        "The sizes of the selected instrument's book, added up from the touch outward: bids to the left, asks to the "
        "right, over equal steps of price. {cursor-left} and {cursor-right} put a crosshair on a step and say what an "
        "order that reaches it takes, is worth and slips. ◂ and ▸ are own orders. Struck-through sizes must not be "
        "traded on."
    )
    KEYS = (
        "cursor-left", "cursor-right", "page-left", "page-right", "drop-cursor", "next-instrument",
        "previous-instrument", "copy", "export",
    )  # fmt: skip
    IS_PUBLIC = True
    OLD_DECOR = False  # it judges the book's age itself
    FRAMES_BETWEEN = 4

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self.instrument: str | None = None
        self._cursor: int | None = None  # steps from the middle

    def show(self, instrument: str | None) -> None:
        """Show another instrument's book."""
        if instrument != self.instrument:
            self.instrument, self._cursor = instrument, None
            self.paint()

    def _book(self, snapshot: DeskSnapshot | None) -> BookView | None:
        return None if snapshot is None else snapshot.books.get(self.instrument or "")

    def _contract_size(self, snapshot: DeskSnapshot | None) -> Decimal:
        listed = () if snapshot is None else snapshot.instruments
        sizes = (each.contract_size for each in listed if f"{each.symbol}@{each.venue}" == self.instrument)
        return next(sizes, Decimal(1))

    def export(self, snapshot: DeskSnapshot) -> Export | None:
        """Return what stands up to each step of price, as it is drawn."""
        book = self._book(snapshot)
        if book is None or not (book.bid_ticks and book.ask_ticks):
            return None
        depth = depth_of(book, half_of(self.size.width - 2))
        rows = [
            (book.venue, book.symbol, side, column.ticks * book.tick_size, column.lots * book.lot_size)
            for side, columns in (("bid", depth.bids), ("ask", depth.asks))
            for column in columns
        ]
        return rows_of("depth", ("venue", "symbol", "side", "price", "cumulative_quantity"), rows)

    def draw(self, view: View, width: int, height: int) -> Picture:
        book = self._book(view.snapshot)
        name, _, venue = (self.instrument or self.TITLE).rpartition("@")
        title = (Span(name or venue, Ink.STRONG, Decor.BOLD), Span(f"  {venue if name else ''} depth", Ink.QUIET))
        body = depth_lines(
            book,
            width,
            height,
            view.snapshot_age_s,
            self._cursor,
            self.keys(view),
            contract_size=self._contract_size(view.snapshot),
        )
        return Picture(title, depth_note(book, view.snapshot_age_s), body)

    def move_sideways(self, step: int) -> None:
        """Move over the steps of price; from nowhere to the touch, and over the middle from one side to the other."""
        book = None if self._view is None else self._book(self._view.snapshot)
        if book is None or not (book.bid_ticks and book.ask_ticks):
            return
        here = self._cursor or 0
        wanted = here + step
        if here * wanted <= 0 and here:
            wanted += -1 if step < 0 else 1  # the middle is no step
        self._cursor = clipped(depth_of(book, half_of(self.size.width - 2)), wanted)
        self.paint()

    def drop_cursor(self) -> None:
        self._cursor = None
        self.paint()
