"""Choose what is drawn over and below a chart's bars; each choice shows at once."""

from collections.abc import Callable, Sequence
from typing import Final

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from core.indicators.study import MAX_STUDIES, parse_study
from tui.console.dialogs.dialog import Dialog, Lines
from tui.present.cells import wrap
from tui.present.chart_studies import VOLUME
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, plain

OFFERED: Final = (
    "ema 9", "ema 20", "ema 50", "ema 200", "sma 20", "sma 50", "sma 200", "vwap", "bollinger 20", VOLUME, "rsi 14",
    "macd", "atr 14",
)  # fmt: skip
_WHAT: Final = {
    "vwap": "vwap, since the UTC day began",
    "bollinger 20": "bollinger 20, 2 deviations",
    VOLUME: "volume, below the price",
    "rsi 14": "rsi 14, below the price",
    "macd": "macd 12 26 9, below the price",
    "atr 14": "atr 14, below the price",
}


class StudiesDialog(Dialog[None]):
    """A list to tick; arrows move, space or enter ticks, esc is done. One of another length is typed below."""

    def __init__(self, chosen: Sequence[str], changed: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__("Indicators of the chart")
        self._chosen = list(chosen)
        self._offered = [*OFFERED, *(name for name in chosen if name not in OFFERED)]
        self._changed = changed
        self._at = 0
        self._box, self._error = Lines(), Lines()
        self._field = Input(id="study", compact=True)

    def contents(self) -> list[Widget]:
        self._redraw()
        text = "space ticks   tab: type another, such as ema 34   esc is done"
        return [self._box, self._field, self._error, Lines([plain(text, Ink.QUIET)])]

    def _redraw(self) -> None:
        self._box.put([*(self._line(index) for index in range(len(self._offered))), EMPTY_LINE])

    def _line(self, index: int) -> Line:
        name, is_here = self._offered[index], index == self._at
        tick = "■" if name in self._chosen else "□"
        decor = Decor.REVERSED | Decor.BOLD if is_here else Decor.NONE
        return (
            Span(" ▸ " if is_here else "   ", Ink.ACCENT),
            Span(f"{tick} ", Ink.GOOD if name in self._chosen else Ink.QUIET),
            Span(f" {_WHAT.get(name, name)} ", Ink.STRONG, decor),
        )

    def fields(self) -> list[Input]:
        return [self._field]

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter" and self._field.has_focus:
            return  # the field's own
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif event.key in {"up", "down"}:
            self._at = (self._at + (1 if event.key == "down" else -1)) % len(self._offered)
            self.scroll_to(y=max(0, self._at - 3), animate=False)
            self._redraw()
        elif event.key in {"space", "enter"}:
            self._toggle(self._offered[self._at])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tick what was typed, or say what can be."""
        event.stop()
        try:
            name = parse_study(self._field.value).name
        except ValueError as error:
            self._complain(str(error))
            return
        if name not in self._offered:
            self._offered.append(name)
        self._at = self._offered.index(name)
        self._field.value = ""
        if name not in self._chosen:
            self._toggle(name)
        self._redraw()
        self.take_focus()

    def _toggle(self, name: str) -> None:
        if name in self._chosen:
            self._chosen.remove(name)
        elif len(self._chosen) >= MAX_STUDIES:
            self._complain(f"{MAX_STUDIES} at most; take one away first")
            return
        else:
            self._chosen.append(name)
        self._error.put([])
        self._changed(tuple(self._chosen))
        self._redraw()

    def _complain(self, text: str) -> None:
        self._error.put(wrap(text, self.columns(), Ink.WARNING))
