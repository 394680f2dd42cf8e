"""The newest public trades of one instrument."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from core.types.market import Trade

KEPT_TRADES: Final = 500
_KEPT_CUTS: Final = 100


class Printed(NamedTuple):
    """A public trade on the tape."""

    number: int  # rises by one a trade, so that a reader knows how many it has not seen
    trade: Trade
    after_cut: bool  # between it and the trade before others may be missing


class Tape:
    """A ring of the newest public trades, in the order they came in, each once."""

    def __init__(self) -> None:
        self._trades: deque[Trade] = deque()
        self._ids: set[int] = set()  # of those trades
        self._cuts: deque[int] = deque(maxlen=_KEPT_CUTS)  # how many trades there were when the feed was lost
        self._count = 0

    def add(self, trade: Trade) -> None:
        """Add a trade; one that feeds tell again, as they do after a reconnection, is not traded again."""
        if trade.trade_id in self._ids and self._is_here(trade):
            return
        if len(self._trades) >= KEPT_TRADES:
            self._ids.discard(self._trades.popleft().trade_id)
        self._trades.append(trade)
        self._ids.add(trade.trade_id)
        self._count += 1

    def _is_here(self, trade: Trade) -> bool:
        """Compare moments too: where ids are made of the two orders, the same two may meet again."""
        return any((each.trade_id, each.venue_ns) == (trade.trade_id, trade.venue_ns) for each in self._trades)

    def cut(self) -> None:
        """Note that what is traded from now on may not be heard of."""
        if self._count and (not self._cuts or self._cuts[-1] != self._count):
            self._cuts.append(self._count)

    @property
    def last(self) -> Trade | None:
        return self._trades[-1] if self._trades else None

    def newest(self, limit: int) -> Iterator[Printed]:
        """Yield the newest trades, at most `limit`, the newest first."""
        for back, trade in enumerate(islice(reversed(self._trades), limit)):
            number = self._count - back
            yield Printed(number, trade, number - 1 in self._cuts)
