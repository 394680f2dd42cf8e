"""The matching kernel: integer ticks, price-time priority, deterministic.

Rules, in the order they apply:

- The best price matches first, within a price the oldest order; a trade is at the maker's price.
- Two orders of one owner never trade: where the next maker belongs to the taker's owner, what is
  left of the taker (the newer order) is cancelled and the maker stays. `ANONYMOUS` is a crowd and
  may trade with itself.
- A remainder of LIMIT rests at the back of its level; of IOC and MARKET it is cancelled.
- POST_ONLY that would trade is rejected whole.
"""

from collections.abc import Iterator

from core.matching.events import Accepted, Cancelled, MatchEvent, MatchKind, MatchReason, Rejected, Traded
from core.matching.ladder import Ladder, RestingOrder
from core.types.order import Side

ANONYMOUS = 0


class MatchingBook:
    """Match orders of one instrument; all prices in ticks, all sizes in lots."""

    def __init__(self) -> None:
        self.bids = Ladder(Side.BUY)
        self.asks = Ladder(Side.SELL)
        self._orders: dict[int, RestingOrder] = {}

    def ladder(self, side: Side) -> Ladder:
        return self.bids if side is Side.BUY else self.asks

    def submit(
        self, order_id: int, owner: int, side: Side, ticks: int | None, lots: int, *, kind: MatchKind
    ) -> list[MatchEvent]:
        """Enter an order and return what happened: Accepted or Rejected first, then trades, then a cancel if any."""
        refusal = self._refusal(order_id, side, ticks, lots, kind)
        if refusal is not None:
            return [Rejected(order_id, refusal)]
        limit_ticks = None if kind is MatchKind.MARKET else ticks
        taker = RestingOrder(order_id, owner, side, ticks or 0, lots)
        events: list[MatchEvent] = [Accepted(order_id)]
        met_itself = self._match(taker, limit_ticks, events)
        if taker.lots == 0:
            return events
        if met_itself:
            events.append(Cancelled(order_id, taker.lots, MatchReason.SELF_MATCH))
        elif kind is MatchKind.IOC or kind is MatchKind.MARKET:
            events.append(Cancelled(order_id, taker.lots, MatchReason.UNFILLED))
        else:
            self._orders[order_id] = taker
            self.ladder(side).add(taker)
        return events

    def cancel(self, order_id: int) -> Cancelled | None:
        """Take a resting order off; None where no such order rests."""
        order = self._orders.pop(order_id, None)
        if order is None:
            return None
        lots = order.lots
        self.ladder(order.side).take(order, lots)
        return Cancelled(order_id, lots, MatchReason.REQUESTED)

    def reduce(self, order_id: int, lots: int) -> bool:
        """Shrink a resting order by less than what is left of it; it keeps its place in the queue."""
        order = self._orders.get(order_id)
        if order is None or not 0 < lots < order.lots:
            return False
        self.ladder(order.side).take(order, lots)
        return True

    def _refusal(self, order_id: int, side: Side, ticks: int | None, lots: int, kind: MatchKind) -> MatchReason | None:
        if lots < 1:
            return MatchReason.BAD_SIZE
        if order_id in self._orders:
            return MatchReason.DUPLICATE_ID
        if kind is MatchKind.MARKET:
            return None
        if ticks is None or ticks < 1:
            return MatchReason.BAD_PRICE
        if kind is MatchKind.POST_ONLY and self.crosses(side, ticks):
            return MatchReason.WOULD_CROSS
        return None

    def _match(self, taker: RestingOrder, limit_ticks: int | None, events: list[MatchEvent]) -> bool:
        """Trade the taker against the other side; True where it was stopped by an order of its own owner."""
        makers = self.ladder(taker.side.opposite)
        limit_key = None if limit_ticks is None else makers.sign * limit_ticks
        while taker.lots and makers.keys:
            key = makers.keys[-1]
            if limit_key is not None and key < limit_key:
                break
            maker = next(iter(makers.levels[makers.sign * key].orders.values()))
            if maker.owner == taker.owner and taker.owner != ANONYMOUS:
                return True
            lots = min(maker.lots, taker.lots)
            taker.lots -= lots
            makers.take(maker, lots)
            if maker.lots == 0:
                del self._orders[maker.order_id]
            events.append(Traded(maker.order_id, taker.order_id, taker.side, maker.ticks, lots, maker.lots, taker.lots))
        return False

    # reading -----------------------------------------------------------------------------------

    def crosses(self, side: Side, ticks: int) -> bool:
        """Tell whether an order at this price would trade at once."""
        best = self.ladder(side.opposite).best_ticks()
        return best is not None and side.sign * (ticks - best) >= 0

    def best_bid(self) -> int | None:
        return self.bids.best_ticks()

    def best_ask(self) -> int | None:
        return self.asks.best_ticks()

    def lots_at(self, side: Side, ticks: int) -> int:
        level = self.ladder(side).levels.get(ticks)
        return level.lots if level else 0

    def lots_left(self, order_id: int) -> int:
        """Return what is left of a resting order, 0 where it does not rest."""
        order = self._orders.get(order_id)
        return order.lots if order else 0

    def lots_ahead(self, order_id: int) -> int | None:
        """Return the lots in front of a resting order at its own price, None where it does not rest."""
        order = self._orders.get(order_id)
        if order is None:
            return None
        ahead = 0
        for other in self.ladder(order.side).levels[order.ticks].orders.values():
            if other is order:
                break
            ahead += other.lots
        return ahead

    def orders_at(self, side: Side, ticks: int) -> Iterator[RestingOrder]:
        """Yield the queue at one price, oldest first; the book must not change meanwhile."""
        level = self.ladder(side).levels.get(ticks)
        return iter(level.orders.values()) if level else iter(())

    def sweep_cost(self, side: Side, lots: int) -> tuple[int, int]:
        """Return Σ ticks·lots and the lots a taker of `lots` would get, walking the other side."""
        cost = found = 0
        makers = self.ladder(side.opposite)
        for key in reversed(makers.keys):
            ticks = makers.sign * key
            taken = min(makers.levels[ticks].lots, lots - found)
            cost += ticks * taken
            found += taken
            if found == lots:
                break
        return cost, found
