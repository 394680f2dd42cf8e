"""Styled text without a screen: what a formatter makes and a pane paints."""

from enum import Enum, IntFlag, auto
from math import isfinite
from typing import NamedTuple


class Ink(Enum):
    """What a piece of text means; the palette decides how that looks."""

    TEXT = auto()
    QUIET = auto()  # labels, axes, what is not the number itself
    STRONG = auto()
    BID = auto()
    ASK = auto()
    BID_BAR = auto()
    ASK_BAR = auto()
    GAIN = auto()
    LOSS = auto()
    OWN = auto()  # own orders and fills
    ACCENT = auto()  # keys, selection, focus
    GOOD = auto()
    WARNING = auto()
    ALARM = auto()
    FRAME = auto()
    FRAME_FOCUSED = auto()
    FRAME_LIVE = auto()
    STUDY_A = auto()  # curves of one plot, in turn
    STUDY_B = auto()
    STUDY_C = auto()
    PAPER = auto()  # the mode cell of the header
    LIVE = auto()
    REPLAY = auto()  # what is neither: a recorded session

    __hash__ = object.__hash__  # there is one of each; the inherited one hashes the name, once for every span painted


class Decor(IntFlag):
    """Attributes that work without colour."""

    NONE = 0
    BOLD = 1
    DIM = 2
    STRUCK = 4
    REVERSED = 8
    PRIVATE = 16  # no look of its own: the trader's money or size, which the privacy mask hides
    PUBLIC = 32  # no look of its own: an age or a count, which it leaves also in a pane of the trader's own

    __hash__ = int.__hash__  # as equality is; the inherited one is slow, once for every span painted


class Span(NamedTuple):
    text: str
    ink: Ink = Ink.TEXT
    decor: Decor = Decor.NONE


Line = tuple[Span, ...]
EMPTY_LINE: Line = ()


def plain(text: str, ink: Ink = Ink.TEXT, decor: Decor = Decor.NONE) -> Line:
    """Make a line of one span."""
    return (Span(text, ink, decor),)


def decorated(line: Line, decor: Decor) -> Line:
    """Add attributes to every span of a line."""
    return tuple(Span(text, ink, old | decor) for text, ink, old in line)


def text_of(line: Line) -> str:
    """Return the characters of a line without their looks."""
    return "".join(span.text for span in line)


def signed_ink(value: object) -> Ink:
    """Return the ink of a profit or loss: by its sign, plain for zero and for what is unknown."""
    if not value or (isinstance(value, float) and not isfinite(value)):
        return Ink.TEXT
    return Ink.LOSS if str(value).startswith("-") else Ink.GAIN
