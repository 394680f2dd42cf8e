"""Entries of one or more lines below each other, as many as fit, the selected one whole."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tui.present.cells import line_width
from tui.present.ink import Decor, Ink, Line, Span
from tui.present.key_words import AS_WRITTEN, KeyWords

HELD: Final = "held; {drop-cursor} follows"


def more_below(count: int, keys: KeyWords) -> str:
    """Say how much is below what is in sight, and how to see it."""
    return keys.with_room(f"… {count} more: {{cursor-down}} goes on", ", {zoom} zooms")


class Entry(NamedTuple):
    """What belongs together under one cursor stop; `key` is what the cursor holds on to."""

    key: str
    lines: tuple[Line, ...]


def first_in_sight(heights: Sequence[int], first: int, selected: int, room: int) -> int:
    """Return the entry to begin with: `first` where it can stay, moved so far that the selected one is in sight."""
    first = max(0, min(first, len(heights) - 1))
    while first > 0 and sum(heights[first - 1 :]) <= room:  # no blank rows below while something is hidden above
        first -= 1
    if selected < first:
        return selected
    while first < selected and sum(heights[first : selected + 1]) > room:
        first += 1
    return first


def entry_lines(
    entries: Sequence[Entry], first: int, room: int, width: int, selected: str | None, keys: KeyWords = AS_WRITTEN
) -> list[Line]:
    """Lay out entries from `first` on; what does not fit any more is counted in the last row."""
    lines: list[Line] = []
    for index, entry in enumerate(entries[first:], start=first):
        left_after = len(entries) - index - 1
        more = 1 if left_after else 0
        if lines and len(lines) + len(entry.lines) > room - more:
            lines.append((Span(more_below(left_after + 1, keys), Ink.QUIET),))
            break
        lines += _marked(entry.lines, width) if entry.key == selected else entry.lines
    return lines[:room]


def _marked(lines: tuple[Line, ...], width: int) -> list[Line]:
    """Reverse the head line over the whole width: visible without colour."""
    head, *rest = lines
    bar = tuple(Span(span.text, Ink.STRONG, span.decor | Decor.REVERSED) for span in head)
    filler = Span(" " * max(0, width - line_width(head)), Ink.STRONG, Decor.REVERSED)
    return [(*bar, filler), *rest]
