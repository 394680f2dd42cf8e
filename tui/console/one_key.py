"""Trading with single keys: on an armed console, with a ladder in focus, at the size that the ladder shows."""

from decimal import Decimal
from typing import TYPE_CHECKING

from core.control.commands import PlaceOrder
from core.state.desk import BookView, InstrumentView, PositionView
from tui.console import dialogs
from tui.console.actions import BY_NAME
from tui.console.one_key_orders import close_position, join_touch, take_touch
from tui.console.order_sizes import OrderSizes
from tui.console.ordering import Wanted
from tui.console.ticket_rules import Draft, touch_price
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.present import numbers

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class OneKey:
    app: "ConsoleApp"
    sizes: OrderSizes

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def is_armed(self) -> bool:
        raise NotImplementedError

    def readable_book(self, instrument: InstrumentView) -> BookView | None:
        raise NotImplementedError

    def submit(self, wanted: Wanted) -> None:
        raise NotImplementedError

    def open_ticket(self, side: str | None) -> None:
        raise NotImplementedError

    def open_draft(self, instrument: InstrumentView, draft: Draft) -> None:
        raise NotImplementedError

    def _ladder(self) -> LadderPane:
        raise NotImplementedError

    def join_or_ticket(self, side: str) -> None:
        """Join the touch where this console is armed and a ladder has the focus; else open a ticket."""
        instrument = self._instrument_in_focus()
        if instrument is None or not self.is_armed():
            self.open_ticket(side)
            return
        if not self.app.repeat.is_repeating:
            book = self.readable_book(instrument)
            self._one_key(instrument, book, join_touch(side, instrument, book, self.sizes.of(instrument, book)))

    def take(self, side: str) -> None:
        """Lift the offer or hit the bid at once, within a band, where this console is armed; else say how to."""
        instrument = self._instrument_in_focus()
        if instrument is None:
            self.app.say("hint", "focus a ladder: this key takes what it shows (tab goes to the next pane)")
        elif not self.is_armed():
            self.app.say("hint", f"not armed: {self._arm_key()} arms this console, then this key trades at once")
        elif not self.app.repeat.is_repeating:
            book = self.readable_book(instrument)
            self._one_key(instrument, book, take_touch(side, instrument, book, self.sizes.of(instrument, book)))

    def close_here(self) -> None:
        """Close the position in the ladder's instrument: at once where armed, else with a ticket that says so."""
        instrument = self._instrument_in_focus()
        if instrument is None:
            self.app.say("hint", "focus a ladder: this key closes the position in its instrument")
            return
        if self.app.repeat.is_repeating:
            return
        order = close_position(instrument, self._position(instrument))
        if isinstance(order, PlaceOrder) and not self.is_armed():
            draft = Draft(order.side, f"{order.quantity:f}", "", reduce_only=True)
            self.open_draft(instrument, draft)
            return
        self._one_key(instrument, self.readable_book(instrument), order, is_way_out=True)

    def step_size(self, direction: int) -> None:
        """Take the next larger or smaller size for the ladder's one-key orders."""
        instrument = self._shown_instrument()
        if instrument is not None:
            self._say_size(instrument, self.sizes.step(instrument, self.readable_book(instrument), direction))

    def type_size(self) -> None:
        """Ask for the size of the ladder's one-key orders."""
        instrument = self._shown_instrument()
        if instrument is not None:
            size = self.sizes.of(instrument, self.readable_book(instrument))
            self.app.dialogs.open(
                dialogs.SizeDialog(instrument, size), lambda typed: self._take_size(instrument, typed)
            )

    def _take_size(self, instrument: InstrumentView, size: Decimal | None) -> None:
        if size is not None:
            self.sizes.choose(instrument, size)
            self._say_size(instrument, size)

    def _say_size(self, instrument: InstrumentView, size: Decimal) -> None:
        self.app.say("info", f"size of single keys: {numbers.exact(size)} {instrument.symbol} {instrument.venue}")
        self.app.repaint()

    def _one_key(
        self,
        instrument: InstrumentView,
        book: BookView | None,
        order: PlaceOrder | str,
        *,
        is_way_out: bool = False,
    ) -> None:
        if isinstance(order, str):
            self.app.say("warning", f"not sent: {order}")
            return
        price = order.limit_price if order.limit_price is not None else touch_price(order.side, book)
        notional = None if price is None else price * order.quantity * instrument.contract_size
        self.submit(Wanted(order, instrument, notional, is_way_out=is_way_out))

    def _shown_instrument(self) -> InstrumentView | None:
        """Return the instrument of the focused ladder, or of the one that a ticket would be for."""
        found = self.app.selection.instruments.get(self._ladder().instrument or "")
        if found is None:
            self.app.say("hint", "no ladder shows an instrument")
        return found

    def _instrument_in_focus(self) -> InstrumentView | None:
        pane = self.focused_pane()
        if not isinstance(pane, LadderPane):
            return None
        return self.app.selection.instruments.get(pane.instrument or "")

    def _position(self, instrument: InstrumentView) -> PositionView | None:
        snapshot = self.app.view.snapshot
        held = [] if snapshot is None else snapshot.positions
        place = (instrument.venue, instrument.symbol)
        return next((each for each in held if (each.venue, each.symbol) == place), None)

    def _arm_key(self) -> str:
        return self.app.keys.label(BY_NAME["arm"]) or "the command `arm`"
