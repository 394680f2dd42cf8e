"""The jobs pane."""

from collections.abc import Sequence

from tui.panes.job_rows import JobRowsPane
from tui.panes.view import View
from tui.present.entries import Entry
from tui.present.ink import Ink, Line, Span
from tui.present.jobs import job_entries, jobs_title, no_jobs_lines
from tui.present.key_words import KeyWords


class JobsPane(JobRowsPane):
    TITLE = "Jobs"
    ABOUT = (
        "Hedge jobs: running with their legs, waiting with what they wait for, ended with what came of them. "
        "Naked is what one leg holds and the other has not hedged yet."
    )
    KEYS = ("explain", "cancel", "cursor-up", "cursor-down", "copy", "export")

    def entries(self, view: View, width: int, height: int) -> tuple[list[Line], Sequence[Entry]]:  # noqa: ARG002 (base signature)
        if view.snapshot is None:
            return [], []
        return job_entries(view.snapshot.jobs, view.engine_ns, view.snapshot_age_s, width, self.keys(view))

    def title(self, view: View) -> Line:
        if view.snapshot is None:
            return (Span(self.TITLE, Ink.STRONG),)
        kept = sum(view.snapshot.job_counts.values())
        return jobs_title(view.snapshot.monitoring.jobs, len(view.snapshot.jobs), kept)

    def empty(self, width: int, keys: KeyWords) -> list[Line]:
        return no_jobs_lines(width, keys)
