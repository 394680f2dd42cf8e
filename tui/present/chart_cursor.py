"""A crosshair on a bar: it holds on to the bar's time, whatever comes and goes around it."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """Which of all points are shown, and which of those the cursor is on."""

    first: int
    cursor: int | None  # counted from `first`


def point_at(times_ns: Sequence[int], cursor_ns: int | None) -> int | None:
    """Return which point the cursor's time lies in; None without a cursor, and where that time is kept no more."""
    if cursor_ns is None or not times_ns:
        return None
    index = bisect_right(times_ns, cursor_ns) - 1
    return index if index >= 0 else None


def moved_sideways(times_ns: Sequence[int], cursor_ns: int | None, step: int) -> int | None:
    """Return the cursor's time `step` points further; without one begin at the newest point."""
    if not times_ns:
        return None
    index = point_at(times_ns, cursor_ns)
    if index is None:
        return times_ns[-1]
    return times_ns[min(max(index + step, 0), len(times_ns) - 1)]


def window_of(times_ns: Sequence[int], columns: int, cursor_ns: int | None) -> Window:
    """Show the newest points, and further back only as far as the cursor is."""
    index = point_at(times_ns, cursor_ns)
    newest = max(0, len(times_ns) - columns)
    first = newest if index is None else min(newest, index)
    return Window(first, None if index is None else index - first)
