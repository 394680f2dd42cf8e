"""The frame around a pane, drawn as text so that a changing title repaints one row only."""

from collections.abc import Sequence
from typing import NamedTuple

from tui.present.cells import fit, line_width
from tui.present.ink import Decor, Ink, Line, Span


class Corners(NamedTuple):
    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    horizontal: str
    vertical: str


ROUNDED = Corners("╭", "╮", "╰", "╯", "─", "│")
HEAVY = Corners("┏", "┓", "┗", "┛", "━", "┃")
DOUBLE = Corners("╔", "╗", "╚", "╝", "═", "║")


class FrameLook(NamedTuple):
    """How a pane's frame is drawn: lines and ink say PAPER or LIVE and focus, by shape and colour."""

    corners: Corners
    ink: Ink
    decor: Decor


def frame_look(*, is_live: bool, is_focused: bool) -> FrameLook:
    if is_live:
        return FrameLook(DOUBLE, Ink.FRAME_LIVE, Decor.BOLD if is_focused else Decor.NONE)
    if is_focused:
        return FrameLook(HEAVY, Ink.FRAME_FOCUSED, Decor.NONE)
    return FrameLook(ROUNDED, Ink.FRAME, Decor.NONE)


def framed(
    body: list[Line], title: Line, note: Line, *, width: int, height: int, look: FrameLook, foot: Line = ()
) -> list[Line]:
    """Put a frame around a body, cut and padded to `width` by `height`; `title` stands left, `note` right.

    `foot` stands in the lower edge where it fits whole: a part of a number would be a wrong number.
    """
    corners = look.corners
    if width < 4 or height < 2:
        return [fit(title, width) for _ in range(height)]
    side = Span(corners.vertical, look.ink, look.decor)
    rows = [_top(title, note, width, look)]
    for index in range(height - 2):
        inner = body[index] if index < len(body) else ()
        rows.append((side, *fit(inner, width - 2), side))
    rows.append(_bottom(foot, width, look))
    return rows


def fitting_note(title: Line, notes: Sequence[Line], inner_width: int) -> Line:
    """Return the first note beside which the title stays whole in a frame around `inner_width` cells, else the last."""
    room = inner_width - 2 - 2 - line_width(title) - 1
    return next((note for note in notes if line_width(note) <= room), notes[-1] if notes else ())


def _bottom(foot: Line, width: int, look: FrameLook) -> Line:
    corners, ink, decor = look
    left, cells = corners.bottom_left + corners.horizontal, line_width(foot)
    if not cells or cells > width - 6:
        return (Span(left + corners.horizontal * (width - 3) + corners.bottom_right, ink, decor),)
    rule = corners.horizontal * (width - 5 - cells)
    return (Span(left, ink, decor), Span(" "), *foot, Span(" "), Span(rule + corners.bottom_right, ink, decor))


def _top(title: Line, note: Line, width: int, look: FrameLook) -> Line:
    corners, ink, decor = look
    room = width - 4
    note_cells = line_width(note)
    if note_cells > room - 6:
        note, note_cells = (), 0
    title_room = room - (note_cells + 2 if note_cells else 0)
    shown = fit(title, title_room) if line_width(title) > title_room - 1 else title
    title_cells = line_width(shown)
    rule = corners.horizontal * max(0, title_room - title_cells - (2 if title_cells else 0))
    gap = Span(" ")
    line: list[Span] = [Span(corners.top_left + corners.horizontal, ink, decor)]
    if title_cells:
        line += [gap, *shown, gap] if title_cells <= title_room - 2 else [*shown]
    line.append(Span(rule, ink, decor))
    if note_cells:
        line += [gap, *note, gap]
    line.append(Span(corners.horizontal + corners.top_right, ink, decor))
    return fit(tuple(line), width)
