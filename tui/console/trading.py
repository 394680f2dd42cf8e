"""Keys that trade: tickets, cancels, strategies, and why an order is where it is."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from core.control.commands import CancelOrder, CancelOrders, StartStrategy, StopStrategy
from core.state.desk import InstrumentView, OrderView
from tui.console import dialogs
from tui.console.ordering import Wanted
from tui.console.rehearsing import Rehearsing
from tui.console.ticket_rules import Draft, Judgement
from tui.panes.alarms import AlarmsPane
from tui.panes.job_rows import JobRowsPane
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.tables import OrdersPane, PositionsPane, StrategiesPane
from tui.panes.watchlist import WatchlistPane
from tui.present.ink import Ink, plain
from tui.present.ladder_book import own_orders_at
from tui.present.orders import is_final

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp


_CHOOSE: Final = "{cursor-up} and {cursor-down} choose"


class Trading:
    app: "ConsoleApp"

    def submit(self, wanted: Wanted) -> None:
        raise NotImplementedError

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def _ladder(self) -> LadderPane:
        raise NotImplementedError

    def _ladder_in_sight(self) -> LadderPane | None:
        raise NotImplementedError

    def cancel_job(self, pane: JobRowsPane) -> None:
        raise NotImplementedError

    def show_watched(self) -> bool:
        raise NotImplementedError

    def fold_alarm(self, pane: AlarmsPane) -> None:
        raise NotImplementedError

    def open_ticket(self, side: str | None) -> None:
        """Open a ticket; without a side, enter was pressed: on a ladder row the row says which side."""
        pane = self.focused_pane()
        if side is None and isinstance(pane, OrdersPane | JobRowsPane):
            self.explain()
            return
        if isinstance(pane, WatchlistPane) and (not self.show_watched() or side is None):
            return  # a ticket is for the instrument under the cursor, or for none
        if side is None and isinstance(pane, AlarmsPane):
            self.fold_alarm(pane)
            return
        if side is None and not isinstance(pane, LadderPane):
            return
        ladder = self._ladder()
        price = ladder.cursor_price()
        if side is None:
            if price is None:
                self.app.say("hint", f"{_CHOOSE} a price; {{ticket-here}} then opens a ticket there")
                return
            self.ticket_at(ladder, price)
            return
        self._push_ticket(side, ladder, price)

    def ticket_at(self, ladder: LadderPane, price: Decimal) -> None:
        """Open a ticket at a price of a ladder: a buy below the market, a sell above."""
        self._push_ticket(_side_at(ladder, price), ladder, price)

    def _push_ticket(self, side: str, ladder: LadderPane, price: Decimal | None) -> None:
        instrument = self.app.selection.instruments.get(ladder.instrument or "")
        if instrument is None:
            self.app.say("warning", "no instrument is selected for a ticket")
            return
        self.app.selection.selected = ladder.instrument
        self.app.wants_changed()
        self.open_draft(instrument, Draft(side, "", "" if price is None else f"{price:f}"))

    def open_draft(self, instrument: InstrumentView, draft: Draft) -> None:
        """Open a ticket that is filled in as far as a key could."""
        rehearsing = Rehearsing(self.app.sender.ask)
        ticket = dialogs.TicketDialog(instrument, draft, self.app.view, rehearsing)
        self.app.dialogs.open(ticket, lambda judged: self._confirm_order(judged, instrument))

    def _confirm_order(self, judged: Judgement | None, instrument: InstrumentView) -> None:
        if judged is not None and judged.order is not None:
            self.submit(Wanted(judged.order, instrument, judged.notional, judged.told))

    def cancel_selected(self) -> None:
        """Cancel the selected order or job, or the own orders at the ladder's cursor."""
        pane = self.focused_pane()
        if isinstance(pane, LadderPane):
            self._cancel_at_cursor(pane)
            return
        if isinstance(pane, JobRowsPane):
            self.cancel_job(pane)
            return
        order = self._selected_order()
        if order is None:
            self.app.say("hint", f"no order is selected: {{focus-next}} to the orders, {_CHOOSE} one")
        elif is_final(order):
            self.app.say("hint", f"{order.client_order_id} is {order.status} already")
        else:
            self.app.sender.send(CancelOrder(client_order_id=order.client_order_id), f"cancel {order.client_order_id}")

    def _cancel_at_cursor(self, ladder: LadderPane) -> None:
        book, window = ladder.book(), ladder.window
        if book is None or window is None or window.cursor is None:
            self.app.say(
                "hint",
                f"{_CHOOSE} a price on the ladder; {{cancel}} then cancels the own orders there",
            )
            return
        self.cancel_orders([own.client_order_id for own in own_orders_at(book, window, window.cursor)])

    def cancel_orders(self, order_ids: Sequence[str]) -> None:
        """Cancel the own orders of one price."""
        if not order_ids:
            self.app.say("hint", "no own order at this price")
        for client_order_id in order_ids:
            self.app.sender.send(CancelOrder(client_order_id=client_order_id), f"cancel {client_order_id}")

    def cancel_symbol(self) -> None:
        """Cancel everything on the symbol of the selected order, position or ladder."""
        symbol = self._selected_symbol()
        if symbol is not None:
            self.app.sender.send(CancelOrders(symbol=symbol), f"cancel all on {symbol}")

    def cancel_side(self, side: str) -> None:
        """Cancel all buys, or all sells, on the selected symbol."""
        symbol = self._selected_symbol()
        if symbol is not None:
            self.app.sender.send(CancelOrders(symbol=symbol, side=side), f"cancel all {side}s on {symbol}")

    def _selected_symbol(self) -> str | None:
        """Return the symbol of the selected order or position, or of the ladder in sight; without one, say so."""
        pane, order = self.focused_pane(), self._selected_order()
        if order is not None:
            return order.symbol
        instrument = None
        if isinstance(pane, PositionsPane | WatchlistPane):
            instrument = pane.selected
        elif (ladder := self._ladder_in_sight()) is not None:
            instrument = ladder.instrument
        if instrument is not None and "@" in instrument:
            return instrument.rpartition("@")[0]
        of_many = "" if instrument is None else ": the net row is of several positions, choose a position"
        self.app.say("hint", f"no symbol is selected{of_many}")
        return None

    def _selected_order(self) -> OrderView | None:
        pane, snapshot = self.focused_pane(), self.app.view.snapshot
        if not isinstance(pane, OrdersPane) or snapshot is None:
            return None
        return next((order for order in snapshot.orders if order.client_order_id == pane.selected), None)

    def explain(self) -> None:
        raise NotImplementedError

    def _selected_strategy(self) -> str | None:
        pane = self.focused_pane()
        if isinstance(pane, StrategiesPane) and pane.selected is not None:
            return pane.selected
        self.app.say("hint", f"no strategy is selected: {{desk-5}} shows the strategies, {_CHOOSE} one")
        return None

    def start_strategy(self) -> None:
        name = self._selected_strategy()
        if name is not None:
            text = plain(f"{name} will trade by itself, within the risk limits.", Ink.STRONG)
            dialog = dialogs.ChoiceDialog("Start?", [text], [dialogs.Choice(f"Start {name}", name)], self.app.repeat)
            self.app.dialogs.open(dialog, self._start)

    def _start(self, name: str | None) -> None:
        if name is not None:
            self.app.sender.send(StartStrategy(name=name), f"start {name}")

    def stop_strategy(self) -> None:
        name = self._selected_strategy()
        if name is not None:
            self.app.sender.send(StopStrategy(name=name), f"stop {name}")


def _side_at(ladder: LadderPane, price: Decimal) -> str:
    book = ladder.book()
    if book is not None and book.ask_ticks and price >= book.ask_ticks[0] * book.tick_size:
        return "sell"
    return "buy"
