"""The order ticket: fields, what is wrong with them, and what would become of the order that they make."""

from typing import ClassVar, Final

import msgspec
from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from core.state.desk import BookView, InstrumentView
from core.state.monitoring import LimitUse
from core.state.rehearsal import OrderRehearsalView
from tui.console.dialogs.dialog import Dialog, Lines
from tui.console.rehearsing import Rehearsing
from tui.console.ticket_rules import Draft, Judgement, Room, judge, stepped
from tui.panes.view import View
from tui.present import numbers
from tui.present.cells import wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span
from tui.present.ticket import Told, told_lines

_MOST_ROOM_ROWS: Final = 10
_FRAME_ROWS: Final = 2


class TicketDialog(Dialog[Judgement]):
    """Dismiss with the judged order on enter; the console asks for its confirmation afterwards."""

    BOX_COLUMNS = 76
    # With priority, like the keys of every dialog that say which field the next key is for.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "next_field", "next field", show=False, priority=True),
        Binding("up", "next_field(-1)", "field before", show=False, priority=True),
        Binding("shift+up", "step(1)", "a step up", show=False, priority=True),
        Binding("shift+down", "step(-1)", "a step down", show=False, priority=True),
        Binding("f5", "toggle_held", "stop, take profit, stop loss", show=False, priority=True),
    ]

    def __init__(
        self,
        instrument: InstrumentView,
        draft: Draft,
        view: View,
        rehearsing: Rehearsing,
    ) -> None:
        super().__init__(f"{draft.side.upper()} {instrument.symbol}  {instrument.venue}", is_danger=view.is_live)
        self._instrument = instrument
        self._draft = draft
        self._rehearsing = rehearsing
        self._told_before: OrderRehearsalView | None = None
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
        least = f"quantity   lot {self._instrument.order_lot}, least {self._instrument.min_quantity}   shift ↑ ↓ steps"
        grid = f"price      tick {self._instrument.order_tick}, empty for a market order"
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
        self._draft = msgspec.structs.replace(
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
            now_ns = self._now_ns()
            self._rehearsing.look(judged.order, now_ns)
            judged.told = self._rehearsing.answer(now_ns)
            self.dismiss(judged)

    def on_key(self, event: events.Key) -> None:
        flags = {"f2": "post_only", "f3": "reduce_only", "f4": "is_ioc"}
        if self._is_held_shown:
            flags |= {"f6": "is_by_mark", "f7": "is_pair"}
        if event.key in flags:
            event.stop()
            name = flags[event.key]
            self._draft = msgspec.structs.replace(self._draft, **{name: not getattr(self._draft, name)})
            self._redraw()
        else:
            super().on_key(event)

    def dismiss(self, answer: Judgement | None) -> None:
        self._rehearsing.end()
        super().dismiss(answer)

    def action_step(self, direction: int) -> None:
        """Move the number in the focused field by a tick, or a lot."""
        field = self.screen.focused
        if isinstance(field, Input) and field in self.fields():
            is_quantity = field is self._quantity
            step = self._instrument.order_lot if is_quantity else self._instrument.order_tick
            field.value = stepped(field.value, step, direction)
            field.cursor_position = len(field.value)

    def action_toggle_held(self) -> None:
        self._show_held(is_shown=not self._is_held_shown)
        if not self._is_held_shown:
            self._draft = msgspec.structs.replace(
                self._draft, stop="", profit="", loss="", is_by_mark=False, is_pair=False
            )
            self.take_focus()
        else:
            self.screen.set_focus(self._stop)
        self._redraw()

    def _now_ns(self) -> int:
        """Return the time of the picture: all that is asked goes by that alone, so that a replay does the same."""
        return 0 if self.view is None else self.view.engine_ns

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
        started = bool(self._draft.quantity.strip())
        for error in judged.errors if started else []:
            lines += wrap(f"! {error}", self.columns(), Ink.WARNING)
        told = self._told(judged)
        if told.answer is None and told.before is None:
            lines += [self._room_line(room) for room in judged.rooms]
        rest = [*lines, *told_lines(told, self.columns(), 0), EMPTY_LINE, EMPTY_LINE]
        lines += told_lines(told, self.columns(), self._room_rows(len(rest)))
        self._facts.put([*lines, EMPTY_LINE, self._key_line(judged)])

    def _told(self, judged: Judgement) -> Told:
        now_ns = self._now_ns()
        self._rehearsing.look(judged.order, now_ns)
        answer = self._rehearsing.answer(now_ns)
        self._told_before = answer or self._told_before
        is_old, is_asked = self._rehearsing.is_old(now_ns), judged.order is not None
        return Told(answer, self._told_before, self._rehearsing.problem, is_old=is_old, is_asked=is_asked)

    def _room_rows(self, other_rows: int) -> int:
        """Return how many rows the screen has for limits, once everything else has its own."""
        fields = 1 + 2 * 2 + (4 if self._is_held_shown else 0)
        return max(0, min(_MOST_ROOM_ROWS, self.screen.size.height - _FRAME_ROWS - fields - other_rows))

    def _room_line(self, room: Room) -> Line:
        ink = Ink.ALARM if room.left_after is None or room.left_after < 0 else Ink.TEXT
        left = f"{numbers.room(room.left_now)} left, {numbers.room(room.left_after)} after"
        return (Span(f"{room.name.replace('_', ' ')}: ", Ink.QUIET), Span(left, ink))

    def _key_line(self, judged: Judgement) -> Line:
        enter = Ink.ACCENT if judged.order is not None else Ink.QUIET
        return (Span("enter", enter, Decor.BOLD), Span(" reviews  ", Ink.QUIET),
                Span("tab", Ink.ACCENT, Decor.BOLD), Span(" next field  ", Ink.QUIET),
                Span("esc", Ink.ACCENT, Decor.BOLD), Span(" closes", Ink.QUIET))  # fmt: skip

    def _quote_line(self) -> Line:
        book = self._book()
        if self.view is not None and self.view.link.lost_reason is not None:
            return (Span(" LINK LOST ", Ink.ALARM, Decor.BOLD | Decor.REVERSED), Span(" no order is sent", Ink.ALARM))
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
