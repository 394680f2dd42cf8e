"""Ask a question; Cancel has the focus and a held-down key confirms nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.widget import Widget

from tui.console.dialogs.dialog import Dialog, Lines
from tui.console.key_repeat import KeyRepeat
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class Choice(NamedTuple):
    label: str
    value: str | None  # None cancels


CANCEL = Choice("Cancel", None)


class ChoiceDialog(Dialog[str]):
    """Offer Cancel first, then what could be done; arrows or tab move, enter chooses."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        choices: Sequence[Choice],
        repeat: KeyRepeat,
        *,
        is_danger: bool = False,
        stay: Choice = CANCEL,
    ) -> None:
        """Take another word for Cancel where what is asked about is a cancel itself."""
        super().__init__(title, is_danger=is_danger)
        self._question = list(lines)
        self._choices = (stay, *choices)
        self._at = 0
        self._repeat = repeat
        self._box = Lines()

    def contents(self) -> list[Widget]:
        self._redraw()
        return [self._box]

    def _redraw(self) -> None:
        rows = [self._choice_line(index) for index in range(len(self._choices))]
        self._box.put([*self._question, EMPTY_LINE, *rows])

    def _choice_line(self, index: int) -> Line:
        is_here = index == self._at
        decor = Decor.REVERSED | Decor.BOLD if is_here else Decor.NONE
        return (
            Span(" ▸ " if is_here else "   ", Ink.ACCENT),
            Span(f" {self._choices[index].label} ", Ink.STRONG, decor),
        )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in {"down", "right"}:
            self._move(1)
        elif event.key in {"up", "left"}:
            self._move(-1)
        elif event.key == "enter" and not self._repeat.is_repeat("enter"):
            self.dismiss(self._choices[self._at].value)

    def action_next_field(self, step: int = 1) -> None:
        self._move(step)

    def _move(self, step: int) -> None:
        self._at = (self._at + step) % len(self._choices)
        self._redraw()
