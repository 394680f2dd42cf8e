"""Why something is as it is: what the console knows at once, and the engine's answer when it has come."""

import asyncio
from collections.abc import Sequence

from core.control.commands import CommandResult
from tui.console.dialogs.pages import PageDialog
from tui.panes.view import View
from tui.present.explained import answer_lines
from tui.present.ink import Line
from tui.present.key_words import KeyWords


class ExplanationDialog(PageDialog):
    def __init__(self, answer: "asyncio.Task[CommandResult]", known: Sequence[Line] = ()) -> None:
        super().__init__("Why", answer_lines(None, known, 0, self.TEXT_COLUMNS))
        self._answer = answer
        self._known = known
        self._is_answered = False

    def frame(self, view: View) -> None:
        super().frame(view)
        if self._answer.done() and not self._answer.cancelled() and not self._is_answered:
            self._is_answered = True
            keys = KeyWords(view.filled)
            self.put(answer_lines(self._answer.result(), self._known, view.engine_ns, self.columns(), keys))
