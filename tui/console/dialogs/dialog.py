"""The base of dialogs: a framed box of lines over the desk, fed with every frame's view.

A dialog is a widget on a layer of its own, not a modal screen: what is under a modal screen is rendered anew with
every change, tens of milliseconds on the engine's loop; under a layer only changed rows are.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Generic, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.signal import Signal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui.panes.looks import ground_of, looks_of, strip_of
from tui.panes.view import View
from tui.present.ink import Line

DIALOG_CSS: Final = """
Dialog { layer: above; layout: vertical; height: auto; max-height: 100%; max-width: 100%; margin: 1 0; padding: 0 1;
         border: round $accent; border-title-style: bold; background: $background; overflow-y: auto;
         scrollbar-size-vertical: 1; }
Dialog.danger { border: double $error; }
Dialog Input { border: none; height: 1; padding: 0 1; background: $background; color: $foreground;
               text-style: underline; }
Dialog Input:focus { border: none; background-tint: transparent 0%; text-style: underline bold; }
Dialog Lines { width: 1fr; height: auto; }
"""

Answer = TypeVar("Answer")


class Lines(Widget):
    """Styled lines as a widget as high as they are."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        super().__init__()
        self._lines: list[Line] = []
        self.put(lines)

    def put(self, lines: Sequence[Line]) -> None:
        """Show other lines; nothing is painted where they are the same."""
        shown = list(lines)
        if shown == self._lines:
            return
        if len(shown) != len(self._lines):
            self.styles.height = max(1, len(shown))
        self._lines = shown
        self.refresh()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else ()
        return strip_of(line, self.size.width, ground_of(self, is_filtered=False), looks_of(self))


class Dialog(Widget, Generic[Answer], can_focus=True):
    """A box in the middle of the screen; esc closes it without an answer."""

    BOX_COLUMNS: ClassVar[int] = 66
    # With priority, so that the focus has moved before the next key is handed out, however fast it comes.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_field", "next field", show=False, priority=True),
        Binding("shift+tab", "next_field(-1)", "field before", show=False, priority=True),
    ]

    def __init__(self, title: str, *, is_danger: bool = False) -> None:
        super().__init__(classes="danger" if is_danger else "")
        self.border_title = title
        self.styles.width = self.BOX_COLUMNS
        self.view: View | None = None
        self.is_ready = False  # it has the focus: keys typed before are held for it
        self._answered: Callable[[Answer | None], None] | None = None
        self._ready: Callable[[], None] | None = None
        self._typed_into: Input | None = None  # that was typed into last

    def opened(self, answered: Callable[[Answer | None], None], ready: Callable[[], None]) -> None:
        """Say whom to tell the answer, and that keys can come; called by whoever shows the dialog."""
        self._answered = answered
        self._ready = ready

    def dismiss(self, answer: Answer | None) -> None:
        """Close with an answer, once; None is no answer."""
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(answer)

    def compose(self) -> ComposeResult:
        yield from self.contents()

    def contents(self) -> list[Widget]:
        """Return the widgets inside the box, from top to bottom."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.take_focus()
        self.is_ready = True
        if self._ready is not None:
            self._ready()

    def take_focus(self) -> None:
        """Focus what the trader types into, at once; a dialog without fields hears keys itself."""
        self.screen.set_focus(self)

    def regain_focus(self) -> None:
        """Take the focus back, to the field that had it: what is typed for one must never end up in another."""
        if self._typed_into is not None and self._typed_into in self.fields():
            self.screen.set_focus(self._typed_into)
        else:
            self.take_focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            self._typed_into = event.widget

    def fields(self) -> list[Input]:
        """Return the fields that can be typed into, from top to bottom."""
        return []

    def forget_fields(self) -> None:
        """Let go of every field: the library's screen would keep each that there ever was, with all it showed."""
        heard = cast("Signal[object]", self.screen.text_selection_started_signal)
        for field in self.query(Input):
            heard.unsubscribe(field)

    def action_next_field(self, step: int = 1) -> None:
        """Go to another field; a dialog without fields has none to go to."""
        fields, focused = self.fields(), self.screen.focused
        if fields:
            # Asked of the screen, which knows at once: a field hears of its focus later than the next key comes.
            at = next((index for index, each in enumerate(fields) if each is focused), -1 if step > 0 else 0)
            self.screen.set_focus(fields[(at + step) % len(fields)])

    def frame(self, view: View) -> None:
        """Take the newest view; called every frame while this dialog is on top."""
        self.view = view

    def scroll_by_key(self, key: str) -> bool:
        """Scroll a box that is longer than the screen; tell whether this is one of the keys for that."""
        rows = {"down": 1, "pagedown": 10, "up": -1, "pageup": -10}.get(key)
        if rows is not None:
            self.scroll_relative(y=rows, animate=False)
        return rows is not None

    def columns(self) -> int:
        """Return how many cells a line in the box has."""
        return max(10, (self.size.width or self.BOX_COLUMNS - 2) - 2)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
