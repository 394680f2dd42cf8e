"""Profit since the UTC day began, second by second, thinned as the day gets long."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from core.state.desk import PnlPoint

MAX_POINTS: Final = 2_000
_MOST_BESIDE: Final = 5  # points beside the kept groups: the first, and at most four of the newest seconds


class PnlCurve:
    """Keep at most `MAX_POINTS` points of the day: when full, of two groups of seconds the highest and the lowest stay.

    What the day has reached on either side is never thinned away, so the deepest fall can be read from what is left.
    Neither is the first point, which says from when on, nor that the profit was not known at some second of a group.
    """

    def __init__(self) -> None:
        self._first: PnlPoint | None = None
        self._known_usd = 0.0  # newest
        self._kept: list[list[PnlPoint]] = []  # what is left of each group, all of as many seconds
        self._newest: list[PnlPoint] = []  # fewer than a group
        self._group = 2  # seconds

    @property
    def points(self) -> Sequence[PnlPoint]:
        """Return the day so far, oldest first; the newest second is always the last."""
        if self._first is None:
            return []
        return [self._first, *chain.from_iterable(self._kept), *_extremes(self._newest, keeps_last=True)]

    def begin_day(self) -> None:
        self._first = None
        self._kept.clear()
        self._newest.clear()
        self._group = 2

    def add(self, at_ns: int, pnl_usd: float | None) -> None:
        """Note the profit of a second, None where it is not known; before it is known first there is no curve."""
        if pnl_usd is not None:
            self._known_usd = pnl_usd
        point = PnlPoint(at_ns, self._known_usd, is_known=pnl_usd is not None)
        if self._first is None:
            self._first = point if point.is_known else None
            return
        self._newest.append(point)
        if len(self._newest) < self._group:
            return
        self._kept.append(list(_extremes(self._newest)))
        self._newest.clear()
        while sum(map(len, self._kept)) > MAX_POINTS - _MOST_BESIDE:
            pairs = (self._kept[start : start + 2] for start in range(0, len(self._kept), 2))
            self._kept = [list(_extremes([*chain.from_iterable(pair)])) for pair in pairs]
            self._group *= 2


def _extremes(points: Sequence[PnlPoint], *, keeps_last: bool = False) -> Iterator[PnlPoint]:
    """Give the lowest, the highest and the first unknown point in their order, each once; and the last one."""
    if len(points) <= 2:
        yield from points
        return
    known = [place for place, point in enumerate(points) if point.is_known]
    wanted = {next((place for place, point in enumerate(points) if not point.is_known), None)}
    if known:
        wanted |= {min(known, key=lambda at: points[at].known_usd), max(known, key=lambda at: points[at].known_usd)}
    if keeps_last:
        wanted.add(len(points) - 1)
    yield from (point for place, point in enumerate(points) if place in wanted)
