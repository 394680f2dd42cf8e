"""Ask for the size of one-key orders."""

from decimal import Decimal

from textual.widget import Widget
from textual.widgets import Input

from core.state.desk import InstrumentView
from tui.console.dialogs.dialog import Dialog, Lines
from tui.console.ticket_rules import read_quantity
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Ink, Line, Span


class SizeDialog(Dialog[Decimal]):
    """Dismiss only with a size that the venue takes; otherwise say what is wrong with it."""

    def __init__(self, instrument: InstrumentView, size: Decimal) -> None:
        super().__init__(f"Size of single keys  {instrument.symbol}  {instrument.venue}")
        self._instrument = instrument
        self._before = size
        self._quantity = Input(id="size", compact=True)
        self._error = Lines()

    def contents(self) -> list[Widget]:
        grid = f"lot {self._instrument.order_lot}, least {self._instrument.min_quantity}"
        now: Line = (Span(f"now {numbers.exact(self._before)}; {grid}", Ink.QUIET),)
        keys: Line = (Span("enter takes it   esc leaves it as it is", Ink.QUIET),)
        return [Lines([now]), self._quantity, self._error, Lines([EMPTY_LINE, keys])]

    def take_focus(self) -> None:
        self.screen.set_focus(self._quantity)

    def fields(self) -> list[Input]:
        return [self._quantity]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        size, errors = read_quantity(self._quantity.value, self._instrument)
        if size is not None and not errors:
            self.dismiss(size)
            return
        self._error.put([line for error in errors for line in wrap(f"! {error}", self.columns(), Ink.WARNING)])
