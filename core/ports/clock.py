"""Time as the core sees it."""

from typing import Protocol


class Clock(Protocol):
    """Two clocks: UTC for records, a steady one for durations; both in integer nanoseconds."""

    def utc_ns(self) -> int: ...

    def monotonic_ns(self) -> int: ...
