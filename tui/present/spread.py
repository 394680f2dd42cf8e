"""One thing on two books: how much dearer it is on the second, and what crossing both would earn, in basis points."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from core.state.desk import BookView
from core.state.monitoring import StrategyState
from tui.present import numbers
from tui.present.braille import curve_masks
from tui.present.cells import joined, number, wrap
from tui.present.chart_cursor import point_at
from tui.present.chart_scale import Scale, cell_of, merged, scale_of
from tui.present.freshness import Freshness, book_freshness
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.key_words import AS_WRITTEN, KeyWords
from tui.present.time_axis import axis_labels, marked_axis

BPS: Final = 10_000.0
KEPT: Final = 3_600
SAMPLE_NS: Final = 500_000_000
_GAP_NS: Final = 5_000_000_000  # after a longer silence the line begins anew
_BUCKETS_S: Final = (1, 2, 5, 10, 15, 30, 60)
_BLANK: Final = 0x2800
_FEET: Final = 2  # the legend and the time axis
_LABEL_EVERY: Final = 12
_ENTRY: Final = "entry_edge_bps"


class Crossing(NamedTuple):
    """The second book against the first, in basis points of the first one's price."""

    at_ns: int
    sell_bps: float  # earned by buying on the first and selling on the second, before fees
    middle_bps: float  # of the middles
    buy_bps: float  # paid for selling on the first and buying on the second


_SELL, _MIDDLE, _BUY = 1, 2, 3


class Threshold(NamedTuple):
    """From where a strategy proposes a job, either way."""

    strategy: str
    entry_bps: float


def crossing_of(first: BookView, second: BookView, at_ns: int) -> Crossing | None:
    """Compare the touches of two books; None where a side of one is empty."""
    if not (first.bid_ticks and first.ask_ticks and second.bid_ticks and second.ask_ticks):
        return None
    here, there = float(first.tick_size), float(second.tick_size)
    bid, ask = first.bid_ticks[0] * here, first.ask_ticks[0] * here
    other_bid, other_ask = second.bid_ticks[0] * there, second.ask_ticks[0] * there
    middle = (bid + ask) / 2
    if bid <= 0 or middle <= 0:
        return None
    return Crossing(
        at_ns,
        (other_bid - ask) / ask * BPS,
        ((other_bid + other_ask) / 2 - middle) / middle * BPS,
        (other_ask - bid) / bid * BPS,
    )


def threshold_of(strategies: Sequence[StrategyState], pair: tuple[str, str]) -> Threshold | None:
    """Return where the first strategy that trades just this pair begins to; None where none says so."""
    for strategy in strategies:
        text = strategy.parameters.get(_ENTRY)
        if text is not None and set(strategy.instruments) == set(pair):
            try:
                return Threshold(strategy.name, float(text))
            except ValueError:
                continue
    return None


class SpreadHistory:
    """The newest half hour of one pair, as it was seen; nothing is added while a side is stale."""

    def __init__(self) -> None:
        self.crossings: deque[Crossing] = deque(maxlen=KEPT)

    def add(self, crossing: Crossing) -> bool:
        """Keep a crossing unless the one before is too near; return whether it is kept."""
        if self.crossings and 0 <= crossing.at_ns - self.crossings[-1].at_ns < SAMPLE_NS:
            return False
        if self.crossings and crossing.at_ns < self.crossings[-1].at_ns:
            self.crossings.clear()  # another engine's clock
        self.crossings.append(crossing)
        return True


class Buckets(NamedTuple):
    """The history in equal times, oldest first; None where nothing was seen."""

    length_ns: int
    times_ns: list[int]
    crossings: list[Crossing | None]


def buckets_of(crossings: Sequence[Crossing], columns: int) -> Buckets:
    """Return the newest crossing of each time, in the shortest times that let all of them fit."""
    if not crossings:
        return Buckets(_BUCKETS_S[0] * 1_000_000_000, [], [])
    span_s = (crossings[-1].at_ns - crossings[0].at_ns) // 1_000_000_000 + 1
    length_s = next((length for length in _BUCKETS_S if span_s // length + 1 <= columns), _BUCKETS_S[-1])
    length_ns = length_s * 1_000_000_000
    last = crossings[-1].at_ns // length_ns
    first = max(crossings[0].at_ns // length_ns, last - columns + 1)
    found: list[Crossing | None] = [None] * (last - first + 1)
    for crossing in crossings:
        place = crossing.at_ns // length_ns - first
        if place >= 0:
            found[place] = crossing
    _hold(found, max(_GAP_NS, length_ns))
    return Buckets(length_ns, [(first + place) * length_ns for place in range(len(found))], found)


def _hold(found: list[Crossing | None], gap_ns: int) -> None:
    """Let a short silence show the crossing before it; a long one stays a gap."""
    before: Crossing | None = None
    for place, crossing in enumerate(found):
        following = next((each for each in found[place : place + 6] if each is not None), None)
        if crossing is None and before is not None and following is not None:
            found[place] = before if following.at_ns - before.at_ns <= gap_ns else None
        before = crossing or before


class Sides(NamedTuple):
    """The state of both books: the older one decides what the pair is worth."""

    worst: Freshness
    text: str  # what is wrong with which


def sides_of(books: Sequence[tuple[str, BookView | None]], snapshot_age_s: float) -> Sides:
    worst, words = Freshness.FRESH, list[str]()
    for name, book in books:
        state = Freshness.STALE
        text = f"{name} has no book"
        if book is not None:
            state = book_freshness(book.validity, book.age_s, snapshot_age_s)
            age_s = None if book.age_s is None else book.age_s + snapshot_age_s
            kind = "CLOSED" if book.validity == "closed" else "STALE" if state is Freshness.STALE else "late"
            state = Freshness.STALE if book.validity == "closed" else state
            text = f"{kind} {name} {numbers.age(age_s)}"
        if state is not Freshness.FRESH:
            words.append(text)
        worst = max(worst, state)
    return Sides(worst, ", ".join(words))


def spread_title(pair: tuple[str, str]) -> Line:
    """Name both books, their symbol once where it is the same."""
    (symbol, _, venue), (other, _, other_venue) = (name.rpartition("@") for name in pair)
    first, second = (venue, f"{symbol} {other_venue}") if symbol == other else pair
    return (Span(second, Ink.STRONG, Decor.BOLD), Span(" over ", Ink.QUIET), Span(first, Ink.STRONG))


def spread_note(newest: Crossing | None, sides: Sides) -> Line:
    """Return how much dearer the second is now, or why that cannot be told."""
    value = () if newest is None else (Span(bps(newest.middle_bps), signed_ink(newest.middle_bps), sides.worst.decor),)
    if not sides.text:
        return value
    return (*value, Span(f" {sides.text}", sides.worst.ink, Decor.BOLD))


def bps(value: float) -> str:
    return f"{round(value, 2) + 0.0:+,.2f} bps"


def spread_lines(
    crossings: Sequence[Crossing],
    pair: tuple[str, str],
    threshold: Threshold | None,
    width: int,
    height: int,
    *,
    cursor_ns: int | None = None,
    keys: KeyWords = AS_WRITTEN,
) -> list[Line]:
    """Plot what crossing would earn and cost with the middle between them, and where strategies begin to trade."""
    if len(crossings) < 2:
        text = f"How much dearer {pair[1]} is than {pair[0]} appears here, in basis points, as both books are seen."
        return wrap(text + keys(" {choose-pair} chooses other books."), width, Ink.QUIET)
    cells = 8
    columns, rows = width - cells, height - _FEET
    if columns < 8 or rows < 2:
        return wrap(keys.with_room("too small for a plot", "; {zoom} makes it large"), width)
    found = buckets_of(crossings, columns)
    scale = _scale(found, threshold, rows)
    cursor = point_at(found.times_ns, cursor_ns)
    shown = (found.crossings[cursor] if cursor is not None else None) or crossings[-1]
    head = _legend(shown, threshold, pair, width, is_chosen=cursor is not None)
    return [head, *_plot(found, scale, threshold, cursor), _time_axis(found, cells, cursor)]


def _scale(found: Buckets, threshold: Threshold | None, rows: int) -> Scale:
    """Hold every curve, and a threshold that is not further away than the curves are wide."""
    seen = [crossing for crossing in found.crossings if crossing is not None]
    ends = [min(each.sell_bps for each in seen), max(each.buy_bps for each in seen)]
    room = max(ends[1] - ends[0], 1.0)
    lines = [] if threshold is None else [threshold.entry_bps, -threshold.entry_bps]
    return scale_of([*ends, *(line for line in lines if ends[0] - room <= line <= ends[1] + room)], rows)


def _plot(found: Buckets, scale: Scale, threshold: Threshold | None, cursor: int | None) -> list[Line]:
    layers = [_layer(found, place, scale) for place in (_MIDDLE, _SELL, _BUY)]
    ruled = {scale.row(value): mark for value, mark in _rules(threshold) if scale.holds(value)}
    lines: list[Line] = []
    for row in range(scale.rows):
        spans = [
            _cell([layer[row][column] for layer in layers], ruled.get(row), is_crossed=column == cursor)
            for column in range(len(found.crossings))
        ]
        lines.append((_label(row, scale, ruled), *merged(spans)))
    return lines


def _layer(found: Buckets, place: int, scale: Scale) -> list[list[int]]:
    values = [None if crossing is None else crossing[place] for crossing in found.crossings]
    return curve_masks(values, scale.low, scale.high, scale.rows)


def _rules(threshold: Threshold | None) -> list[tuple[float, str]]:
    lines = [(0.0, "┈")]
    return lines if threshold is None else [*lines, (threshold.entry_bps, "╌"), (-threshold.entry_bps, "╌")]


def _label(row: int, scale: Scale, ruled: dict[int, str]) -> Span:
    step = (scale.high - scale.low) / scale.rows
    if row in ruled and ruled[row] == "╌":
        return Span("  entry┤", Ink.WARNING)
    if row in ruled:
        return Span("      0┤", Ink.QUIET)
    if row in {0, scale.rows - 1}:
        return Span(number(f"{scale.high - (row + 0.5) * step:+.1f}", 7) + "┤", Ink.QUIET)
    return Span("       │", Ink.QUIET)


def _cell(masks: Sequence[int], rule: str | None, *, is_crossed: bool) -> Span:
    middle, *edges = masks
    dots = middle
    for edge in edges:
        dots |= edge
    if dots:
        return cell_of(chr(_BLANK | dots), Ink.ACCENT if middle else Ink.QUIET)
    if is_crossed:
        return Span("┆", Ink.ACCENT)
    return Span(" ") if rule is None else Span(rule, Ink.WARNING if rule == "╌" else Ink.QUIET)


def _legend(
    crossing: Crossing, threshold: Threshold | None, pair: tuple[str, str], width: int, *, is_chosen: bool
) -> Line:
    first, second = (name.rpartition("@")[2] if _differ(pair) else name.rpartition("@")[0] for name in pair)
    head: Line = (Span(f"{second} over {first} ", Ink.QUIET), _edge(crossing.middle_bps))
    if is_chosen:
        head = (Span(numbers.clock(crossing.at_ns), Ink.ACCENT, Decor.REVERSED), Span(" "), *head)
    selling = (Span(f"  sell {second}, buy {first} ", Ink.QUIET), _edge(crossing.sell_bps))
    buying = (Span("  the other way ", Ink.QUIET), _edge(-crossing.buy_bps))
    entry = () if threshold is None else (
        Span(f"  entry ±{threshold.entry_bps:g} {threshold.strategy}", Ink.WARNING),
    )  # fmt: skip
    return joined(head, selling, buying, entry, width=width)


def _differ(pair: tuple[str, str]) -> bool:
    """Tell whether the venues of a pair are different, so that they name its sides."""
    return pair[0].rpartition("@")[2] != pair[1].rpartition("@")[2]


def _edge(value: float) -> Span:
    return Span(bps(value), signed_ink(round(value, 2)))


def _time_axis(found: Buckets, cells: int, cursor: int | None) -> Line:
    columns = range(0, len(found.times_ns) - 8, _LABEL_EVERY)
    labels = [(column, numbers.clock(found.times_ns[column])) for column in columns]
    axis = axis_labels(labels) if cursor is None else marked_axis(labels, cursor, Span("▲", Ink.ACCENT))
    return (Span(" " * cells, Ink.QUIET), *axis)
