"""Which trades count: each once, and only with a believable price, size and time."""

from collections import deque
from enum import StrEnum

from core.types.market import Trade

SEEN_TRADES = 65_536  # remembered ids an instrument
AHEAD_LIMIT_NS = 60_000_000_000  # a venue's clock that is further ahead of ours is not believed


class Admission(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    TOO_OLD = "too_old"  # as old as ids already forgotten: cannot be told from a duplicate
    AHEAD = "ahead"  # would close bars that are still running
    MALFORMED = "malformed"  # no positive price and size


class TradeAdmission:
    """Judge the trades of one instrument in arrival order; memory is bounded by `remembered` ids."""

    def __init__(self, remembered: int = SEEN_TRADES) -> None:
        if remembered < 1:
            raise ValueError(f"remembered trades {remembered} is not allowed: at least 1")
        self.counts = dict.fromkeys(Admission, 0)
        self._remembered = remembered
        self._seen: set[int] = set()
        self._arrivals: deque[tuple[int, int]] = deque()  # (trade id, venue_ns) of the ids in `_seen`
        self._forgotten_ns = -1  # newest venue time among the ids forgotten

    def judge(self, trade: Trade) -> Admission:
        """Say whether the trade counts, and remember it where it does."""
        verdict = self._verdict(trade)
        if verdict is Admission.ACCEPTED:
            self._remember(trade)
        self.counts[verdict] += 1
        return verdict

    def _verdict(self, trade: Trade) -> Admission:
        if trade.price_ticks <= 0 or trade.quantity_lots <= 0:
            return Admission.MALFORMED
        if trade.trade_id in self._seen:
            return Admission.DUPLICATE
        if trade.venue_ns <= self._forgotten_ns:
            return Admission.TOO_OLD
        if trade.venue_ns > trade.received_ns + AHEAD_LIMIT_NS:
            return Admission.AHEAD
        return Admission.ACCEPTED

    def _remember(self, trade: Trade) -> None:
        if len(self._arrivals) >= self._remembered:
            trade_id, venue_ns = self._arrivals.popleft()
            self._seen.remove(trade_id)
            self._forgotten_ns = max(self._forgotten_ns, venue_ns)
        self._seen.add(trade.trade_id)
        self._arrivals.append((trade.trade_id, trade.venue_ns))
