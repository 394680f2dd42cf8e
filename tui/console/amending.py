"""Moving own orders by ticks: away from the market at once, towards it after a question."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from core.control.commands import AmendOrder
from core.state.desk import InstrumentView, OrderView
from tui.console import dialogs
from tui.console.ticket_rules import amount_text, is_large
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.watchlist import WatchlistPane
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import Decor, Ink, Line, Span, plain
from tui.present.ladder_book import own_orders_at
from tui.present.orders import FINAL

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

_QUESTION_COLUMNS: Final = 56


class Move(NamedTuple):
    """A move that is asked about."""

    order: OrderView
    instrument: InstrumentView
    price: Decimal
    amend: AmendOrder
    what: str


class Amending:
    app: "ConsoleApp"

    def _selected_order(self) -> OrderView | None:
        raise NotImplementedError

    def _ladder(self) -> LadderPane:
        raise NotImplementedError

    def quote_usd(self, instrument: InstrumentView) -> Decimal | None:
        raise NotImplementedError

    def focused_pane(self) -> Pane | None:
        raise NotImplementedError

    def move_watched(self, step: int) -> None:
        raise NotImplementedError

    def move_order(self, ticks: int) -> None:
        """Move the selected order, or the own orders at the ladder's cursor, by ticks; up is a higher price."""
        if isinstance(self.focused_pane(), WatchlistPane):
            self.move_watched(-ticks)
            return
        orders = self._orders_to_move()
        if not orders:
            self.app.say("hint", "no own limit order is selected: choose one in the orders or its price on the ladder")
        for order in orders:
            self._move(order, ticks)

    def _orders_to_move(self) -> list[OrderView]:
        selected, snapshot = self._selected_order(), self.app.view.snapshot
        if selected is not None:
            return [selected]
        ladder = self._ladder()
        book, window = ladder.book(), ladder.window
        if snapshot is None or book is None or window is None or window.cursor is None:
            return []
        here = {own.client_order_id for own in own_orders_at(book, window, window.cursor)}
        return [order for order in snapshot.orders if order.client_order_id in here]

    def _move(self, order: OrderView, ticks: int) -> None:
        name, price = order.client_order_id, order.limit_price
        instrument = self.app.selection.instruments.get(f"{order.symbol}@{order.venue}")
        if order.status in FINAL or price is None or instrument is None or order.is_external:
            self.app.say("hint", f"{name} cannot be moved: only own limit orders that rest can")
        elif order.amend is not None:
            self.app.say("hint", f"{name} is being amended already")
        else:
            new = price + ticks * instrument.order_tick
            if new <= 0:
                self.app.say("hint", f"{name} cannot be moved: {numbers.exact(new)} is no price")
                return
            self._ask_or_send(order, instrument, new, AmendOrder(client_order_id=name, limit_price=new))

    def _ask_or_send(self, order: OrderView, instrument: InstrumentView, new: Decimal, amend: AmendOrder) -> None:
        price = order.limit_price or new
        what = f"move {order.client_order_id} to {numbers.exact(new)}"
        if (new < price) == (order.side == "buy"):  # away from the market: nothing is more likely to be traded
            self.app.sender.send(amend, what)
            return
        self._ask_to_move(Move(order, instrument, new, amend, what))

    def _ask_to_move(self, move: Move) -> None:
        order, instrument, new = move.order, move.instrument, move.price
        left = order.quantity - order.filled_quantity
        value = left * new * instrument.contract_size
        met = self._met(move)
        lines: list[Line] = [
            plain(f"{order.side.upper()} {numbers.exact(left)} {order.symbol} {order.venue}", Ink.STRONG, Decor.BOLD),
            (Span("price ", Ink.QUIET), Span(f"{numbers.exact(order.limit_price or new)} → {numbers.exact(new)}")),
            (Span("value ", Ink.QUIET), Span(numbers.money(value))),
        ]
        if met is not None:
            lines += wrap(f"! {met}", _QUESTION_COLUMNS, Ink.ALARM)
        if self.app.view.is_live:
            lines.append(plain("LIVE: this is real money", Ink.LIVE, Decor.BOLD | Decor.REVERSED))
        if is_large(value, self.quote_usd(instrument)):
            lines.append(plain("A large order: type its value.", Ink.WARNING))
            dialog = dialogs.TypedDialog("Move this order?", lines, amount_text(value))
            self.app.dialogs.open(dialog, lambda typed: self._move_confirmed(move, met, typed))
            return
        question = dialogs.ChoiceDialog(
            "Move this order?",
            lines,
            [dialogs.Choice("Move it", "move")],
            self.app.repeat,
            is_danger=self.app.view.is_live,
        )
        self.app.dialogs.open(question, lambda answer: self._move_confirmed(move, met, answer))

    def _met(self, move: Move) -> str | None:
        """Say what the order would meet at its new price; None where it would rest."""
        order, view = move.order, self.app.view
        markets = {} if view.snapshot is None or view.link.is_late else view.snapshot.monitoring.market
        market = markets.get(order.venue, {}).get(order.symbol)
        touch = None if market is None else market.ask if order.side == "buy" else market.bid
        if market is None or touch is None or market.validity != "valid":
            return "its market cannot be read: whether it trades at once is not known"
        if (move.price < touch) if order.side == "buy" else (move.price > touch):
            return None
        return f"it meets the {'ask' if order.side == 'buy' else 'bid'} and trades at once"

    def _move_confirmed(self, move: Move, met: str | None, answer: "dialogs.Typed | str | None") -> None:
        """Move the order, unless by now it meets what the question did not tell of: then ask again."""
        if answer is None:
            return
        if self._met(move) in {None, met}:
            self.app.sender.send(move.amend, move.what)
        else:
            self._ask_to_move(move)
