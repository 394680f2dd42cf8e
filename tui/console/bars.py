"""The rows that are always there: header, message line, footer, and the notice of a terminal too small."""

from collections.abc import Sequence
from typing import Final

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from core.state.desk import LogLine
from tui.console.actions import ACTIONS
from tui.console.desks import MINIMUM_COLUMNS, MINIMUM_ROWS
from tui.console.key_map import KeyMap
from tui.panes.looks import ground_of, looks_of, strip_of
from tui.panes.view import View
from tui.present import numbers
from tui.present.cells import line_width, wrap
from tui.present.header import header_height, header_lines
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class Bar(Widget):
    """Lines that repaint only where they changed."""

    def __init__(self, bar_id: str) -> None:
        super().__init__(id=bar_id)
        self._lines: list[Line] = []
        self._view: View | None = None

    def frame(self, view: View) -> None:
        """Draw a view; one that comes before the bar has its width is drawn when it is first shown."""
        self._view = view
        if self.size.width:
            self.put(self.drawn(view))

    def drawn(self, view: View) -> list[Line]:  # noqa: ARG002 (for bars that show a view)
        return self._lines

    def put(self, lines: list[Line]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def on_resize(self, _event: events.Resize) -> None:
        if self._view is not None:
            self.put(self.drawn(self._view))

    def render_line(self, y: int) -> Strip:
        if not self._lines and self._view is not None:
            self._lines = self.drawn(self._view)
        line = self._lines[y] if y < len(self._lines) else EMPTY_LINE
        return strip_of(line, self.size.width, ground_of(self, is_filtered=False), looks_of(self))


class HeaderBar(Bar):
    def drawn(self, view: View) -> list[Line]:
        return header_lines(view.snapshot, view.link, self.size.width)

    def fit_width(self, width: int) -> int:
        """Take the rows this width needs; return how many."""
        rows = header_height(width)
        self.styles.height = rows
        return rows


_DONE: Final = (Ink.STRONG, "✓ ", Decor.NONE)
_ANSWERS: Final = {
    "error": (Ink.ALARM, "✗ ", Decor.BOLD),
    "warning": (Ink.WARNING, "! ", Decor.BOLD),
    "hint": (Ink.TEXT, "→ ", Decor.NONE),  # nothing was done: the mark must not say so
}


class MessageBar(Bar):
    """The newest result of what the trader asked for; all of them are in the log too."""

    def show(self, entry: LogLine | None, waiting_for: Sequence[str] = ()) -> None:
        if waiting_for:
            self.put([(Span(f" … {'; '.join(waiting_for)}: waiting for the engine's answer", Ink.WARNING),)])
        elif entry is None:
            self.put([(Span(" what you ask for is answered here", Ink.QUIET),)])
        else:
            self._answer(entry)

    def _answer(self, entry: LogLine) -> None:
        ink, mark, decor = _ANSWERS.get(entry.level, _DONE)
        self.put(
            [(Span(f" {numbers.clock(entry.at_ns)} ", Ink.QUIET), Span(mark + entry.text, ink, decor | Decor.PRIVATE))]
        )


class FooterBar(Bar):
    """The keys that matter most, as many as fit, in the registry's words."""

    def __init__(self, bar_id: str, keys: KeyMap) -> None:
        super().__init__(bar_id)
        self._keys = keys

    def drawn(self, view: View) -> list[Line]:
        status = view.snapshot.monitoring.global_.system_status if view.snapshot is not None else ""
        return [footer_line(self.size.width, self._keys, can_resume=status in {"paused", "halted"})]


def footer_line(width: int, keys: KeyMap, *, can_resume: bool) -> Line:
    spans: list[Span] = []
    ranked = sorted((action for action in ACTIONS if action.footer_rank is not None), key=lambda a: a.footer_rank or 0)
    for action in ranked:
        label = "resume" if action.name == "pause-or-resume" and can_resume else action.label
        ink, decor = (Ink.ALARM, Decor.BOLD) if action.name == "halt" else (Ink.ACCENT, Decor.BOLD)
        pair = (Span(f" {keys.label(action)}", ink, decor), Span(f" {label} ", Ink.QUIET))
        if keys.keys_of(action) and line_width((*spans, *pair)) <= width:
            spans += pair
    return tuple(spans)


class TooSmall(Bar):
    """What stands there instead of a desk that cannot be read."""

    def __init__(self, bar_id: str, keys: KeyMap) -> None:
        super().__init__(bar_id)
        self._keys = keys

    def drawn(self, view: View) -> list[Line]:
        width, height = self.screen.size
        text = (
            f"terminal too small: {width}×{height}, "  # noqa: RUF001 (the sign terminals' sizes are written with)
            f"needs at least {MINIMUM_COLUMNS}×{MINIMUM_ROWS}"  # noqa: RUF001 (same)
        )
        state = view.snapshot.monitoring.global_ if view.snapshot is not None else None
        known = "no data" if state is None else f"{state.trading_mode} {state.system_status}".upper()
        halt = (Span(self._keys.filled("{halt}"), Ink.ALARM, Decor.BOLD), Span(" HALT works here", Ink.STRONG))
        return [*wrap(text, max(1, width), Ink.WARNING), halt, (Span(known, Ink.STRONG, Decor.BOLD),)]
