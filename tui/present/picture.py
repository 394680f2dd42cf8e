"""What a pane wants painted this frame."""

from typing import NamedTuple

from tui.present.ink import Ink, Line, Span


class Picture(NamedTuple):
    """A title at the left of the frame, a note (an age, a count) at its right, and the body."""

    title: Line
    note: Line
    body: list[Line]


def with_more(note: Line, hidden: int) -> Line:
    """Say how many rows lie below what fits: a table that ends at its frame looks like all there is."""
    if hidden <= 0:
        return note
    return (*note, Span(f"{' ' if note else ''}↓ {hidden} more", Ink.QUIET))
