"""What spread is usual for an instrument."""

import math
from typing import Final

TIME_CONSTANT_S: Final = 300.0
LEAST_SAMPLES: Final = 5


class UsualSpread:
    """Exponential mean in time: a sample `dt` after the last weighs ``1 - exp(-dt / 300 s)``."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._last_ns = 0
        self._samples = 0

    def update(self, spread_bps: float, at_ns: int) -> None:
        """Take a spread over; one that is negative or no number, or of no later time, is left out.

        Of an earlier time: the clock was set back, and later ones count from there.
        """
        if self._samples and at_ns <= self._last_ns:
            self._last_ns = at_ns
            return
        if not 0.0 <= spread_bps < math.inf:
            return
        weight = 1.0 if not self._samples else -math.expm1(-(at_ns - self._last_ns) / 1e9 / TIME_CONSTANT_S)
        # Evenly at first, so that the first spread of all does not count for minutes.
        self._mean += max(weight, 1.0 / (self._samples + 1)) * (spread_bps - self._mean)
        self._last_ns = at_ns
        self._samples = min(self._samples + 1, int(TIME_CONSTANT_S))

    @property
    def bps(self) -> float | None:
        """Return the mean, None before the fifth sample."""
        return self._mean if self._samples >= LEAST_SAMPLES else None
