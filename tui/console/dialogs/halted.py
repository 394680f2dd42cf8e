"""The checklist after the kill key: what is still open, venue by venue, until nothing is."""

import asyncio
from collections.abc import Callable

from textual import events
from textual.widget import Widget

from core.control.commands import CommandResult, Outcome
from tui.console.dialogs.dialog import Dialog, Lines
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.checklist import checklist_lines, is_done
from tui.present.ink import Decor, Ink, Line, decorated, plain


class HaltDialog(Dialog[None]):
    """Stays red until every venue has confirmed, and where flattening is asked for is verified flat."""

    def __init__(self, answer: "asyncio.Task[CommandResult]", flatten: Callable[[], None], halt_key: str) -> None:
        super().__init__("HALT", is_danger=True)
        self._answer = answer
        self._flatten = flatten
        self._halt_key = halt_key
        self._box = Lines()

    def contents(self) -> list[Widget]:
        return [self._box]

    def resent(self, answer: "asyncio.Task[CommandResult]") -> None:
        self._answer = answer

    def frame(self, view: View) -> None:
        super().frame(view)
        standing = checklist_lines(view.snapshot, view.link, self.columns(), self._halt_key)
        self._box.put([*self._answer_lines(), *standing])
        self.set_class(not is_done(view.snapshot, view.link), "danger")

    def _answer_lines(self) -> list[Line]:
        if not self._answer.done():
            return [plain("halt sent; waiting for the engine's answer", Ink.WARNING, Decor.BOLD)]
        if self._answer.cancelled():
            return [plain(f"the command was cancelled; press {self._halt_key} again", Ink.ALARM, Decor.BOLD)]
        result = self._answer.result()
        if result.outcome is Outcome.DONE:
            return [plain(f"engine: {result.message or 'halted'}", Ink.STRONG, Decor.BOLD)]
        if result.data.get("is_halted") is True:  # it is; what a venue has not confirmed yet stands below
            return wrap(f"engine: {result.message}", self.columns(), Ink.WARNING)
        text = f"{result.outcome.value.upper()}: {result.message}; run `seraphim kill` in another terminal"
        return [decorated(line, Decor.BOLD | Decor.REVERSED) for line in wrap(text, self.columns(), Ink.ALARM)]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"escape", "enter"}:
            self.dismiss(None)
        elif event.key in {"F", "f"}:
            self._flatten()
        else:
            self.scroll_by_key(event.key)
