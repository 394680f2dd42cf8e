"""How far Kraken's clock is from ours, measured on the answers that carry its times."""

from typing import Final

_WORTH_NS: Final = 60_000_000_000  # after so long a worse measurement takes the place of a better one


class VenueTime:
    """Keeps the measurement with the shortest way there and back of the last minute.

    Nothing here is signed with a time, so an offset refuses nothing; it moves the moment that trades are asked from.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._round_trip_ns = 0
        self._at_ns = 0

    @property
    def offset_ns(self) -> int | None:
        """Return how far the venue is ahead of us, give or take half of a round trip; None before the first answer."""
        return self._offset_ns

    def note(self, *, sent_ns: int, in_ns: int, out_ns: int, received_ns: int, steady_ns: int) -> None:
        """Take the times at which a request left, came there, left there and came back."""
        round_trip_ns = (received_ns - sent_ns) - (out_ns - in_ns)
        if round_trip_ns < 0:  # a clock was set meanwhile
            return
        offset_ns = ((in_ns - sent_ns) + (out_ns - received_ns)) // 2
        if self._offset_ns is not None and steady_ns - self._at_ns <= _WORTH_NS:
            # both are right within half a round trip, or one of the clocks was set in between
            was_set = 2 * abs(offset_ns - self._offset_ns) > round_trip_ns + self._round_trip_ns
            if round_trip_ns > self._round_trip_ns and not was_set:
                return
        self._offset_ns, self._round_trip_ns, self._at_ns = offset_ns, round_trip_ns, steady_ns
