"""A book as the rows of a ladder: sizes, cumulative sizes and own orders by row number."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from core.state.desk import BookView, OwnLevel
from tui.present.bars import nice_ceiling
from tui.present.ladder_window import LadderWindow, ask_bucket, bid_bucket


class OwnRow(NamedTuple):
    """Own orders of one side in one row; `ahead_lots` is the smallest that is known."""

    lots: int
    ahead_lots: int | None
    is_all_known: bool  # False: an order whose place is not known may be nearer the front


class SideRows(msgspec.Struct, frozen=True):
    """One side by row: the size, and the size from the touch up to and including the row."""

    lots: dict[int, int]
    sums: dict[int, int]
    own: dict[int, OwnRow]

    def largest(self, lowest: int, highest: int) -> int:
        return max((lots for row, lots in self.lots.items() if lowest <= row <= highest), default=1)

    def largest_sum(self, lowest: int, highest: int) -> int:
        return max((lots for row, lots in self.sums.items() if lowest <= row <= highest), default=1)


class LadderBook(msgspec.Struct, frozen=True):
    bids: SideRows
    asks: SideRows
    last: int | None
    scale: int  # what the longest bar of a size is worth, in lots
    sum_scale: int

    @property
    def rows_with_own(self) -> frozenset[int]:
        return frozenset(self.bids.own) | frozenset(self.asks.own)


def ladder_book(book: BookView, window: LadderWindow, count: int) -> LadderBook:
    """Collect what the `count` rows of a window show."""
    group, highest, lowest = window.group, window.top, window.top - count + 1
    bids = _side(book.bid_ticks, book.bid_lots, group, bid_bucket, [own for own in book.own if own.side == "buy"])
    asks = _side(book.ask_ticks, book.ask_lots, group, ask_bucket, [own for own in book.own if own.side != "buy"])
    return LadderBook(
        bids=bids,
        asks=asks,
        last=None if book.last_ticks is None else book.last_ticks // group,
        scale=nice_ceiling(max(side.largest(lowest, highest) for side in (bids, asks))),
        sum_scale=nice_ceiling(max(side.largest_sum(lowest, highest) for side in (bids, asks))),
    )


def own_orders_at(book: BookView, window: LadderWindow, row: int) -> list[OwnLevel]:
    """Return the own orders of both sides that a row stands for."""
    return [own for own in book.own if _bucket_of(own.side)(own.price_ticks, window.group) == row]


def _bucket_of(side: str) -> Callable[[int, int], int]:
    return bid_bucket if side == "buy" else ask_bucket


def _side(
    ticks: Sequence[int], lots: Sequence[int], group: int, bucket_of: Callable[[int, int], int], own: list[OwnLevel]
) -> SideRows:
    sizes: dict[int, int] = {}
    sums: dict[int, int] = {}
    for price, size, total in zip(ticks, lots, accumulate(lots), strict=True):  # best first
        row = bucket_of(price, group)
        sizes[row] = sizes.get(row, 0) + size
        sums[row] = total
    rows: dict[int, OwnRow] = {}
    for order in own:
        row = bucket_of(order.price_ticks, group)
        rows[row] = _with(rows.get(row), order)
    return SideRows(sizes, sums, rows)


def _with(row: OwnRow | None, order: OwnLevel) -> OwnRow:
    ahead = order.ahead_lots
    if row is None:
        return OwnRow(order.quantity_lots, ahead, ahead is not None)
    known = [lots for lots in (row.ahead_lots, ahead) if lots is not None]
    return OwnRow(row.lots + order.quantity_lots, min(known, default=None), row.is_all_known and ahead is not None)
