"""Search an instrument while typing; enter takes the one that is marked."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from tui.console.dialogs.dialog import Dialog, Lines
from tui.panes.view import View
from tui.present.cells import left, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span
from tui.present.symbol_search import SymbolIndex
from tui.present.watchlist import market_of

SHOWN: Final = 9
_NAME_CELLS: Final = 34


class SymbolSearchDialog(Dialog[str]):
    """Answer with ``SYMBOL@venue``."""

    # With priority: the field below would take them for its own.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "mark(1)", "next", show=False, priority=True),
        Binding("up", "mark(-1)", "before", show=False, priority=True),
    ]

    def __init__(self, title: str, index: SymbolIndex, view: View, watched: list[str]) -> None:
        super().__init__(title)
        self.view = view
        self._index = index
        self._watched = frozenset(watched)
        self._field = Input(id="symbol", compact=True, placeholder="part of a name: btc, eth usdc, nvda")
        self._list = Lines()
        self._found = index.find("", SHOWN)
        self._at = 0

    def contents(self) -> list[Widget]:
        self._redraw()
        return [self._field, self._list]

    def take_focus(self) -> None:
        self.screen.set_focus(self._field)

    def fields(self) -> list[Input]:
        return [self._field]

    def frame(self, view: View) -> None:
        super().frame(view)
        self._redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._found, self._at = self._index.find(event.value, SHOWN), 0
        self._redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is searched for now, however fast the enter came behind the last letter."""
        event.stop()
        self._found = self._index.find(event.value, SHOWN)
        if self._found:
            self.dismiss(self._found[min(self._at, len(self._found) - 1)])

    def action_mark(self, step: int) -> None:
        if self._found:
            self._at = (self._at + step) % len(self._found)
            self._redraw()

    def _redraw(self) -> None:
        rows = [self._row(place, name) for place, name in enumerate(self._found)]
        if not rows:
            text = (
                f"None of the {len(self._index)} instruments that the engine follows. Which ones it follows is set by "
                "`symbols` in [venues.<name>]; seraphim instruments VENUE lists what a venue trades."
            )
            rows = wrap(text, self.columns(), Ink.WARNING)
        # As high as ever: the box must not jump while somebody types.
        rows += [EMPTY_LINE] * (SHOWN - len(rows))
        keys = (Span("enter", Ink.ACCENT, Decor.BOLD), Span(" takes it  ", Ink.QUIET),
                Span("↑ ↓", Ink.ACCENT, Decor.BOLD), Span(" mark another  ", Ink.QUIET),
                Span("esc", Ink.ACCENT, Decor.BOLD), Span(" closes", Ink.QUIET))  # fmt: skip
        self._list.put([EMPTY_LINE, *rows, EMPTY_LINE, keys])

    def _row(self, place: int, name: str) -> Line:
        is_here = place == self._at
        markets = {} if self.view is None or self.view.snapshot is None else self.view.snapshot.monitoring.market
        market = market_of(name, markets)
        last = "" if market is None or market.last is None else f"{market.last:,f}"
        return (
            Span(" ▸ " if is_here else "   ", Ink.ACCENT),
            Span(left(name, _NAME_CELLS), Ink.STRONG, Decor.REVERSED | Decor.BOLD if is_here else Decor.NONE),
            Span(f"  {last}", Ink.QUIET),
            Span("  watched" if name in self._watched else "", Ink.QUIET),
        )
