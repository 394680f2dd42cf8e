"""What a pane wants painted this frame."""

from typing import NamedTuple

from tui.present.ink import Line


class Picture(NamedTuple):
    """A title at the left of the frame, a note (an age, a count) at its right, and the body."""

    title: Line
    note: Line
    body: list[Line]
