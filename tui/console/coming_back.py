"""What a trader who comes back is told, once for each return, and again when asked."""

from typing import TYPE_CHECKING, Final

from textual import events

from core.state.away import AwayReport
from core.state.desk import DeskSnapshot
from tui.console import dialogs
from tui.console.actions import Action, Group, Guard
from tui.present.away import away_lines, away_s, headline, title

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

PAGE_AFTER_S: Final = 10.0
"""A link that was lost for a moment is told in a line: no page jumps into a trader's hands for that."""


class ComingBack:
    app: "ConsoleApp"
    told_ns = 0  # the return that was told last

    def look_at_return(self, snapshot: DeskSnapshot) -> None:
        report = snapshot.away
        if report is None or report.console != self.app.link.console_id or report.until_ns == self.told_ns:
            return
        self.told_ns = report.until_ns
        is_busy = self.app.dialogs.top is not None or len(self.app.screen_stack) > 1
        if not self._is_news(report):
            if report.was_here:
                self.app.say("info", headline(report))
        elif is_busy or away_s(report) < PAGE_AFTER_S:
            self.app.say("warning", f"{headline(report)}; {self.app.keys.filled('{away}')} shows it")
        else:
            self._open(report)

    def show_away(self) -> None:
        snapshot = self.app.view.snapshot
        report = None if snapshot is None else snapshot.away
        if report is None:
            self.app.say("hint", "nothing is known of an absence of yours")
        else:
            self._open(report)

    def _is_news(self, report: AwayReport) -> bool:
        """Tell whether it is worth a page; who starts an engine knows that it starts."""
        own_starts = 1 if self.app.link.is_hosted and report.restarts == 1 else 0
        counts = (report.fills, len(report.jobs), report.blockers_raised, report.blockers_lifted, report.alarms_raised)
        return not report.is_quiet and (any(counts) or report.restarts > own_starts or _orders_changed(report))

    def _open(self, report: AwayReport) -> None:
        lines = away_lines(report, dialogs.PassingDialog.BOX_COLUMNS - 4)
        self.app.dialogs.open(dialogs.PassingDialog(title(report), lines, self.hand_on))

    def hand_on(self, key: events.Key) -> None:
        """Do what a key does that closed a page, unless that could raise risk."""
        action = self.app.keys.action_of(key, everywhere=False)
        if action is not None and action.name != "away" and not _may_raise_risk(action):
            self.app.action_act(action.name)


def _orders_changed(report: AwayReport) -> bool:
    return report.orders_then not in {None, report.orders_now}


def _may_raise_risk(action: Action) -> bool:
    """Tell whether a key pressed without having read the page is better pressed again."""
    return action.group is Group.TRADING and action.guard is not Guard.NONE
