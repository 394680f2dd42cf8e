"""The lines below a ladder: the exact facts of the cursor's price, or the position while there is no cursor."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from core.state.desk import BookView
from tui.present import numbers
from tui.present.cells import line_width
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, signed_ink
from tui.present.ladder_book import LadderBook, OwnRow
from tui.present.ladder_position import HeldPosition, pnl_of_row
from tui.present.ladder_window import LadderWindow

_WIDE: Final = 56
_TALL: Final = 16
_SHORT: Final = 6
_GAP: Final = "  "


def detail_rows(width: int, height: int) -> int:
    """Return how many lines are kept for it, with a cursor or without: prices must not move when one is set."""
    if height < _SHORT:
        return 0
    return 2 if width < _WIDE and height >= _TALL else 1


def detail_lines(
    book: BookView, rows: LadderBook, window: LadderWindow, held: HeldPosition | None, width: int, count: int,
    contract_size: Decimal,
) -> list[Line]:  # fmt: skip
    """Say what stands at the cursor, the most important first; a part that does not fit is left out, never cut."""
    if window.cursor is None:
        return _packed([_position(held)], width, count)
    row = window.cursor
    parts: list[Line] = [
        (Span(numbers.grid_price(row * window.group, book.tick_size), Ink.ACCENT, Decor.BOLD),),
        *_own(book, rows, row),
        _size(book, rows, row),
        _distance(book, row * window.group),
        _total(book, rows, window, row, contract_size),
        _pnl(book, window, held, row),
    ]
    return _packed([part for part in parts if part], width, count)


def queue_words(book: BookView, own: OwnRow) -> str:
    """Say how much rests ahead: `q ?` where nobody saw the order join."""
    if own.ahead_lots is None:
        return "q ?"
    sign = "" if own.is_all_known else "≤"
    return f"q {sign}{numbers.exact(own.ahead_lots * book.lot_size)}"


def _position(held: HeldPosition | None) -> Line:
    if held is None:
        return EMPTY_LINE
    sign = "+" if held.quantity > 0 else ""
    text = f"{sign}{numbers.exact(held.quantity)} @ {numbers.average(held.average_price)}"
    return (Span("◆ ", Ink.OWN), Span(text, Ink.TEXT, Decor.PRIVATE))


def _own(book: BookView, rows: LadderBook, row: int) -> list[Line]:
    found = ((mark, side.own.get(row)) for mark, side in (("◂", rows.bids), ("▸", rows.asks)))
    return [
        (
            Span(
                f"own {mark} {numbers.exact(own.lots * book.lot_size)} {queue_words(book, own)}", Ink.OWN, Decor.PRIVATE
            ),
        )
        for mark, own in found
        if own is not None
    ]


def _size(book: BookView, rows: LadderBook, row: int) -> Line:
    bid, ask = rows.bids.lots.get(row), rows.asks.lots.get(row)
    spans = [Span("size ", Ink.QUIET)]
    for lots, ink in ((bid, Ink.BID), (ask, Ink.ASK)):
        if lots:
            spans.append(Span(numbers.grid_quantity(lots, book.lot_size), ink))
    return tuple(spans) if len(spans) > 1 else EMPTY_LINE


def _distance(book: BookView, ticks: int) -> Line:
    if not book.bid_ticks or not book.ask_ticks:
        return EMPTY_LINE
    bid, ask = book.bid_ticks[0], book.ask_ticks[0]
    if bid < ticks < ask:
        return (Span("in the spread", Ink.QUIET),)
    touch, words = (bid, "below bid") if ticks <= bid else (ask, "above ask")
    steps = abs(ticks - touch)
    if not steps:
        return (Span("at the touch", Ink.QUIET),)
    bps = Decimal(steps) * 10_000 / touch
    return (Span(f"{steps:,} t {bps:,.1f} bps {words}", Ink.QUIET),)


def _total(book: BookView, rows: LadderBook, window: LadderWindow, row: int, contract_size: Decimal) -> Line:
    """Add up from the touch to the row; `≥` where the row is beyond the levels at hand."""
    is_bid = bool(book.bid_ticks) and row <= max(rows.bids.lots, default=0)
    is_ask = bool(book.ask_ticks) and row >= min(rows.asks.lots, default=row + 1)
    if not (is_bid or is_ask):
        return EMPTY_LINE
    ticks, lots = (book.bid_ticks, book.bid_lots) if is_bid else (book.ask_ticks, book.ask_lots)
    known = rows.bids.lots if is_bid else rows.asks.lots
    is_within = row >= min(known) if is_bid else row <= max(known)
    side = [(price, size) for price, size in zip(ticks, lots, strict=True) if _counts(price, window, row, is_bid)]
    total = sum(size for _, size in side)
    value = sum(price * size for price, size in side) * book.tick_size * book.lot_size * contract_size
    sign = "" if is_within else "≥"
    text = f"{sign}{numbers.grid_quantity(total, book.lot_size)} = {numbers.money(value, 0)}"
    return (Span("Σ ", Ink.QUIET), Span(text, Ink.BID if is_bid else Ink.ASK))


def _counts(price: int, window: LadderWindow, row: int, is_bid: bool) -> bool:
    return price // window.group >= row if is_bid else -(-price // window.group) <= row


def _pnl(book: BookView, window: LadderWindow, held: HeldPosition | None, row: int) -> Line:
    if held is None:
        return EMPTY_LINE
    pnl = pnl_of_row(held, book, window, row)
    unit = f" {held.quote}" if held.quote else ""
    return (
        Span("PnL ", Ink.QUIET),
        Span(f"{numbers.direction(pnl)}{numbers.signed_money(pnl)}{unit}", signed_ink(pnl), Decor.PRIVATE),
    )


def _packed(parts: Sequence[Line], width: int, count: int) -> list[Line]:
    """Put parts on lines in their order; what no line has room for is left out."""
    lines: list[Line] = [EMPTY_LINE] * count
    for part in parts:
        for index, line in enumerate(lines):
            longer = (*line, Span(_GAP), *part) if line else part
            if line_width(longer) <= width:
                lines[index] = longer
                break
    return lines
