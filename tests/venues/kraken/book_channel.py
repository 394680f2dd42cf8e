"""One subscription to a book: what the venue sends of it, with a true checksum."""

import zlib

from core.matching.kernel import MatchingBook
from tests.venues.kraken.pairs import Pair

Side = dict[int, int]  # lots by ticks


class BookChannel:
    """Remembers the levels that the subscriber has, and tells him the difference."""

    def __init__(self, pair: Pair, depth: int) -> None:
        self.pair = pair
        self.depth = depth
        self._bids: Side = {}
        self._asks: Side = {}

    def snapshot(self, book: MatchingBook) -> dict[str, object]:
        self._bids, self._asks = self._top(book)
        return self._data(self._bids, self._asks, book)

    def update(self, book: MatchingBook) -> dict[str, object] | None:
        """Return what changed; what only fell out of the depth is not told, as the venue does not."""
        bids, asks = self._top(book)
        changed_bids = _changes(self._bids, bids, book.bids.levels)
        changed_asks = _changes(self._asks, asks, book.asks.levels)
        self._bids, self._asks = bids, asks
        if not changed_bids and not changed_asks:
            return None
        return self._data(changed_bids, changed_asks, book)

    def _top(self, book: MatchingBook) -> tuple[Side, Side]:
        bids, asks = (dict(zip(*ladder.depth(self.depth), strict=True)) for ladder in (book.bids, book.asks))
        return bids, asks

    def _data(self, bids: Side, asks: Side, book: MatchingBook) -> dict[str, object]:
        return {
            "symbol": self.pair.symbol,
            "bids": self._levels(bids),
            "asks": self._levels(asks),
            "checksum": checksum(self.pair, book),
        }

    def _levels(self, side: Side) -> list[dict[str, object]]:
        return [{"price": ticks * self.pair.tick, "qty": lots * self.pair.lot} for ticks, lots in side.items()]


def checksum(pair: Pair, book: MatchingBook) -> int:
    """Count it the way Kraken's documentation says, on decimal texts: dot away, leading zeros away."""
    text = ""
    for ladder in (book.asks, book.bids):
        for ticks, lots in zip(*ladder.depth(10), strict=True):
            text += _digits(f"{ticks * pair.tick:.{pair.price_decimals}f}")
            text += _digits(f"{lots * pair.lot:.{pair.quantity_decimals}f}")
    return zlib.crc32(text.encode())


def _digits(text: str) -> str:
    return text.replace(".", "").lstrip("0")


def _changes(before: Side, now: Side, all_levels: object) -> Side:
    assert isinstance(all_levels, dict)
    gone = {ticks: 0 for ticks in before if ticks not in now and ticks not in all_levels}
    return gone | {ticks: lots for ticks, lots in now.items() if before.get(ticks) != lots}
