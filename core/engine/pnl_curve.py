"""Profit since the UTC day began, second by second, thinned as the day gets long."""

from typing import Final

from core.state.desk import PnlPoint

MAX_POINTS: Final = 2_000


class PnlCurve:
    """Keep at most `MAX_POINTS` points of the day; when full, every second one goes and the step doubles."""

    def __init__(self) -> None:
        self.points: list[PnlPoint] = []
        self._step = 1
        self._skipped = 0

    def begin_day(self) -> None:
        self.points.clear()
        self._step, self._skipped = 1, 0

    def add(self, at_ns: int, pnl_usd: float) -> None:
        self._skipped += 1
        if self._skipped < self._step:
            return
        self._skipped = 0
        self.points.append(PnlPoint(at_ns, pnl_usd))
        if len(self.points) >= MAX_POINTS:
            del self.points[1::2]
            self._step *= 2
