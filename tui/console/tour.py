"""The first screen of a first console: what it is, and the keys to begin with."""

from collections.abc import Sequence
from typing import Final

from tui.console.actions import BY_NAME
from tui.console.key_map import KeyMap
from tui.present.cells import left, wrap
from tui.present.ink import EMPTY_LINE, Decor, Ink, Line, Span, plain

TOUR_TITLE: Final = "Welcome to seraphim"
_ABOUT: Final = (
    "A trading console. Without a configuration it trades on paper, in an embedded market: no keys, no network, no "
    "money. The first word of the screen says PAPER or LIVE, everywhere."
)
_STEPS: Final[Sequence[tuple[str, str]]] = (
    ("halt", "stops everything, from anywhere: no new risk, every order cancelled"),
    ("pause-or-resume", "pauses at once; what makes things safer never asks"),
    ("cursor-down", "and up choose a price on the ladder; it stands still under your hand"),
    ("buy", "opens a ticket there; nothing is sent before you confirm"),
    ("desk-3", "shows hedge jobs at work, 4 risk and alarms, 1 comes back here"),
    ("explain", "explains the selected order or job: what happened, and why"),
    ("help", "lists the keys of the focused pane, then all of them"),
    ("detach", "leaves the console; the engine goes on, seraphim-tui comes back to it"),
)
_LABEL: Final = 6


def tour_lines(keys: KeyMap, columns: int) -> list[Line]:
    """Return the page, in the keys that are set."""
    lines: list[Line] = [*wrap(_ABOUT, columns), EMPTY_LINE]
    for name, text in _STEPS:
        first, *more = wrap(text, max(20, columns - _LABEL - 1))
        lines.append((Span(left(keys.label(BY_NAME[name]), _LABEL) + " ", Ink.ACCENT, Decor.BOLD), *first))
        lines += [(Span(" " * (_LABEL + 1)), *line) for line in more]
    return [*lines, EMPTY_LINE, plain("Any key goes on. This page comes once.", Ink.QUIET)]
