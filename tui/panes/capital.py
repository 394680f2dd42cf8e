"""The capital pane."""

from collections.abc import Sequence

from tui.panes.entries_pane import EntriesPane
from tui.panes.view import View
from tui.present.capital import capital_entries, no_capital_lines
from tui.present.entries import Entry
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.key_words import KeyWords


class CapitalPane(EntriesPane):
    TITLE = "Capital"
    ABOUT = "Each venue's equity in its three pools: what is bound, in flight and free."
    KEYS = ("explain", "safe-mode", "leave-safe-mode", "halt-selected", "lift-selected", "cursor-up", "cursor-down")

    def entries(self, view: View, width: int, height: int) -> tuple[list[Line], Sequence[Entry]]:
        if view.snapshot is None:
            return [], []
        return capital_entries(view.snapshot.capital, width, height)

    def title(self, view: View) -> Line:  # noqa: ARG002 (base signature)
        return (Span(self.TITLE, Ink.STRONG),)

    def note(self, view: View) -> Line:
        venues = [] if view.snapshot is None else view.snapshot.capital
        safe = sum(1 for venue in venues if venue.safe_mode)
        if safe:
            return (Span(f"{safe} in safe mode", Ink.WARNING, Decor.BOLD),)
        return (Span("█ bound  ▓ in flight  ░ free", Ink.QUIET),)

    def empty(self, width: int, keys: KeyWords) -> list[Line]:
        return no_capital_lines(width, keys)
