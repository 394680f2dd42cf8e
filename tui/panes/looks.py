"""How meanings look: sixteen terminal colours and attributes, so that any terminal and theme can show them."""

from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.strip import Strip
from textual.theme import Theme

from tui.present.cells import fit, safe
from tui.present.ink import Decor, Ink, Line

_COLOURS: Final[dict[Ink, str | None]] = {
    Ink.TEXT: None,
    Ink.QUIET: "bright_black",
    Ink.STRONG: "bright_white",
    Ink.BID: "green",
    Ink.ASK: "red",
    Ink.BID_BAR: "green",
    Ink.ASK_BAR: "red",
    Ink.GAIN: "green",
    Ink.LOSS: "red",
    Ink.OWN: "bright_yellow",
    Ink.ACCENT: "cyan",
    Ink.GOOD: "green",
    Ink.WARNING: "yellow",
    Ink.ALARM: "bright_red",
    Ink.FRAME: "bright_black",
    Ink.FRAME_FOCUSED: "cyan",
    Ink.FRAME_LIVE: "red",
    Ink.PAPER: "bright_cyan",
    Ink.LIVE: "bright_red",
}
_DIM_INKS: Final = frozenset({Ink.BID_BAR, Ink.ASK_BAR})

# Where a terminal has full colour, the sixteen become these: low contrast for what is always there, high for news.
CALM = TerminalTheme(
    (13, 17, 23),
    (201, 209, 217),
    [(33, 38, 45), (229, 100, 102), (87, 171, 114), (210, 153, 72), (88, 139, 214), (176, 131, 214), (86, 182, 194),
     (201, 209, 217)],
    [(110, 118, 129), (255, 90, 95), (126, 211, 150), (242, 204, 96), (121, 192, 255), (210, 168, 255), (118, 227, 234),
     (240, 246, 252)],
)  # fmt: skip
CALM_THEME = Theme(
    name="seraphim-calm",
    primary="#58a6d6",
    secondary="#56b6c2",
    warning="#d29948",
    error="#ff5a5f",
    success="#57ab72",
    accent="#56b6c2",
    foreground="#c9d1d9",
    background="#0d1117",
    surface="#0d1117",
    panel="#161b22",
    boost="#161b22",
    dark=True,
)


@lru_cache(maxsize=512)
def style_of(ink: Ink, decor: Decor) -> Style:
    """Return the terminal style of a meaning and its attributes."""
    return Style(
        color=_COLOURS[ink],
        bold=bool(decor & Decor.BOLD) or None,
        dim=bool(decor & Decor.DIM) or ink in _DIM_INKS or None,
        strike=bool(decor & Decor.STRUCK) or None,
        reverse=bool(decor & Decor.REVERSED) or None,
    )


def strip_of(line: Line, width: int, base: Style) -> Strip:
    """Turn a line into exactly `width` cells over a base style; control characters never get to the terminal."""
    fitted = fit(tuple(span._replace(text=safe(span.text)) for span in line), width)
    return Strip([Segment(span.text, base + style_of(span.ink, span.decor)) for span in fitted], width)
