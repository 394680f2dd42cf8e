"""A price ladder: bids left, asks right, own orders and the last trade marked at their prices."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from core.state.desk import BookView
from tui.present import numbers
from tui.present.bars import leftward, nice_ceiling, rightward
from tui.present.cells import left, number, right, wrap
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, decorated
from tui.present.ladder_window import LadderWindow, ask_bucket, bid_bucket, touch_direction

HEADER_ROWS = 1


@dataclass(frozen=True, slots=True)
class _Rows:
    """The book as the window shows it: lots by row number."""

    bids: dict[int, int]
    asks: dict[int, int]
    own_buys: dict[int, int]
    own_sells: dict[int, int]
    last: int | None
    scale: int


@dataclass(frozen=True, slots=True)
class _Widths:
    side: int
    price: int
    quantity: int

    @property
    def bar(self) -> int:
        return max(0, self.side - self.quantity - 1)


def ladder_rows(height: int) -> int:
    """Return how many price rows fit a ladder of this height."""
    return max(1, height - HEADER_ROWS)


def ladder_title(instrument: str, book: BookView | None) -> Line:
    symbol, _, venue = instrument.rpartition("@")
    line = (Span(symbol, Ink.STRONG, Decor.BOLD), Span(f"  {venue}", Ink.QUIET))
    if book is None or book.validity in {"valid", "closed"}:
        return line
    return (*line, Span(f" {book.validity.upper()}", Ink.ALARM, Decor.BOLD))


def ladder_note(book: BookView | None, window: LadderWindow | None, height: int, snapshot_age_s: float) -> Line:
    """Say the age of the book, its grouping and where the touch went."""
    if book is None:
        return ()
    spans: list[Span] = []
    if window is not None:
        where = touch_direction(window, book, ladder_rows(height))
        if where:
            spans.append(Span(f"touch {where} c centres ", Ink.WARNING))
    if book.validity == "closed":
        return (*spans, Span("CLOSED", Ink.WARNING))
    age_s = None if book.age_s is None else book.age_s + snapshot_age_s
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    return (*spans, Span(numbers.age(age_s), state.ink))


def ladder_lines(
    book: BookView | None, window: LadderWindow | None, width: int, height: int, snapshot_age_s: float
) -> list[Line]:
    """Lay a book out on the rows of its window; prices that must not be traded on are struck through."""
    if book is None:
        return _centred(["waiting for this book"], width, height)
    if window is None:
        return _centred(_why_empty(book), width, height)
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    rows = _collect(book, window, ladder_rows(height))
    widths = _widths(book, rows, window, width)
    lines = [_header(book, window, widths, state)]
    body = [_row(book, window, rows, widths, window.top - index) for index in range(ladder_rows(height))]
    lines += body if state is Freshness.FRESH else [decorated(line, state.decor) for line in body]
    if book.validity == "closed":
        lines = _with_notice(lines, _why_empty(book), width)
    elif book.validity != "valid" and book.reason:
        lines = _with_notice(lines, [f"{book.validity}: {book.reason}"], width)
    return lines


def _collect(book: BookView, window: LadderWindow, count: int) -> _Rows:
    group, lowest = window.group, window.top - count + 1
    bids = _grouped(book.bid_ticks, book.bid_lots, group, bid_bucket)
    asks = _grouped(book.ask_ticks, book.ask_lots, group, ask_bucket)
    buys, sells = _own_rows(book, group)
    visible = [lots for side in (bids, asks) for bucket, lots in side.items() if lowest <= bucket <= window.top]
    last = None if book.last_ticks is None else book.last_ticks // group
    return _Rows(bids, asks, buys, sells, last, nice_ceiling(max(visible, default=1)))


def _grouped(ticks: list[int], lots: list[int], group: int, bucket_of: Callable[[int, int], int]) -> dict[int, int]:
    rows: dict[int, int] = defaultdict(int)
    for price, size in zip(ticks, lots, strict=True):
        rows[bucket_of(price, group)] += size
    return rows


def _own_rows(book: BookView, group: int) -> tuple[dict[int, int], dict[int, int]]:
    buys: dict[int, int] = defaultdict(int)
    sells: dict[int, int] = defaultdict(int)
    for own in book.own:
        if own.side == "buy":
            buys[bid_bucket(own.price_ticks, group)] += own.quantity_lots
        else:
            sells[ask_bucket(own.price_ticks, group)] += own.quantity_lots
    return buys, sells


def _widths(book: BookView, rows: _Rows, window: LadderWindow, width: int) -> _Widths:
    price = max(6, len(numbers.grid_price(window.top * window.group, book.tick_size))) + 2
    side = max(0, (width - price) // 2)
    quantity = min(side, max(5, len(numbers.grid_quantity(rows.scale, book.lot_size))))
    return _Widths(side, price, quantity)


def _header(book: BookView, window: LadderWindow, widths: _Widths, state: Freshness) -> Line:
    middle = "one side"
    if book.bid_ticks and book.ask_ticks:
        middle = numbers.grid_price(book.ask_ticks[0] - book.bid_ticks[0], book.tick_size)
    label = f"spr {middle}" if len(middle) + 5 <= widths.price else middle
    decor = state.decor if state is Freshness.STALE else Decor.NONE
    grouping = f" x{window.group}" if window.group > 1 else ""
    return (
        Span(left(grouping, max(0, widths.side - 5)), Ink.QUIET),
        Span(right("bids", min(5, widths.side)), Ink.BID),
        Span(left(f" {label}", widths.price), Ink.QUIET, decor),
        Span(left(right("asks", widths.quantity), widths.side), Ink.ASK),
    )


def _row(book: BookView, window: LadderWindow, rows: _Rows, widths: _Widths, bucket: int) -> Line:
    if bucket <= 0:
        return EMPTY_LINE
    bid, ask = rows.bids.get(bucket, 0), rows.asks.get(bucket, 0)
    left_part = _bid_cells(book, rows, widths, bid) if bid else _own_cells(book, rows, widths, bucket, "sell")
    right_part = _ask_cells(book, rows, widths, ask) if ask else _own_cells(book, rows, widths, bucket, "buy")
    price = _price_cells(book, window, rows, widths, bucket)
    if bucket == window.cursor:
        price = tuple(Span(span.text, Ink.ACCENT, Decor.REVERSED | Decor.BOLD) for span in price)
    return (*left_part, *price, *right_part)


def _bid_cells(book: BookView, rows: _Rows, widths: _Widths, lots: int) -> tuple[Span, ...]:
    quantity = number(numbers.grid_quantity(lots, book.lot_size), widths.quantity)
    return (*leftward(lots, rows.scale, widths.bar, Ink.BID_BAR), Span(" " + quantity, Ink.BID))


def _ask_cells(book: BookView, rows: _Rows, widths: _Widths, lots: int) -> tuple[Span, ...]:
    quantity = number(numbers.grid_quantity(lots, book.lot_size), widths.quantity)
    return (Span(quantity + " ", Ink.ASK), rightward(lots, rows.scale, widths.bar, Ink.ASK_BAR))


def _own_cells(book: BookView, rows: _Rows, widths: _Widths, bucket: int, side: str) -> tuple[Span, ...]:
    lots = (rows.own_buys if side == "buy" else rows.own_sells).get(bucket, 0)
    if not lots:
        return (Span(" " * widths.side),)
    quantity = numbers.grid_quantity(lots, book.lot_size)
    if side == "buy":
        return (Span(left(f"◂ {quantity}", widths.side), Ink.OWN, Decor.BOLD),)
    return (Span(right(f"{quantity} ▸", widths.side), Ink.OWN, Decor.BOLD),)


def _price_cells(book: BookView, window: LadderWindow, rows: _Rows, widths: _Widths, bucket: int) -> tuple[Span, ...]:
    text = numbers.grid_price(bucket * window.group, book.tick_size)
    mark, mark_ink = " ", Ink.TEXT
    if bucket == rows.last:
        mark = "▼" if book.last_side == "sell" else "▲"
        mark_ink = Ink.LOSS if book.last_side == "sell" else Ink.GAIN
    is_level = bucket in rows.bids or bucket in rows.asks
    ink = Ink.STRONG if is_level else Ink.QUIET
    own = bucket in rows.own_buys or bucket in rows.own_sells
    decor = Decor.BOLD if own or bucket == rows.last else Decor.NONE
    return (
        Span("•" if own else " ", Ink.OWN),
        Span(right(text, widths.price - 2), ink, decor),
        Span(mark, mark_ink, Decor.BOLD),
    )


def _why_empty(book: BookView) -> list[str]:
    if book.validity == "closed":
        opens = (
            "the calendar does not say when" if book.next_open_ns is None else numbers.day_and_time(book.next_open_ns)
        )
        return ["market closed", f"opens {opens}"]
    return [f"no book yet: {book.reason or book.validity}"]


def _centred(texts: list[str], width: int, height: int) -> list[Line]:
    wrapped = [line for text in texts for line in wrap(text, max(1, width - 2), Ink.QUIET)]
    above = max(0, (height - len(wrapped)) // 2)
    return [EMPTY_LINE] * above + [
        (Span(" " * max(0, (width - len(line[0].text)) // 2)), *line) if line else EMPTY_LINE for line in wrapped
    ]


def _with_notice(lines: list[Line], texts: list[str], width: int) -> list[Line]:
    wrapped = [line for text in texts for line in wrap(text, max(1, width - 2))]
    for offset, line in enumerate(wrapped[: max(0, len(lines) - 1)]):
        words = line[0].text if line else ""
        lines[HEADER_ROWS + offset] = (Span(words.center(width), Ink.WARNING, Decor.REVERSED),)
    return lines
