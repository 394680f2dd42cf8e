"""Dialogs to read: help, and the explanation of an order."""

from collections.abc import Sequence

from textual import events
from textual.widget import Widget

from tui.console.actions import ACTIONS, Action, Group, Guard
from tui.console.dialogs.dialog import Dialog, Lines
from tui.console.key_map import KeyMap
from tui.present.cells import left, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span


class PageDialog(Dialog[None]):
    """Lines to read; arrows scroll, any of esc, enter or ? closes."""

    BOX_COLUMNS = 78
    TEXT_COLUMNS = BOX_COLUMNS - 5  # without frame, padding, and the bar of a page that is longer than the screen

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        super().__init__(title)
        self._page = Lines(lines)

    def contents(self) -> list[Widget]:
        return [self._page]

    def put(self, lines: Sequence[Line]) -> None:
        """Show other lines."""
        self._page.put(lines)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if event.key in {"escape", "enter", "question_mark", "q"}:
            self.dismiss(None)
        else:
            self.scroll_by_key(event.key)


def pane_help_lines(title: str, about: str, actions: Sequence[Action], columns: int, keys: KeyMap) -> list[Line]:
    """Say what the focused pane shows and which keys do something there."""
    lines: list[Line] = [(Span(title, Ink.ACCENT, Decor.BOLD),), *wrap(keys.filled(about), columns)]
    for action in actions:
        lines += _action_lines(action, columns, keys)
    return [*lines, EMPTY_LINE]


def help_lines(columns: int, keys: KeyMap) -> list[Line]:
    """List every action of the registry by group."""
    lines: list[Line] = []
    for group in Group:
        lines += [EMPTY_LINE, (Span(group.value, Ink.ACCENT, Decor.BOLD),)]
        for action in ACTIONS:
            if action.group is group:
                lines += _action_lines(action, columns, keys)
    return lines[1:]


def _action_lines(action: Action, columns: int, keys: KeyMap) -> list[Line]:
    guard = "" if action.guard is Guard.NONE else f" [{action.guard.value}]"
    first, *more = wrap(action.help + guard, max(10, columns - 11))
    head = Span(left(keys.labels(action), 10), Ink.STRONG, Decor.BOLD)
    return [(head, *first), *((Span(" " * 10), *part) for part in more)]
