"""A pane of entries of several lines with a cursor that holds on to an entry."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from textual import events

from tui.panes.pane import Pane
from tui.panes.row_cursor import RowCursor
from tui.panes.view import View
from tui.present.entries import Entry, entry_lines, first_in_sight
from tui.present.ink import Line
from tui.present.key_words import KeyWords
from tui.present.picture import Picture, with_more


class EntriesPane(Pane):
    """Entries keep their order while one is selected."""

    FRAMES_BETWEEN = 2
    SELECTS_ON_FOCUS: ClassVar[bool] = True

    def __init__(self, pane_id: str, letter: str = "") -> None:
        super().__init__(pane_id, letter)
        self._cursor = RowCursor()
        self._first = 0
        self._rows: list[str | None] = []  # which entry each row of the body belongs to

    @property
    def selected(self) -> str | None:
        """Return the key of the entry under the cursor."""
        return self._cursor.selected

    @property
    def topmost(self) -> str | None:
        """Return the key of the first entry, None without entries."""
        return self._cursor.keys[0] if self._cursor.keys else None

    @abstractmethod
    def entries(self, view: View, width: int, height: int) -> tuple[list[Line], Sequence[Entry]]:
        """Return the lines that stand above the entries, and the entries."""

    @abstractmethod
    def title(self, view: View) -> Line:
        """Return what stands at the left of the frame."""

    @abstractmethod
    def empty(self, width: int, keys: KeyWords) -> list[Line]:
        """Return what teaches where there are no entries."""

    def note(self, view: View) -> Line:  # noqa: ARG002 (for panes that have one)
        return ()

    def draw(self, view: View, width: int, height: int) -> Picture:
        heads, found = self.entries(view, width, height)
        by_key = {entry.key: entry for entry in found}
        ordered = [by_key[key] for key in self._cursor.arrange(list(by_key), has_focus=self.has_focus)]
        if not ordered:
            self._first, self._rows = 0, []
            return Picture(self.title(view), self.note(view), self.empty(width, self.keys(view)))
        selected = self.selected if self.has_focus else None
        index = None if selected is None else self._cursor.keys.index(selected)
        room = max(1, height - len(heads))
        # Without a cursor the first entries show: what is new must not hide above. With one, a row less than there is
        # counts, as the last one may say how many more there are.
        heights = [len(entry.lines) for entry in ordered]
        self._first = 0 if index is None else first_in_sight(heights, self._first, index, max(1, room - 1))
        body = entry_lines(ordered, self._first, room, width, selected, self.keys(view))
        hidden = len(ordered) - self._first - 1
        note = with_more(self.note(view), hidden if room == 1 else 0)  # with more room the last row says it
        self._rows = [None] * len(heads) + [entry.key for entry in ordered[self._first :] for _ in entry.lines]
        return Picture(self.title(view), note, [*heads, *body])

    def move_cursor(self, step: int) -> None:
        self._cursor.step(step, self._first, len(self._cursor.keys) - 1)
        self.paint()

    def drop_cursor(self) -> None:
        self._cursor.drop()
        self._first = 0
        self.paint()

    def on_focus(self) -> None:
        if self.SELECTS_ON_FOCUS:
            self._cursor.focused()
        self.paint()

    def on_click(self, event: events.Click) -> None:
        row = event.y - 1
        if 0 <= row < len(self._rows) and self._rows[row] is not None:
            self._cursor.selected = self._rows[row]
            self.paint()
