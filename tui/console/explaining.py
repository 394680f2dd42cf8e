"""Key `e`: why whatever is selected is as it is, in one form for all of it."""

import re
from typing import TYPE_CHECKING, Final

from core.control.commands import Explain
from core.state.desk import DeskSnapshot, LogLine, OrderView
from core.state.monitoring import MonitoringState
from tui.console import dialogs
from tui.panes.alarms import AlarmsPane
from tui.panes.capital import CapitalPane
from tui.panes.job_rows import JobRowsPane
from tui.panes.pane import Pane
from tui.panes.tables import FillsPane, OrdersPane, StrategiesPane, VenuesPane
from tui.panes.texts import LogPane, RiskPane
from tui.present import numbers
from tui.present.explanation import line_explanation, order_explanation
from tui.present.ink import Ink, Line, plain
from tui.present.key_words import KeyWords
from tui.present.orders import is_held

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_WORD: Final = re.compile(r"[\w.-]+")
_NONE_SELECTED: Final = "select something first: {cursor-up} and {cursor-down} choose a row, {explain} explains it"


class Explaining:
    app: "ConsoleApp"

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def explain_job(self, job_id: str | None) -> None:
        raise NotImplementedError

    def explain(self) -> None:
        """Explain what is selected in the focused pane; where a pane has no rows to select, ask which."""
        pane, snapshot = self.focused_pane(), self.app.view.snapshot
        if snapshot is None:
            self.app.say("hint", "there is nothing to explain before the engine's first answer")
            return
        match pane:
            case JobRowsPane():
                self.explain_job(pane.selected or pane.topmost)  # the timeline moves on until a row is selected
            case LogPane():
                self._pick_line(pane, snapshot)
            case RiskPane():
                self._pick("Explain which?", _of_risk(snapshot.monitoring))
            case OrdersPane() | FillsPane() | StrategiesPane() | VenuesPane() | CapitalPane() | AlarmsPane():
                self._explain_row(pane, snapshot)
            case _:
                self._pick("Explain which?", _of_header(snapshot.monitoring))

    def _explain_row(
        self,
        pane: OrdersPane | FillsPane | StrategiesPane | VenuesPane | CapitalPane | AlarmsPane,
        snapshot: DeskSnapshot,
    ) -> None:
        if pane.selected is None:
            self.app.say("hint", _NONE_SELECTED)
            return
        match pane:
            case OrdersPane():
                self._explain_order(pane.selected, snapshot)
            case FillsPane():
                fill = next((each for each in snapshot.fills if f"{each.venue} {each.fill_id}" == pane.selected), None)
                order = None if fill is None else _order(fill.client_order_id, snapshot)
                self.ask_why(f"fill:{pane.selected}", self._known_of(order, snapshot))
            case StrategiesPane():
                self.ask_why(f"strategy:{pane.selected}")
            case VenuesPane() | CapitalPane():
                self.ask_why(f"venue:{pane.selected}")
            case AlarmsPane():
                self.ask_why(f"alarm:{pane.selected}")

    def ask_why(self, subject: str, known: list[Line] | None = None) -> None:
        """Ask the engine why something is as it is; what is known here already shows at once."""
        answer = self.app.sender.send(Explain(subject=subject), f"explain {subject.partition(':')[2] or subject}")
        dialog = dialogs.ExplanationDialog(answer, known or [])
        self.app.dialogs.open(dialog)
        dialog.frame(self.app.view)

    def _explain_order(self, order_id: str, snapshot: DeskSnapshot) -> None:
        order = _order(order_id, snapshot)
        known = self._known_of(order, snapshot)
        if order is not None and is_held(order):
            self.app.dialogs.open(dialogs.PageDialog("Why", known))
            return
        self.ask_why(f"order:{order_id}", known)

    def _known_of(self, order: OrderView | None, snapshot: DeskSnapshot) -> list[Line]:
        log = [*snapshot.log, *self.app.messages.lines]
        return (
            []
            if order is None
            else order_explanation(order, log, dialogs.PageDialog.TEXT_COLUMNS, KeyWords(self.app.keys.filled))
        )

    # what has no rows ------------------------------------------------------------------------------

    def _pick(self, title: str, choices: "list[dialogs.Choice]") -> None:
        self.app.dialogs.open(dialogs.PickDialog(title, [], choices, self.app.repeat), self._picked)

    def _picked(self, subject: str | None) -> None:
        if subject is not None:
            self.ask_why(subject)

    def _pick_line(self, pane: LogPane, snapshot: DeskSnapshot) -> None:
        lines = list(reversed(pane.in_sight()))
        choices = [dialogs.Choice(f"{numbers.clock(each.at_ns)} {each.text}", str(at)) for at, each in enumerate(lines)]
        if not choices:
            self.app.say("hint", "the log is empty: there is no line to explain")
            return
        question = [plain("the lines in sight, newest first", Ink.QUIET)]
        dialog = dialogs.PickDialog("Explain which line?", question, choices, self.app.repeat)
        self.app.dialogs.open(dialog, lambda at: None if at is None else self._explain_line(lines[int(at)], snapshot))

    def _explain_line(self, line: LogLine, snapshot: DeskSnapshot) -> None:
        """Explain the first thing that a line of the log names, else the line by what was said around it."""
        state = snapshot.monitoring
        for word in map(str.strip, _WORD.findall(line.text)):
            name = word.strip(".")
            if name.startswith("job-"):
                self.explain_job(name)
                return
            if _order(name, snapshot) is not None:
                self._explain_order(name, snapshot)
                return
            if line.topic in {"risk", "feed", "engine"} and name in state.venues:
                self.ask_why(f"venue:{name}")
                return
            if any(each.name == name for each in state.strategies):
                self.ask_why(f"strategy:{name}")
                return
        log = [*snapshot.log, *self.app.messages.lines]
        self.app.dialogs.open(dialogs.PageDialog("Why", line_explanation(line, log, dialogs.PageDialog.TEXT_COLUMNS)))


def _order(client_order_id: str, snapshot: DeskSnapshot) -> OrderView | None:
    return next((each for each in snapshot.orders if each.client_order_id == client_order_id), None)


def _of_risk(state: MonitoringState) -> "list[dialogs.Choice]":
    """Offer the halts, then every limit, little room first."""
    scopes = dict.fromkeys(["global", *(blocker.scope for blocker in state.risk.blockers)])
    halts = [dialogs.Choice("what bears on everything" if scope == "global" else scope, scope) for scope in scopes]
    by_room = sorted(state.risk.limits, key=lambda each: each.left is not None and each.left > 0)
    return [
        *halts,
        *(
            dialogs.Choice(f"{each.name}: {numbers.room(each.left)} {each.unit} left", f"limit:{each.name}")
            for each in by_room
        ),
    ]


def _of_header(state: MonitoringState) -> "list[dialogs.Choice]":
    """Offer what the header shows: state, loss room, alarms, feeds."""
    whole = state.global_
    return [
        dialogs.Choice(f"state: {whole.system_status.replace('_', ' ')}", "global"),
        dialogs.Choice("loss room of the day", "limit:day loss"),
        *(dialogs.Choice(f"alarm {each.name}", f"alarm:{each.name}") for each in state.alerts),
        *(
            dialogs.Choice(f"venue {name}: feed {venue.feed_state}", f"venue:{name}")
            for name, venue in state.venues.items()
        ),
    ]
