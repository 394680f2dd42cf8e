"""Every theme can be read, and says the same by other colours."""

import itertools
import re

import pytest
from rich.color_triplet import ColorTriplet
from rich.style import Style
from textual.geometry import Region
from textual.widget import Widget

from core.config.console_words import ThemeName
from tests.console.driving import Desk, run_console
from tui.panes.looks import Ground, Looks, strip_of
from tui.panes.palettes import PALETTES, Palette, palette_for
from tui.present.ink import Decor, Ink, Span

LINES_AND_BARS = {Ink.FRAME, Ink.FRAME_FOCUSED, Ink.FRAME_LIVE, Ink.BID_BAR, Ink.ASK_BAR}
OPPOSITES = [(Ink.BID, Ink.ASK), (Ink.GAIN, Ink.LOSS), (Ink.GOOD, Ink.ALARM), (Ink.PAPER, Ink.LIVE)]


def luminance(colour: ColorTriplet) -> float:
    """Return the relative luminance of WCAG 2.2."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_every_meaning_stands_out_from_the_ground(palette: Palette) -> None:
    wanted = 7.0 if palette.name == "high-contrast" else 4.5
    ground = palette.terminal.background_color
    for ink in Ink:
        ratio = contrast(palette.colour_of(ink), ground)
        assert ratio >= (3.0 if ink in LINES_AND_BARS else wanted), f"{ink.name} {ratio:.2f}"


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_opposites_have_different_colours(palette: Palette) -> None:
    for one, other in OPPOSITES:
        assert palette.inks[one] != palette.inks[other]


@pytest.mark.parametrize("name", PALETTES)
def test_red_up_swaps_sides_and_results_and_leaves_good_and_alarm(name: ThemeName) -> None:
    usual, east = palette_for(name, "green"), palette_for(name, "red")
    for one, other in itertools.chain(OPPOSITES[:2], [(Ink.BID_BAR, Ink.ASK_BAR)]):
        assert (east.inks[one], east.inks[other]) == (usual.inks[other], usual.inks[one])
    for ink in (Ink.GOOD, Ink.ALARM, Ink.WARNING, Ink.LIVE):
        assert east.inks[ink] == usual.inks[ink]


def test_red_and_green_are_not_told_apart_by_the_colour_blind_theme() -> None:
    palette = PALETTES["colour-blind"]
    for one, other in OPPOSITES[:2]:
        blue, orange = palette.colour_of(one), palette.colour_of(other)
        assert blue.blue > blue.red
        assert orange.red > orange.blue


def test_ctrl_t_goes_through_the_themes_and_everything_takes_their_colours() -> None:
    async def script(desk: Desk) -> None:
        seen: list[str] = []
        for _ in PALETTES:
            seen.append(desk.app.looks.palette.name)
            before = desk.pane("positions")
            await desk.press("ctrl+t")
            assert desk.pane("positions").splitlines()[1] == before.splitlines()[1]
            styles = {
                segment.style.color.name
                for row in range(3)
                for segment in desk.app.header.render_line(row)
                if segment.style is not None and segment.style.color is not None
            }
            wanted = {name or "default" for name in desk.app.looks.palette.inks.values()}
            assert styles <= wanted
        assert seen == list(PALETTES)

    run_console(script)


def test_the_privacy_mask_hides_equity_profit_positions_and_own_orders_and_leaves_the_market() -> None:
    async def script(desk: Desk) -> None:
        positions = desk.pane("positions")
        await desk.press("ctrl+y")
        header, ladder = desk.bar("header"), desk.pane("ladder-1")
        assert re.search("equity •••,•••.••", header)
        assert re.search(r"3/3 up.*lag \d", header)
        for name in ("positions", "orders", "risk", "pnl", "log"):
            assert not re.search(r"\d", but_for_ages_and_counts(desk.pane(name))), name
        assert re.search(r"◂ •.•+", ladder)
        assert re.search(r"64,0\d\d.\d", ladder)
        await desk.press("ctrl+y")
        assert "•••" not in desk.bar("header")
        assert desk.pane("positions") == positions

    run_console(script)


def but_for_ages_and_counts(text: str) -> str:
    return re.sub(r"<?[\d.]+ (s|min|open|seen|shelved)\b", "", text)


def test_own_prints_of_a_public_pane_are_hidden_too() -> None:
    looks = Looks(hides_money=True)
    line = (Span("0.250 ", Ink.BID), Span("◂ 0.250", Ink.OWN), Span(" 12", Ink.TEXT, Decor.PRIVATE))
    assert strip_of(line, 18, Ground(Style()), looks).text.rstrip() == "0.250 ◂ •.••• ••"
    assert strip_of(line, 18, Ground(Style()), looks, is_private=True).text.rstrip() == "•.••• ◂ •.••• ••"


def test_alerts_are_hidden_as_well_for_they_name_losses_and_values() -> None:
    async def script(desk: Desk) -> None:
        await desk.press("4")
        assert re.search(r"\d", desk.pane("alerts"))
        await desk.press("ctrl+y")
        assert not re.search(r"\d", but_for_ages_and_counts(desk.pane("alerts")))

    run_console(script)


@pytest.mark.parametrize("has_colour", [True, False], ids=["colour", "no colour"])
def test_panes_hand_out_the_strips_that_the_library_would_have_made_of_them(
    has_colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_colour:
        monkeypatch.setenv("NO_COLOR", "1")

    async def script(desk: Desk) -> None:
        for _ in PALETTES:
            await desk.press("ctrl+t")
            for pane in desk.app.area.shown():
                width, height = pane.size
                for crop in (Region(0, 0, width, height), Region(3, 1, width - 5, height - 1)):
                    mine, theirs = pane.render_lines(crop), Widget.render_lines(pane, crop)
                    assert [list(strip.simplify()) for strip in mine] == [list(strip.simplify()) for strip in theirs]
                    colours = {s.style.color.triplet for strip in mine for s in strip if s.style and s.style.color}
                    assert has_colour or all(one is None or len(set(one)) == 1 for one in colours)

    run_console(script)


def test_a_pane_that_grows_is_blank_where_it_is_not_painted_yet() -> None:
    async def script(desk: Desk) -> None:
        pane = desk.app.area.panes["positions"]
        width, height = pane.size
        painted = pane.render_lines(Region(0, 0, width, height))
        grown = pane.render_lines(Region(0, 0, width + 7, height + 2))
        assert [strip.text for strip in grown] == [
            *(strip.text + " " * 7 for strip in painted),
            *[" " * (width + 7)] * 2,
        ]

    run_console(script)
