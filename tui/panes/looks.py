"""How lines get onto the screen: the palette in use, and whether own money is hidden."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, cast

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.widget import Widget

from tui.panes.palettes import DARK, Palette, style_of
from tui.present.cells import fit, safe
from tui.present.ink import Decor, Ink, Line, Span

_DIGIT: Final = re.compile(r"\d")
_HIDDEN: Final = "•"
_NO_COLOUR: Final = Color(0, 0, 0, 0)


class Looks(msgspec.Struct, frozen=True):
    """What the trader chose of how everything looks."""

    palette: Palette = DARK
    hides_money: bool = False


DEFAULT_LOOKS: Final = Looks()


def looks_of(widget: Widget) -> Looks:
    """Return the looks of the console that a widget is part of; one that shows no console has the default."""
    found: object = getattr(cast("object", widget.app), "looks", None)
    return found if isinstance(found, Looks) else DEFAULT_LOOKS


class Ground:
    """What lines are painted on: a style under all of them, and what the library filters out of every look."""

    def __init__(self, base: Style, filters: tuple[LineFilter, ...] = (), background: Color = _NO_COLOUR) -> None:
        self._base, self._filters, self._background = base, filters, background
        self._styles: dict[Palette, _Styles] = {}

    @property
    def bare(self) -> Style:
        """Return the style where nothing is written."""
        return self._filtered(self._base)

    def styles(self, palette: Palette) -> "_Styles":
        """Return the style of each ink and decor."""
        found = self._styles.get(palette)
        if found is None:
            found = self._styles[palette] = _Styles(
                lambda ink, decor: self._filtered(self._base + style_of(palette, ink, decor))
            )
        return found

    def _filtered(self, style: Style) -> Style:
        segments = [Segment(" ", style)]
        for each in self._filters:
            segments = each.apply(segments, self._background)
        return segments[0].style or Style.null()


class _Styles(dict[tuple[Ink, Decor], Style]):
    """Looks that were worked out, for a few hundred spans of a frame share some twenty."""

    def __init__(self, worked_out: Callable[[Ink, Decor], Style]) -> None:
        super().__init__()
        self._worked_out = worked_out

    def __missing__(self, look: tuple[Ink, Decor]) -> Style:
        style = self[look] = self._worked_out(*look)
        return style


def ground_of(widget: Widget, *, is_filtered: bool) -> Ground:
    """Return what a widget's lines are painted on; filtered where its strips go to the screen as they are."""
    filters = tuple(widget.get_line_filters()) if is_filtered else ()
    return _ground(widget.rich_style, filters, widget.background_colors[1] if filters else _NO_COLOUR)


_ground = lru_cache(maxsize=64)(Ground)


def strip_of(line: Line, width: int, ground: Ground, looks: Looks, *, is_private: bool = False) -> Strip:
    """Turn a line into exactly `width` cells on a ground; control characters never get to the terminal.

    Where own money is hidden, a private line loses every digit but those of ages, and any other those of what is the
    trader's own.
    """
    if looks.hides_money:
        line = tuple(_hidden(span) if _is_own(span, is_private=is_private) else span for span in line)
    if not all(span.text.isprintable() for span in line):
        line = tuple(span._replace(text=safe(span.text)) for span in line)
    style = ground.styles(looks.palette)
    return Strip([Segment(text, style[ink, decor]) for text, ink, decor in fit(line, width)], width)


def _is_own(span: Span, *, is_private: bool) -> bool:
    if is_private and not span.decor & Decor.PUBLIC:
        return True
    return span.ink is Ink.OWN or bool(span.decor & Decor.PRIVATE)


def _hidden(span: Span) -> Span:
    return span._replace(text=_DIGIT.sub(_HIDDEN, span.text))
