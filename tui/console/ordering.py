"""The last steps of an order in the console: what asks about it, and its way to the engine."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from core.control.commands import CommandResult, Outcome, PlaceOrder
from core.state.desk import BookView, InstrumentView
from core.state.rehearsal import OrderRehearsalView
from tui.console import dialogs
from tui.console.instruments import name_of
from tui.console.order_guards import Concern, Kind, SentOrders, Sight, Weight, concerns, crossed, moved
from tui.console.sender import not_sent
from tui.console.ticket_rules import amount_text, describe, is_large, touch_price
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.header import is_armed, name_of_holder
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


class Asked(NamedTuple):
    """What an order's question showed."""

    wanted: Wanted
    found: list[Concern]
    touch: Decimal | None  # what a market order would have met first, as far as that was ever known
    is_large: bool  # by the rate of then


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
        if self._is_kept_back(wanted):
            return
        found = self._found(wanted)
        if found is None:
            return
        if self.is_armed() and not found and not self._is_large(wanted):
            self._send(wanted.order)
            return
        self._ask(wanted, found, self._touch(wanted))

    def _found(self, wanted: Wanted) -> list[Concern] | None:
        """Return what asks about an order now; None, and say why, where it must not be sent at all."""
        view, order = self.app.view, wanted.order
        orders = [] if view.snapshot is None else view.snapshot.orders
        in_the_way = crossed(order, orders)
        if in_the_way is not None:
            self.app.say("warning", f"not sent: {in_the_way}")
            return None
        book = self.readable_book(wanted.instrument)
        return concerns(order, Sight(book, orders, self.app.engine_now_ns()), self.sent)

    def _is_large(self, wanted: Wanted) -> bool:
        return wanted.notional is None or is_large(wanted.notional, self.quote_usd(wanted.instrument))

    def _is_kept_back(self, wanted: Wanted) -> bool:
        """Tell whether the sender keeps an order back, and have it say why: a word typed for it would be in vain."""
        if not_sent(self.app.link, wanted.order) is None:
            return False
        self._send(wanted.order)
        return True

    def _confirmed(self, asked: Asked) -> None:
        """Send what was confirmed, unless something new has come up since: what is confirmed is what was shown."""
        if self._is_kept_back(asked.wanted):
            return
        found = self._found(asked.wanted)
        if found is None:
            return
        wanted = self._priced_anew(asked.wanted)
        touch = self._touch(wanted)
        found += moved(wanted.order, asked.touch, touch)
        known = {each.kind for each in asked.found} - {Kind.MOVED}  # which begins anew with each question
        has_grown_large = self._is_large(wanted) and not asked.is_large
        is_revalued = _fixed_price(wanted.order) is not None and wanted.notional != asked.wanted.notional
        if has_grown_large or is_revalued or any(each.kind not in known for each in found):
            self._ask(wanted, found, asked.touch if touch is None else touch)
        else:
            self._send(wanted.order)

    def _priced_anew(self, wanted: Wanted) -> Wanted:
        """Return what is wanted at the prices and contracts of now: what was said of it before is of another market."""
        instrument = self.app.selection.instruments.get(name_of(wanted.instrument), wanted.instrument)
        anew = wanted._replace(told=None, instrument=instrument)
        price = _fixed_price(anew.order)
        price = self._touch(anew) if price is None else price
        notional = None if price is None else price * anew.order.quantity * instrument.contract_size
        return anew._replace(notional=notional)

    def _touch(self, wanted: Wanted) -> Decimal | None:
        return touch_price(wanted.order.side, self.readable_book(wanted.instrument))

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
        arming = None if self.app.view.snapshot is None else self.app.view.snapshot.arming
        if arming is not None and not self.is_armed() and not wanted.order.reduce_only:
            lines += wrap(
                f"! read-only: {name_of_holder(arming)} is armed, the engine will refuse", REVIEW_COLUMNS, Ink.ALARM
            )
        if self.app.view.is_live:
            lines.append(plain("LIVE: this is real money", Ink.LIVE, Decor.BOLD | Decor.REVERSED))
        return lines

    def _ask(self, wanted: Wanted, found: list[Concern], touch: Decimal | None) -> None:
        asked, lines = Asked(wanted, found, touch, self._is_large(wanted)), self._review_lines(wanted)
        for each in found:
            lines += wrap(f"! {each.text}", REVIEW_COLUMNS, Ink.ALARM)
        order = wanted.order
        is_weighty = asked.is_large or any(each.weight is Weight.TYPED for each in found)
        if is_weighty and not wanted.is_way_out:
            word = numbers.exact(order.quantity) if wanted.notional is None else amount_text(wanted.notional)
            what = "Nobody knows its value: type its quantity" if wanted.notional is None else "Type its value"
            lines.append(plain(f"{what} to send it.", Ink.WARNING))
            dialog = dialogs.TypedDialog("Send this order?", lines, word)
            self.app.dialogs.open(dialog, lambda typed: self._answered_with(asked, typed))
            return
        choice = dialogs.Choice(f"Send {order.side.upper()}", "send")
        question = dialogs.ChoiceDialog(
            "Send this order?", lines, [choice], self.app.repeat, is_danger=self.app.view.is_live
        )
        self.app.dialogs.open(question, lambda answer: self._answered_with(asked, answer))

    def _answered_with(self, asked: Asked, answer: "dialogs.Typed | str | None") -> None:
        if answer is not None:
            self._confirmed(asked)

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


def _fixed_price(order: PlaceOrder) -> Decimal | None:
    """Return the price that an order is valued at whatever the market does; None for one at the market."""
    return order.stop_price if order.limit_price is None else order.limit_price
