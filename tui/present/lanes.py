"""Stretches of time as one row of cells: where several fall into one cell the gravest shows."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from tui.present.ink import Decor, Ink, Line, Span
from tui.present.time_axis import TimeAxis


class Look(NamedTuple):
    """How a stretch looks: its shape alone tells it from the others."""

    shape: str
    name: str  # for the legend
    ink: Ink
    decor: Decor = Decor.NONE


class Kind(Enum):
    """What a stretch says, the gravest last."""

    WAITING = Look("·", "waits", Ink.QUIET)
    SENT = Look("─", "sent", Ink.OWN)
    HEDGED = Look("═", "hedged", Ink.GOOD)
    PART = Look("▄", "part", Ink.OWN)
    FULL = Look("█", "filled", Ink.GOOD)
    NOT_KEPT = Look("┄", "not kept", Ink.QUIET)
    NAKED = Look("▒", "naked", Ink.ALARM, Decor.BOLD)
    GIVEN_BACK = Look("↩", "given back", Ink.WARNING, Decor.BOLD)
    UNWINDING = Look("◀", "unwinds", Ink.ALARM, Decor.BOLD)
    DOUBT = Look("?", "in doubt", Ink.ALARM, Decor.BOLD)
    TROUBLE = Look("!", "trouble", Ink.ALARM, Decor.BOLD)


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


class Stretch(NamedTuple):
    """A kind from one instant until before another; one of no length still takes a cell."""

    from_ns: int
    to_ns: int
    kind: Kind


class Mark(NamedTuple):
    """A single sign over everything else of its cell."""

    at_ns: int
    look: Look


_BLANK = Look(" ", "", Ink.TEXT)


def lane(stretches: Iterable[Stretch], marks: Iterable[Mark], axis: TimeAxis) -> Line:
    """Return exactly as many cells as the axis has."""
    looks, ranks = [_BLANK] * axis.cells, [-1] * axis.cells
    for from_ns, to_ns, kind in stretches:
        rank = _RANKS[kind]
        first = axis.cell_of(from_ns)
        last = max(first, axis.cell_of(to_ns - 1))
        for cell in range(max(0, first), min(axis.cells, last + 1)):
            if rank >= ranks[cell]:
                looks[cell], ranks[cell] = kind.value, rank
    for at_ns, look in marks:
        cell = axis.cell_of(at_ns)
        if 0 <= cell < axis.cells:
            looks[cell] = look
    return _runs(looks)


def _runs(looks: list[Look]) -> Line:
    """Join neighbours that look the same: fewer spans are painted faster."""
    spans: list[Span] = []
    for look in looks:
        if spans and (spans[-1].ink, spans[-1].decor) == (look.ink, look.decor):
            spans[-1] = spans[-1]._replace(text=spans[-1].text + look.shape)
        else:
            spans.append(Span(look.shape, look.ink, look.decor))
    return tuple(spans)
