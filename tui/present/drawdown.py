"""How far a curve of profit has fallen from its own peak."""

from collections.abc import Sequence
from itertools import accumulate
from math import inf, isfinite, nan
from typing import NamedTuple

from core.state.desk import PnlPoint


class Fall(NamedTuple):
    """The deepest fall of a curve: how deep it was, and when it was deepest."""

    at_ns: int
    usd: float  # zero or below


def drawdowns(points: Sequence[PnlPoint]) -> list[float]:
    """Return at each point how far below the highest point before it the curve stands; zero or below.

    The day begins at zero, so a day that only loses has fallen from there. A point that is no number is no peak, and
    its own fall is none either.
    """
    values = [point.pnl_usd if isfinite(point.pnl_usd) else -inf for point in points]
    peaks = accumulate(values, max, initial=0.0)
    next(peaks, None)
    return [nan if value == -inf else value - peak for value, peak in zip(values, peaks, strict=True)]


def deepest(points: Sequence[PnlPoint], falls: Sequence[float]) -> Fall:
    """Return the deepest fall, the first of equal ones; raise ValueError where none is known."""
    place = min((place for place, fall in enumerate(falls) if isfinite(fall)), key=falls.__getitem__)
    return Fall(points[place].at_ns, falls[place])
