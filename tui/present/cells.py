"""Fit text and lines into a number of terminal cells."""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size

from tui.present.ink import EMPTY_LINE, Ink, Line, Span

ELLIPSIS = "…"
SINGLE: Final = frozenset(  # characters of one cell wherever they stand, as far as they are common here
    chr(code)
    for first, last in ((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x370, 0x482), (0x2500, 0x25FC), (0x2800, 0x28FF))
    for code in range(first, last + 1)
)


def safe(text: str) -> str:
    """Replace control and other unprintable characters: text from a venue must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def width_of(text: str) -> int:
    """Return the terminal cells a text takes."""
    return len(text) if text.isascii() or SINGLE.issuperset(text) else cell_len(text)


def widest(texts: Sequence[str]) -> int:
    """Return the terminal cells that the widest of at least one text takes."""
    return max(map(len, texts)) if "".join(texts).isascii() else max(map(width_of, texts))


def line_width(line: Line) -> int:
    text = "".join([span.text for span in line])
    return len(text) if SINGLE.issuperset(text) else sum([width_of(span.text) for span in line])


def left(text: str, width: int) -> str:
    """Align to the left in exactly `width` cells, cut with an ellipsis where too long."""
    return _sized(text, width)


def right(text: str, width: int) -> str:
    """Align to the right in exactly `width` cells, cut with an ellipsis where too long."""
    missing = width - width_of(text)
    return " " * missing + text if missing >= 0 else _sized(text, width)


def _sized(text: str, width: int) -> str:
    if width <= 0:
        return ""
    missing = width - width_of(text)
    if missing >= 0:
        return text + " " * missing
    return set_cell_size(text, width - 1) + ELLIPSIS


def number(text: str, width: int) -> str:
    """Align a number to the right; one that does not fit becomes `#` rather than a wrong number."""
    missing = width - len(text)
    return " " * missing + text if missing >= 0 else "#" * max(width, 0)


def fit(line: Line, width: int) -> Line:
    """Cut or pad a line to exactly `width` cells."""
    if line_width(line) == width:
        return line
    room = width
    spans: list[Span] = []
    for span in line:
        cells = width_of(span.text)
        if cells > room:
            if room > 0:
                spans.append(span._replace(text=_sized(span.text, room)))
            return tuple(spans)
        spans.append(span)
        room -= cells
    if room:
        spans.append(Span(" " * room))
    return tuple(spans)


def beside(left_line: Line, right_line: Line, width: int) -> Line:
    """Put one line at the left end and another at the right end; the right one wins where they meet."""
    right_cells = line_width(right_line)
    if right_cells >= width:
        return fit(right_line, width)
    return fit(left_line, width - right_cells) + right_line


def wrap(text: str, width: int, ink: Ink = Ink.TEXT) -> list[Line]:
    """Break a text at blanks into lines of at most `width` cells."""
    lines: list[Line] = []
    for paragraph in text.split("\n"):
        current = ""
        for word in paragraph.split():
            candidate = f"{current} {word}" if current else word
            if current and width_of(candidate) > width:
                lines.append((Span(current, ink),))
                candidate = word
            current = candidate
        lines.append((Span(current, ink),) if current else EMPTY_LINE)
    return lines


def joined(line: Line, *extras: Line, width: int) -> Line:
    """Add those parts, in their order, that fit whole: a part is left out rather than cut."""
    for extra in extras:
        if line_width(line) + line_width(extra) <= width:
            line = (*line, *extra)
    return line
