"""When a feed said nothing although its market may have traded: no bar then does not mean that nothing was traded."""

from bisect import bisect_right
from collections import deque
from itertools import islice
from typing import Final, NamedTuple

_MOST: Final = 1_000  # outages remembered; what is older than so many is older than any chart


class _Outage(NamedTuple):
    from_ns: int
    until_ns: int


class LostTime:
    """The outages of one venue's feed, oldest first."""

    def __init__(self) -> None:
        self._outages: deque[_Outage] = deque(maxlen=_MOST)
        self._since_ns: int | None = None  # of the one that goes on

    def begin(self, at_ns: int) -> None:
        if self._since_ns is None:
            self._since_ns = at_ns

    def end(self, at_ns: int) -> None:
        if self._since_ns is not None:
            self._outages.append(_Outage(self._since_ns, at_ns))
            self._since_ns = None

    def first_between(self, from_ns: int, until_ns: int) -> int | None:
        """Return the first lost moment at or after `from_ns` and before `until_ns`, None where there is none."""
        place = bisect_right(self._outages, from_ns, key=lambda outage: outage.until_ns)
        for outage in islice(self._outages, place, place + 1):
            if outage.from_ns < until_ns:
                return max(from_ns, outage.from_ns)
        since_ns = self._since_ns
        return max(from_ns, since_ns) if since_ns is not None and since_ns < until_ns else None
