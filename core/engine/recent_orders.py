"""What was sent and filled in the last moments, for the rate, duplicate and repetition rules.

All times are of the steady clock: a clock that is set back must not stretch a window.
"""

from collections import deque
from typing import Final

from core.engine.statistics import SecondMeter
from core.risk.case import strategy_of
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
        self._messages: dict[str, SecondMeter] = {}
        self._filled: deque[tuple[int, tuple[object, ...]]] = deque()
        self._filled_orders: deque[str] = deque(maxlen=REMEMBERED_ORDERS)

    def note_sent(self, intent: OrderIntent, steady_ns: int) -> None:
        self._sent.append((steady_ns, _likeness(intent)))
        _drop_before(self._sent, steady_ns - max(self._duplicate_ns, NS_PER_S))
        self.note_message(intent.venue, steady_ns)

    def note_message(self, venue: str, steady_ns: int) -> None:
        """Count a message to a venue: an order, a change or a cancel."""
        meter = self._messages.setdefault(venue, SecondMeter())
        meter.last_second(steady_ns)
        meter.note(steady_ns)

    def note_filled(self, intent: OrderIntent, fill: Fill, steady_ns: int) -> None:
        # An order filled in many pieces is one execution.
        if all(client_order_id != intent.client_order_id for client_order_id in self._filled_orders):
            self._filled.append((steady_ns, (strategy_of(intent), fill.instrument_id, fill.side)))
            self._filled_orders.append(intent.client_order_id)
        _drop_before(self._filled, steady_ns - self._repeated_ns)

    def repeated(self, steady_ns: int) -> tuple[tuple[str, int], ...]:
        """Return for each strategy the most fills alike within the window, those of its jobs included."""
        counts: dict[tuple[object, ...], int] = {}
        for filled_ns, key in self._filled:
            if filled_ns > steady_ns - self._repeated_ns:
                counts[key] = counts.get(key, 0) + 1
        most: dict[str, int] = {}
        for (strategy, *_), count in counts.items():
            if isinstance(strategy, str):
                most[strategy] = max(count, most.get(strategy, 0))
        return tuple(most.items())

    def forget_fills(self, strategy: str | None = None) -> None:
        """Start the repetition count of a strategy anew, of all of them without one; a person resumed."""
        kept = [] if strategy is None else [each for each in self._filled if each[1][0] != strategy]
        self._filled.clear()
        self._filled.extend(kept)

    def _messages_to(self, venue: str, steady_ns: int) -> int:
        meter = self._messages.get(venue)
        return 0 if meter is None else meter.last_second(steady_ns)

    def rates(self, venue: str, steady_ns: int) -> tuple[int, int]:
        """Return orders to all venues and messages to this one within the last second."""
        orders = sum(sent_ns > steady_ns - NS_PER_S for sent_ns, _ in self._sent)
        return orders, self._messages_to(venue, steady_ns)

    def look(self, intent: OrderIntent, steady_ns: int) -> Recent:
        orders, messages = self.rates(intent.venue, steady_ns)
        likeness, repeated = _likeness(intent), (strategy_of(intent), intent.instrument_id, intent.side)
        return Recent(
            orders_last_second=orders,
            messages_last_second=messages,
            is_duplicate=any(
                sent_ns > steady_ns - self._duplicate_ns and seen == likeness for sent_ns, seen in self._sent
            ),
            repeated_fills=sum(
                filled_ns > steady_ns - self._repeated_ns and key == repeated for filled_ns, key in self._filled
            ),
        )


def _likeness(intent: OrderIntent) -> tuple[object, ...]:
    return (intent.source, intent.instrument_id, intent.side, intent.order_type, intent.quantity, intent.limit_price)


def _drop_before(entries: deque[tuple[int, tuple[object, ...]]], steady_ns: int) -> None:
    while entries and entries[0][0] < steady_ns:
        entries.popleft()
