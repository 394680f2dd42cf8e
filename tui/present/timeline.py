"""Hedge jobs over time: one row a job, and of the selected one a row a leg."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from core.state.desk import LegView, TimelineView
from core.state.monitoring import JobsState
from tui.present import numbers
from tui.present.cells import fit, joined, left, wrap
from tui.present.entries import Entry
from tui.present.ink import Decor, Ink, Line, Span, signed_ink
from tui.present.jobs import OVER, WHAT_MAKES_JOBS, short_job_id, state_span
from tui.present.key_words import KeyWords
from tui.present.lanes import Kind, Look, Mark, lane
from tui.present.orders import side_span
from tui.present.time_axis import TimeAxis, axis_line, axis_until, nice_span_ns
from tui.present.timeline_lanes import (
    job_marks,
    job_stretches,
    leg_marks,
    leg_stretches,
    naked_times,
    troubles,
)

S: Final = 1_000_000_000
SPANS_S: Final = (60, None, 10, 300, 1_800, 7_200)
"""What the width shows, in the order of the key; None fits the selected job, else what runs."""
LEAST_FIT_NS: Final = 50_000_000
LEGEND: Final = (
    Kind.WAITING, Kind.SENT, Kind.PART, Kind.FULL, Kind.HEDGED, Kind.NAKED, Kind.UNWINDING, Kind.GIVEN_BACK,
    Kind.DOUBT, Kind.TROUBLE,
)  # fmt: skip
_GROUPS: Final = {"running": 0, "pending": 1, "finished": 2, "dropped": 3}
_INDENT: Final = "  "
_NARROW: Final = 56  # below, the facts beside the lane are left out
_EARLIER: Final = Look("«", "", Ink.QUIET)
_LATER: Final = Look("»", "", Ink.QUIET)
_NOW_EDGE: Final = Span("▏", Ink.ACCENT)


def span_name(span_s: int | None) -> str:
    if span_s is None:
        return "fitted"
    return f"{span_s} s" if span_s < 60 else f"{span_s // 60} min" if span_s < 3_600 else f"{span_s // 3_600} h"


def in_order(views: Iterable[TimelineView]) -> list[TimelineView]:
    """Sort running jobs first, the oldest on top, then those that wait by score, then the newest ended ones."""
    return sorted(views, key=_place)


def _place(view: TimelineView) -> tuple[int, float, int, str]:
    job = view.job
    group = _GROUPS.get(job.status, len(_GROUPS))
    if job.status == "running":
        return group, 0.0, job.started_ns or 0, job.job_id
    if job.status == "pending":
        return group, -(job.final or 0.0), job.created_ns, job.job_id
    return group, 0.0, -(job.ended_ns or 0), job.job_id


def timeline_title(jobs: JobsState, span_s: int | None) -> Line:
    counts = f"running {len(jobs.running_jobs)} · waiting {jobs.pending_jobs_count} · done {jobs.completed_today}"
    return (
        Span("Timeline", Ink.STRONG, Decor.BOLD),
        Span(f"  {span_name(span_s)} · {counts}", Ink.QUIET),
        *((Span(f" · failed {jobs.failed_today}", Ink.ALARM),) if jobs.failed_today else ()),
    )


def naked_note(views: Iterable[TimelineView], now_ns: int, width: int = 120) -> Line:
    """Say what running jobs have naked in all and for how long the oldest of it has been, and what ended ones left so.

    Where there is no room for both, what runs is told.
    """
    shown = list(views)
    left_so = _left_naked([view for view in shown if view.job.outcome == "naked"])
    naked = [view for view in shown if view.naked_since_ns is not None]
    if not naked:
        return left_so or (Span("no running job naked", Ink.QUIET),)
    since_ns = min(view.naked_since_ns or now_ns for view in naked)
    runs = (Span(f"■ naked {_naked_total(naked)} USD, {_clock(now_ns - since_ns)}", Ink.ALARM, Decor.BOLD),)
    return joined(runs, (Span(" "), *left_so), width=width) if left_so else runs


def _left_naked(ended: Sequence[TimelineView]) -> Line:
    """Say what jobs ended with; nothing where it is known to be nothing."""
    if all(view.job.naked_usd == 0 for view in ended):
        return ()
    return (Span(f"■ {_naked_total(ended)} USD left naked", Ink.ALARM, Decor.BOLD),)


def _naked_total(views: Sequence[TimelineView]) -> str:
    values = [view.job.naked_usd for view in views]
    known = [value for value in values if value is not None]
    return numbers.money(sum(known, Decimal(0))) if len(known) == len(values) else "unknown"


def no_timeline_lines(width: int, keys: KeyWords) -> list[Line]:
    """Say what will be drawn here, and what makes jobs."""
    return [
        *wrap("No hedge jobs yet.", width),
        *wrap(
            keys(
                "Each job gets a row from its proposal to its end, and the selected one a row a leg. Time runs to the "
                "right edge, which is now; {time-span} changes how much of it is shown, {explain} explains the "
                "selected job."
            ),
            width,
            Ink.QUIET,
        ),
        *legend_lines(width),
        *wrap(keys(WHAT_MAKES_JOBS), width, Ink.QUIET),
    ]


def legend_lines(width: int) -> list[Line]:
    """Name every shape; those that do not fit into one row are left to the next."""
    lines: list[Line] = []
    current: Line = ()
    for kind in LEGEND:
        shape, name, ink, decor = kind.value
        part = (Span(f"{shape} ", ink, decor), Span(f"{name}  ", Ink.QUIET))
        if current and joined(current, part, width=width) == current:
            lines.append(current)
            current = ()
        current = (*current, *part)
    return [*lines, current]


def axis_of(
    views: Sequence[TimelineView], now_ns: int, width: int, span_s: int | None, selected: str | None
) -> TimeAxis:
    """Return the axis for a pane's width; a fitted one shows the selected job, else everything that runs."""
    cells = _lane_cells(width)
    if span_s is not None:
        return axis_until(now_ns, span_s * S, cells)
    chosen = [view for view in views if view.job.job_id == selected] or [
        view for view in views if view.job.status == "running"
    ]
    starts = [view.job.started_ns or view.job.created_ns for view in chosen]
    if not starts:
        return axis_until(now_ns, (SPANS_S[0] or 60) * S, cells)
    ends = [view.job.ended_ns for view in chosen if view.job.ended_ns is not None]
    if len(ends) < len(chosen):
        return axis_until(now_ns, nice_span_ns(max(LEAST_FIT_NS, now_ns - min(starts))), cells)
    length_ns = max(LEAST_FIT_NS, max(ends) - min(starts))
    return axis_until(max(ends) + length_ns // 10, length_ns * 12 // 10, cells, ends_now=False)


def timeline_entries(
    views: Sequence[TimelineView], now_ns: int, width: int, axis: TimeAxis, selected: str | None
) -> tuple[list[Line], list[Entry]]:
    """Return the axis and one entry a job, in the order of `in_order`."""
    label = _label_cells(width)
    edge = _NOW_EDGE if axis.ends_now else Span(" ")
    head = (Span(" " * label), *axis_line(axis), edge)
    entries: list[Entry] = []
    for view in in_order(views):
        marks = [*job_marks(view), *_out_of_sight(view, axis)]
        row = (*_label(view, label), *lane(job_stretches(view, now_ns), marks, axis), edge)
        lines = _beside(row, _facts(view, now_ns), width, is_selected=view.job.job_id == selected)
        if view.job.job_id == selected:
            lines += _leg_rows(view, now_ns, width, axis, edge)
            lines += _detail_lines(view, now_ns, width)
        entries.append(Entry(view.job.job_id, tuple(lines)))
    return [head], entries


def _out_of_sight(view: TimelineView, axis: TimeAxis) -> list[Mark]:
    """Point to where the job is when none of it falls into the time that is shown."""
    if view.job.ended_ns is not None and axis.cell_of(view.job.ended_ns) < 0:
        return [Mark(axis.first_ns, _EARLIER)]
    return [Mark(axis.last_ns, _LATER)] if axis.cell_of(view.job.created_ns) >= axis.cells else []


def _label_cells(width: int) -> int:
    return min(32, max(16, width * 24 // 100))


def _facts_cells(width: int) -> int:
    return 0 if width < _NARROW else min(48, max(26, width * 30 // 100))


def _lane_cells(width: int) -> int:
    return max(4, width - _label_cells(width) - _facts_cells(width) - 1)


def _label(view: TimelineView, cells: int) -> Line:
    job, state = view.job, state_span(view.job)
    text = f"{state.text[:1]} {short_job_id(job.job_id)}{' !' if job.under_override else ''} {job.symbol}"
    text = left(f"{text} {job.strategy_type}", cells - 1) + " "
    return (Span(text, state.ink, state.decor & ~Decor.REVERSED),)


def _beside(row: Line, facts: Sequence[Line], width: int, *, is_selected: bool) -> list[Line]:
    """Put facts beside a lane, the first ones first; one that does not fit whole is left out.

    Where there is no room beside it, those of the selected job stand below.
    """
    room = _facts_cells(width)
    if not facts or (not room and not is_selected):
        return [row]
    first, *others = facts
    if room:
        shown = joined((Span(" "), *first), *((Span(" "), *each) for each in others), width=room)
        return [(*row, *fit(shown, room))]
    return [row, joined((Span(_INDENT), *first), *((Span(" "), *each) for each in others), width=width)]


def _facts(view: TimelineView, now_ns: int) -> list[Line]:
    job = view.job
    if job.status == "pending":
        return [(Span(f"waits: {job.waits_for}" if job.waits_for else "waits for its turn", Ink.WARNING),)]
    if job.status == "dropped":
        return [(Span(job.reason or job.outcome, Ink.QUIET),)]
    if job.status == "running":
        naked = _naked_facts(view, now_ns)
        for_s = numbers.duration(max(0, now_ns - (job.started_ns or now_ns)) / 1e9)
        return [*naked, (Span(f"{job.phase} for {for_s}", Ink.TEXT),)]
    took_ns = (job.ended_ns or 0) - (job.started_ns or job.ended_ns or 0)
    pnl = f"{numbers.direction(job.pnl_usd)}{numbers.signed_money(job.pnl_usd)}"
    facts: list[Line] = [(Span(job.outcome, Ink.TEXT),), (Span(pnl, signed_ink(job.pnl_usd)),)]
    if job.outcome == "naked":
        value = "unknown" if job.naked_usd is None else numbers.money(job.naked_usd)
        facts = [(Span(f"■ left {value} USD naked", Ink.ALARM, Decor.BOLD),), facts[1]]
    naked_ns = sum(each.to_ns - each.from_ns for each in naked_times(view, now_ns))
    facts.append((Span(f"in {took_ns / 1e9:.2f} s", Ink.QUIET),))
    return [*facts, (Span(f"naked {naked_ns / 1e9:.2f} s", Ink.QUIET),)] if naked_ns else facts


def _naked_facts(view: TimelineView, now_ns: int) -> list[Line]:
    """Say how long, how much in dollars and in coins is naked; silent only where it is known to be nothing."""
    usd, since_ns = view.job.naked_usd, view.naked_since_ns
    if since_ns is None and usd is not None:
        return []
    value = "unknown" if usd is None else numbers.money(usd)
    coins = "" if view.naked_quantity is None else f"{numbers.exact(view.naked_quantity)} {view.asset}"
    clock = "" if since_ns is None else f" {_clock(now_ns - since_ns)}"
    facts = [f"■ naked{clock}", f"{value} USD", coins]
    return [(Span(text, Ink.ALARM, Decor.BOLD),) for text in facts if text]


def _clock(ns: int) -> str:
    return f"{max(0, ns) / 1e9:.1f} s" if ns < 60 * S else numbers.duration(ns / 1e9)


def _leg_rows(view: TimelineView, now_ns: int, width: int, axis: TimeAxis, edge: Span) -> list[Line]:
    rows: list[Line] = []
    cells = _label_cells(width)
    for index, leg in enumerate(view.job.legs):
        side = side_span(leg.side)
        label = left(f"{_INDENT}{side.text} {leg.venue}", cells - 1) + " "
        drawn = lane(leg_stretches(view, index, now_ns), leg_marks(view, index), axis)
        rows += _beside((Span(label, side.ink), *drawn, edge), _leg_facts(leg), width, is_selected=True)
    return rows


def _leg_facts(leg: LegView) -> list[Line]:
    price = "" if leg.average_price is None else f" @ {numbers.average(leg.average_price)}"
    done = f"{numbers.exact(leg.filled_quantity)}/{numbers.exact(leg.quantity)}"
    facts: list[Line] = [(Span(done, Ink.STRONG),), (Span(leg.state, Ink.TEXT),)]
    return [*facts, (Span(price.strip(), Ink.QUIET),)] if price else facts


def _detail_lines(view: TimelineView, now_ns: int, width: int) -> list[Line]:
    """Say of the selected job what its lanes cannot: coins, the worst moment, the newest trouble and the reason."""
    lines: list[Line] = []
    naked = naked_times(view, now_ns)
    if facts := _naked_facts(view, now_ns) if view.job.status == "running" else []:
        lines.append(joined((Span(_INDENT),), *((*fact, Span("  ")) for fact in facts), width=width))
    if naked:
        whole = sum(each.to_ns - each.from_ns for each in naked)
        worst = max(abs(each.quantity) for each in naked) * (view.unit_coins or 1)
        unit = view.asset if view.unit_coins is not None else "units"
        lines += _indented(
            f"naked for {whole / 1e9:.3f} s in all, at most {numbers.exact(worst)} {unit}", width, Ink.TEXT
        )
    for event in list(troubles(view))[-2:]:
        where = "" if event.leg is None else f"leg {event.leg + 1} "
        text = f"{numbers.clock_ms(event.at_ns)} ! {event.kind.value} {where}{event.text}"
        lines += _indented(text, width, Ink.WARNING)
    if view.left_out:
        lines += _indented(f"{view.left_out} earlier events are not kept", width, Ink.QUIET)
    reason = view.job.waits_for if view.job.status == "pending" else view.job.reason
    if reason and view.job.status not in OVER - {"dropped"}:
        lines += _indented(reason, width, Ink.WARNING)
    return lines


def _indented(text: str, width: int, ink: Ink) -> list[Line]:
    return [(Span(_INDENT), *line) for line in wrap(text, max(1, width - len(_INDENT)), ink)]
