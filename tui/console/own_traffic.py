"""Measure what the console itself costs: bytes that went to the terminal, and frames that did not."""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from tui.present.traffic import Traffic

RATE_OVER_S: Final = 5
DROPS_OVER_S: Final = 60
_SECOND_NS: Final = 1_000_000_000


class Sent(NamedTuple):
    """What a terminal's writer counts from its start."""

    byte_count: int
    dropped_count: int  # pieces that a stalled terminal did not take


class _Mark(NamedTuple):
    at_ns: int
    byte_count: int
    dropped_count: int


class OwnTraffic:
    """Takes note of every frame and tells, anew once a second, how much is sent and how much is dropped."""

    def __init__(self, sent: Callable[[], Sent | None], frame_period_s: float) -> None:
        self._sent = sent
        self._period_ns = int(frame_period_s * 1e9)
        self._late_frames = 0
        self._marks: deque[_Mark] = deque(maxlen=DROPS_OVER_S + 1)
        self.now = Traffic()

    def frame(self, at_ns: int, lateness_ns: int) -> None:
        """Count a frame that came late by as many as would have had their turn meanwhile."""
        self._late_frames += lateness_ns // self._period_ns
        if self._marks and at_ns - self._marks[-1].at_ns < _SECOND_NS:
            return
        sent = self._sent()
        self._marks.append(
            _Mark(at_ns, sent.byte_count if sent else 0, self._late_frames + (sent.dropped_count if sent else 0))
        )
        newest, oldest = self._marks[-1], self._marks[0]
        before = self._marks[max(0, len(self._marks) - 1 - RATE_OVER_S)]
        passed_s = (newest.at_ns - before.at_ns) / 1e9
        rate = None if sent is None or not passed_s else (newest.byte_count - before.byte_count) / passed_s
        self.now = Traffic(newest.dropped_count - oldest.dropped_count, rate)
