"""The matching kernel against a plain restatement of price-time priority."""

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.matching.events import Accepted, Cancelled, MatchEvent, MatchKind, MatchReason, Rejected, Traded
from core.matching.kernel import ANONYMOUS, MatchingBook
from core.types.order import Side

OWNER = 1


class Request(NamedTuple):
    order_id: int
    owner: int
    side: Side
    ticks: int
    lots: int
    kind: MatchKind
    cancels: int | None


class Oracle:
    """All orders in one list; the best maker is searched anew for each trade."""

    def __init__(self) -> None:
        self.orders: list[list] = []  # [arrival, id, owner, side, ticks, lots]
        self.arrivals = 0

    def maker(self, side: Side, limit: int | None) -> list | None:
        others = [o for o in self.orders if o[3] is side.opposite]
        if limit is not None:
            others = [o for o in others if side.sign * (limit - o[4]) >= 0]
        return min(others, key=lambda o: (side.sign * o[4], o[0]), default=None)

    def submit(self, request: Request) -> list[MatchEvent]:
        limit = None if request.kind is MatchKind.MARKET else request.ticks
        if request.kind is MatchKind.POST_ONLY and self.maker(request.side, limit):
            return [Rejected(request.order_id, MatchReason.WOULD_CROSS)]
        events: list[MatchEvent] = [Accepted(request.order_id)]
        left = request.lots
        while left and (maker := self.maker(request.side, limit)):
            if maker[2] == request.owner == OWNER:
                return [*events, Cancelled(request.order_id, left, MatchReason.SELF_MATCH)]
            lots = min(left, maker[5])
            left -= lots
            maker[5] -= lots
            events.append(Traded(maker[1], request.order_id, request.side, maker[4], lots, maker[5], left))
            self.orders = [o for o in self.orders if o[5]]
        if left and request.kind in (MatchKind.IOC, MatchKind.MARKET):
            events.append(Cancelled(request.order_id, left, MatchReason.UNFILLED))
        elif left:
            self.arrivals += 1
            self.orders.append([self.arrivals, request.order_id, request.owner, request.side, request.ticks, left])
        return events

    def cancel(self, order_id: int) -> Cancelled | None:
        found = next((o for o in self.orders if o[1] == order_id), None)
        if found is None:
            return None
        self.orders.remove(found)
        return Cancelled(order_id, found[5], MatchReason.REQUESTED)

    def levels(self, side: Side) -> dict[int, int]:
        totals: dict[int, int] = {}
        for order in self.orders:
            if order[3] is side:
                totals[order[4]] = totals.get(order[4], 0) + order[5]
        return totals


@st.composite
def requests(draw: st.DrawFn) -> list[Request]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([ANONYMOUS, ANONYMOUS, OWNER]),
                st.sampled_from(Side),
                st.integers(95, 105),
                st.integers(1, 9),
                st.sampled_from(MatchKind),
                st.none() | st.integers(1, 60),
            ),
            max_size=60,
        )
    )
    return [Request(number, *row) for number, row in enumerate(rows, 1)]


@given(requests())
@settings(max_examples=300, deadline=None)
def test_every_event_and_level_equals_those_of_an_oracle_with_price_time_priority(sequence: list[Request]) -> None:
    book, oracle = MatchingBook(), Oracle()
    mirror: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
    for request in sequence:
        if request.cancels is not None:
            assert book.cancel(request.cancels) == oracle.cancel(request.cancels)
        else:
            got = book.submit(
                request.order_id, request.owner, request.side, request.ticks, request.lots, kind=request.kind
            )
            assert got == oracle.submit(request)
        for side in Side:
            ladder = book.ladder(side)
            for ticks, lots in zip(*ladder.take_changes(), strict=True):
                mirror[side].pop(ticks, None)
                if lots:
                    mirror[side][ticks] = lots
            expected = oracle.levels(side)
            assert mirror[side] == expected
            best_first = sorted(expected, key=lambda ticks, side=side: -side.sign * ticks)
            assert ladder.depth(100) == (best_first, [expected[ticks] for ticks in best_first])
        bid, ask = book.best_bid(), book.best_ask()
        assert bid is None or ask is None or bid < ask


def test_an_order_knows_what_stands_ahead_of_it() -> None:
    book = MatchingBook()
    for order_id, lots in ((1, 5), (2, 7), (3, 9)):
        book.submit(order_id, ANONYMOUS, Side.BUY, 100, lots, kind=MatchKind.LIMIT)
    assert book.lots_ahead(3) == 12
    book.submit(4, ANONYMOUS, Side.SELL, 100, 6, kind=MatchKind.IOC)
    assert book.lots_ahead(3) == 6
    book.cancel(2)
    assert book.lots_ahead(3) == 0


def test_a_reduced_order_keeps_its_place() -> None:
    book = MatchingBook()
    book.submit(1, ANONYMOUS, Side.BUY, 100, 5, kind=MatchKind.LIMIT)
    book.submit(2, ANONYMOUS, Side.BUY, 100, 5, kind=MatchKind.LIMIT)
    assert book.reduce(1, 3)
    (_, trade) = book.submit(3, ANONYMOUS, Side.SELL, 100, 2, kind=MatchKind.IOC)
    assert (trade.maker_id, trade.lots) == (1, 2)
    assert not book.reduce(2, 5)


def test_an_own_order_in_the_way_stops_the_newer_one_and_stays() -> None:
    book = MatchingBook()
    book.submit(1, ANONYMOUS, Side.SELL, 100, 3, kind=MatchKind.LIMIT)
    book.submit(2, OWNER, Side.SELL, 101, 4, kind=MatchKind.LIMIT)
    book.submit(3, ANONYMOUS, Side.SELL, 102, 5, kind=MatchKind.LIMIT)
    events = book.submit(4, OWNER, Side.BUY, None, 10, kind=MatchKind.MARKET)
    assert events[1:] == [Traded(1, 4, Side.BUY, 100, 3, 0, 7), Cancelled(4, 7, MatchReason.SELF_MATCH)]
    assert book.lots_left(2) == 4


@pytest.mark.parametrize(
    ("ticks", "lots", "kind", "reason"),
    [
        (100, 0, MatchKind.LIMIT, MatchReason.BAD_SIZE),
        (None, 1, MatchKind.LIMIT, MatchReason.BAD_PRICE),
        (0, 1, MatchKind.IOC, MatchReason.BAD_PRICE),
    ],
)
def test_a_senseless_order_is_rejected(ticks: int | None, lots: int, kind: MatchKind, reason: MatchReason) -> None:
    assert MatchingBook().submit(1, ANONYMOUS, Side.BUY, ticks, lots, kind=kind) == [Rejected(1, reason)]


def test_a_resting_order_id_is_not_taken_twice() -> None:
    book = MatchingBook()
    book.submit(1, ANONYMOUS, Side.BUY, 100, 1, kind=MatchKind.LIMIT)
    again = book.submit(1, ANONYMOUS, Side.BUY, 100, 1, kind=MatchKind.LIMIT)
    assert again == [Rejected(1, MatchReason.DUPLICATE_ID)]
