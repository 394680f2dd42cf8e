"""The machine's own clocks."""

import time
from typing import Final

# The usual steady clock stands still while the machine sleeps: prices of before would be fresh after.
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """A Clock over the operating system: UTC may be stepped by NTP, the steady clock never is, and counts sleep too."""

    def utc_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.clock_gettime_ns(_STEADY)
