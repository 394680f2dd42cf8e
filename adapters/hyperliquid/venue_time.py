"""The venue's clock as its answers show it: orders run out by it, and so does the dead man's switch."""

from email.utils import parsedate_to_datetime
from typing import Final

from core.ports.clock import Clock
from core.ports.transport import HttpReply

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_HALF_S: Final = _NS_PER_S // 2  # an answer tells whole seconds
_EXACT_NS: Final = 2 * _NS_PER_S  # our clock is the better one as long as it is not further off


class VenueTime:
    """Counts on from the newest answer with the steady clock; our own time before the first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ns: int | None = None  # of our steady clock

    @property
    def now_ms(self) -> int:
        if self._ahead_ns is None:
            return self._clock.utc_ns() // _NS_PER_MS
        return (self._clock.monotonic_ns() + self._ahead_ns) // _NS_PER_MS

    def heard(self, reply: HttpReply) -> None:
        """Take over when an answer says that it was written, where that is not our own time anyway."""
        text = next((value for name, value in reply.headers.items() if name.lower() == "date"), "")
        try:
            written_s = int(parsedate_to_datetime(text).timestamp())
        except (ValueError, TypeError, OverflowError):
            return
        told_ns, own_ns = written_s * _NS_PER_S + _HALF_S, self._clock.utc_ns()
        time_ns = own_ns if abs(told_ns - own_ns) <= _EXACT_NS else told_ns
        self._ahead_ns = time_ns - self._clock.monotonic_ns()
