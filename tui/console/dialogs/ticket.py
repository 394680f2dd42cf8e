"""The order ticket: fields, what is wrong with them, what the order is worth and the room it leaves."""

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from core.state.desk import BookView, InstrumentView
from core.state.monitoring import LimitUse
from tui.console.dialogs.dialog import Dialog, Lines
from tui.console.ticket_rules import Draft, Judgement, judge
from tui.panes.view import View
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class TicketDialog(Dialog[Judgement]):
    """Dismiss with the judged order on enter; the console asks for its confirmation afterwards."""

    # With priority, like the keys of every dialog that say which field the next key is for.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "next_field", "next field", show=False, priority=True),
        Binding("up", "next_field(-1)", "field before", show=False, priority=True),
        Binding("f5", "toggle_held", "stop, take profit, stop loss", show=False, priority=True),
    ]

    def __init__(self, instrument: InstrumentView, draft: Draft, view: View) -> None:
        super().__init__(f"{draft.side.upper()} {instrument.symbol}  {instrument.venue}", is_danger=view.is_live)
        self._instrument = instrument
        self._draft = draft
        self.view = view
        self._quantity = Input(draft.quantity, id="quantity", compact=True)
        self._price = Input(draft.price, id="price", compact=True, placeholder="empty: market order")
        self._held_labels = Lines([(Span("stop · take profit · stop loss   each may be empty", Ink.QUIET),)])
        self._stop = Input(draft.stop, id="stop", compact=True, placeholder="stop: held until the market is there")
        self._profit = Input(draft.profit, id="profit", compact=True, placeholder="take profit: for what is filled")
        self._loss = Input(draft.loss, id="loss", compact=True, placeholder="stop loss: for what is filled")
        self._show_held(is_shown=False)
        self._quotes = Lines()
        self._facts = Lines()

    def contents(self) -> list[Widget]:
        least = f"quantity   lot {self._instrument.lot_size}, least {self._instrument.min_quantity}"
        grid = f"price      tick {self._instrument.tick_size}, empty for a market order"
        return [
            self._quotes,
            Lines([(Span(least, Ink.QUIET),)]),
            self._quantity,
            Lines([(Span(grid, Ink.QUIET),)]),
            self._price,
            self._held_labels,
            self._stop,
            self._profit,
            self._loss,
            self._facts,
        ]

    def _show_held(self, *, is_shown: bool) -> None:
        """Show or hide the fields of what is held; hidden ones are emptied, for nobody would see them."""
        self._is_held_shown = is_shown
        for widget in (self._held_labels, self._stop, self._profit, self._loss):
            widget.display = is_shown
        if not is_shown:
            for each in (self._stop, self._profit, self._loss):
                each.value = ""

    def on_mount(self) -> None:
        super().on_mount()
        self._redraw()

    def take_focus(self) -> None:
        self.screen.set_focus(self._quantity)

    def fields(self) -> list[Input]:
        held = [self._stop, self._profit, self._loss] if self._is_held_shown else []
        return [self._quantity, self._price, *held]

    def frame(self, view: View) -> None:
        super().frame(view)
        self._redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draft = replace(
            self._draft,
            quantity=self._quantity.value,
            price=self._price.value,
            stop=self._stop.value,
            profit=self._profit.value,
            loss=self._loss.value,
        )
        self._redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        judged = self._judged()
        if judged.order is not None:
            self.dismiss(judged)

    def on_key(self, event: events.Key) -> None:
        flags = {"f2": "post_only", "f3": "reduce_only", "f4": "is_ioc"}
        if self._is_held_shown:
            flags |= {"f6": "is_by_mark", "f7": "is_pair"}
        if event.key in flags:
            event.stop()
            name = flags[event.key]
            self._draft = replace(self._draft, **{name: not getattr(self._draft, name)})
            self._redraw()
        else:
            super().on_key(event)

    def action_toggle_held(self) -> None:
        self._show_held(is_shown=not self._is_held_shown)
        if not self._is_held_shown:
            self._draft = replace(self._draft, stop="", profit="", loss="", is_by_mark=False, is_pair=False)
            self.take_focus()
        else:
            self.screen.set_focus(self._stop)
        self._redraw()

    def _book(self) -> BookView | None:
        if self.view is None or self.view.snapshot is None or self.view.link.is_late:
            return None  # an old snapshot prices nothing
        return self.view.snapshot.books.get(f"{self._instrument.symbol}@{self._instrument.venue}")

    def _limits(self) -> list[LimitUse]:
        return [] if self.view is None or self.view.snapshot is None else self.view.snapshot.monitoring.risk.limits

    def _judged(self) -> Judgement:
        return judge(self._draft, self._instrument, self._book(), self._limits())

    def _redraw(self) -> None:
        judged = self._judged()
        self._quotes.put([self._quote_line()])
        lines = [EMPTY_LINE, self._flag_line(), self._held_line(), self._value_line(judged)]
        for room in judged.rooms:
            ink = Ink.ALARM if room.left_after is None or room.left_after < 0 else Ink.TEXT
            lines.append(
                (
                    Span(f"{room.name.replace('_', ' ')}: ", Ink.QUIET),
                    Span(f"{numbers.room(room.left_now)} left, {numbers.room(room.left_after)} after", ink),
                )
            )
        started = bool(self._draft.quantity.strip())
        for error in judged.errors if started else []:
            lines += wrap(f"! {error}", self.columns(), Ink.WARNING)
        enter = Ink.ACCENT if judged.order is not None else Ink.QUIET
        keys = (Span("enter", enter, Decor.BOLD), Span(" reviews  ", Ink.QUIET),
                Span("tab", Ink.ACCENT, Decor.BOLD), Span(" next field  ", Ink.QUIET),
                Span("esc", Ink.ACCENT, Decor.BOLD), Span(" closes", Ink.QUIET))  # fmt: skip
        self._facts.put([*lines, EMPTY_LINE, keys])

    def _quote_line(self) -> Line:
        book = self._book()
        if book is None or not book.bid_ticks or not book.ask_ticks:
            return (Span("no book to price against", Ink.ALARM, Decor.BOLD),)
        decor = Decor.NONE if book.validity == "valid" else Decor.STRUCK | Decor.DIM
        return (
            Span("bid ", Ink.QUIET),
            Span(numbers.grid_price(book.bid_ticks[0], book.tick_size), Ink.BID, decor),
            Span("   ask ", Ink.QUIET),
            Span(numbers.grid_price(book.ask_ticks[0], book.tick_size), Ink.ASK, decor),
            Span(
                f"   {book.validity}, {numbers.age(book.age_s)}", Ink.QUIET if book.validity == "valid" else Ink.ALARM
            ),
        )

    def _flag_line(self) -> Line:
        flags = (("f2", "post-only", self._draft.post_only), ("f3", "reduce-only", self._draft.reduce_only),
                 ("f4", "ioc", self._draft.is_ioc))  # fmt: skip
        return _flags(flags)

    def _held_line(self) -> Line:
        """Say the key that opens the fields of what is held, or, once they are open, the flags beside them."""
        if not self._is_held_shown:
            return (Span("f5 ", Ink.ACCENT, Decor.BOLD), Span("stop, take profit, stop loss", Ink.QUIET))
        by_mark = "stop by mark" if self._draft.is_by_mark else "stop by last trade"
        flags = (("f6", by_mark, self._draft.is_by_mark), ("f7", "pair", self._draft.is_pair))
        return (*_flags(flags), Span("f5 ", Ink.ACCENT, Decor.BOLD), Span("closes these", Ink.QUIET))

    def _value_line(self, judged: Judgement) -> Line:
        kind = "limit order" if self._draft.price.strip() else "market order"
        if self._draft.is_held:
            kind = "pair" if self._draft.is_pair else "stop-limit" if self._draft.price.strip() else "stop"
        elif self._draft.is_bracket:
            kind += " in a bracket"
        return (Span("value ", Ink.QUIET), Span(numbers.money(judged.notional), Ink.STRONG, Decor.BOLD),
                Span(f"   {kind}", Ink.QUIET))  # fmt: skip


def _flags(flags: tuple[tuple[str, str, bool], ...]) -> Line:
    spans: list[Span] = []
    for key, name, is_set in flags:
        spans += [
            Span(f"{key} ", Ink.ACCENT, Decor.BOLD),
            Span(f"{'[x]' if is_set else '[ ]'} {name}   ", Ink.STRONG if is_set else Ink.QUIET),
        ]
    return tuple(spans)
