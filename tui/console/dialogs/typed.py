"""Ask for a word, and a reason where one is kept: what is riskier costs more than a key."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.widget import Widget
from textual.widgets import Input

from tui.console.dialogs.dialog import Dialog, Lines
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class Typed(NamedTuple):
    word: str
    reason: str


class TypedDialog(Dialog[Typed]):
    """Dismiss with what was typed only where the word is the right one; otherwise say what is expected."""

    def __init__(self, title: str, lines: Sequence[Line], word: str, *, asks_reason: bool = False) -> None:
        super().__init__(title, is_danger=True)
        self._question = list(lines)
        self._expected = word
        self._word = Input(id="word", compact=True)
        self._reason = Input(id="reason", compact=True) if asks_reason else None
        self._error = Lines()

    def contents(self) -> list[Widget]:
        prompt = (
            Span("type ", Ink.QUIET),
            Span(self._expected, Ink.STRONG, Decor.BOLD),
            Span(" and press enter", Ink.QUIET),
        )
        widgets: list[Widget] = [Lines([*self._question, EMPTY_LINE, prompt]), self._word]
        if self._reason is not None:
            widgets += [Lines([(Span("reason (kept in the journal)", Ink.QUIET),)]), self._reason]
        return [*widgets, self._error, Lines([(Span("esc cancels", Ink.QUIET),)])]

    def take_focus(self) -> None:
        self.screen.set_focus(self._word)

    def fields(self) -> list[Input]:
        return [self._word] if self._reason is None else [self._word, self._reason]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        word = self._word.value.strip()
        if word != self._expected:
            self._complain(f"typed {word!r}; expected {self._expected!r}", self._word)
        elif self._reason is not None and not self._reason.value.strip():
            self._complain("a reason is needed" if event.input is self._reason else "now the reason", self._reason)
        else:
            self.dismiss(Typed(word, "" if self._reason is None else self._reason.value.strip()))

    def _complain(self, text: str, field: Input) -> None:
        self._error.put([(Span(text, Ink.WARNING, Decor.BOLD),)])
        self.screen.set_focus(field)
