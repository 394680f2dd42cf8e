"""Keys on a job: end it, and have it explained."""

from typing import TYPE_CHECKING

from core.control.commands import CancelJob, ExplainJob
from core.state.desk import JobView
from tui.console import dialogs
from tui.panes.job_rows import JobRowsPane
from tui.panes.timeline import TimelinePane
from tui.present.ink import Ink, plain
from tui.present.jobs import OVER, short_job_id

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_NONE_SELECTED = "no job is selected: {desk-3} shows the jobs, {focus-next} and {cursor-up} {cursor-down} choose one"


class Jobs:
    app: "ConsoleApp"

    def next_time_span(self) -> None:
        """Show another span of time in the timeline, whichever pane has the focus."""
        pane = self.app.area.panes["timeline"]
        if isinstance(pane, TimelinePane) and pane in self.app.area.shown():
            pane.next_span()
        else:
            self.app.say("hint", "no timeline is shown: {desk-3} shows it")

    def _shown_job(self, job_id: str | None) -> JobView | None:
        snapshot = self.app.view.snapshot
        if snapshot is None or job_id is None:
            return None
        timeline = snapshot.timelines.get(job_id)
        listed = (job for job in snapshot.jobs if job.job_id == job_id)
        return next(listed, None if timeline is None else timeline.job)

    def cancel_job(self, pane: JobRowsPane) -> None:
        """Ask, then end the selected job."""
        job = self._shown_job(pane.selected)
        if job is None:
            self.app.say("hint", _NONE_SELECTED)
            return
        name = short_job_id(job.job_id)
        if job.status in OVER:
            self.app.say("hint", f"job {name} has ended: {job.outcome}")
            return
        what = (
            "It runs: its primary leg is stopped and what was filled is brought to its end."
            if job.status == "running"
            else "It waits: it is dropped and sends nothing."
        )
        lines = [plain(f"{job.job_id}  {job.strategy_type} {job.symbol}", Ink.STRONG), plain(what)]
        dialog = dialogs.ChoiceDialog(
            "End this job?",
            lines,
            [dialogs.Choice(f"End job {name}", job.job_id)],
            self.app.repeat,
            stay=dialogs.Choice("Leave it", None),
        )
        self.app.dialogs.open(dialog, self._cancel_job)

    def _cancel_job(self, job_id: str | None) -> None:
        if job_id is not None:
            command = CancelJob(job_id=job_id, reason="cancel key in the console")
            self.app.sender.send(command, f"end job {short_job_id(job_id)}")

    def explain_job(self, job_id: str | None) -> None:
        """Ask the engine why a job is where it is; the dialog waits for the answer."""
        job = self._shown_job(job_id)
        if job is None:
            self.app.say("hint", f"{job_id} ended too long ago to be explained" if job_id else _NONE_SELECTED)
            return
        answer = self.app.sender.send(ExplainJob(job_id=job.job_id), f"explain {short_job_id(job.job_id)}")
        dialog = dialogs.JobDialog(job, answer)
        self.app.dialogs.open(dialog)
        dialog.frame(self.app.view)
