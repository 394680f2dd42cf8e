"""The timeline pane: jobs over time."""

from collections.abc import Sequence
from typing import Final

from core.state.desk import DeskSnapshot
from tui.panes.job_rows import JobRowsPane
from tui.panes.view import View
from tui.present.cells import line_width
from tui.present.entries import HELD, Entry
from tui.present.export import Export, rows_of
from tui.present.ink import Ink, Line, Span
from tui.present.key_words import KeyWords
from tui.present.picture import Picture
from tui.present.timeline import (
    SPANS_S,
    axis_of,
    in_order,
    legend_lines,
    naked_note,
    no_timeline_lines,
    timeline_entries,
    timeline_title,
)

LEGEND_FROM_ROWS: Final = 9
_FRAME_AND_TITLE: Final = 10  # cells beside a note, without which the frame leaves it out
_COLUMNS: Final = ("job_id", "at_ns", "leg", "kind", "state", "quantity", "filled_quantity", "naked_quantity", "text")


class TimelinePane(JobRowsPane):
    TITLE = "Timeline"
    ABOUT = (
        "Hedge jobs over time: running ones first, then some that wait, then the newest ended ones. The right edge is "
        "now. The selected job shows a lane for each leg. Shapes: · waits ─ sent ▄ part filled █ filled ═ hedged "
        "▒ naked ◀ unwinds ↩ given back ? in doubt ! trouble; ✓ ↩ ■ ✗ x is how it ended. Naked is what one leg "
        "holds and the other has not hedged yet, with its clock."
    )
    SELECTS_ON_FOCUS = False  # while a row is selected, jobs that start come below the others
    KEYS = ("explain", "cancel", "time-span", "cursor-up", "cursor-down", "copy", "export")

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._span = 0

    @property
    def span_s(self) -> int | None:
        """Return how much time the width shows; None where it is fitted to a job."""
        return SPANS_S[self._span]

    def next_span(self) -> None:
        """Show another span of time."""
        self._span = (self._span + 1) % len(SPANS_S)
        self.paint()

    def entries(self, view: View, width: int, height: int) -> tuple[list[Line], Sequence[Entry]]:  # noqa: ARG002 (base signature)
        if view.snapshot is None or not view.snapshot.timelines:
            return [], []
        jobs = list(view.snapshot.timelines.values())
        selected = self.selected if self.has_focus or self.span_s is None else None
        axis = axis_of(jobs, view.engine_ns, width, self.span_s, selected)
        return timeline_entries(jobs, view.engine_ns, width, axis, selected if self.has_focus else None)

    def title(self, view: View) -> Line:
        if view.snapshot is None:
            return (Span(self.TITLE, Ink.STRONG),)
        return timeline_title(view.snapshot.monitoring.jobs, self.span_s)

    def note(self, view: View) -> Line:
        jobs = None if view.snapshot is None else view.snapshot.timelines
        held: Line = (Span(f"{self.keys(view)(HELD)}  ", Ink.WARNING),) if self.has_focus and self.selected else ()
        room = self.size.width - _FRAME_AND_TITLE - line_width(held)
        return (*held, *naked_note(jobs.values(), view.engine_ns, room)) if jobs else ()

    def empty(self, width: int, keys: KeyWords) -> list[Line]:
        return no_timeline_lines(width, keys)

    def draw(self, view: View, width: int, height: int) -> Picture:
        if height < LEGEND_FROM_ROWS or view.snapshot is None or not view.snapshot.timelines:
            return super().draw(view, width, height)
        title, note, body = super().draw(view, width, height - 1)
        blank: list[Line] = [()] * (height - 1 - len(body))
        return Picture(title, note, [*body, *blank, legend_lines(width)[0]])

    def export(self, snapshot: DeskSnapshot) -> Export:
        """Return every event of every job, exactly."""
        rows = [
            (
                view.job.job_id, each.at_ns, each.leg, each.kind.value, each.state, each.quantity,
                each.filled_quantity, each.naked_quantity, each.text,
            )
            for view in in_order(snapshot.timelines.values())
            for each in view.events
        ]  # fmt: skip
        return rows_of("timeline", _COLUMNS, rows)
