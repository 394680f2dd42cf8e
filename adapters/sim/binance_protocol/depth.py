"""Update ids of one book, and its changes cut into diffs of several speeds.

Every changed level counts one id. A diff carries each level that changed between its first and last id with what
rests there at its last id; a snapshot carries the id up to which it is true, so both can be laid upon each other.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from core.matching.kernel import MatchingBook
from core.types.order import Side

SPEEDS_MS: Final = (100, 250, 500, 1000)


class Diff(NamedTuple):
    first_id: int
    last_id: int
    previous_id: int  # last id of the diff before
    bids: list[tuple[int, int]]  # ticks, lots
    asks: list[tuple[int, int]]


class _Pending:
    """What changed since the last diff of one speed."""

    def __init__(self, update_id: int) -> None:
        self.sent_id = update_id
        self.bids: dict[int, None] = {}
        self.asks: dict[int, None] = {}


class Depth:
    """Follow the changes of a matching book."""

    def __init__(self, matching: MatchingBook, first_update_id: int) -> None:
        self._matching = matching
        self.update_id = first_update_id
        self._pending = {speed: _Pending(first_update_id) for speed in SPEEDS_MS}

    def absorb(self) -> bool:
        """Give ids to what changed in the book; tell whether anything did."""
        bid_ticks, _ = self._matching.bids.take_changes()
        ask_ticks, _ = self._matching.asks.take_changes()
        if not bid_ticks and not ask_ticks:
            return False
        self.update_id += len(bid_ticks) + len(ask_ticks)
        for pending in self._pending.values():
            pending.bids.update(dict.fromkeys(bid_ticks))
            pending.asks.update(dict.fromkeys(ask_ticks))
        return True

    def take_diff(self, speed_ms: int) -> Diff | None:
        """Return what changed since the last diff of this speed, None where nothing did."""
        self.absorb()
        pending = self._pending[speed_ms]
        if pending.sent_id == self.update_id:
            return None
        diff = Diff(
            first_id=pending.sent_id + 1,
            last_id=self.update_id,
            previous_id=pending.sent_id,
            bids=self._levels(Side.BUY, pending.bids),
            asks=self._levels(Side.SELL, pending.asks),
        )
        self._pending[speed_ms] = _Pending(self.update_id)
        return diff

    def _levels(self, side: Side, ticks: Iterable[int]) -> list[tuple[int, int]]:
        best_first = sorted(ticks, reverse=side is Side.BUY)
        return [(each, self._matching.lots_at(side, each)) for each in best_first]

    def snapshot(self, levels: int) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the id up to which the book is true, and the best levels of both sides."""
        self.absorb()
        bids, asks = (
            list(zip(*ladder.depth(levels), strict=True)) for ladder in (self._matching.bids, self._matching.asks)
        )
        return self.update_id, bids, asks
