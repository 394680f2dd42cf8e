"""The machine's own clocks."""

import time


class SystemClock:
    """A Clock over the operating system: UTC may be stepped by NTP, the monotonic clock never is."""

    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()
