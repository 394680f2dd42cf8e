"""The last steps of an order in the console: what asks about it, and its way to the engine."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.state.desk import BookView, InstrumentView
from core.state.rehearsal import OrderRehearsalView
from tui.console import dialogs
from tui.console.order_guards import SentOrders, Sight, Weight, concerns, crossed
from tui.console.ticket_rules import amount_text, describe, is_large
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.header import is_armed
from tui.present.ink import Decor, Ink, Line, Span, plain
from tui.present.rehearsal import fees_text, fill_text, verdict_text

if TYPE_CHECKING:
    from tui.console.app import ConsoleApp

REVIEW_COLUMNS: Final = 56


class Wanted(NamedTuple):
    """An order that is ready to be sent. `notional` is its value in the quote currency, None where nobody knows."""

    order: PlaceOrder
    instrument: InstrumentView
    notional: Decimal | None
    told: OrderRehearsalView | None = None  # what the engine said of it just before
    is_way_out: bool = False  # it closes a position: asked about where it is large, never held up by a word


class Ordering:
    app: "ConsoleApp"
    sent: SentOrders

    def is_armed(self) -> bool:
        """Tell whether this console is the armed one, by a picture that is fresh."""
        view = self.app.view
        return is_armed(None if view.snapshot is None else view.snapshot.arming, view.link)

    def readable_book(self, instrument: InstrumentView) -> BookView | None:
        """Return the book on the screen where its prices may be believed."""
        view = self.app.view
        if view.snapshot is None or view.link.is_late:
            return None
        book = view.snapshot.books.get(f"{instrument.symbol}@{instrument.venue}")
        return book if book is not None and book.validity == "valid" else None

    def quote_usd(self, instrument: InstrumentView) -> Decimal | None:
        """Return the dollars that a unit of an instrument's quote currency is worth, None where nobody knows."""
        snapshot = self.app.view.snapshot
        market = {} if snapshot is None else snapshot.monitoring.market.get(instrument.venue, {})
        state = market.get(instrument.symbol)
        if state is None or state.point_value_usd is None or not instrument.contract_size:
            return None
        return state.point_value_usd / instrument.contract_size

    def submit(self, wanted: Wanted) -> None:
        """Send an order: at once where the console is armed and nothing stands out, else after its question."""
        view, order = self.app.view, wanted.order
        orders = [] if view.snapshot is None else view.snapshot.orders
        in_the_way = crossed(order, orders)
        if in_the_way is not None:
            self.app.say("warning", f"not sent: {in_the_way}")
            return
        book = self.readable_book(wanted.instrument)
        found = concerns(order, Sight(book, orders, self.app.engine_now_ns()), self.sent)
        large = wanted.notional is None or is_large(wanted.notional, self.quote_usd(wanted.instrument))
        is_typed = (large or any(each.weight is Weight.TYPED for each in found)) and not wanted.is_way_out
        if self.is_armed() and not found and not large:
            self._send(order)
            return
        lines = self._review_lines(wanted)
        for each in found:
            lines += wrap(f"! {each.text}", REVIEW_COLUMNS, Ink.ALARM)
        self._ask(wanted, lines, is_typed=is_typed)

    def _review_lines(self, wanted: Wanted) -> list[Line]:
        # Wrapped: cut off, the stop loss would be confirmed unseen.
        lines: list[Line] = [
            *wrap(describe(wanted.order), REVIEW_COLUMNS, Ink.STRONG),
            (Span("value ", Ink.QUIET), Span(numbers.money(wanted.notional))),
        ]
        if wanted.told is not None:
            refused = wanted.told.verdict != "approved"
            lines += wrap(verdict_text(wanted.told), REVIEW_COLUMNS, Ink.ALARM if refused else Ink.TEXT)
            lines += wrap(f"fills {fill_text(wanted.told)}", REVIEW_COLUMNS, Ink.QUIET)
            lines += wrap(f"fee {fees_text(wanted.told)}", REVIEW_COLUMNS, Ink.QUIET)
        if self.app.view.is_live:
            lines.append(plain("LIVE: this is real money", Ink.LIVE, Decor.BOLD | Decor.REVERSED))
        return lines

    def _ask(self, wanted: Wanted, lines: list[Line], *, is_typed: bool) -> None:
        order = wanted.order
        if is_typed:
            word = numbers.exact(order.quantity) if wanted.notional is None else amount_text(wanted.notional)
            what = "Nobody knows its value: type its quantity" if wanted.notional is None else "Type its value"
            lines.append(plain(f"{what} to send it.", Ink.WARNING))
            dialog = dialogs.TypedDialog("Send this order?", lines, word)
            self.app.dialogs.open(dialog, lambda typed: self._send_typed(order, typed))
            return
        choice = dialogs.Choice(f"Send {order.side.upper()}", "send")
        question = dialogs.ChoiceDialog(
            "Send this order?", lines, [choice], self.app.repeat, is_danger=self.app.view.is_live
        )
        self.app.dialogs.open(question, lambda answer: self._send_chosen(order, answer))

    def _send_typed(self, order: PlaceOrder, typed: "dialogs.Typed | None") -> None:
        self._send_chosen(order, None if typed is None else "send")

    def _send_chosen(self, order: PlaceOrder, answer: str | None) -> None:
        if answer is not None:
            self._send(order)

    def _send(self, order: PlaceOrder) -> None:
        self.sent.note(order, self.app.engine_now_ns())
        answered = self.app.sender.send(order, describe(order))
        answered.add_done_callback(lambda task: self._answered(order, task))

    def _answered(self, order: PlaceOrder, task: "asyncio.Task[CommandResult]") -> None:
        """Forget an order that never left: sending it again is no second one."""
        if task.cancelled() or task.exception() is not None:
            return
        if task.result().outcome in {Outcome.REFUSED, Outcome.INVALID}:
            self.sent.forget(order)
