"""The newest events of one job, a bounded number."""

from collections import deque
from typing import Final

from core.types.job_event import JobEvent, JobEvents

EVENTS_KEPT: Final = 100  # of one job: one of two legs in ten slices fits


class JobHistory:
    """What happened to a job, oldest first."""

    def __init__(self, events: JobEvents | None = None) -> None:
        self._kept: deque[JobEvent] = deque(() if events is None else events.kept, maxlen=EVENTS_KEPT)
        self._left_out = 0 if events is None else events.left_out

    def note(self, event: JobEvent) -> None:
        self._left_out += len(self._kept) == EVENTS_KEPT
        self._kept.append(event)

    def forget(self) -> None:
        """Let go of everything: newer jobs need the room."""
        self._left_out += len(self._kept)
        self._kept.clear()

    def to_state(self) -> JobEvents:
        return JobEvents(list(self._kept), self._left_out)
