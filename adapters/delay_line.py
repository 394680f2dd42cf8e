"""A line between two parties: what goes in comes out later, never overtaking."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from core.ports.clock import Clock

_ROUNDING_NS: Final = 1_000  # a timer may fire this much early: loops keep time as a float of seconds


class DelayLine:
    """Deliver calls after a delay each, in the order they were pushed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._last_due_ns = 0

    def push(self, delay_ns: int, deliver: Callable[[], None]) -> int:
        """Queue a call and return the delay it will really have, in ns."""
        now_ns = self._clock.monotonic_ns()
        due_ns = max(now_ns + delay_ns, self._last_due_ns)
        self._last_due_ns = due_ns
        self._waiting.append((due_ns, deliver))
        if self._timer is None:
            self._arm(due_ns - now_ns)
        return due_ns - now_ns

    def close(self) -> None:
        """Drop everything still under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()

    def _arm(self, delay_ns: int) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay_ns / 1e9, self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        now_ns = self._clock.monotonic_ns() + _ROUNDING_NS
        try:
            while self._waiting and self._waiting[0][0] <= now_ns:
                self._waiting.popleft()[1]()
        finally:
            # One failing call must not hold up the rest; a call may have pushed and armed, or closed the line.
            if self._waiting and self._timer is None:
                self._arm(max(0, self._waiting[0][0] - self._clock.monotonic_ns()))
