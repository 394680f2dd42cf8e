"""Own orders against a book that shows totals only: each rule by its effect."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.matching.against_book import AgainstBook, Filled
from core.matching.events import Accepted, Cancelled, MatchKind, MatchReason, Rejected
from core.types.order import Liquidity, Side


class Levels:
    """A book as two tables of lots by ticks."""

    def __init__(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.sides = {Side.BUY: bids, Side.SELL: asks}

    def best_bid(self) -> tuple[int, int] | None:
        bids = self.sides[Side.BUY]
        return (max(bids), bids[max(bids)]) if bids else None

    def best_ask(self) -> tuple[int, int] | None:
        asks = self.sides[Side.SELL]
        return (min(asks), asks[min(asks)]) if asks else None

    def top(self, depth: int):
        rows = [sorted(self.sides[Side.BUY].items(), reverse=True), sorted(self.sides[Side.SELL].items())]
        columns = [[row[i] for row in side[:depth]] for side in rows for i in (0, 1)]
        return tuple(np.array(column, dtype=np.int64) for column in columns)

    def lots_at(self, side: Side, ticks: int) -> int:
        return self.sides[side].get(ticks, 0)


def resting_buy(book: Levels, ticks: int, lots: int) -> AgainstBook:
    matcher = AgainstBook()
    assert matcher.submit(1, Side.BUY, ticks, lots, kind=MatchKind.LIMIT, book=book) == [Accepted(1)]
    return matcher


def filled(events: list) -> int:
    return sum(event.lots for event in events if type(event) is Filled)


def test_a_taker_walks_the_levels_to_its_limit_and_the_rest_of_an_ioc_is_cancelled() -> None:
    book = Levels({99: 5}, {101: 3, 102: 4, 104: 9})
    events = AgainstBook().submit(1, Side.BUY, 102, 10, kind=MatchKind.IOC, book=book)
    assert events == [
        Accepted(1),
        Filled(1, 101, 3, 7, Liquidity.TAKER),
        Filled(1, 102, 4, 3, Liquidity.TAKER),
        Cancelled(1, 3, MatchReason.UNFILLED),
    ]


def test_the_same_displayed_lots_are_taken_once_until_the_level_changes() -> None:
    book, matcher = Levels({}, {101: 5}), AgainstBook()
    assert filled(matcher.submit(1, Side.BUY, None, 4, kind=MatchKind.MARKET, book=book)) == 4
    assert filled(matcher.submit(2, Side.BUY, None, 4, kind=MatchKind.MARKET, book=book)) == 1
    assert filled(matcher.submit(3, Side.BUY, None, 4, kind=MatchKind.MARKET, book=book)) == 0
    book.sides[Side.SELL][101] = 6
    matcher.on_book(book)
    assert filled(matcher.submit(4, Side.BUY, None, 9, kind=MatchKind.MARKET, book=book)) == 6


def test_a_resting_order_waits_for_the_volume_ahead_then_fills_in_parts() -> None:
    matcher = resting_buy(Levels({100: 10}, {101: 1}), 100, 6)
    assert filled(matcher.on_trade(100, 8, Side.SELL)) == 0
    assert matcher.on_trade(100, 5, Side.SELL) == [Filled(1, 100, 3, 3, Liquidity.MAKER)]
    assert matcher.on_trade(100, 9, Side.SELL) == [Filled(1, 100, 3, 0, Liquidity.MAKER)]
    assert not matcher.has_orders


def test_a_trade_on_the_other_side_does_nothing() -> None:
    matcher = resting_buy(Levels({100: 0}, {101: 1}), 100, 6)
    assert matcher.on_trade(100, 50, Side.BUY) == []


def test_a_trade_through_the_price_fills_the_whole_order_at_its_own_price() -> None:
    matcher = resting_buy(Levels({100: 1_000}, {101: 1}), 100, 6)
    assert matcher.on_trade(99, 1, Side.SELL) == [Filled(1, 100, 6, 0, Liquidity.MAKER)]


def test_cancellations_ahead_count_in_proportion() -> None:
    book = Levels({100: 10}, {101: 1})
    matcher = resting_buy(book, 100, 5)
    book.sides[Side.BUY][100] = 20  # ten more join behind
    matcher.on_book(book)
    assert matcher.lots_ahead(1) == 10
    book.sides[Side.BUY][100] = 12  # eight of twenty leave: half of them stood ahead
    matcher.on_book(book)
    assert matcher.lots_ahead(1) == 6


def test_a_trade_and_the_smaller_level_it_leaves_are_counted_once_in_either_order() -> None:
    for trade_first in (True, False):
        book = Levels({100: 10}, {101: 1})
        matcher = resting_buy(book, 100, 5)
        if trade_first:
            matcher.on_trade(100, 4, Side.SELL)
        book.sides[Side.BUY][100] = 6
        matcher.on_book(book)
        if not trade_first:
            matcher.on_trade(100, 4, Side.SELL)
        assert matcher.lots_ahead(1) == 6


def test_the_other_side_arriving_at_the_price_fills_what_it_shows() -> None:
    book = Levels({100: 10}, {101: 1})
    matcher = resting_buy(book, 100, 6)
    book.sides = {Side.BUY: {98: 1}, Side.SELL: {99: 2, 100: 2, 101: 7}}
    assert matcher.on_book(book) == [Filled(1, 100, 4, 2, Liquidity.MAKER)]
    assert matcher.on_book(book) == []


def test_two_own_orders_at_one_price_share_a_trade_oldest_first() -> None:
    book = Levels({100: 4}, {101: 1})
    matcher = resting_buy(book, 100, 3)
    matcher.submit(2, Side.BUY, 100, 3, kind=MatchKind.LIMIT, book=book)
    events = matcher.on_trade(100, 8, Side.SELL)
    assert [(event.order_id, event.lots) for event in events] == [(1, 3), (2, 1)]


def test_own_orders_never_meet() -> None:
    book = Levels({99: 1}, {101: 1})
    matcher = resting_buy(book, 100, 3)
    for kind, ticks in ((MatchKind.LIMIT, 100), (MatchKind.IOC, 99), (MatchKind.MARKET, None)):
        events = matcher.submit(2, Side.SELL, ticks, 1, kind=kind, book=book)
        assert events == [Rejected(2, MatchReason.SELF_MATCH)]


def test_a_post_only_order_that_would_take_is_rejected() -> None:
    book = Levels({99: 1}, {101: 1})
    events = AgainstBook().submit(1, Side.BUY, 101, 1, kind=MatchKind.POST_ONLY, book=book)
    assert events == [Rejected(1, MatchReason.WOULD_CROSS)]


levels = st.dictionaries(st.integers(95, 99), st.integers(1, 20), max_size=5)
market = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(95, 105), st.integers(1, 20), st.sampled_from(Side)),
        st.tuples(st.just("book"), levels, levels, st.integers(-3, 3)),
    ),
    max_size=30,
)


@given(market, st.sampled_from(Side), st.integers(96, 104), st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_no_run_of_the_market_fills_more_than_was_ordered_or_at_another_price(
    events: list, side: Side, ticks: int, lots: int
) -> None:
    book = Levels({98: 5}, {102: 5})
    matcher = AgainstBook()
    happened = matcher.submit(1, side, ticks, lots, kind=MatchKind.LIMIT, book=book)
    for event in events:
        if event[0] == "trade":
            happened += matcher.on_trade(event[1], event[2], event[3])
        else:
            asks = {200 - at: size for at, size in event[2].items()}
            book.sides = {
                Side.BUY: {at + event[3]: size for at, size in event[1].items()},
                Side.SELL: {at + event[3]: size for at, size in asks.items()},
            }
            happened += matcher.on_book(book)
        ahead = matcher.lots_ahead(1)
        assert ahead is None or ahead >= 0
    fills = [event for event in happened if type(event) is Filled]
    assert sum(fill.lots for fill in fills) <= lots
    assert all(fill.lots > 0 and side.sign * (ticks - fill.ticks) >= 0 for fill in fills)
    assert all(fill.ticks == ticks for fill in fills if fill.liquidity is Liquidity.MAKER)
    assert (sum(fill.lots for fill in fills) == lots) == (not matcher.has_orders)
