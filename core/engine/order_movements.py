"""When orders moved last, by the steady clock: a venue's account is believed of those that were quiet for a while."""

from typing import Final

from core.ports.clock import Clock

KEPT_NS: Final = 60_000_000_000
"""Longer than anybody asks an order to have been quiet; what moved before that is quiet."""


class OrderMovements:
    """Bounded by time. What an earlier engine did is not known here: its venues are compared before they open."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moved_ns: dict[str, int] = {}  # oldest movement first

    def note(self, client_order_id: str) -> None:
        """Take note that an order moved just now."""
        now_ns = self._clock.monotonic_ns()
        self._moved_ns.pop(client_order_id, None)
        self._moved_ns[client_order_id] = now_ns
        while self._moved_ns[oldest := next(iter(self._moved_ns))] < now_ns - KEPT_NS:
            del self._moved_ns[oldest]

    def was_quiet(self, client_order_id: str, at_ns: int, span_ns: int) -> bool:
        """Tell whether an order had not moved for `span_ns`, at most a minute, at a moment of the steady clock."""
        moved_ns = self._moved_ns.get(client_order_id)
        return moved_ns is None or at_ns - moved_ns >= span_ns
