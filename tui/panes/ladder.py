"""The ladder pane: one instrument's book with a cursor on a price."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum, auto
from typing import Final

import msgspec
from textual import events
from textual.message import Message

from core.state.desk import BookView, DeskSnapshot, InstrumentView
from tui.panes.pane import Pane
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.export import Export, rows_of
from tui.present.header import is_armed
from tui.present.ink import Ink, Line, Span
from tui.present.ladder import ladder_lines, ladder_note, ladder_rows, ladder_title, own_side_at, size_foot
from tui.present.ladder_book import own_orders_at
from tui.present.ladder_columns import DEFAULT_COLUMNS, LadderColumns
from tui.present.ladder_position import HeldPosition, held_position
from tui.present.ladder_window import (
    LadderWindow,
    Recentring,
    centred,
    followed,
    in_sight,
    moved_cursor,
    on_grid_of,
    regrouped,
)
from tui.present.picture import Picture

CHOOSE_ONE: Final = "No instrument for this ladder. {previous-instrument} and {next-instrument} choose one."
NONE_YET: Final = "No instruments yet: they come with their venues, the log tells how far the start is."
_FRAME_AND_HEADER_ROWS: Final = 2
_RIGHT_BUTTON: Final = 3
_HAND_RESTS_NS: Final = 3_000_000_000  # a mouse that moved over the ladder this lately may be about to click


SizeOf = Callable[[InstrumentView, BookView | None], Decimal]


class Wish(Enum):
    """What a hand at the mouse asks of a ladder."""

    LOOK = auto()  # at this ladder: the cursor was set
    TICKET = auto()
    ORDERS = auto()  # have the own orders there selected
    CANCEL = auto()


class LadderPane(Pane):
    """Show a book that stands still; only the trader, or a touch that left the window, moves it."""

    TITLE = "Ladder"
    ABOUT = (
        "The book of one instrument, bids left and asks right, on price rows that stand still. ◂ and ▸ are own "
        "orders, q the estimated lots ahead of them, ▲ ▼ the last trade by its aggressor, • a price with own orders, "
        "◆ the position's average price, Σ the size from the touch outward, PnL what closing the position there would "
        "make. ≈ sizes are cut; the line below has those of the cursor in full. A click sets the cursor, a second one "
        "opens a ticket, the right button cancels. The lower edge has the size of single keys, which trade while "
        "this console is armed. Struck-through prices must not be traded on."
    )
    KEYS = (
        "ticket-here",
        "buy",
        "sell",
        "lift",
        "hit",
        "close-here",
        "larger-size",
        "smaller-size",
        "type-size",
        "cancel",
        "cancel-buys",
        "cancel-sells",
        "cancel-symbol",
        "order-up",
        "order-down",
        "recentre",
        "coarser",
        "finer",
        "ladder-columns",
        "ladder-pnl",
        "mouse",
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

    class Touched(Message):
        """The mouse asked for something; prices and orders are those that stood under it."""

        def __init__(self, ladder: "LadderPane", wish: Wish, price: Decimal, order_ids: Sequence[str]) -> None:
            super().__init__()
            self.ladder = ladder
            self.wish = wish
            self.price = price
            self.order_ids = order_ids

    def __init__(self, pane_id: str, letter: str, recentring: Recentring) -> None:
        super().__init__(pane_id, letter)
        self.instrument: str | None = None
        self.window: LadderWindow | None = None
        self.columns: LadderColumns = DEFAULT_COLUMNS
        self._recentring = recentring
        self._rows_before = 0
        self.size_of: SizeOf | None = None  # of single keys; the console says it
        self._hand_moved_ns: int | None = None  # by the engine's clock, as the view tells it

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

    def show_columns(self, columns: LadderColumns) -> None:
        self.columns = columns
        self.paint()

    def book(self) -> BookView | None:
        view = self._view
        if view is None or view.snapshot is None or self.instrument is None:
            return None
        return view.snapshot.books.get(self.instrument)

    def cursor_price_ticks(self) -> int | None:
        return None if self.window is None else self.window.cursor_ticks()

    def cursor_price(self) -> Decimal | None:
        """Return the price that stands at the cursor, whatever grid the instrument is on by now."""
        return None if self.window is None else self.window.cursor_price()

    def take(self, view: View) -> None:
        """Bring the window to another tick size before anything is done with both it and the book."""
        book = None if view.snapshot is None else view.snapshot.books.get(self.instrument or "")
        if book is None or self.window is None:
            return
        window = on_grid_of(self.window, book, self._rows())
        if window is not self.window:
            self.window = window
            self.forget()  # it is drawn at once: a click must meet the rows that it has

    def draw(self, view: View, width: int, height: int) -> Picture:
        if self.instrument is None:
            has_any = view.snapshot is not None and bool(view.snapshot.instruments)
            text = CHOOSE_ONE if has_any else NONE_YET
            return Picture((Span(self.TITLE, Ink.STRONG),), (), wrap(self.keys(view)(text), width, Ink.QUIET))
        book, rows = self.book(), ladder_rows(width, height)
        if book is not None:
            self.window = followed(self.window, book, rows, self._recentring, is_held=self._is_held(view))
        if self.window is not None:
            self.window = in_sight(self.window, self._rows_before, rows)
        self._rows_before = rows
        instrument = self._instrument(view)
        body = ladder_lines(
            book,
            self.window,
            width,
            height,
            view.snapshot_age_s,
            columns=self.columns,
            held=self._held(view),
            contract_size=Decimal(1) if instrument is None else instrument.contract_size,
        )
        note = ladder_note(book, self.window, rows, view.snapshot_age_s, self.keys(view))
        return Picture(ladder_title(self.instrument, book), note, body)

    def foot(self, view: View, width: int) -> Line:
        """Say at which size single keys trade, and loudly whether they do."""
        instrument = self._instrument(view)
        if self.size_of is None or instrument is None or view.snapshot is None:
            return ()
        armed = is_armed(view.snapshot.arming, view.link)
        return size_foot(self.size_of(instrument, self.book()), is_armed=armed, width=width - 6, keys=self.keys(view))

    def _instrument(self, view: View) -> InstrumentView | None:
        listed = () if view.snapshot is None else view.snapshot.instruments
        return next((each for each in listed if f"{each.symbol}@{each.venue}" == self.instrument), None)

    def _is_held(self, view: View) -> bool:
        """Tell whether somebody is about to act on what stands where on this ladder."""
        moved_ns = self._hand_moved_ns
        return view.has_dialog or (moved_ns is not None and 0 <= view.engine_ns - moved_ns < _HAND_RESTS_NS)

    def _rows(self) -> int:
        return ladder_rows(*self._inside())

    def _inside(self) -> tuple[int, int]:
        return max(1, self.size.width - 2), max(1, self.size.height - 2)

    def _held(self, view: View | None) -> HeldPosition | None:
        if view is None or view.snapshot is None:
            return None
        return held_position(self._instrument(view), view.snapshot.positions)

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
            self.window = msgspec.structs.replace(self.window, cursor=None)
            self.paint()

    def on_mouse_move(self) -> None:
        self._hand_moved_ns = None if self._view is None else self._view.engine_ns

    def on_leave(self) -> None:
        self._hand_moved_ns = None

    def on_click(self, event: events.Click) -> None:
        """Set the cursor; on its row already, ask for a ticket; on the cell of an own order, select that."""
        row = self._row_at(event.y)
        book, window = self.book(), self.window
        if row is None or book is None or window is None or event.button == _RIGHT_BUTTON:
            return
        was_there = window.cursor == row
        self.window = msgspec.structs.replace(window, cursor=row)
        self.paint()
        side = own_side_at(
            book, window, *self._inside(), (event.x - 1, row), columns=self.columns, held=self._held(self._view)
        )
        own = [order.client_order_id for order in own_orders_at(book, window, row) if order.side == side]
        wish = Wish.ORDERS if own else Wish.TICKET if was_there else Wish.LOOK
        self.post_message(self.Touched(self, wish, row * window.group * book.tick_size, own))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Cancel the own orders of a row with the right button: at once, so that nothing moves in between."""
        row = self._row_at(event.y)
        book, window = self.book(), self.window
        if event.button != _RIGHT_BUTTON or row is None or book is None or window is None:
            return
        self.window = msgspec.structs.replace(window, cursor=row)
        self.paint()
        own = [order.client_order_id for order in own_orders_at(book, window, row)]
        self.post_message(self.Touched(self, Wish.CANCEL, row * window.group * book.tick_size, own))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._scroll(-1, is_grouping=event.shift)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._scroll(1, is_grouping=event.shift)

    def _scroll(self, step: int, *, is_grouping: bool) -> None:
        if is_grouping:
            self.regroup(step)
        else:
            self.move_cursor(step)

    def _row_at(self, y: int) -> int | None:
        """Return the number of the price row under the mouse."""
        index = y - _FRAME_AND_HEADER_ROWS
        if self.window is None or not 0 <= index < self._rows():
            return None
        row = self.window.top - index
        return row if row > 0 else None
