"""Own orders matched against a book that only shows totals per price, as paper trading has it.

Each rule is an assumption about what the real queue would have done; it is stated beside its code.
Where data leaves room the rule errs against the own order: later, smaller or at the worse price.
The forms follow the queue models of the market-making literature (position by volume ahead,
cancellations spread in proportion), see hftbacktest, "Order Fill".
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.matching.events import Accepted, Cancelled, MatchKind, MatchReason, Rejected
from core.types.order import Liquidity, Side

Ints = NDArray[np.int64]
_DEPTH = 500  # levels a taker may walk


class LevelBook(Protocol):
    """What is read of a book; `core.book.Book` has it."""

    def best_bid(self) -> tuple[int, int] | None: ...

    def best_ask(self) -> tuple[int, int] | None: ...

    def top(self, depth: int) -> tuple[Ints, Ints, Ints, Ints]: ...

    def lots_at(self, side: Side, ticks: int) -> int: ...


class Filled(NamedTuple):
    order_id: int
    ticks: int
    lots: int
    left: int
    liquidity: Liquidity


PaperEvent = Accepted | Filled | Cancelled | Rejected


class QueuedOrder:
    """An own resting order and what is believed to stand in front of it."""

    __slots__ = ("early_lots", "level_lots", "lots", "lots_ahead", "order_id", "side", "ticks", "traded_lots")

    def __init__(self, order_id: int, side: Side, ticks: int, lots: int, level_lots: int) -> None:
        self.order_id = order_id
        self.side = side
        self.ticks = ticks
        self.lots = lots
        # Everything visible at the price on arrival is ahead.
        self.lots_ahead = level_lots
        self.level_lots = level_lots
        self.traded_lots = 0  # seen as trades, not yet seen as a smaller level
        self.early_lots = 0  # taken off `lots_ahead` as cancelled, perhaps a trade whose print is still to come


class AgainstBook:
    """Match own orders of one instrument against its public book and trades."""

    def __init__(self) -> None:
        self._resting: dict[int, QueuedOrder] = {}  # oldest first
        # Lots taken by own orders, with the lots the level showed then, by (side of the maker, ticks).
        self._taken: dict[tuple[Side, int], tuple[int, int]] = {}

    @property
    def has_orders(self) -> bool:
        return bool(self._resting)

    def lots_ahead(self, order_id: int) -> int | None:
        order = self._resting.get(order_id)
        return order.lots_ahead if order else None

    # own actions ---------------------------------------------------------------------------------

    def submit(
        self, order_id: int, side: Side, ticks: int | None, lots: int, *, kind: MatchKind, book: LevelBook
    ) -> list[PaperEvent]:
        """Enter an order against a book the caller knows to be valid and fresh."""
        if lots < 1:
            return [Rejected(order_id, MatchReason.BAD_SIZE)]
        if kind is not MatchKind.MARKET and (ticks is None or ticks < 1):
            return [Rejected(order_id, MatchReason.BAD_PRICE)]
        limit = None if kind is MatchKind.MARKET else ticks
        # Two own orders never meet: the newer one is rejected whole.
        if any(o.side is not side and (limit is None or side.sign * (limit - o.ticks) >= 0) for o in self._rest()):
            return [Rejected(order_id, MatchReason.SELF_MATCH)]
        if kind is MatchKind.POST_ONLY and limit is not None and _crosses(book, side, limit):
            return [Rejected(order_id, MatchReason.WOULD_CROSS)]
        events: list[PaperEvent] = [Accepted(order_id)]
        left = self._take(order_id, side, limit, lots, book=book, events=events)
        if left and kind in (MatchKind.IOC, MatchKind.MARKET):
            events.append(Cancelled(order_id, left, MatchReason.UNFILLED))
        elif left and limit is not None:
            self.rest(order_id, side, limit, left, book)
        return events

    def rest(self, order_id: int, side: Side, ticks: int, lots: int, book: LevelBook) -> None:
        """Put an order at the back of its queue without letting it take."""
        self._resting[order_id] = QueuedOrder(order_id, side, ticks, lots, book.lots_at(side, ticks))

    def shrink(self, order_id: int, lots: int) -> None:
        """Leave at most this much of a resting order; it keeps its place."""
        order = self._resting.get(order_id)
        if order is not None:
            order.lots = min(order.lots, lots)

    def cancel(self, order_id: int) -> bool:
        return self._resting.pop(order_id, None) is not None

    def _rest(self) -> list[QueuedOrder]:
        return list(self._resting.values())

    def _take(
        self, order_id: int, side: Side, limit: int | None, lots: int, *, book: LevelBook, events: list[PaperEvent]
    ) -> int:
        """Walk the other side.

        A taker gets every visible lot up to its limit, best price first; hidden size is not assumed,
        and our taking moves nobody: the book stays as it is shown.
        """
        bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(_DEPTH)
        level_ticks, level_lots = (ask_ticks, ask_lots) if side is Side.BUY else (bid_ticks, bid_lots)
        for ticks, shown in zip(level_ticks.tolist(), level_lots.tolist(), strict=True):
            if lots == 0 or (limit is not None and side.sign * (ticks - limit) > 0):
                break
            taken = self._claim(side.opposite, ticks, shown, lots)
            if taken:
                lots -= taken
                events.append(Filled(order_id, ticks, taken, lots, Liquidity.TAKER))
        return lots

    def _claim(self, maker_side: Side, ticks: int, shown: int, wanted: int) -> int:
        """Take lots of a level, once.

        What own orders took from a level is gone until the level changes; after a change all of it is
        taken for new.
        """
        before, shown_then = self._taken.get((maker_side, ticks), (0, shown))
        if shown_then != shown:
            before = 0
        taken = min(wanted, max(0, shown - before))
        if taken:
            self._taken[maker_side, ticks] = (before + taken, shown)
        return taken

    # what the market does --------------------------------------------------------------------------

    def on_trade(self, ticks: int, lots: int, aggressor: Side) -> list[PaperEvent]:
        """Let a public trade work on the own orders of the side it hit."""
        events: list[PaperEvent] = []
        given = 0
        for order in self._rest():
            if order.side is aggressor:
                continue
            beyond = order.side.sign * (order.ticks - ticks)
            if beyond > 0:
                # A trade at a worse price means the whole queue at ours was served: filled whole, at our price.
                self._fill(order, order.lots, events)
            elif beyond == 0:
                # Volume at our price serves what is ahead first, then own orders, oldest first.
                through = max(0, lots - self._serve_queue(order, lots) - given)
                given += self._fill(order, min(order.lots, through), events)
        return events

    def _serve_queue(self, order: QueuedOrder, lots: int) -> int:
        """Take traded lots off what stands ahead and return how many went there."""
        order.traded_lots += lots
        # The level may have shrunk before this print came: what was then counted as cancelled is not counted twice.
        counted = min(order.early_lots, lots)
        order.early_lots -= counted
        served = min(order.lots_ahead, lots - counted)
        order.lots_ahead -= served
        return served + counted

    def on_book(self, book: LevelBook) -> list[PaperEvent]:
        """Compare own orders with a valid book that has changed."""
        events: list[PaperEvent] = []
        self._forget_changed(book)
        best_bid, best_ask = book.best_bid(), book.best_ask()
        for order in self._rest():
            self._follow_level(order, book.lots_at(order.side, order.ticks))
            best = best_ask if order.side is Side.BUY else best_bid
            if best is not None and order.side.sign * (order.ticks - best[0]) >= 0:
                # The other side now rests at or through our price: it would have met us first, so we get
                # what it shows, at our price and as maker.
                self._fill(order, self._claim_crossing(order, book), events)
        return events

    def _claim_crossing(self, order: QueuedOrder, book: LevelBook) -> int:
        bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(_DEPTH)
        level_ticks, level_lots = (ask_ticks, ask_lots) if order.side is Side.BUY else (bid_ticks, bid_lots)
        claimed = 0
        for ticks, shown in zip(level_ticks.tolist(), level_lots.tolist(), strict=True):
            if claimed == order.lots or order.side.sign * (ticks - order.ticks) > 0:
                break
            claimed += self._claim(order.side.opposite, ticks, shown, order.lots - claimed)
        return claimed

    def _follow_level(self, order: QueuedOrder, level_lots: int) -> None:
        """Move an own order up by what was cancelled ahead of it.

        A level that shrank by more than its trades had cancellations; they are spread evenly over the
        level, so ours is the share that stood ahead, rounded down. New lots join behind.
        """
        shrunk = order.level_lots - level_lots
        if shrunk == 0:
            return
        cancelled = max(0, shrunk - order.traded_lots)
        visible = max(order.level_lots - min(order.traded_lots, order.level_lots), 1)
        moved = min(order.lots_ahead * min(cancelled, visible) // visible, order.lots_ahead)
        order.lots_ahead = min(order.lots_ahead - moved, level_lots)
        order.early_lots = moved
        order.traded_lots = 0
        order.level_lots = level_lots

    def _forget_changed(self, book: LevelBook) -> None:
        for (side, ticks), (_, shown) in list(self._taken.items()):
            if book.lots_at(side, ticks) != shown:
                del self._taken[side, ticks]

    def _fill(self, order: QueuedOrder, lots: int, events: list[PaperEvent]) -> int:
        if lots == 0:
            return 0
        order.lots -= lots
        if order.lots == 0:
            del self._resting[order.order_id]
        events.append(Filled(order.order_id, order.ticks, lots, order.lots, Liquidity.MAKER))
        return lots


def _crosses(book: LevelBook, side: Side, ticks: int) -> bool:
    best = book.best_ask() if side is Side.BUY else book.best_bid()
    return best is not None and side.sign * (ticks - best[0]) >= 0
