"""Profit since the UTC day began, second by second, thinned as the day gets long."""

from collections.abc import Iterator, Sequence
from typing import Final

from core.state.desk import PnlPoint

MAX_POINTS: Final = 2_000


class PnlCurve:
    """Keep at most `MAX_POINTS` points of the day: when full, of every four the highest and the lowest stay.

    What the day has reached on either side is never thinned away, so the deepest fall can be read from what is left.
    """

    def __init__(self) -> None:
        self._kept: list[PnlPoint] = []
        self._newest: list[PnlPoint] = []  # fewer than a group
        self._group = 2  # seconds that two points are kept of

    @property
    def points(self) -> Sequence[PnlPoint]:
        """Return the day so far, oldest first; the newest second is always the last."""
        return [*self._kept, *_extremes(self._newest, keeps_last=True)]

    def begin_day(self) -> None:
        self._kept.clear()
        self._newest.clear()
        self._group = 2

    def add(self, at_ns: int, pnl_usd: float) -> None:
        self._newest.append(PnlPoint(at_ns, pnl_usd))
        if len(self._newest) < self._group:
            return
        self._kept.extend(_extremes(self._newest))
        self._newest.clear()
        if len(self._kept) >= MAX_POINTS - 3:
            self._kept = [
                point for start in range(0, len(self._kept), 4) for point in _extremes(self._kept[start : start + 4])
            ]
            self._group *= 2


def _extremes(points: Sequence[PnlPoint], *, keeps_last: bool = False) -> Iterator[PnlPoint]:
    """Give the lowest and the highest point in their order, once where they are the same; and the last one."""
    if len(points) <= 2:
        yield from points
        return
    places = range(len(points))
    lowest = min(places, key=lambda place: points[place].pnl_usd)
    highest = max(places, key=lambda place: points[place].pnl_usd)
    wanted = {lowest, highest, len(points) - 1} if keeps_last else {lowest, highest}
    yield from (points[place] for place in places if place in wanted)
