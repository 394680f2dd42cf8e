"""Why a job waits, was refused, runs or ended: the engine's answer, control by control."""

import asyncio

from core.control.commands import CommandResult
from core.state.desk import JobView
from tui.console.dialogs.pages import PageDialog
from tui.panes.view import View
from tui.present.job_explanation import explanation_lines


class JobDialog(PageDialog):
    """Shows what the console knows at once, and the controls when they have come."""

    def __init__(self, job: JobView, answer: "asyncio.Task[CommandResult]") -> None:
        super().__init__("Why", explanation_lines(job, None, self.TEXT_COLUMNS))
        self._job = job
        self._answer = answer
        self._is_answered = False

    def frame(self, view: View) -> None:
        super().frame(view)
        if self._answer.done() and not self._answer.cancelled() and not self._is_answered:
            self._is_answered = True
            self.put(explanation_lines(self._job, self._answer.result(), self.columns(), view.engine_ns))
