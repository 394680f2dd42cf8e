"""Pick one of many things to look at: nothing is changed by it, so the first one is chosen already."""

from collections.abc import Sequence
from typing import Final

from tui.console.dialogs.choice import Choice, ChoiceDialog
from tui.console.key_repeat import KeyRepeat
from tui.present.ink import EMPTY_LINE, Ink, Line, Span

ROWS: Final = 12


class PickDialog(ChoiceDialog):
    """A window over the list that moves with the choice, so that it fits the smallest screen."""

    BOX_COLUMNS = 76

    def __init__(self, title: str, lines: Sequence[Line], choices: Sequence[Choice], repeat: KeyRepeat) -> None:
        super().__init__(title, lines, choices, repeat)
        self._at = min(1, len(choices))

    def _redraw(self) -> None:
        count = len(self._choices)
        first = max(0, min(self._at - ROWS // 2, count - ROWS))
        rows = [self._choice_line(index) for index in range(first, min(count, first + ROWS))]
        more = count - first - len(rows)
        if more > 0:
            rows.append((Span(f"   … {more} more below", Ink.QUIET),))
        self._box.put([*self._question, *([EMPTY_LINE] if self._question else []), *rows])
