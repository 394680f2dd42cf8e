"""Time and sales: public trades below each other, the newest first; what is missing between two is said."""

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

from core.state.desk import BookView, PrintView
from tui.present import numbers
from tui.present.bars import nice_ceiling, rightward
from tui.present.cells import left, number, wrap
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.key_words import KeyWords
from tui.present.ladder import ladder_title

KEPT_PRINTS: Final = 500
_LARGE_TIMES: Final = 5  # the usual print
_LARGE_AMONG: Final = 10  # prints, below which none is usual
_SECONDS, _MILLISECONDS = 8, 12  # cells of a time
_LEAST_BAR, _MOST_BAR = 4, 40


class _Looks(msgspec.Struct, frozen=True):
    """What all rows of a tape have in common."""

    book: BookView
    time: int  # 0 where there is no room for it
    price: int
    quantity: int
    bar: int
    scale: int
    large_lots: float


def followed_prints(known: list[PrintView], news: list[PrintView]) -> list[PrintView]:
    """Return the prints known so far with those of a new snapshot before them.

    Numbers that do not go on are those of another tape, of which nothing is kept.
    """
    if not known or not news or news[0].number < known[0].number:
        return news
    return [*news, *(each for each in known if each.number < news[-1].number)][:KEPT_PRINTS]


def tape_title(instrument: str | None, book: BookView | None) -> Line:
    head = (Span("Tape", Ink.STRONG),)
    return head if instrument is None else (*head, Span("  "), *ladder_title(instrument, book))


def tape_note(prints: Sequence[PrintView], engine_ns: int) -> Line:
    """Say how long ago the newest trade was; a quiet market is no fault, so that it does not warn."""
    if not prints:
        return ()
    return (Span(numbers.age(max(0, engine_ns - prints[0].at_ns) / 1e9), Ink.QUIET),)


def tape_lines(prints: Sequence[PrintView], book: BookView, width: int, height: int, back: int = 0) -> list[Line]:
    """Lay out prints from the one `back` places before the newest on."""
    looks = _looks(prints, book, width)
    lines: list[Line] = []
    for index in range(back, len(prints)):
        if len(lines) >= height:
            break
        lines.append(_row(prints[index], looks))
        before = prints[index + 1] if index + 1 < len(prints) else None
        lines += _missing(prints[index], before, width)
    return lines[:height]


def empty_tape_lines(instrument: str | None, book: BookView | None, width: int, keys: KeyWords) -> list[Line]:
    if instrument is None or book is None:
        text = (
            "Waiting for a tape. It follows the ladder you work in; {previous-instrument} and {next-instrument} choose "
            "there."
        )
        return wrap(keys(text), width, Ink.QUIET)
    lines: list[Line] = []
    if book.validity == "closed":
        lines += wrap("market closed", width, Ink.WARNING)
    elif book.validity != "valid":
        lines += wrap(f"{book.validity}: {book.reason}" if book.reason else book.validity, width, Ink.WARNING)
    symbol, _, venue = instrument.rpartition("@")
    return [
        *lines,
        *wrap(f"No trade of {symbol} on {venue} since the engine began to listen.", width, Ink.QUIET),
        *wrap("Every public one will stand here, the newest first:", width, Ink.QUIET),
        *wrap("▲ a buyer took it, ▼ a seller, • it was ours.", width, Ink.QUIET),
    ]


def _looks(prints: Sequence[PrintView], book: BookView, width: int) -> _Looks:
    price = max((len(numbers.grid_price(each.price_ticks, book.tick_size)) for each in prints), default=1)
    quantity = max((len(numbers.grid_quantity(each.quantity_lots, book.lot_size)) for each in prints), default=1)
    price = min(price, max(0, width - 2))
    quantity = min(quantity, max(0, width - 3 - price))
    room = width - 3 - price - quantity
    time = _SECONDS if room > _SECONDS else 0
    if room > _MILLISECONDS + 1 + _LEAST_BAR:
        time = _MILLISECONDS
    room -= time + 1 if time else 0
    lots = [each.quantity_lots for each in prints]
    large = _LARGE_TIMES * median(lots) if len(lots) >= _LARGE_AMONG else float("inf")
    return _Looks(
        book,
        time,
        price,
        quantity,
        bar=min(_MOST_BAR, room - 1) if room > 1 else 0,
        # a large print fills its bar, and the usual ones can still be told apart
        scale=nice_ceiling(int(min(max(lots, default=1), large))),
        large_lots=large,
    )


def _row(each: PrintView, looks: _Looks) -> Line:
    is_buy, is_large = each.side == "buy", each.quantity_lots >= looks.large_lots
    ink, decor = Ink.BID if is_buy else Ink.ASK, Decor.BOLD if is_large else Decor.NONE
    price = numbers.grid_price(each.price_ticks, looks.book.tick_size)
    quantity = number(numbers.grid_quantity(each.quantity_lots, looks.book.lot_size), looks.quantity)
    line = [Span("•" if each.is_own else " ", Ink.OWN, Decor.BOLD)]
    if looks.time:
        at = numbers.clock(each.at_ns) if looks.time == _SECONDS else numbers.clock_ms(each.at_ns)
        line.append(Span(f"{at} ", Ink.QUIET))
    line += [
        Span("▲" if is_buy else "▼", ink, Decor.BOLD),
        Span(number(price, looks.price), ink, decor),
    ]
    if looks.quantity:
        line += [Span(" "), Span(quantity, ink, decor | Decor.REVERSED if is_large else decor)]
    if looks.bar:
        bar_ink = Ink.BID_BAR if is_buy else Ink.ASK_BAR
        line += [Span(" "), rightward(each.quantity_lots, looks.scale, looks.bar, bar_ink)]
    return tuple(line)


def _missing(each: PrintView, before: PrintView | None, width: int) -> list[Line]:
    """Say what is not here between a print and the one before it."""
    lines: list[Line] = []
    if each.after_cut:
        lines.append(_notice("feed lost, some missing", width))
    if before is not None and each.number - before.number > 1:
        lines.append(_notice(f"{each.number - before.number - 1:,} prints not shown", width))
    return lines


def _notice(text: str, width: int) -> Line:
    return (Span(left(f" {text} ".center(width, "╌"), width), Ink.WARNING),)
