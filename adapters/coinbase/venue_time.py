"""The venue's clock as seen from here: what stands in tokens."""

from collections.abc import Awaitable, Callable
from typing import Final

from core.ports.clock import Clock

_SAMPLES: Final = 3
_NS_PER_S: Final = 1_000_000_000


class VenueTime:
    """Counts on from the last reading with the steady clock: setting the time of day moves nothing here."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ns: int | None = None  # of our steady clock

    @property
    def now_ns(self) -> int:
        """Return the venue's time; our own before the first reading."""
        if self._ahead_ns is None:
            return self._clock.utc_ns()
        return self._clock.monotonic_ns() + self._ahead_ns

    @property
    def now_s(self) -> int:
        return self.now_ns // _NS_PER_S

    @property
    def offset_ns(self) -> int:
        """Return how far the venue's clock is ahead of ours."""
        return self.now_ns - self._clock.utc_ns()

    async def measure(self, read_ns: Callable[[], Awaitable[int]]) -> None:
        """Ask a few times and keep the answer that came fastest."""
        fastest_ns: int | None = None
        for _ in range(_SAMPLES):
            asked_ns = self._clock.monotonic_ns()
            venue_ns = await read_ns()
            took_ns = self._clock.monotonic_ns() - asked_ns
            if fastest_ns is None or took_ns < fastest_ns:
                fastest_ns, self._ahead_ns = took_ns, venue_ns - asked_ns - took_ns // 2
