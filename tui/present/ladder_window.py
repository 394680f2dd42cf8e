"""The window of a static ladder: rows stand still until the trader moves them."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.state.desk import BookView

GROUPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


class Recentring(StrEnum):
    """When a ladder centres itself without being asked."""

    WHEN_TOUCH_LEAVES = "when_touch_leaves"
    NEVER = "never"


class LadderWindow(msgspec.Struct, frozen=True):
    """Rows of `group` ticks each; `top` is the number of the highest row: price ticks = top · group."""

    top: int
    group: int
    cursor: int | None = None  # the row the trader chose
    tick_size: Decimal | None = None  # of the book that it was placed for: without it a row has no price

    def row_of(self, bucket: int) -> int:
        return self.top - bucket

    def cursor_ticks(self) -> int | None:
        return None if self.cursor is None else self.cursor * self.group

    def cursor_price(self) -> Decimal | None:
        ticks = self.cursor_ticks()
        return None if ticks is None or self.tick_size is None else ticks * self.tick_size


def bid_bucket(ticks: int, group: int) -> int:
    """Return the row of a bid: rounded away from the touch, so a bid row never overlaps an ask row."""
    return ticks // group


def ask_bucket(ticks: int, group: int) -> int:
    return -(-ticks // group)


def centred(book: BookView, rows: int, group: int | None = None, cursor: int | None = None) -> LadderWindow | None:
    """Place the touch in the middle; choose a grouping that shows the depth at hand unless one is given."""
    touch = _touch(book)
    if touch is None:
        return None
    chosen = group or fitting_group(book, rows)
    middle = (bid_bucket(touch[0], chosen) + ask_bucket(touch[1], chosen) + 1) // 2
    return LadderWindow(top=middle + rows // 2, group=chosen, cursor=cursor, tick_size=book.tick_size)


def on_grid_of(window: LadderWindow, book: BookView, rows: int) -> LadderWindow | None:
    """Return a window on the tick size that its book has by now, with every row at the price it had.

    Where not all of them are on the new grid the cursor's is kept alone, in its row; without that one the touch comes
    to the middle and there is no cursor: it must not stand at a price that the trader did not choose.
    """
    if window.tick_size is None or window.tick_size == book.tick_size:
        return window
    step = window.group * window.tick_size
    if not step % book.tick_size:
        return msgspec.structs.replace(window, group=int(step / book.tick_size), tick_size=book.tick_size)
    group = next((each for each in GROUPS if each * book.tick_size >= step), GROUPS[-1])
    price = window.cursor_price()
    if window.cursor is None or price is None or price % (group * book.tick_size):
        return centred(book, rows, group)
    cursor = int(price / (group * book.tick_size))
    return LadderWindow(top=cursor + window.row_of(window.cursor), group=group, cursor=cursor, tick_size=book.tick_size)


def fitting_group(book: BookView, rows: int) -> int:
    """Return the smallest grouping that leaves few empty rows at this depth."""
    touch = _touch(book)
    if touch is None or rows <= 0:
        return 1
    ten_bids, ten_asks = book.bid_ticks[:10], book.ask_ticks[:10]
    span = (ten_asks[-1] if ten_asks else touch[1]) - (ten_bids[-1] if ten_bids else touch[0])
    return next((group for group in GROUPS if span <= group * rows), GROUPS[-1])


def touch_is_visible(window: LadderWindow, book: BookView, rows: int, margin: int = 0) -> bool:
    """Tell whether both sides of the touch stand in the window, `margin` rows away from its ends."""
    touch = _touch(book)
    if touch is None:
        return True
    bid_row = window.row_of(bid_bucket(touch[0], window.group))
    ask_row = window.row_of(ask_bucket(touch[1], window.group))
    return ask_row >= margin and bid_row <= rows - 1 - margin


def touch_direction(window: LadderWindow, book: BookView, rows: int) -> str:
    """Say where the touch is when it is out of sight: ▲, ▼, or nothing."""
    if touch_is_visible(window, book, rows):
        return ""
    touch = _touch(book)
    return "" if touch is None else "▲" if bid_bucket(touch[0], window.group) > window.top - rows // 2 else "▼"


def followed(
    window: LadderWindow | None, book: BookView, rows: int, recentring: Recentring, *, is_held: bool = False
) -> LadderWindow | None:
    """Return the window for this frame: the same one, unless there is none or the touch left an unattended one.

    A cursor, a dialog that may have been opened for what stands here, or a hand at the mouse (`is_held`) attend it.
    """
    if window is None:
        return centred(book, rows)
    if recentring is Recentring.NEVER or window.cursor is not None or is_held:
        return window
    if touch_is_visible(window, book, rows, margin=rows // 6):  # a little depth must be seen on both sides
        return window
    if _spread_rows(window, book) > rows // 2 and touch_is_visible(window, book, rows):
        return window  # a wide spread cannot keep the margin, wherever the window is
    return centred(book, rows, window.group)


def moved_cursor(window: LadderWindow, book: BookView, step: int, rows: int) -> LadderWindow:
    """Move the cursor up (+1) or down (-1); the first move puts it on the touch, the window scrolls at its ends."""
    cursor = window.cursor
    touch = _touch(book)
    if cursor is None:
        if touch is None:
            return window
        cursor = ask_bucket(touch[1], window.group) if step > 0 else bid_bucket(touch[0], window.group)
        cursor = min(max(cursor, window.top - rows + 1), window.top)
    else:
        cursor += step
    cursor = max(cursor, 1)
    top = window.top
    if cursor > top:
        top = cursor
    elif cursor < top - rows + 1:
        top = cursor + rows - 1
    return msgspec.structs.replace(window, cursor=cursor, top=top)


def regrouped(window: LadderWindow, book: BookView, step: int, rows: int) -> LadderWindow:
    """Take the next coarser (+1) or finer (-1) grouping: around the cursor, which keeps its row on the screen.

    Without a cursor the touch comes to the middle.
    """
    others = [each for each in GROUPS if (each > window.group if step > 0 else each < window.group)]
    group = window.group if not others else others[0] if step > 0 else others[-1]
    ticks = window.cursor_ticks()
    if window.cursor is None or ticks is None:
        return centred(book, rows, group) or msgspec.structs.replace(window, group=group)
    is_ask = bool(book.ask_ticks) and ticks >= book.ask_ticks[0]
    cursor = max(1, (ask_bucket if is_ask else bid_bucket)(ticks, group))
    return msgspec.structs.replace(window, top=cursor + window.row_of(window.cursor), group=group, cursor=cursor)


def in_sight(window: LadderWindow, rows_before: int, rows: int) -> LadderWindow:
    """Return a window that has lost rows with its cursor in sight, where it was in sight before."""
    if window.cursor is None or not rows <= window.row_of(window.cursor) < rows_before:
        return window
    return msgspec.structs.replace(window, top=window.cursor + rows - 1)


def _spread_rows(window: LadderWindow, book: BookView) -> int:
    touch = _touch(book)
    return 0 if touch is None else ask_bucket(touch[1], window.group) - bid_bucket(touch[0], window.group)


def _touch(book: BookView) -> tuple[int, int] | None:
    bid = book.bid_ticks[0] if book.bid_ticks else None
    ask = book.ask_ticks[0] if book.ask_ticks else None
    if bid is None and ask is None:
        return (book.last_ticks, book.last_ticks) if book.last_ticks is not None else None
    return (bid if bid is not None else ask or 0, ask if ask is not None else bid or 0)
