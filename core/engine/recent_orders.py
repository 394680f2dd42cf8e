"""What was sent and filled in the last moments, for the rate, duplicate and repetition rules."""

from collections import deque

from core.risk.limits import RiskLimits
from core.risk.view import Recent
from core.types.order import Fill, OrderIntent

NS_PER_S = 1_000_000_000


class RecentOrders:
    """Bounded by time: entries older than the longest window are dropped as new ones come."""

    def __init__(self, limits: RiskLimits) -> None:
        self._duplicate_ns = int(limits.duplicate_order_window_s * NS_PER_S)
        self._repeated_ns = int(limits.repeated_execution_window_s * NS_PER_S)
        self._sent: deque[tuple[int, tuple[object, ...]]] = deque()
        self._filled: deque[tuple[int, tuple[object, ...]]] = deque()

    def note_sent(self, intent: OrderIntent, at_ns: int) -> None:
        self._sent.append((at_ns, _likeness(intent)))
        _drop_before(self._sent, at_ns - max(self._duplicate_ns, NS_PER_S))

    def note_filled(self, intent: OrderIntent, fill: Fill, at_ns: int) -> None:
        self._filled.append((at_ns, (intent.source, fill.instrument_id, fill.side)))
        _drop_before(self._filled, at_ns - self._repeated_ns)

    def forget_fills(self) -> None:
        """Start the repetition count anew; a person resumed."""
        self._filled.clear()

    def look(self, intent: OrderIntent, now_ns: int) -> Recent:
        likeness, repeated = _likeness(intent), (intent.source, intent.instrument_id, intent.side)
        return Recent(
            orders_last_second=sum(at_ns > now_ns - NS_PER_S for at_ns, _ in self._sent),
            is_duplicate=any(at_ns > now_ns - self._duplicate_ns and seen == likeness for at_ns, seen in self._sent),
            repeated_fills=sum(at_ns > now_ns - self._repeated_ns and key == repeated for at_ns, key in self._filled),
        )


def _likeness(intent: OrderIntent) -> tuple[object, ...]:
    return (intent.source, intent.instrument_id, intent.side, intent.order_type, intent.quantity, intent.limit_price)


def _drop_before(entries: deque[tuple[int, tuple[object, ...]]], at_ns: int) -> None:
    while entries and entries[0][0] < at_ns:
        entries.popleft()
