"""The book against a dictionary of levels, its validity, and its reads in money."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.book.book import Book, BookState
from core.types.order import Side
from tests.book.instruments import instrument

MIDDLE = 100_000
EMPTY = np.zeros(0, np.int64)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def columns(levels: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return ints(*(ticks for ticks, _ in levels)), ints(*(lots for _, lots in levels))


def snapshot(book: Book, bids: list[tuple[int, int]], asks: list[tuple[int, int]], sequence: int = 1) -> None:
    book.apply_snapshot(*columns(bids), *columns(asks), sequence=sequence, venue_ns=10, received_ns=20)


def delta(book: Book, bids: list[tuple[int, int]], asks: list[tuple[int, int]], sequence: int = 2) -> None:
    book.apply_delta(*columns(bids), *columns(asks), sequence=sequence, venue_ns=11, received_ns=21)


class Oracle:
    """Both sides as dictionaries from ticks to lots."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}

    def apply(self, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        for levels, changes in ((self.bids, bids), (self.asks, asks)):
            for ticks, lots in changes:
                if lots:
                    levels[ticks] = lots
                else:
                    levels.pop(ticks, None)

    @property
    def is_crossed(self) -> bool:
        return bool(self.bids and self.asks) and max(self.bids) >= min(self.asks)

    def top(self, depth: int) -> list[list[int]]:
        bids = sorted(self.bids.items(), reverse=True)[:depth]
        asks = sorted(self.asks.items())[:depth]
        return [
            [ticks for ticks, _ in bids],
            [lots for _, lots in bids],
            [ticks for ticks, _ in asks],
            [lots for _, lots in asks],
        ]


def check_equal(book: Book, oracle: Oracle, probes: list[int]) -> None:
    assert book.state is BookState.VALID, book.reason
    for depth in (0, 1, 5, 20, 1000):
        assert [column.tolist() for column in book.top(depth)] == oracle.top(depth)
    best_bid = max(oracle.bids, default=None)
    best_ask = min(oracle.asks, default=None)
    assert book.best_bid() == (None if best_bid is None else (best_bid, oracle.bids[best_bid]))
    assert book.best_ask() == (None if best_ask is None else (best_ask, oracle.asks[best_ask]))
    for ticks in probes:
        assert book.lots_at(Side.BUY, ticks) == oracle.bids.get(ticks, 0)
        assert book.lots_at(Side.SELL, ticks) == oracle.asks.get(ticks, 0)


# near the middle, some way off, and anywhere a price can be
distances = st.one_of(st.integers(1, 40), st.integers(1, 5000), st.integers(1, MIDDLE - 1))
lots = st.one_of(st.just(0), st.integers(1, 10**15))
bid_levels = st.lists(st.tuples(distances.map(lambda distance: MIDDLE - distance), lots), max_size=12)
ask_levels = st.lists(st.tuples(distances.map(lambda distance: MIDDLE + distance**2), lots), max_size=12)
batches = st.lists(st.tuples(bid_levels, ask_levels), max_size=25)
window_ticks = st.sampled_from((64, 128, 1024, 1 << 16))


def once_each(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return list(dict(levels).items())


@settings(max_examples=300, deadline=None)
@given(window_ticks, bid_levels, ask_levels, batches)
def test_any_deltas_leave_the_book_equal_to_a_dictionary_of_levels(window, bids, asks, changes) -> None:
    book, oracle = Book(instrument(), window_ticks=window), Oracle()
    bids, asks = once_each(bids), once_each(asks)
    oracle.apply(bids, asks)
    snapshot(book, bids, asks)
    check_equal(book, oracle, [])
    for changed_bids, changed_asks in changes:
        oracle.apply(changed_bids, changed_asks)
        delta(book, changed_bids, changed_asks)
        check_equal(book, oracle, [ticks for ticks, _ in changed_bids + changed_asks] + [1, MIDDLE])


@settings(max_examples=200, deadline=None)
@given(
    window_ticks,
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(90, 110), lots), max_size=3),
            st.lists(st.tuples(st.integers(95, 115), lots), max_size=3),
        ),
        max_size=20,
    ),
)
def test_a_crossed_top_makes_the_book_invalid_within_that_message(window, changes) -> None:
    book, oracle = Book(instrument(), window_ticks=window), Oracle()
    snapshot(book, [], [])
    for bids, asks in changes:
        oracle.apply(bids, asks)
        delta(book, bids, asks)
        if oracle.is_crossed:
            assert book.state is BookState.INVALID
            assert book.reason.startswith("crossed: ")
            return
        check_equal(book, oracle, [])


@pytest.mark.parametrize("window", [64, 1 << 16])
def test_a_market_that_travels_far_keeps_every_level(window) -> None:
    book, oracle = Book(instrument(), window_ticks=window), Oracle()
    snapshot(book, [], [])
    for middle in [*range(200_000, 400_000, 9_973), *range(400_000, 1_000, -23_993)]:
        gone_bids = [(ticks, 0) for ticks in oracle.bids if ticks >= middle]
        gone_asks = [(ticks, 0) for ticks in oracle.asks if ticks <= middle]
        bids = [(middle - step * step - 1, step + 1) for step in range(30)] + gone_bids
        asks = [(middle + step * step + 1, step + 1) for step in range(30)] + gone_asks
        oracle.apply(bids, asks)
        delta(book, bids, asks)
        check_equal(book, oracle, [ticks for ticks, _ in bids + asks])


def test_more_far_levels_than_there_is_room_for_are_kept() -> None:
    book, oracle = Book(instrument(), window_ticks=64), Oracle()
    bids = [(10_000_000 - 1_000 * step, step + 1) for step in range(3_000)]
    asks = [(20_000_000 + 1_000 * step, step + 1) for step in range(1_500)]
    for changed_bids, changed_asks in (
        (bids, asks),
        ([(t + 7, n) for t, n in bids], []),
        ([], [(t + 9, n) for t, n in asks]),
    ):
        if book.state is BookState.SYNCING:
            snapshot(book, changed_bids, changed_asks)
        else:
            delta(book, changed_bids, changed_asks)
        oracle.apply(changed_bids, changed_asks)
        check_equal(book, oracle, [])
    assert len(book.top(10_000)[0]) == 6_000


def valid_book() -> Book:
    book = Book(instrument())
    snapshot(book, [(618_000, 1_000), (617_990, 2_000)], [(618_010, 500), (618_030, 1_500)])
    return book


def reads(book: Book) -> list[object]:
    return [
        book.best_bid(),
        book.best_ask(),
        book.mid(),
        *(len(column) for column in book.top(5)),
        book.lots_at(Side.BUY, 618_000),
        book.execution_price(Side.BUY, Decimal("0.1")),
        book.visible_quantity(Side.SELL, 5),
        book.is_fresh(20, 10**9),
    ]


NOTHING = [None, None, None, 0, 0, 0, 0, 0, None, Decimal(0), False]


def test_a_book_without_a_snapshot_reads_as_nothing() -> None:
    book = Book(instrument())
    assert book.state is BookState.SYNCING
    assert reads(book) == NOTHING
    delta(book, [(1, 1)], [(2, 1)])
    assert book.state is BookState.SYNCING
    assert reads(book) == NOTHING


def test_an_invalidated_book_reads_as_nothing_until_the_next_snapshot() -> None:
    book = valid_book()
    book.invalidate("gap: expected 3, got 5", 30)
    assert (book.state, book.reason, book.received_ns) == (BookState.INVALID, "gap: expected 3, got 5", 30)
    assert reads(book) == NOTHING
    delta(book, [(618_000, 1)], [], sequence=9)
    assert (book.state, book.sequence) == (BookState.INVALID, 1)
    snapshot(book, [(100, 1)], [(101, 2)], sequence=10)
    assert (book.state, book.reason, book.sequence) == (BookState.VALID, "", 10)
    assert [column.tolist() for column in book.top(5)] == [[100], [1], [101], [2]]


def test_a_crossed_snapshot_is_invalid() -> None:
    book = Book(instrument())
    snapshot(book, [(101, 1)], [(101, 1)])
    assert book.state is BookState.INVALID
    assert book.reason == "crossed: best bid 10.10 is not below best ask 10.10"
    assert reads(book) == NOTHING


@pytest.mark.parametrize("level", [(0, 1), (-5, 1), (5, -1), (1 << 62, 1), (5, 1 << 62), (-(1 << 63), 1)])
def test_a_level_that_cannot_be_makes_the_book_invalid(level) -> None:
    for bids, asks in (([level], []), ([], [level])):
        book = valid_book()
        delta(book, bids, asks)
        assert book.state is BookState.INVALID
        assert reads(book) == NOTHING
        snapshot(book, bids, asks)
        assert book.state is BookState.INVALID
        snapshot(book, [(100, 1)], [(101, 2)])
        assert [column.tolist() for column in book.top(9)] == [[100], [1], [101], [2]]


def test_sides_of_unequal_columns_or_of_another_type_are_refused() -> None:
    book = valid_book()
    with pytest.raises(ValueError, match="differ in number"):
        book.apply_delta(ints(1), EMPTY, EMPTY, EMPTY, sequence=2, venue_ns=0, received_ns=0)
    with pytest.raises(TypeError, match="float64"):
        book.apply_delta(ints(1) * 1.5, ints(1), EMPTY, EMPTY, sequence=2, venue_ns=0, received_ns=0)


def test_what_was_read_stays_as_it_was_when_the_book_moves_on() -> None:
    book = valid_book()
    before = book.top(2)
    delta(book, [(618_000, 7)], [(618_010, 0)])
    assert [column.tolist() for column in before] == [
        [618_000, 617_990],
        [1_000, 2_000],
        [618_010, 618_030],
        [500, 1_500],
    ]


def test_columns_that_are_read_only_or_strided_are_taken() -> None:
    frozen, strided = ints(617_995), ints(3, 0, 4)[::2][:1]
    frozen.setflags(write=False)
    book = valid_book()
    book.apply_delta(frozen, strided, EMPTY, EMPTY, sequence=2, venue_ns=0, received_ns=0)
    assert book.lots_at(Side.BUY, 617_995) == 3


def test_sequence_and_times_are_those_of_the_last_message() -> None:
    book = valid_book()
    assert (book.sequence, book.venue_ns, book.received_ns) == (1, 10, 20)
    delta(book, [], [], sequence=5)
    assert (book.sequence, book.venue_ns, book.received_ns) == (5, 11, 21)
    assert book.is_fresh(21 + 2_000, 2_000)
    assert not book.is_fresh(21 + 2_001, 2_000)


def test_mid_and_execution_price_are_money() -> None:
    book = valid_book()
    assert book.mid() == Decimal("61800.5")
    assert book.execution_price(Side.BUY, Decimal("0.5")) == Decimal("61801.0")
    assert book.execution_price(Side.BUY, Decimal("1.0")) == Decimal("61802.0")
    assert book.execution_price(Side.SELL, Decimal("2.0")) == Decimal("61799.5")
    assert book.execution_price(Side.SELL, Decimal("3.0")) is not None
    assert book.execution_price(Side.SELL, Decimal("3.001")) is None
    assert book.execution_price(Side.BUY, Decimal(0)) is None
    assert book.execution_price(Side.BUY, Decimal("NaN")) is None
    assert book.visible_quantity(Side.BUY, 1) == Decimal("0.5")
    assert book.visible_quantity(Side.SELL, 2) == Decimal("3.0")


def test_own_lots_are_no_depth_and_more_than_a_level_shows_take_off_no_more_than_it() -> None:
    book = valid_book()
    (first, second), (lots, more) = book.top(2)[0].tolist(), book.top(2)[1].tolist()
    seen = {own: book.visible_quantity(Side.SELL, 2, {first: own, 1: 1_000}) for own in (1, lots, lots + more)}
    to_quantity = book.instrument.lots_to_quantity
    assert seen == {1: to_quantity(lots + more - 1), lots: to_quantity(more), lots + more: to_quantity(more)}
    assert book.visible_quantity(Side.SELL, 1, {second: more}) == to_quantity(lots)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**12), st.integers(1, 10**15)), min_size=1, max_size=300, unique_by=lambda x: x[0]
    ),
    st.data(),
)
def test_the_execution_price_is_the_exact_average_over_the_levels(asks, data) -> None:
    book = Book(instrument(), window_ticks=64)
    snapshot(book, [], asks)
    wanted = data.draw(st.integers(1, sum(size for _, size in asks)))
    left, value = wanted, 0
    for ticks, size in sorted(asks):
        taken = min(left, size)
        left, value = left - taken, value + taken * ticks
    expected = Decimal("0.10") * value / wanted
    price = book.execution_price(Side.BUY, Decimal("0.001") * wanted)
    assert price is not None
    assert abs(price - expected) <= abs(expected) * Decimal("1e-26")
