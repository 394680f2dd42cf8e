"""The themes: which colour each meaning has, and what stands for the sixteen colours where a terminal has them all."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.theme import Theme

from core.config.console_words import ThemeName, UpColour
from tui.present.ink import Decor, Ink

_DIM_INKS: Final = frozenset({Ink.BID_BAR, Ink.ASK_BAR})
_MIRRORED: Final = ((Ink.BID, Ink.ASK), (Ink.BID_BAR, Ink.ASK_BAR), (Ink.GAIN, Ink.LOSS))


class Palette(msgspec.Struct, frozen=True, eq=False):
    """How meanings look.

    `inks` names one of the sixteen terminal colours for each meaning (None: the foreground), so that any terminal can
    show it; `terminal` says what these are where the terminal has full colour.
    """

    name: ThemeName
    help: str
    is_dark: bool
    inks: Mapping[Ink, str | None]
    terminal: TerminalTheme
    is_native: bool = False  # the terminal's own sixteen colours, whatever else it can

    @property
    def theme(self) -> Theme:
        """Return what the library's own widgets look like under this palette."""
        background, foreground = self.terminal.background_color.hex, self.terminal.foreground_color.hex
        return Theme(
            name=f"seraphim-{self.name}",
            primary=self.colour_of(Ink.ACCENT).hex,
            secondary=self.colour_of(Ink.ACCENT).hex,
            warning=self.colour_of(Ink.WARNING).hex,
            error=self.colour_of(Ink.ALARM).hex,
            success=self.colour_of(Ink.GOOD).hex,
            accent=self.colour_of(Ink.ACCENT).hex,
            foreground=foreground,
            background=background,
            surface=background,
            panel=background,
            boost=background,
            dark=self.is_dark,
        )

    def colour_of(self, ink: Ink) -> ColorTriplet:
        """Return the colour of a meaning where the terminal has full colour."""
        name = self.inks[ink]
        return self.terminal.foreground_color if name is None else self.terminal.ansi_colors[_NUMBERS[name]]


_NUMBERS: Final = {
    name: number
    for number, name in enumerate(
        f"{prefix}{colour}"
        for prefix in ("", "bright_")
        for colour in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    )
}

_DARK_INKS: Final[Mapping[Ink, str | None]] = {
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
    Ink.STUDY_A: "bright_magenta",
    Ink.STUDY_B: "bright_blue",
    Ink.STUDY_C: "bright_cyan",
    Ink.PAPER: "bright_cyan",
    Ink.LIVE: "bright_red",
    Ink.REPLAY: "bright_magenta",
}

DARK: Final = Palette(
    "dark",
    "dark: low contrast for what is always there, high for news",
    True,
    _DARK_INKS,
    TerminalTheme(
        (13, 17, 23),
        (201, 209, 217),
        [(33, 38, 45), (229, 100, 102), (87, 171, 114), (210, 153, 72), (88, 139, 214), (176, 131, 214),
         (86, 182, 194), (201, 209, 217)],
        [(125, 133, 144), (255, 90, 95), (126, 211, 150), (242, 204, 96), (121, 192, 255), (210, 168, 255),
         (118, 227, 234), (240, 246, 252)],
    ),
)  # fmt: skip

LIGHT: Final = Palette(
    "light",
    "light: for a bright room",
    False,
    {
        **_DARK_INKS,
        Ink.STRONG: "black",
        Ink.OWN: "magenta",
        Ink.STUDY_A: "bright_blue",
        Ink.STUDY_B: "yellow",
        Ink.PAPER: "blue",
    },
    TerminalTheme(
        (255, 255, 255),
        (54, 60, 68),
        [(15, 18, 22), (190, 26, 42), (17, 105, 50), (138, 88, 0), (9, 92, 196), (124, 58, 196), (8, 104, 112),
         (54, 60, 68)],
        [(92, 99, 108), (172, 10, 32), (12, 88, 42), (120, 76, 0), (7, 80, 174), (108, 46, 176), (6, 92, 100),
         (15, 18, 22)],
    ),
)  # fmt: skip

HIGH_CONTRAST: Final = Palette(
    "high-contrast",
    "high contrast: black and pure colours, for poor screens and tired eyes",
    True,
    {**_DARK_INKS, Ink.QUIET: "white", Ink.FRAME: "white", Ink.BID_BAR: "bright_black", Ink.ASK_BAR: "bright_black"},
    TerminalTheme(
        (0, 0, 0),
        (255, 255, 255),
        [(0, 0, 0), (255, 128, 128), (64, 255, 64), (255, 220, 0), (128, 192, 255), (255, 150, 255), (0, 255, 255),
         (200, 200, 200)],
        [(170, 170, 170), (255, 112, 112), (128, 255, 128), (255, 255, 96), (160, 210, 255), (255, 180, 255),
         (128, 255, 255), (255, 255, 255)],
    ),
)  # fmt: skip

SIXTEEN: Final = Palette(
    "sixteen",
    "the terminal's own sixteen colours, as it has set them",
    True,
    {**_DARK_INKS, Ink.QUIET: "white", Ink.FRAME: "white", Ink.BID: "bright_green", Ink.BID_BAR: "green",
     Ink.GAIN: "bright_green", Ink.GOOD: "bright_green", Ink.ASK: "bright_red", Ink.LOSS: "bright_red",
     Ink.ASK_BAR: "red", Ink.FRAME_LIVE: "bright_red", Ink.STUDY_B: "cyan", Ink.STUDY_C: "bright_white"},
    # xterm's own table; a terminal may have set others, which nobody can ask for in advance
    TerminalTheme(
        (0, 0, 0),
        (229, 229, 229),
        [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
         (229, 229, 229)],
        [(127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
         (255, 255, 255)],
    ),
    is_native=True,
)  # fmt: skip

# Blue and orange stay apart for every common kind of colour blindness: the palette of Okabe and Ito, "Color Universal
# Design" (2008), brightened for a dark ground.
COLOUR_BLIND: Final = Palette(
    "colour-blind",
    "blue and orange in the place of green and red",
    True,
    {**_DARK_INKS, Ink.BID: "bright_cyan", Ink.BID_BAR: "bright_cyan", Ink.GAIN: "bright_cyan",
     Ink.GOOD: "bright_cyan", Ink.ASK: "yellow", Ink.ASK_BAR: "yellow", Ink.LOSS: "yellow", Ink.OWN: "bright_magenta",
     Ink.WARNING: "bright_yellow", Ink.STUDY_A: "blue", Ink.STUDY_B: "cyan", Ink.STUDY_C: "bright_white",
     Ink.PAPER: "bright_white"},
    TerminalTheme(
        (13, 17, 23),
        (201, 209, 217),
        [(33, 38, 45), (229, 110, 60), (0, 158, 115), (240, 165, 20), (86, 140, 214), (204, 121, 167), (150, 200, 200),
         (201, 209, 217)],
        [(125, 133, 144), (255, 120, 60), (60, 190, 150), (240, 228, 66), (120, 190, 250), (230, 160, 200),
         (86, 180, 233), (240, 246, 252)],
    ),
)  # fmt: skip

PALETTES: Final[Mapping[ThemeName, Palette]] = {
    palette.name: palette for palette in (DARK, LIGHT, HIGH_CONTRAST, SIXTEEN, COLOUR_BLIND)
}


@lru_cache(maxsize=16)
def palette_for(name: ThemeName, up: UpColour) -> Palette:
    """Return a theme; with `red`, what rises and who buys is red, as in East Asia."""
    palette = PALETTES[name]
    if up == "green":
        return palette
    inks = dict(palette.inks)
    for one, other in _MIRRORED:
        inks[one], inks[other] = inks[other], inks[one]
    return Palette(palette.name, palette.help, palette.is_dark, inks, palette.terminal, palette.is_native)


@lru_cache(maxsize=2048)
def style_of(palette: Palette, ink: Ink, decor: Decor) -> Style:
    """Return the terminal style of a meaning and its attributes."""
    return Style(
        color=palette.inks[ink],
        bold=bool(decor & Decor.BOLD) or None,
        dim=bool(decor & Decor.DIM) or ink in _DIM_INKS or None,
        strike=bool(decor & Decor.STRUCK) or None,
        reverse=bool(decor & Decor.REVERSED) or None,
    )
