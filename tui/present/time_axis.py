"""Time along a row of cells: which cell an instant falls into, and the labels above."""

from collections.abc import Sequence
from typing import Final

import msgspec

from tui.present import numbers
from tui.present.cells import width_of
from tui.present.ink import Ink, Line, Span

S: Final = 1_000_000_000
MS: Final = 1_000_000
_STEPS_NS: Final = (
    *(step * MS for step in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(step * S for step in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400)),
)
_NOW: Final = "now"


class TimeAxis(msgspec.Struct, frozen=True):
    """So many cells of equal time. Their borders are multiples of it, so that what is drawn moves by whole cells."""

    first_ns: int
    cell_ns: int
    cells: int
    ends_now: bool  # the right edge is this moment

    def cell_of(self, at_ns: int) -> int:
        """Return the cell of an instant; below 0 or from `cells` on it is out of sight."""
        return (at_ns - self.first_ns) // self.cell_ns

    @property
    def last_ns(self) -> int:
        """Return when the last cell begins."""
        return self.first_ns + (self.cells - 1) * self.cell_ns


def axis_until(last_ns: int, span_ns: int, cells: int, *, ends_now: bool = True) -> TimeAxis:
    """Return an axis of at least `span_ns` whose last cell, begun but not full, holds `last_ns`."""
    cell_ns = max(1, -(-span_ns // max(1, cells - 1)))
    return TimeAxis((last_ns // cell_ns - cells + 1) * cell_ns, cell_ns, cells, ends_now)


def nice_span_ns(least_ns: int) -> int:
    """Round up to 1, 2 or 5 times a power of ten seconds, so that a growing span changes seldom."""
    power = MS
    while power * 10 < least_ns:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least_ns)


def axis_line(axis: TimeAxis) -> Line:
    """Write times above the cells, as many as fit between blanks; the right end says that it is now."""
    step_ns = next((step for step in _STEPS_NS if _label_cells(step) + 2 <= step // axis.cell_ns), _STEPS_NS[-1])
    room = axis.cells - (len(_NOW) + 1 if axis.ends_now else 0)
    text, at_ns = "", -(-axis.first_ns // step_ns) * step_ns
    while (cell := axis.cell_of(at_ns)) < room:
        label = "╷" + _label(at_ns, step_ns)
        if cell + width_of(label) > room:
            break
        text += " " * (cell - len(text)) + label
        at_ns += step_ns
    text += " " * (axis.cells - len(text))
    if not axis.ends_now:
        return (Span(text, Ink.QUIET),)
    return (Span(text[: -len(_NOW)], Ink.QUIET), Span(_NOW, Ink.ACCENT))


def axis_labels(labels: Sequence[tuple[int, str]]) -> Line:
    """Write labels at their columns."""
    text = ""
    for column, label in labels:
        text = text.ljust(column) + label
    return (Span(text, Ink.QUIET),)


def marked_axis(labels: Sequence[tuple[int, str]], at: int, mark: Span) -> Line:
    """Write labels at their columns and a mark over them; one that the mark touches goes, for a part of it misleads."""
    end, text = at + len(mark.text), ""
    for column, label in labels:
        if column + len(label) < at or column > end:
            text = text.ljust(column) + label
    text = text.ljust(end)
    return (Span(text[:at], Ink.QUIET), mark, Span(text[end:], Ink.QUIET))


def _label(at_ns: int, step_ns: int) -> str:
    if step_ns < S:
        return f"{numbers.clock(at_ns)}.{at_ns // MS % 1_000:03d}"
    return numbers.clock(at_ns) if step_ns < 60 * S else numbers.minute(at_ns)


def _label_cells(step_ns: int) -> int:
    return 13 if step_ns < S else 9 if step_ns < 60 * S else 6
