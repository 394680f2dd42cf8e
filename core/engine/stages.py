"""How long each stage of an order's way takes, from the market's message to the fill; the newest orders count."""

from collections import deque
from enum import StrEnum
from typing import Final, NamedTuple

from core.state.monitoring import StageLatency

KEPT_ORDERS: Final = 200


class Stage(StrEnum):
    """Each begins where the one before ends, but ACK and FILL, which both begin with the send."""

    DECODE = "decode"  # from the receipt of the message to the strategy's callback
    DECIDE = "decide"  # the strategy's own time until its order reaches the desk
    RISK = "risk"  # the gate, its view of the account included
    JOURNAL = "journal"  # until the intent is durable
    WIRE = "wire"  # until the order is handed to the venue's adapter
    ACK = "ack"  # from the send to the venue's answer
    FILL = "fill"  # from the send to the first fill


class Origin(NamedTuple):
    """The event that an order answers."""

    heard_ns: int  # steady clock, when the strategy's callback began
    received_ns: int | None  # UTC, when the message came in; None where time itself was the event


class StageLatencies:
    """Remember the newest durations of each stage, and when orders left whose fill is to come."""

    def __init__(self) -> None:
        self._durations: dict[Stage, deque[int]] = {stage: deque(maxlen=KEPT_ORDERS) for stage in Stage}
        self._sent_ns: dict[str, int] = {}

    def note(self, stage: Stage, duration_ns: int) -> None:
        self._durations[stage].append(max(0, duration_ns))

    def answered(self, origin: Origin, utc_ns: int, steady_ns: int) -> None:
        """Note that an event led to an order just now."""
        decide_ns = steady_ns - origin.heard_ns
        self.note(Stage.DECIDE, decide_ns)
        if origin.received_ns is not None:
            self.note(Stage.DECODE, utc_ns - origin.received_ns - decide_ns)

    def sent(self, client_order_id: str, steady_ns: int) -> None:
        self._sent_ns[client_order_id] = steady_ns
        if len(self._sent_ns) > KEPT_ORDERS:
            del self._sent_ns[next(iter(self._sent_ns))]

    def filled(self, client_order_id: str, steady_ns: int) -> None:
        """Note a fill; only the first of an order counts."""
        sent_ns = self._sent_ns.pop(client_order_id, None)
        if sent_ns is not None:
            self.note(Stage.FILL, steady_ns - sent_ns)

    def durations_ns(self, stage: Stage) -> tuple[int, ...]:
        """Return what is remembered of a stage, oldest first."""
        return tuple(self._durations[stage])

    def states(self) -> dict[str, StageLatency]:
        """Return the percentiles of every stage that an order has passed."""
        return {stage.value: _state(sorted(each)) for stage, each in self._durations.items() if each}


def _state(ordered: list[int]) -> StageLatency:
    p50, p95, p99 = (ordered[min(len(ordered) - 1, len(ordered) * share // 100)] / 1e6 for share in (50, 95, 99))
    return StageLatency(p50_ms=p50, p95_ms=p95, p99_ms=p99, orders=len(ordered))
