"""Moving own orders by ticks: away from the market at once, towards it after a question."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from core.control.commands import AmendOrder
from core.state.desk import InstrumentView, OrderView
from tui.console import dialogs
from tui.console.sender import not_sent
from tui.console.ticket_rules import amount_text, is_large
from tui.panes.ladder import LadderPane
from tui.panes.pane import Pane
from tui.panes.watchlist import WatchlistPane
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import Decor, Ink, Line, Span, plain
from tui.present.ladder_book import own_orders_at
from tui.present.orders import FINAL, is_held

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


class Shown(NamedTuple):
    """What a move's question shows."""

    left: Decimal
    price: Decimal | None  # before the move
    value: Decimal
    is_large: bool
    met: str | None

    def tells_of(self, now: "Shown") -> bool:
        """Tell whether nothing is new to who read this: what has become harmless is not."""
        is_same = (self.left, self.price, self.value) == (now.left, now.price, now.value)
        return is_same and now.met in {None, self.met} and (self.is_large or not now.is_large)


class Amending:
    app: "ConsoleApp"

    def _selected_order(self) -> OrderView | None:
        raise NotImplementedError

    def _ladder_in_sight(self) -> LadderPane | None:
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
        ladder = self._ladder_in_sight()
        if ladder is None:
            return []
        book, window = ladder.book(), ladder.window
        if snapshot is None or book is None or window is None or window.cursor is None:
            return []
        here = {own.client_order_id for own in own_orders_at(book, window, window.cursor)}
        return [order for order in snapshot.orders if order.client_order_id in here]

    def _move(self, shown: OrderView, ticks: int) -> None:
        name, instrument = shown.client_order_id, self._instrument(shown)
        order = self._newest(name)  # another hand may have moved it since the frame
        price = None if order is None or order.status in FINAL else order.limit_price
        if order is None or price is None or instrument is None or order.is_external or is_held(order):
            self.app.say("hint", f"{name} cannot be moved: only own limit orders that rest can")
        elif order.amend is not None:
            self.app.say("hint", f"{name} is being amended already")
        else:
            new = price + ticks * instrument.order_tick
            if new <= 0:
                self.app.say("hint", f"{name} cannot be moved: {numbers.exact(new)} is no price")
                return
            self._ask_or_send(order, instrument, new, AmendOrder(client_order_id=name, limit_price=new))

    def _newest(self, client_order_id: str) -> OrderView | None:
        """Return an order by the link's newest picture: the frame's may be an older one."""
        snapshot = self.app.link.latest()
        orders = [] if snapshot is None else snapshot.orders
        return next((order for order in orders if order.client_order_id == client_order_id), None)

    def _instrument(self, order: OrderView) -> InstrumentView | None:
        return self.app.selection.instruments.get(f"{order.symbol}@{order.venue}")

    def _ask_or_send(self, order: OrderView, instrument: InstrumentView, new: Decimal, amend: AmendOrder) -> None:
        price = order.limit_price or new
        what = f"move {order.client_order_id} to {numbers.exact(new)}"
        is_away = (new < price) == (order.side == "buy")  # from the market: nothing is more likely to be traded
        if is_away or not_sent(self.app.link, amend) is not None:  # the sender says why: a word would be in vain
            self.app.sender.send(amend, what)
            return
        self._ask_to_move(Move(order, instrument, new, amend, what))

    def _shown(self, move: Move) -> Shown:
        order, instrument = move.order, move.instrument
        left = order.quantity - order.filled_quantity
        value = left * move.price * instrument.contract_size
        return Shown(left, order.limit_price, value, is_large(value, self.quote_usd(instrument)), self._met(move))

    def _ask_to_move(self, move: Move) -> None:
        order, new, shown = move.order, move.price, self._shown(move)
        what = f"{order.side.upper()} {numbers.exact(shown.left)} {order.symbol} {order.venue}"
        lines: list[Line] = [
            plain(what, Ink.STRONG, Decor.BOLD),
            (Span("price ", Ink.QUIET), Span(f"{numbers.exact(order.limit_price or new)} → {numbers.exact(new)}")),
            (Span("value ", Ink.QUIET), Span(numbers.money(shown.value))),
        ]
        if shown.met is not None:
            lines += wrap(f"! {shown.met}", _QUESTION_COLUMNS, Ink.ALARM)
        if self.app.view.is_live:
            lines.append(plain("LIVE: this is real money", Ink.LIVE, Decor.BOLD | Decor.REVERSED))
        if shown.is_large:
            lines.append(plain("A large order: type its value.", Ink.WARNING))
            dialog = dialogs.TypedDialog("Move this order?", lines, amount_text(shown.value))
            self.app.dialogs.open(dialog, lambda typed: self._move_confirmed(move, shown, typed))
            return
        question = dialogs.ChoiceDialog(
            "Move this order?",
            lines,
            [dialogs.Choice("Move it", "move")],
            self.app.repeat,
            is_danger=self.app.view.is_live,
        )
        self.app.dialogs.open(question, lambda answer: self._move_confirmed(move, shown, answer))

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

    def _move_confirmed(self, move: Move, shown: Shown, answer: "dialogs.Typed | str | None") -> None:
        """Move the order, unless it or its market is by now what the question did not tell of: then ask again."""
        if answer is None:
            return
        if not_sent(self.app.link, move.amend) is not None:
            self.app.sender.send(move.amend, move.what)  # which says why not: a word typed for it would be in vain
            return
        order = self._newest(move.order.client_order_id)
        hindrance = _hindrance(order, move.price)
        if order is None or hindrance is not None:
            self.app.say("warning", f"not moved: {move.order.client_order_id} {hindrance}")
            return
        now = move._replace(order=order, instrument=self._instrument(order) or move.instrument)
        if shown.tells_of(self._shown(now)):
            self.app.sender.send(move.amend, move.what)
        else:
            self._ask_to_move(now)


def _hindrance(order: OrderView | None, price: Decimal) -> str | None:
    """Say what came in the way of a move while it was confirmed, None where nothing did."""
    if order is None:
        return "is not among the orders any more"
    if order.status in FINAL:
        return f"is {order.status} by now"
    if order.amend is not None:
        return "is being amended already"
    return f"is at {numbers.exact(price)} already" if order.limit_price == price else None
