"""The mouse on the ladders, their columns, and whether the terminal reports the mouse at all."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from tui.panes.ladder import LadderPane, Wish
from tui.panes.tables import OrdersPane
from tui.present import numbers

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


class Pointing:
    app: "ConsoleApp"

    def ticket_at(self, ladder: LadderPane, price: Decimal) -> None:
        raise NotImplementedError

    def cancel_orders(self, order_ids: Sequence[str]) -> None:
        raise NotImplementedError

    def select_instrument(self, instrument: str | None) -> None:
        raise NotImplementedError

    def touched(self, touch: LadderPane.Touched) -> None:
        """Do what the mouse asked of a ladder, unless a dialog was opened meanwhile."""
        if self.app.dialogs.top is not None or len(self.app.screen_stack) > 1:
            return
        self.select_instrument(touch.ladder.instrument)
        if touch.wish is Wish.CANCEL:
            self.cancel_orders(touch.order_ids)
        elif touch.wish is Wish.TICKET:
            self.ticket_at(touch.ladder, touch.price)
        elif touch.wish is Wish.ORDERS:
            self._select_orders(touch.ladder, touch.order_ids)

    def _select_orders(self, ladder: LadderPane, order_ids: Sequence[str]) -> None:
        orders = self.app.area.panes["orders"]
        if isinstance(orders, OrdersPane):
            orders.select(order_ids[0])
        book = ladder.book()
        if book is None:
            return
        for own in (own for own in book.own if own.client_order_id in order_ids):
            size = numbers.grid_quantity(own.quantity_lots, book.lot_size)
            price = numbers.grid_price(own.price_ticks, book.tick_size)
            ahead = "not known" if own.ahead_lots is None else numbers.exact(own.ahead_lots * book.lot_size)
            text = f"{own.client_order_id}: {own.side.upper()} {size} @ {price}, ahead of it {ahead}"
            how = self.app.keys.filled("{cancel} cancels, {order-up} and {order-down} move it, right click cancels")
            self.app.say("info", f"{text}; {how}")

    def next_columns(self) -> None:
        """Show the next kind of sizes beside the prices of every ladder."""
        columns = self.app.area.ladders[0].columns
        columns = msgspec.structs.replace(columns, sides=columns.sides.following)
        for ladder in self.app.area.ladders:
            ladder.show_columns(columns)
        self.app.say("info", f"ladders show the {columns.sides.value}")

    def show_pnl(self) -> None:
        """Show or leave out what closing the position at each price would make."""
        columns = self.app.area.ladders[0].columns
        columns = msgspec.structs.replace(columns, shows_pnl=not columns.shows_pnl)
        for ladder in self.app.area.ladders:
            ladder.show_columns(columns)
        shown = "shown where a position is open and there is room" if columns.shows_pnl else "left out"
        self.app.say("info", f"profit per price is {shown}")

    def switch_mouse(self) -> None:
        """Leave the mouse to the terminal, so that its own selection works, or take it back."""
        is_on = not self.app.has_mouse
        self.app.report_mouse(is_on=is_on)
        self.app.say("info", "the mouse is the console's" if is_on else "the mouse is the terminal's: it selects text")
