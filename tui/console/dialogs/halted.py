"""The checklist after the kill key: what is still open, venue by venue, until nothing is."""

import asyncio
from collections.abc import Callable

from textual import events
from textual.widget import Widget

from core.control.commands import CommandResult, Outcome
from tui.console.dialogs.dialog import Dialog, Lines
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.checklist import checklist_lines
from tui.present.ink import Decor, Ink, Line, Span


class HaltDialog(Dialog[None]):
    """Stays red until every venue reports no open order; F asks for the word and flattens."""

    def __init__(self, answer: "asyncio.Task[CommandResult]", flatten: Callable[[], None]) -> None:
        super().__init__("HALT", is_danger=True)
        self._answer = answer
        self._flatten = flatten
        self._box = Lines()

    def contents(self) -> list[Widget]:
        return [self._box]

    def resent(self, answer: "asyncio.Task[CommandResult]") -> None:
        self._answer = answer

    def frame(self, view: View) -> None:
        super().frame(view)
        self._box.put([*self._answer_lines(), *checklist_lines(view.snapshot, view.link, self.columns())])

    def _answer_lines(self) -> list[Line]:
        if not self._answer.done():
            return [(Span("halt sent; waiting for the engine's answer", Ink.WARNING, Decor.BOLD),)]
        if self._answer.cancelled():
            return [(Span("the command was cancelled; press ctrl+k again", Ink.ALARM, Decor.BOLD),)]
        result = self._answer.result()
        if result.outcome is Outcome.DONE:
            return [(Span(f"engine: {result.message or 'halted'}", Ink.STRONG, Decor.BOLD),)]
        text = f"{result.outcome.value.upper()}: {result.message}; run `seraphim kill` in another terminal"
        # Wrapped: which venue did not confirm, and why, is what the trader acts on.
        decor = Decor.BOLD | Decor.REVERSED
        return [
            tuple(Span(span.text, span.ink, decor) for span in line) for line in wrap(text, self.columns(), Ink.ALARM)
        ]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"escape", "enter"}:
            self.dismiss(None)
        elif event.key in {"F", "f"}:
            self._flatten()
