"""A price ladder: bids left, asks right, own orders, the last trade and the position marked at their prices."""

from decimal import Decimal
from typing import Final

import msgspec

from core.state.desk import BookView
from tui.present import numbers
from tui.present.bars import leftward, rightward
from tui.present.cells import joined, left, number, right, wrap
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, decorated, signed_ink
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.ladder_book import LadderBook, OwnRow, SideRows, ladder_book
from tui.present.ladder_columns import DEFAULT_COLUMNS, LadderColumns, SideColumns, Widths, ladder_widths
from tui.present.ladder_detail import detail_lines, detail_rows, queue_words
from tui.present.ladder_position import HeldPosition, average_row, pnl_of_row
from tui.present.ladder_window import LadderWindow, touch_direction
from tui.present.quantities import short_quantity

HEADER_ROWS: Final = 1
_ONE: Final = Decimal(1)


class _Face(msgspec.Struct, frozen=True):
    """Everything that the rows of one ladder are drawn from."""

    book: BookView
    window: LadderWindow
    rows: LadderBook
    widths: Widths
    sides: SideColumns
    held: HeldPosition | None
    average: int | None


def ladder_rows(width: int, height: int) -> int:
    """Return how many price rows fit a ladder of this size."""
    return max(1, height - HEADER_ROWS - detail_rows(width, height))


def ladder_title(instrument: str, book: BookView | None) -> Line:
    symbol, _, venue = instrument.rpartition("@")
    line = (Span(symbol, Ink.STRONG, Decor.BOLD), Span(f"  {venue}", Ink.QUIET))
    if book is None or book.validity in {"valid", "closed"}:
        return line
    return (*line, Span(f" {book.validity.upper()}", Ink.ALARM, Decor.BOLD))


def size_foot(size: Decimal, *, is_armed: bool, width: int, keys: KeyWords = AS_WRITTEN) -> Line:
    """Say the size that single keys trade at; armed, by its shape too, and which keys where there is room."""
    text = f"size {numbers.exact(size)}"
    if not is_armed:
        return (Span(text, Ink.QUIET, Decor.PRIVATE),)
    line: Line = (Span(f" ARMED {text} ", Ink.WARNING, Decor.BOLD | Decor.REVERSED | Decor.PRIVATE),)
    return joined(
        line, (Span(keys(" {buy} {sell} join  {lift} {hit} take  {close-here} close"), Ink.QUIET),), width=width
    )


def ladder_note(
    book: BookView | None,
    window: LadderWindow | None,
    rows: int,
    snapshot_age_s: float,
    keys: KeyWords = AS_WRITTEN,
) -> Line:
    """Say the age of the book, its grouping and where the touch went."""
    if book is None:
        return ()
    spans: list[Span] = []
    if window is not None:
        where = touch_direction(window, book, rows)
        if where:
            spans.append(Span(keys(f"touch {where} {{recentre}} centres "), Ink.WARNING))
    if book.validity == "closed":
        return (*spans, Span("CLOSED", Ink.WARNING))
    age_s = None if book.age_s is None else book.age_s + snapshot_age_s
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    return (*spans, Span(numbers.age(age_s), state.ink))


def ladder_lines(
    book: BookView | None,
    window: LadderWindow | None,
    width: int,
    height: int,
    snapshot_age_s: float,
    *,
    columns: LadderColumns = DEFAULT_COLUMNS,
    held: HeldPosition | None = None,
    contract_size: Decimal = _ONE,
) -> list[Line]:
    """Lay a book out on the rows of its window; prices that must not be traded on are struck through."""
    if book is None:
        return _centred(["waiting for this book"], width, height)
    if window is None:
        return _centred(_why_empty(book), width, height)
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    count = ladder_rows(width, height)
    rows = ladder_book(book, window, count)
    widths = ladder_widths(book, rows, window, columns, held, width, count)
    face = _Face(book, window, rows, widths, columns.sides, held, average_row(held, book, window))
    body = [_row(face, window.top - index) for index in range(count)]
    body += detail_lines(book, rows, window, held, width, detail_rows(width, height), contract_size)
    lines = [
        _header(face, state),
        *(body if state is Freshness.FRESH else [decorated(each, state.decor) for each in body]),
    ]
    if book.validity == "closed":
        lines = _with_notice(lines, _why_empty(book), width)
    elif book.validity != "valid" and book.reason:
        lines = _with_notice(lines, [f"{book.validity}: {book.reason}"], width)
    return lines


def own_side_at(
    book: BookView, window: LadderWindow, width: int, height: int, place: tuple[int, int], *,
    columns: LadderColumns, held: HeldPosition | None,
) -> str | None:  # fmt: skip
    """Return whose own orders are drawn at a column of a row: those of buy or of sell, None where none are."""
    column, row = place
    count = ladder_rows(width, height)
    rows = ladder_book(book, window, count)
    widths = ladder_widths(book, rows, window, columns, held, width, count)
    if column < widths.side:
        return "sell" if row in rows.asks.own and row not in rows.bids.lots else None
    if widths.side + widths.price <= column < 2 * widths.side + widths.price:
        return "buy" if row in rows.bids.own and row not in rows.asks.lots else None
    return None


def _header(face: _Face, state: Freshness) -> Line:
    book, window, widths = face.book, face.window, face.widths
    middle = "one side"
    if book.bid_ticks and book.ask_ticks:
        middle = numbers.grid_price(book.ask_ticks[0] - book.bid_ticks[0], book.tick_size)
    label = f"spr {middle}" if len(middle) + 5 <= widths.price else middle
    decor = state.decor if state is Freshness.STALE else Decor.NONE
    grouping = f" x{window.group}" if window.group > 1 else ""
    mark = "Σ" if face.sides is SideColumns.CUMULATIVE else "≈" if widths.is_cut(book) else ""
    bids, asks = f"{mark}bids", f"{mark}asks"
    grouping_cells = max(0, widths.side - max(5, len(bids)))
    far_left = right("Σ", widths.total) if widths.total and not grouping else ""
    far_right = right("Σ", widths.total + 1) if widths.total else ""
    return (
        Span(left(grouping or far_left, grouping_cells), Ink.QUIET),
        Span(right(bids, widths.side - grouping_cells), Ink.BID),
        Span(left(f" {label}", widths.price), Ink.QUIET, decor),
        Span(left(right(asks, widths.quantity), widths.side - len(far_right)), Ink.ASK),
        Span(far_right, Ink.QUIET),
        Span(right("PnL", widths.pnl), Ink.QUIET),
    )


def _row(face: _Face, bucket: int) -> Line:
    if bucket <= 0:
        return EMPTY_LINE
    bids, asks = face.rows.bids, face.rows.asks
    left_part = _bid_cells(face, bucket) if bucket in bids.lots else _own_cells(face, asks.own.get(bucket), "▸")
    right_part = _ask_cells(face, bucket) if bucket in asks.lots else _own_cells(face, bids.own.get(bucket), "◂")
    price = _price_cells(face, bucket)
    if bucket == face.window.cursor:
        price = tuple(Span(span.text, Ink.ACCENT, Decor.REVERSED | Decor.BOLD) for span in price)
    return (*left_part, *price, *right_part, *_pnl_cells(face, bucket))


def _bid_cells(face: _Face, bucket: int) -> tuple[Span, ...]:
    lots, scale, text, total = _side_facts(face, face.rows.bids, bucket)
    far = (Span(total + " ", Ink.QUIET),) if total else ()
    return (*far, *leftward(lots, scale, face.widths.bar, Ink.BID_BAR), Span(" " + text, Ink.BID))


def _ask_cells(face: _Face, bucket: int) -> tuple[Span, ...]:
    lots, scale, text, total = _side_facts(face, face.rows.asks, bucket)
    far = (Span(" " + total, Ink.QUIET),) if total else ()
    return (Span(text + " ", Ink.ASK), rightward(lots, scale, face.widths.bar, Ink.ASK_BAR), *far)


def _side_facts(face: _Face, side: SideRows, bucket: int) -> tuple[int, int, str, str]:
    """Return what the bar shows, its scale, the main number, and the cumulative one where it has a column."""
    widths, is_sum = face.widths, face.sides is SideColumns.CUMULATIVE
    lots, total = (side.sums if is_sum else side.lots)[bucket], ""
    text = short_quantity(lots, face.book.lot_size, widths.decimals, widths.quantity)
    if widths.total:
        cut = short_quantity(side.sums[bucket], face.book.lot_size, widths.total_decimals, widths.total)
        total = number(cut, widths.total)
    return lots, face.rows.sum_scale if is_sum else face.rows.scale, number(text, widths.quantity), total


def _own_cells(face: _Face, own: OwnRow | None, mark: str) -> tuple[Span, ...]:
    side = face.widths.side
    if own is None:
        return (Span(" " * side),)
    texts = _own_texts(face, own)
    if mark == "◂":
        text = next((f"◂ {each}" for each in texts if len(each) + 2 <= side), f"◂ {texts[-1]}")
        return (Span(left(text, side), Ink.OWN, Decor.BOLD),)
    text = next((f"{each} ▸" for each in texts if len(each) + 2 <= side), f"{texts[-1]} ▸")
    return (Span(right(text, side), Ink.OWN, Decor.BOLD),)


def _own_texts(face: _Face, own: OwnRow) -> list[str]:
    """Return what to say of own orders, the fullest first."""
    lot_size, widths = face.book.lot_size, face.widths
    exact = numbers.grid_quantity(own.lots, lot_size)
    cut = short_quantity(own.lots, lot_size, widths.decimals, widths.quantity)
    short_queue = queue_words(face.book, own)
    if own.ahead_lots is not None:
        sign = "" if own.is_all_known else "≤"
        short_queue = f"q {sign}{short_quantity(own.ahead_lots, lot_size, widths.decimals, widths.quantity)}"
    return [f"{exact} {queue_words(face.book, own)}", f"{cut} {short_queue}", exact, cut]


def _price_cells(face: _Face, bucket: int) -> tuple[Span, ...]:
    book, rows = face.book, face.rows
    text = numbers.grid_price(bucket * face.window.group, book.tick_size)
    mark, mark_ink = " ", Ink.TEXT
    if bucket == rows.last:
        mark = "▼" if book.last_side == "sell" else "▲"
        mark_ink = Ink.LOSS if book.last_side == "sell" else Ink.GAIN
    is_level = bucket in rows.bids.lots or bucket in rows.asks.lots
    own, is_average = bucket in rows.rows_with_own, bucket == face.average
    decor = Decor.BOLD if own or is_average or bucket == rows.last else Decor.NONE
    return (
        Span("◈" if own and is_average else "◆" if is_average else "•" if own else " ", Ink.OWN),
        Span(right(text, face.widths.price - 2), Ink.STRONG if is_level else Ink.QUIET, decor),
        Span(mark, mark_ink, Decor.BOLD),
    )


def _pnl_cells(face: _Face, bucket: int) -> tuple[Span, ...]:
    if face.held is None or not face.widths.pnl:
        return ()
    pnl = pnl_of_row(face.held, face.book, face.window, bucket)
    text = numbers.signed_money(pnl, face.widths.pnl_decimals)
    return (Span(number(text, face.widths.pnl), signed_ink(pnl), Decor.PRIVATE),)


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
