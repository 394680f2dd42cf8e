"""When a limit will be reached if its use goes on rising as it has of late. Pure: times are given.

It says nothing where nothing can be said: too short a past, a gap in it, a use that does not rise in both halves of the
window, or a moment too far off for the past few minutes to tell.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from core.state.monitoring import LimitUse

NS_PER_S: Final = 1_000_000_000
WINDOW_NS: Final = 300 * NS_PER_S
LEAST_SPAN_NS: Final = 60 * NS_PER_S
SAMPLE_EVERY_NS: Final = 5 * NS_PER_S
GAP_NS: Final = 3 * SAMPLE_EVERY_NS
LEAST_SAMPLES: Final = 8
HORIZON_S: Final = 86_400.0
MOMENTARY: Final = "a second"
"""The unit of limits of rates: what is used of them is gone the next second, so that they have no trend."""

Sample = tuple[int, Decimal]  # steady time, used


def rise_per_s(samples: Sequence[Sample]) -> float | None:
    """Return the slope of what was used, in its unit a second; None where it cannot be told or does not rise.

    It is that of the line of least squares; what was used last must be above the middle, and the middle above the
    first, as the line through a single step, or through a wave, rises too.
    """
    if len(samples) < LEAST_SAMPLES or samples[-1][0] - samples[0][0] < LEAST_SPAN_NS:
        return None
    if not samples[0][1] < samples[len(samples) // 2][1] < samples[-1][1]:
        return None
    at_s = [(at_ns - samples[0][0]) / NS_PER_S for at_ns, _ in samples]
    used = [float(each) for _, each in samples]
    mean_s, mean_used = sum(at_s) / len(at_s), sum(used) / len(used)
    spread = sum((each - mean_s) ** 2 for each in at_s)
    slope = sum((x - mean_s) * (y - mean_used) for x, y in zip(at_s, used, strict=True)) / spread
    return slope if slope > 0 else None


class LimitRates:
    """The recent past of every limit, a sample every few seconds."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = {}
        self._rises: dict[str, float] = {}  # a second, of those that rise
        self._looked_ns: int | None = None

    def is_due(self, steady_ns: int) -> bool:
        return self._looked_ns is None or steady_ns - self._looked_ns >= SAMPLE_EVERY_NS

    def look(self, limits: Iterable[LimitUse], steady_ns: int) -> None:
        """Take a sample of each limit; one whose use is not known, or was not looked at for long, begins anew."""
        if self._looked_ns is not None and steady_ns - self._looked_ns > GAP_NS:
            self._samples.clear()
        self._looked_ns = steady_ns
        kept: dict[str, deque[Sample]] = {}
        for limit in limits:
            if limit.used is None or limit.unit == MOMENTARY:
                continue
            samples = kept[limit.name] = self._samples.get(limit.name, deque())
            samples.append((steady_ns, limit.used))
            while steady_ns - samples[0][0] > WINDOW_NS:
                samples.popleft()
        self._samples = kept
        rises = ((name, rise_per_s(list(samples))) for name, samples in kept.items())
        self._rises = {name: rise for name, rise in rises if rise is not None}

    def reached_in_s(self, limit: LimitUse, horizon_s: float = HORIZON_S) -> int | None:
        """Return in how many seconds nothing is left at the rate of the recent past; None where nobody can tell.

        Nothing is said of a limit that is reached, nor beyond the horizon.
        """
        rise = self._rises.get(limit.name)
        if rise is None or limit.left is None or limit.left <= 0:
            return None
        seconds = float(limit.left) / rise
        return int(seconds) if seconds <= min(horizon_s, HORIZON_S) else None
