"""Set a price alert with its distance before the eyes, and remove those that are set."""

from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from core.state.desk import PriceAlertView
from tui.console.dialogs.dialog import Dialog, Lines
from tui.panes.view import View
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span
from tui.present.price_alerts import TypedAlert, alert_lines, market_line, meaning_line, middle_of, typed_alert
from tui.present.watchlist import market_of

LISTED: Final = 6


class WantedAlert(NamedTuple):
    """A price alert as a person set it."""

    instrument: str
    price: Decimal
    crossing: str
    is_repeated: bool


class PriceAlertDialog(Dialog[WantedAlert]):
    """Dismiss with what is to be set; removing is done at once and leaves the dialog open."""

    BOX_COLUMNS = 76
    # With priority: the field below would take them for its own.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "mark(1)", "next alert", show=False, priority=True),
        Binding("up", "mark(-1)", "alert before", show=False, priority=True),
        Binding("f2", "toggle_often", "once or each time", show=False, priority=True),
        Binding("f4", "remove_marked", "remove the marked one", show=False, priority=True),
    ]

    def __init__(self, instrument: str, price: str, view: View, remove: Callable[[str], object]) -> None:
        symbol, _, venue = instrument.rpartition("@")
        super().__init__(f"Price alert  {symbol}  {venue}")
        self.view = view
        self._instrument = instrument
        self._remove = remove
        self._price = Input(price, id="price", compact=True, placeholder="tell me at this price")
        self._quotes = Lines()
        self._facts = Lines()
        self._is_repeated = False
        self._marked: str | None = None

    def contents(self) -> list[Widget]:
        self._redraw()
        return [self._quotes, self._price, self._facts]

    def take_focus(self) -> None:
        self.screen.set_focus(self._price)

    def fields(self) -> list[Input]:
        return [self._price]

    def frame(self, view: View) -> None:
        super().frame(view)
        self._redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        typed = self._typed()
        if typed.price is not None:
            self.dismiss(WantedAlert(self._instrument, typed.price, typed.crossing, self._is_repeated))

    def action_toggle_often(self) -> None:
        self._is_repeated = not self._is_repeated
        self._redraw()

    def action_mark(self, step: int) -> None:
        ids = [alert.alert_id for alert in self._alerts()]
        if not ids:
            return
        at = ids.index(self._marked) + step if self._marked in ids else (0 if step > 0 else -1)
        self._marked = ids[at % len(ids)]
        self._redraw()

    def action_remove_marked(self) -> None:
        if self._marked is not None:
            self._remove(self._marked)
            self._marked = None  # no other row may take the next key press
            self._redraw()

    def _alerts(self) -> list[PriceAlertView]:
        return [] if self.view is None or self.view.snapshot is None else self.view.snapshot.price_alerts

    def _typed(self) -> TypedAlert:
        view = self.view
        is_known = view is not None and not view.link.is_late  # an old snapshot says nothing of where the market is
        snapshot = view.snapshot if view is not None and is_known else None
        market = None if snapshot is None else market_of(self._instrument, snapshot.monitoring.market)
        return typed_alert(self._price.value, middle_of(market))

    def _redraw(self) -> None:
        view, typed = self.view, self._typed()
        markets = {} if view is None or view.snapshot is None else view.snapshot.monitoring.market
        age_s = 0.0 if view is None else view.snapshot_age_s
        self._quotes.put([market_line(market_of(self._instrument, markets), age_s)])
        lines: list[Line] = [meaning_line(typed, is_repeated=self._is_repeated)]
        if typed.problem:
            lines += wrap(f"! {typed.problem}", self.columns(), Ink.WARNING)
        lines += [EMPTY_LINE, *alert_lines(self._alerts(), self._marked, LISTED), EMPTY_LINE]
        enter = Ink.ACCENT if typed.price is not None else Ink.QUIET
        removes = Ink.ACCENT if self._marked is not None else Ink.QUIET
        keys = (Span("enter", enter, Decor.BOLD), Span(" sets it  ", Ink.QUIET),
                Span("f2", Ink.ACCENT, Decor.BOLD), Span(" once/each time  ", Ink.QUIET),
                Span("↑ ↓", Ink.ACCENT, Decor.BOLD), Span(" mark  ", Ink.QUIET),
                Span("f4", removes, Decor.BOLD), Span(" removes it  ", Ink.QUIET),
                Span("esc", Ink.ACCENT, Decor.BOLD), Span(" closes", Ink.QUIET))  # fmt: skip
        self._facts.put([*lines, keys])
