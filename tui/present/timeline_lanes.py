"""What the lanes of one job show: its own, and one a leg."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from core.state.desk import TimelineView
from core.types.job_event import JobEvent, JobEventKind
from tui.present.ink import Decor, Ink
from tui.present.lanes import Kind, Look, Mark, Stretch

_PHASES: Final = {
    "primary": Kind.SENT,
    "hedging": Kind.HEDGED,
    "unwinding": Kind.UNWINDING,
    "frozen": Kind.DOUBT,
}
_LEGS: Final = {
    "planned": Kind.WAITING,
    "sent": Kind.SENT,
    "partly filled": Kind.PART,
    "filled": Kind.FULL,
    "unwinding": Kind.UNWINDING,
    "given back": Kind.GIVEN_BACK,
    "in doubt": Kind.DOUBT,
}
_ENDS: Final = {
    "completed": Look("✓", "", Ink.GOOD, Decor.BOLD),
    "partial": Look("✓", "", Ink.TEXT, Decor.BOLD),
    "unwound": Look("↩", "", Ink.WARNING, Decor.BOLD),
    "naked": Look("■", "", Ink.ALARM, Decor.BOLD),
    "refused": Look("✗", "", Ink.ALARM),
}
_OTHER_END: Final = Look("x", "", Ink.QUIET)


class Naked(NamedTuple):
    """A time in which something was filled without its hedge; the quantity in units of the primary leg."""

    from_ns: int
    to_ns: int
    quantity: Decimal


def is_trouble(event: JobEvent, is_after_end: bool) -> bool:
    """Tell whether an event is nothing that a job counts on."""
    match event.kind:
        case JobEventKind.ENDED:
            return " rejected" in event.text
        case JobEventKind.FILLED:
            return is_after_end
        case JobEventKind.DOUBTED | JobEventKind.REFUSED | JobEventKind.DISTURBED | JobEventKind.REOPENED:
            return True
        case _:
            return False


def troubles(view: TimelineView) -> Iterator[JobEvent]:
    """Yield what went otherwise than planned, oldest first; also what came after the job's end."""
    is_over = False
    for event in view.events:
        if is_trouble(event, is_over):
            yield event
        is_over = event.kind is JobEventKind.FINISHED or (is_over and event.kind is not JobEventKind.REOPENED)


def naked_times(view: TimelineView, now_ns: int) -> list[Naked]:
    """Return when the job was naked and with how much, oldest first; each change of the quantity begins anew."""
    known = [event for event in view.events if event.kind is not JobEventKind.REFUSED]
    ends = [*(event.at_ns for event in known[1:]), _last_ns(view, now_ns)]
    return [
        Naked(event.at_ns, to_ns, event.naked_quantity)
        for event, to_ns in zip(known, ends, strict=False)
        if event.naked_quantity
    ]


def job_stretches(view: TimelineView, now_ns: int) -> list[Stretch]:
    """Return what the job's own lane shows."""
    job, last_ns = view.job, _last_ns(view, now_ns)
    found = [Stretch(job.created_ns, job.started_ns or last_ns, Kind.WAITING)]
    if job.started_ns is None:
        return found
    moves = [event for event in view.events if event.kind in {JobEventKind.MOVED, JobEventKind.REOPENED}]
    if not view.events and view.left_out:
        return [*found, Stretch(job.started_ns, last_ns, Kind.NOT_KEPT)]
    first = Kind.NOT_KEPT if view.left_out else Kind.SENT
    changes = [(job.started_ns, first), *((event.at_ns, _PHASES.get(event.state, Kind.SENT)) for event in moves)]
    found += [Stretch(at_ns, to_ns, kind) for (at_ns, kind), (to_ns, _) in pairwise((*changes, (last_ns, first)))]
    found += [Stretch(each.from_ns, each.to_ns, Kind.NAKED) for each in naked_times(view, now_ns)]
    return found


def job_marks(view: TimelineView) -> list[Mark]:
    """Return the signs on the job's lane: trouble, then how it ended."""
    marks = [Mark(event.at_ns, Kind.TROUBLE.value) for event in troubles(view)]
    if view.job.ended_ns is not None:
        marks.append(Mark(view.job.ended_ns, _ENDS.get(view.job.outcome, _OTHER_END)))
    return marks


def leg_stretches(view: TimelineView, leg: int, now_ns: int) -> list[Stretch]:
    """Return what the lane of one leg shows."""
    job, last_ns = view.job, _last_ns(view, now_ns)
    started_ns = job.started_ns
    found = [Stretch(job.created_ns, started_ns or last_ns, Kind.WAITING)]
    if started_ns is None:
        return found
    own = [event for event in view.events if event.leg == leg and event.kind is not JobEventKind.REFUSED]
    first = Kind.NOT_KEPT if view.left_out else Kind.WAITING
    changes = [(started_ns, first), *((event.at_ns, _leg_kind(event)) for event in own)]
    return [*found, *(Stretch(at, to, kind) for (at, kind), (to, _) in pairwise((*changes, (last_ns, first))))]


def leg_marks(view: TimelineView, leg: int) -> list[Mark]:
    return [Mark(event.at_ns, Kind.TROUBLE.value) for event in troubles(view) if event.leg == leg]


def _leg_kind(event: JobEvent) -> Kind:
    if event.state == "sent" and event.filled_quantity:
        return Kind.PART
    return _LEGS.get(event.state, Kind.TROUBLE)


def _last_ns(view: TimelineView, now_ns: int) -> int:
    return now_ns if view.job.ended_ns is None else view.job.ended_ns
