"""Ask for an override: for how long, why, and the word."""

from typing import Final, NamedTuple

from textual.widget import Widget
from textual.widgets import Input

from tui.console.dialogs.dialog import Dialog, Lines
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span

WORD: Final = "override"
MOST_MINUTES: Final = 24 * 60  # the engine allows less and says how much


class Wanted(NamedTuple):
    """An override as a person asked for it."""

    seconds: float
    reason: str


class OverrideDialog(Dialog[Wanted]):
    """Dismiss only where minutes, reason and word are all there; otherwise say what is missing."""

    def __init__(self) -> None:
        super().__init__("Override the soft rules", is_danger=True)
        self._minutes = Input(id="minutes", compact=True)
        self._reason = Input(id="reason", compact=True)
        self._word = Input(id="word", compact=True)
        self._error = Lines()

    def contents(self) -> list[Widget]:
        text = (
            "Soft rules let everything pass for this time; hard rules and halts stand. "
            "Everything accepted under it is marked in the journal."
        )
        return [
            Lines([*wrap(text, self.BOX_COLUMNS - 4, Ink.STRONG), EMPTY_LINE, _prompt("minutes, e.g. 5")]),
            self._minutes,
            Lines([_prompt("reason (kept in the journal)")]),
            self._reason,
            Lines([(*_prompt("type "), Span(WORD, Ink.STRONG, Decor.BOLD), *_prompt(" and press enter"))]),
            self._word,
            self._error,
            Lines([_prompt("tab next field   esc cancels")]),
        ]

    def take_focus(self) -> None:
        self.screen.set_focus(self._minutes)

    def fields(self) -> list[Input]:
        return [self._minutes, self._reason, self._word]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        minutes = _minutes_of(self._minutes.value)
        reason, word = self._reason.value.strip(), self._word.value.strip()
        if minutes is None:
            self._complain(f"minutes are a number above 0 and at most {MOST_MINUTES}", self._minutes)
        elif not reason:
            self._complain("a reason is needed", self._reason)
        elif word != WORD:
            self._complain(f"typed {word!r}; expected {WORD!r}", self._word)
        else:
            self.dismiss(Wanted(minutes * 60, reason))

    def _complain(self, text: str, field: Input) -> None:
        self._error.put([(Span(text, Ink.WARNING, Decor.BOLD),)])
        self.screen.set_focus(field)


def _prompt(text: str) -> Line:
    return (Span(text, Ink.QUIET),)


def _minutes_of(text: str) -> float | None:
    """Read minutes as a person types them; None where they are no sensible time."""
    try:
        minutes = float(text.strip())
    except ValueError:
        return None
    return minutes if 0 < minutes <= MOST_MINUTES else None
