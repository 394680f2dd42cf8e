"""How lines get onto the screen: the palette in use, and whether own money is hidden."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.panes.palettes import DARK, Palette, style_of
from tui.present.cells import fit, safe
from tui.present.ink import Decor, Ink, Line, Span

_DIGIT: Final = re.compile(r"\d")
_HIDDEN: Final = "•"


@dataclass(frozen=True, slots=True)
class Looks:
    """What the trader chose of how everything looks."""

    palette: Palette = DARK
    hides_money: bool = False


DEFAULT_LOOKS: Final = Looks()


def looks_of(widget: Widget) -> Looks:
    """Return the looks of the console that a widget is part of; one that shows no console has the default."""
    found: object = getattr(cast("object", widget.app), "looks", None)
    return found if isinstance(found, Looks) else DEFAULT_LOOKS


def strip_of(line: Line, width: int, base: Style, looks: Looks, *, is_private: bool = False) -> Strip:
    """Turn a line into exactly `width` cells over a base style; control characters never get to the terminal.

    Where own money is hidden, a private line loses every digit, and any other those of what is the trader's own.
    """
    if looks.hides_money:
        line = tuple(_hidden(span) if is_private or _is_own(span) else span for span in line)
    if not all(span.text.isprintable() for span in line):
        line = tuple(span._replace(text=safe(span.text)) for span in line)
    palette = looks.palette
    return Strip([Segment(text, _style(base, palette, ink, decor)) for text, ink, decor in fit(line, width)], width)


@lru_cache(maxsize=4096)
def _style(base: Style, palette: Palette, ink: Ink, decor: Decor) -> Style:
    return base + style_of(palette, ink, decor)


def _is_own(span: Span) -> bool:
    return span.ink is Ink.OWN or bool(span.decor & Decor.PRIVATE)


def _hidden(span: Span) -> Span:
    return span._replace(text=_DIGIT.sub(_HIDDEN, span.text))
