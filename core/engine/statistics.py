"""How sends ended and how long they took, how late the loop is, and how often something happens."""

from collections import deque
from collections.abc import Callable
from typing import Final

from core.engine.stages import StageLatencies
from core.ports.venue import SendOutcome
from core.risk.auto_halt import VenueSends

KEPT_SENDS: Final = 200
NS_PER_S: Final = 1_000_000_000


class SendStatistics:
    """Remember the newest sends. A reject by the venue counts as a failure."""

    def __init__(self, on_latency: Callable[[str, float], None] | None = None) -> None:
        """Hand each answer's latency in milliseconds on as well."""
        self._on_latency = on_latency
        self.stages = StageLatencies()
        self._latencies: dict[str, deque[int]] = {}
        self._failed: deque[bool] = deque(maxlen=KEPT_SENDS)
        self._troubled: dict[str, deque[bool]] = {}
        self.consecutive_failures = 0

    def sent(self, venue: str, outcome: SendOutcome, latency_ns: int) -> None:
        self._troubled.setdefault(venue, deque(maxlen=KEPT_SENDS)).append(outcome is not SendOutcome.ACCEPTED)
        if outcome is SendOutcome.IN_DOUBT:  # silence is doubt, not failure
            return
        is_failure = outcome is SendOutcome.REJECTED
        self._failed.append(is_failure)
        self.consecutive_failures = self.consecutive_failures + 1 if is_failure else 0
        self._latencies.setdefault(venue, deque(maxlen=KEPT_SENDS)).append(latency_ns)
        if self._on_latency is not None:
            self._on_latency(venue, latency_ns / 1e6)

    @property
    def answered(self) -> int:
        return len(self._failed)

    @property
    def failed(self) -> int:
        return sum(self._failed)

    def by_venue(self) -> tuple[VenueSends, ...]:
        """Return how the newest orders of each venue fared; silence is trouble of the venue, if no failure."""
        return tuple(
            VenueSends(venue=venue, sent=len(troubled), troubled=sum(troubled))
            for venue, troubled in self._troubled.items()
        )

    def forget_failures(self) -> None:
        """Start counting the failures of all orders anew; a person lifted what they had raised."""
        self._failed.clear()
        self.consecutive_failures = 0

    def forget_trouble(self, venue: str) -> None:
        """Start counting a venue's trouble anew; a person closed its circuit again."""
        self._troubled.pop(venue, None)

    def latency_ms(self, venue: str) -> float | None:
        """Return the median time from send to answer, None before the first."""
        latencies = self._latencies.get(venue)
        return sorted(latencies)[len(latencies) // 2] / 1e6 if latencies else None


class LagMeter:
    """How late a timer of the engine's own loop fires: the p99 of the last readings."""

    def __init__(self, kept: int = 500) -> None:
        self._late_ns: deque[int] = deque(maxlen=kept)

    def note(self, late_ns: int) -> None:
        self._late_ns.append(max(0, late_ns))

    @property
    def p99_ms(self) -> float:
        if not self._late_ns:
            return 0.0
        ordered = sorted(self._late_ns)
        return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] / 1e6


class SecondMeter:
    """Count what happened within the last second of the steady clock."""

    def __init__(self) -> None:
        self._noted_ns: deque[int] = deque()

    def note(self, steady_ns: int) -> None:
        self._noted_ns.append(steady_ns)

    def last_second(self, steady_ns: int) -> int:
        while self._noted_ns and self._noted_ns[0] <= steady_ns - NS_PER_S:
            self._noted_ns.popleft()
        return len(self._noted_ns)
