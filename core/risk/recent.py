"""What was sent and filled in the last moments: rate, duplicates and repeated executions."""

from collections import deque
from decimal import Decimal
from typing import NamedTuple

from core.risk.limits import RiskLimits
from core.risk.view import Recent
from core.types.instrument import InstrumentId
from core.types.order import Fill, Order, OrderIntent, OrderType, Side

SECOND_NS = 1_000_000_000


class _Likeness(NamedTuple):
    """What makes two orders the same order sent twice."""

    instrument_id: InstrumentId
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    source: str


class _Stroke(NamedTuple):
    """What makes two executions a repetition."""

    source: str
    instrument_id: InstrumentId
    side: Side


class RecentActivity:
    """Sent orders and fills of the last moments; older ones are forgotten as time goes on.

    `sent` is told of each approved order at once, before it is journaled or sent, so that two orders decided
    in one moment see each other.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self._duplicate_ns = int(limits.duplicate_order_window_s * SECOND_NS)
        self._fills_ns = int(limits.repeated_execution_window_s * SECOND_NS)
        self._sent: deque[tuple[int, _Likeness]] = deque()
        self._fills: deque[tuple[int, _Stroke, str]] = deque()

    def sent(self, intent: OrderIntent, now_ns: int) -> None:
        self._sent.append((now_ns, _likeness(intent)))
        self._forget(now_ns)

    def filled(self, order: Order, fill: Fill, now_ns: int) -> None:
        """Take an execution over; an order filled in many pieces counts once."""
        client_order_id = order.intent.client_order_id
        if all(known != client_order_id for _, _, known in self._fills):
            stroke = _Stroke(order.intent.source, fill.instrument_id, fill.side)
            self._fills.append((now_ns, stroke, client_order_id))
        self._forget(now_ns)

    def look(self, intent: OrderIntent, now_ns: int) -> Recent:
        """Describe what an intent meets."""
        self._forget(now_ns)
        likeness = _likeness(intent)
        stroke = _Stroke(intent.source, intent.instrument_id, intent.side)
        return Recent(
            orders_last_second=sum(1 for sent_ns, _ in self._sent if now_ns - sent_ns < SECOND_NS),
            is_duplicate=any(
                now_ns - sent_ns < self._duplicate_ns and like == likeness for sent_ns, like in self._sent
            ),
            repeated_fills=sum(1 for _, known, _ in self._fills if known == stroke),
        )

    def repeated(self, now_ns: int) -> tuple[tuple[str, int], ...]:
        """Return for each strategy the most fills alike within the window."""
        self._forget(now_ns)
        counts: dict[_Stroke, int] = {}
        for _, stroke, _ in self._fills:
            counts[stroke] = counts.get(stroke, 0) + 1
        most: dict[str, int] = {}
        for stroke, count in counts.items():
            kind, _, strategy = stroke.source.partition(":")
            if kind == "strategy":
                most[strategy] = max(count, most.get(strategy, 0))
        return tuple(most.items())

    def person_looked(self, strategy: str) -> None:
        """Begin counting a strategy's executions anew, after a person lifted its blocker."""
        self._fills = deque(entry for entry in self._fills if entry[1].source != f"strategy:{strategy}")

    def _forget(self, now_ns: int) -> None:
        keep_ns = max(SECOND_NS, self._duplicate_ns)
        while self._sent and now_ns - self._sent[0][0] >= keep_ns:
            self._sent.popleft()
        while self._fills and now_ns - self._fills[0][0] >= self._fills_ns:
            self._fills.popleft()


def _likeness(intent: OrderIntent) -> _Likeness:
    return _Likeness(
        intent.instrument_id, intent.side, intent.order_type, intent.quantity, intent.limit_price, intent.source
    )
