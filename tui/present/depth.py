"""The size on both sides of a book, added up from the touch outward: what a market order of some size would reach."""

from decimal import Decimal
from itertools import accumulate
from typing import Final, NamedTuple

from core.state.desk import BookView
from tui.present import numbers
from tui.present.bars import nice_ceiling
from tui.present.cells import joined, wrap
from tui.present.chart_scale import merged
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import Decor, Ink, Line, Span, decorated
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.quantities import short_quantity

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_FEET: Final = 1  # the price axis
_LEGEND_FROM_ROWS: Final = 4
_AXIS_CELLS: Final = 8
_LEAST_COLUMNS: Final = 9
_ONE: Final = Decimal(1)


class Column(NamedTuple):
    """One cell of the price axis: the price farthest from the touch in it, and all that stands up to there."""

    ticks: int
    lots: int
    worth: int  # ticks times lots, added up


class Depth(NamedTuple):
    """Both sides in equal steps of price, the touch first."""

    step_ticks: int
    bids: list[Column]
    asks: list[Column]


def depth_of(book: BookView, columns: int) -> Depth:
    """Add up both sides over the same distance, as far as the nearer of their ends, in at most `columns` steps."""
    reach = min(book.bid_ticks[0] - book.bid_ticks[-1], book.ask_ticks[-1] - book.ask_ticks[0])
    step = nice_ceiling(max(1, -(-(reach + 1) // max(1, columns))))
    steps = reach // step + 1
    return Depth(
        step, _side(book.bid_ticks, book.bid_lots, -step, steps), _side(book.ask_ticks, book.ask_lots, step, steps)
    )


def _side(ticks: list[int], lots: list[int], step: int, steps: int) -> list[Column]:
    """Return the sums at the far end of each step."""
    sums, worths = list(accumulate(lots)), list(accumulate(t * size for t, size in zip(ticks, lots, strict=True)))
    found: list[Column] = []
    place, sign = 0, 1 if step > 0 else -1
    for number in range(1, steps + 1):
        end = ticks[0] + step * number - sign
        while place + 1 < len(ticks) and (ticks[place + 1] - end) * sign <= 0:
            place += 1
        found.append(Column(end, sums[place], worths[place]))
    return found


def depth_note(book: BookView | None, snapshot_age_s: float) -> Line:
    if book is None:
        return ()
    if book.validity == "closed":
        return (Span("CLOSED", Ink.WARNING),)
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    age = numbers.age(None if book.age_s is None else book.age_s + snapshot_age_s)
    return (Span(f"STALE {age}" if state is Freshness.STALE else age, state.ink),)


def half_of(width: int) -> int:
    """Return how many steps of price each side has."""
    return (width - _AXIS_CELLS - 1) // 2


def depth_lines(
    book: BookView | None,
    width: int,
    height: int,
    snapshot_age_s: float,
    cursor: int | None = None,
    keys: KeyWords = AS_WRITTEN,
    contract_size: Decimal = _ONE,
) -> list[Line]:
    """Draw bids rising to the left of the middle and asks to the right; `cursor` counts steps from the middle."""
    half, rows = half_of(width), height - _FEET - (1 if height >= _LEGEND_FROM_ROWS else 0)
    if book is None or not (book.bid_ticks and book.ask_ticks):
        reason = "" if book is None else book.reason or book.validity
        return wrap(f"No sizes on both sides of this book. {reason}", width, Ink.QUIET)
    if half * 2 + 1 < _LEAST_COLUMNS or rows < 1:
        return wrap(keys.with_room("too small for a plot", "; {zoom} makes it large"), width)
    depth = depth_of(book, half)
    cursor = clipped(depth, cursor)
    most = _scale(max(depth.bids[-1].lots, depth.asks[-1].lots))
    head = [_legend(book, depth, width, cursor, contract_size)] if height >= _LEGEND_FROM_ROWS else []
    lines = [*head, *_plot(book, depth, most, half, rows, cursor), _price_axis(book, depth, half)]
    state = book_freshness(book.validity, book.age_s, snapshot_age_s)
    return lines if state is Freshness.FRESH else [decorated(line, state.decor) for line in lines]


def clipped(depth: Depth, cursor: int | None) -> int | None:
    """Keep the cursor on a step that there is; 0 is not one: between the touches nothing stands."""
    if cursor is None or cursor == 0:
        return None
    return max(-len(depth.bids), min(len(depth.asks), cursor))


def _plot(book: BookView, depth: Depth, most: int, half: int, rows: int, cursor: int | None) -> list[Line]:
    own, wide = _own_columns(book, depth), half // len(depth.bids)  # cells a step
    steps = [*range(-len(depth.bids), 0), 0, *range(1, len(depth.asks) + 1)]
    pad = Span(" " * (half - wide * len(depth.bids)))
    lines: list[Line] = []
    for row in range(rows):
        cells = [
            span
            for step in steps
            for span in [_cell(depth, step, row, rows, most, step == cursor)] * (wide if step else 1)
        ]
        if row == rows - 1:
            for step in own:
                cells[_nearest_cell(step, len(depth.bids), wide)] = Span("◂" if step < 0 else "▸", Ink.OWN, Decor.BOLD)
        lines.append((_label(row, most, book), pad, *merged(cells)))
    return lines


def _nearest_cell(step: int, steps: int, wide: int) -> int:
    """Return which cell of a step is the nearest to the middle."""
    middle = steps * wide
    return middle + (step + 1) * wide - 1 if step < 0 else middle + 1 + (step - 1) * wide


def _scale(lots: int) -> int:
    """Round up to a tenth part that holds still while the book trembles."""
    power = 10 ** max(0, len(str(lots)) - 1)
    return next(
        power * tenths // 10 for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100) if power * tenths // 10 >= lots
    )


def _cell(depth: Depth, step: int, row: int, rows: int, most: int, is_crossed: bool) -> Span:
    side = depth.bids if step < 0 else depth.asks
    if step == 0:
        return Span("│", Ink.QUIET)
    filled = side[abs(step) - 1].lots * rows * 8 // most - (rows - 1 - row) * 8
    text = _EIGHTHS[max(0, min(8, filled))]
    if text == " ":
        return Span("┆", Ink.ACCENT) if is_crossed else Span(" ")
    return Span(text, Ink.ACCENT if is_crossed else Ink.BID if step < 0 else Ink.ASK)


def _own_columns(book: BookView, depth: Depth) -> frozenset[int]:
    """Return the steps that own orders stand in."""
    found: list[int] = []
    for own in book.own:
        is_bid = own.side == "buy"
        away = book.bid_ticks[0] - own.price_ticks if is_bid else own.price_ticks - book.ask_ticks[0]
        step = max(0, away) // depth.step_ticks + 1
        if step <= len(depth.bids if is_bid else depth.asks):
            found.append(-step if is_bid else step)
    return frozenset(found)


def _label(row: int, most: int, book: BookView) -> Span:
    if row == 0:
        return Span(short_quantity(most, book.lot_size, 2, _AXIS_CELLS - 1).rjust(_AXIS_CELLS - 1) + "┤", Ink.QUIET)
    return Span(" " * (_AXIS_CELLS - 1) + "│", Ink.QUIET)


def _legend(book: BookView, depth: Depth, width: int, cursor: int | None, contract_size: Decimal) -> Line:
    """Write what an order that reaches the cursor's price takes, at which average and how far from the middle."""
    if cursor is not None:
        side = depth.bids if cursor < 0 else depth.asks
        column = side[abs(cursor) - 1]
        ink = Ink.BID if cursor < 0 else Ink.ASK
        head: Line = (
            Span(numbers.grid_price(column.ticks, book.tick_size), ink, Decor.REVERSED),
            Span(f" Σ {numbers.grid_quantity(column.lots, book.lot_size)}", Ink.STRONG),
        )
        paid = column.worth * book.tick_size * book.lot_size  # for contracts of one unit each
        average = paid / (column.lots * book.lot_size) if column.lots else book.tick_size * column.ticks
        touch = (book.bid_ticks[0] if cursor < 0 else book.ask_ticks[0]) * book.tick_size
        slip_bps = abs(average - touch) / touch * 10_000
        return joined(
            head,
            (Span(f" worth {paid * contract_size:,.0f}"),),
            (Span(" average ", Ink.QUIET), Span(numbers.average(average))),
            (Span(" slips ", Ink.QUIET), Span(f"{slip_bps:.1f} bps")),
            width=width,
        )
    bids, asks = depth.bids[-1].lots, depth.asks[-1].lots
    share = bids * 100 / (bids + asks) if bids + asks else 50.0
    return joined(
        (Span("Σ bids ", Ink.QUIET), Span(numbers.grid_quantity(bids, book.lot_size), Ink.BID)),
        (Span("  asks ", Ink.QUIET), Span(numbers.grid_quantity(asks, book.lot_size), Ink.ASK)),
        (Span("  of both, bids ", Ink.QUIET), Span(f"{share:.0f} %")),
        width=width,
    )


def _price_axis(book: BookView, depth: Depth, half: int) -> Line:
    """Write the prices at both ends and at the touch."""
    wide = half // len(depth.bids) * len(depth.bids)
    left = numbers.grid_price(depth.bids[-1].ticks, book.tick_size)
    price = (book.bid_ticks[0] + book.ask_ticks[0]) * book.tick_size / 2
    middle = f"{price:,.{max(numbers.decimals_of(price), numbers.decimals_of(book.tick_size))}f}"
    right = numbers.grid_price(depth.asks[-1].ticks, book.tick_size)
    text = " " * (_AXIS_CELLS + half - wide) + left
    start = _AXIS_CELLS + half - len(middle) // 2
    if start > len(text):
        text = text.ljust(start) + middle
    start = _AXIS_CELLS + half + wide + 1 - len(right)
    if start > len(text):
        text = text.ljust(start) + right
    return (Span(text, Ink.QUIET),)
