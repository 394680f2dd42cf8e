"""The venue's clock as seen from here: what stands in signed requests."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from core.ports.clock import Clock

_SAMPLES: Final = 3
_NS_PER_MS: Final = 1_000_000  # finer than that no venue tells the time
_NS_PER_S: Final = 1_000_000_000


class _Reading(NamedTuple):
    venue_ns: int
    steady_ns: int  # when it was that time, by our steady clock
    error_ns: int  # how far off it can be


class VenueTime:
    """Counts on from the last reading with the steady clock: setting the time of day moves nothing here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reading: _Reading | None = None

    @property
    def now_ns(self) -> int:
        """Return the venue's time; our own before the first reading."""
        reading = self._reading
        if reading is None:
            return self._clock.utc_ns()
        return reading.venue_ns + self._clock.monotonic_ns() - reading.steady_ns

    @property
    def now_s(self) -> int:
        return self.now_ns // _NS_PER_S

    @property
    def offset_ns(self) -> int:
        """Return how far the venue's clock is ahead of ours."""
        return self.now_ns - self._clock.utc_ns()

    @property
    def error_ns(self) -> int:
        """Return how far off `now_ns` can be: half of the fastest round trip, and the venue's milliseconds."""
        return 0 if self._reading is None else self._reading.error_ns

    async def measure(self, server_ns: Callable[[], Awaitable[int]]) -> None:
        """Ask a few times and keep the answer that came fastest."""
        best: _Reading | None = None
        for _ in range(_SAMPLES):
            asked_ns = self._clock.monotonic_ns()
            venue_ns = await server_ns()
            took_ns = self._clock.monotonic_ns() - asked_ns
            error_ns = took_ns // 2 + _NS_PER_MS
            if best is None or error_ns < best.error_ns:
                best = _Reading(venue_ns, asked_ns + took_ns // 2, error_ns)
        self._reading = best
