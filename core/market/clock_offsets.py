"""How far this machine's clock is from the clock of each venue, told from when its books were sent and came."""

from typing import Final

import msgspec

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
WINDOW_NS: Final = NS_PER_S
KNOWN_FOR_NS: Final = 60 * NS_PER_S


class _Delays(msgspec.Struct):
    """The least delay within the running window and within the one before it."""

    began_ns: int
    least_ns: int
    before_ns: int


class ClockOffsets:
    """Take the least delay of the last one to two seconds for the difference of the clocks, its sign included.

    The way from the venue is part of it, so a difference is seen as too large rather than too small: a link that is
    never quicker than the limit is not fit to trade on either. Windows are of the steady clock, which nobody sets.
    """

    def __init__(self) -> None:
        self._delays: dict[str, _Delays] = {}

    def note(self, venue: str, *, sent_ns: int, received_ns: int, steady_ns: int) -> None:
        """Take a message over, sent by the venue's clock and received by ours; one of no known time says nothing."""
        if sent_ns <= 0:
            return
        delay_ns, known = received_ns - sent_ns, self._delays.get(venue)
        if known is None or steady_ns - known.began_ns >= 2 * WINDOW_NS:
            self._delays[venue] = _Delays(steady_ns, delay_ns, delay_ns)
        elif steady_ns - known.began_ns >= WINDOW_NS:
            self._delays[venue] = _Delays(steady_ns, delay_ns, known.least_ns)
        else:
            known.least_ns = min(known.least_ns, delay_ns)

    def offset_ms(self, venue: str, steady_ns: int) -> float | None:
        """Return the difference, positive where our clock is ahead; None without a message in the last minute."""
        known = self._delays.get(venue)
        if known is None or steady_ns - known.began_ns > KNOWN_FOR_NS:
            return None
        return min(known.least_ns, known.before_ns) / NS_PER_MS
