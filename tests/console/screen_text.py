"""A whole screen as plain text: its characters, and the same cells as marks of what their colours mean."""

from collections.abc import Callable, Sequence
from typing import Final

from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.strip import Strip

from tui.console.key_map import USUAL_KEYS
from tui.panes.looks import Looks
from tui.panes.palettes import DARK, Palette
from tui.present.ink import Ink
from tui.present.key_words import KeyWords

USUAL_WORDS: Final = KeyWords(USUAL_KEYS.filled)

_MARKS: Final = {
    Ink.TEXT: " ", Ink.QUIET: " ", Ink.FRAME: " ", Ink.STRONG: "'", Ink.BID: "b", Ink.ASK: "a", Ink.BID_BAR: "b",
    Ink.ASK_BAR: "a", Ink.GAIN: "+", Ink.LOSS: "-", Ink.OWN: "o", Ink.ACCENT: "k", Ink.GOOD: "g", Ink.WARNING: "w",
    Ink.ALARM: "!", Ink.FRAME_FOCUSED: "f", Ink.FRAME_LIVE: "L", Ink.STUDY_A: "1", Ink.STUDY_B: "2", Ink.STUDY_C: "3",
    Ink.PAPER: "P", Ink.LIVE: "L", Ink.REPLAY: "R",
}  # fmt: skip
MEANINGS: Final = (
    "b bid  a ask  + gain  - loss  o own  k key  g good  w warning  ! alarm  ' strong  f focused  L live  P paper  "
    "R replay  1-3 curves"
)
ATTRIBUTES: Final = "s struck  r reversed  d dim  b bold"
_FIRST_COLOUR: Final = 100  # of the 256: the library's own widgets stay among the sixteen


class _MarkedPalette(Palette):
    """A palette with a colour of its own for each meaning, so that a screen tells it."""

    def colour_of(self, ink: Ink) -> ColorTriplet:
        return DARK.colour_of(ink)


def marked() -> Looks:
    inks = {ink: f"color({_FIRST_COLOUR + ink.value})" for ink in Ink}
    return Looks(_MarkedPalette(DARK.name, DARK.help, DARK.is_dark, inks, DARK.terminal))


def rows_of(strips: Sequence[Strip]) -> list[str]:
    return [strip.text.rstrip() for strip in strips]


def meanings_of(strips: Sequence[Strip]) -> list[str]:
    return _marks(strips, _meaning)


def attributes_of(strips: Sequence[Strip]) -> list[str]:
    return _marks(strips, _attribute)


def _marks(strips: Sequence[Strip], mark_of: Callable[[Style], str]) -> list[str]:
    return ["".join(_cells(text, style, mark_of) for text, style, _ in strip).rstrip() for strip in strips]


def _cells(text: str, style: Style | None, mark_of: Callable[[Style], str]) -> str:
    if style is None:
        return " " * len(text)
    shows_blanks = bool(style.reverse or style.strike)
    return "".join(" " if character.isspace() and not shows_blanks else mark_of(style) for character in text)


def _meaning(style: Style) -> str:
    number = None if style.color is None else style.color.number
    return " " if number is None or number < _FIRST_COLOUR else _MARKS[Ink(number - _FIRST_COLOUR)]


def _attribute(style: Style) -> str:
    found = (("s", style.strike), ("r", style.reverse), ("d", style.dim), ("b", style.bold))
    return next((mark for mark, is_on in found if is_on), " ")
