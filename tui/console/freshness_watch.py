"""Measure how late things are: the newest snapshot and the console's own frames."""

from collections import deque
from collections.abc import Callable

from core.ports.clock import Clock
from core.ports.control import EngineLink
from core.state.desk import DeskSnapshot
from tui.console.own_traffic import OwnTraffic, Sent
from tui.present.header import LinkView


class FreshnessWatch:
    """Compare what the link hands out with the console's own steady clock; the engine's word is not enough."""

    def __init__(
        self, link: EngineLink, clock: Clock, frame_period_s: float, sent: Callable[[], Sent | None] = lambda: None
    ) -> None:
        self._link = link
        self._clock = clock
        self._period_ns = int(frame_period_s * 1e9)
        self._mark: tuple[str, int] | None = None  # engine and sequence of the newest snapshot
        self._advanced_ns = clock.monotonic_ns()
        self._last_frame_ns: int | None = None
        self._lateness_ns: deque[int] = deque(maxlen=50)
        self._traffic = OwnTraffic(sent, frame_period_s)

    def expect_frames_every(self, frame_period_s: float) -> None:
        """Count what is late from another pace of frames on."""
        self._period_ns = int(frame_period_s * 1e9)
        self._lateness_ns.clear()
        self._last_frame_ns = None

    def look(self, snapshot: DeskSnapshot | None) -> LinkView:
        """Take note of a frame; return the state of the link for it."""
        now_ns = self._clock.monotonic_ns()
        if self._last_frame_ns is not None:
            self._lateness_ns.append(max(0, now_ns - self._last_frame_ns - self._period_ns))
            self._traffic.frame(now_ns, self._lateness_ns[-1])
        self._last_frame_ns = now_ns
        return LinkView(
            is_hosted=self._link.is_hosted,
            console_id=self._link.console_id,
            place=self._link.place,
            lost_reason=self._link.lost_reason,
            snapshot_age_s=self.age_s(snapshot),
            console_lag_ms=max(self._lateness_ns, default=0) / 1e6,
            traffic=self._traffic.now,
        )

    def since_frame_ns(self) -> int:
        return 0 if self._last_frame_ns is None else max(0, self._clock.monotonic_ns() - self._last_frame_ns)

    def age_s(self, snapshot: DeskSnapshot | None) -> float | None:
        """Return how old this snapshot is: for how long nothing newer came, and how late it came itself.

        None where there never was one.
        """
        now_ns = self._clock.monotonic_ns()
        if snapshot is not None and (snapshot.engine_id, snapshot.sequence) != self._mark:
            self._mark = (snapshot.engine_id, snapshot.sequence)
            self._advanced_ns = now_ns
        return None if self._mark is None else (now_ns - self._advanced_ns + self._link.late_ns) / 1e9
