"""What was sent and filled in the last moments, for the rate, duplicate and repetition rules."""

from collections import deque
from typing import Final

from core.risk.limits import RiskLimits
from core.risk.view import Recent
from core.types.order import Fill, OrderIntent

NS_PER_S: Final = 1_000_000_000
REMEMBERED_ORDERS: Final = 500


class RecentOrders:
    """Bounded by time: entries older than the longest window are dropped as new ones come."""

    def __init__(self, limits: RiskLimits) -> None:
        self._duplicate_ns = int(limits.duplicate_order_window_s * NS_PER_S)
        self._repeated_ns = int(limits.repeated_execution_window_s * NS_PER_S)
        self._sent: deque[tuple[int, tuple[object, ...]]] = deque()
        self._filled: deque[tuple[int, tuple[object, ...]]] = deque()
        self._filled_orders: deque[str] = deque(maxlen=REMEMBERED_ORDERS)

    def note_sent(self, intent: OrderIntent, at_ns: int) -> None:
        self._sent.append((at_ns, _likeness(intent)))
        _drop_before(self._sent, at_ns - max(self._duplicate_ns, NS_PER_S))

    def note_filled(self, intent: OrderIntent, fill: Fill, at_ns: int) -> None:
        # An order filled in many pieces is one execution.
        if all(client_order_id != intent.client_order_id for client_order_id in self._filled_orders):
            self._filled.append((at_ns, (intent.source, fill.instrument_id, fill.side)))
            self._filled_orders.append(intent.client_order_id)
        _drop_before(self._filled, at_ns - self._repeated_ns)

    def repeated(self, now_ns: int) -> tuple[tuple[str, int], ...]:
        """Return for each strategy the most fills alike within the window."""
        counts: dict[tuple[object, ...], int] = {}
        for at_ns, key in self._filled:
            if at_ns > now_ns - self._repeated_ns:
                counts[key] = counts.get(key, 0) + 1
        most: dict[str, int] = {}
        for key, count in counts.items():
            kind, _, strategy = str(key[0]).partition(":")
            if kind == "strategy":
                most[strategy] = max(count, most.get(strategy, 0))
        return tuple(most.items())

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
