"""How far a curve of profit has fallen from its own peak."""

from collections.abc import Sequence
from itertools import accumulate
from math import inf, isfinite, nan
from typing import Final, NamedTuple

from core.state.desk import PnlPoint
from tui.present.numbers import DAY_NS

_BEGIN_NS: Final = 60_000_000_000  # a curve that begins in the day's first minute is the whole day's


class Fall(NamedTuple):
    """The deepest fall of a curve: how deep it was, and when it was deepest."""

    at_ns: int
    usd: float  # zero or below


def missing_until_ns(points: Sequence[PnlPoint]) -> int | None:
    """Return when the curve begins where that is within the day: how high and low it stood before is not known."""
    return points[0].at_ns if points and points[0].at_ns % DAY_NS >= _BEGIN_NS else None


def drawdowns(points: Sequence[PnlPoint]) -> list[float]:
    """Return at each point how far below the highest point before it the curve stands; zero or below.

    The day begins at zero, so a day that only loses has fallen from there; of a curve that begins later the first
    point is the first peak. A point that is no number is no peak, and its own fall is none either.
    """
    values = [point.pnl_usd if isfinite(point.pnl_usd) else -inf for point in points]
    peaks = accumulate(values, max, initial=0.0 if missing_until_ns(points) is None else -inf)
    next(peaks, None)
    return [nan if value == -inf else value - peak for value, peak in zip(values, peaks, strict=True)]


def deepest(points: Sequence[PnlPoint], falls: Sequence[float]) -> Fall:
    """Return the deepest fall, the first of equal ones; raise ValueError where none is known."""
    place = min((place for place, fall in enumerate(falls) if isfinite(fall)), key=falls.__getitem__)
    return Fall(points[place].at_ns, falls[place])
