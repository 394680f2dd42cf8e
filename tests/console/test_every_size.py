"""Every desk, every pane shown alone and every dialog fits every terminal; one too small still halts."""

from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from textual.geometry import Region
from textual.widget import Widget

from core.control.commands import Kill
from tests.console.driving import Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.whole_link import WholeLink, watch_some
from tui.console.desks import DESKS, is_too_small
from tui.console.dialogs.dialog import Lines
from tui.console.settings import DEFAULTS, ConsoleSettings

TOO_SMALL = [(40, 12), (59, 24), (80, 15), (1, 1)]
LARGE_ENOUGH = [(60, 16), (80, 24), (106, 32), (120, 40), (169, 47), (200, 60), (60, 100), (300, 16), (300, 100)]
DIALOGS = (
    "buy", "help", "override", "settings", "price-alerts", "halt", "commands", "choose-pane", "arm", "lift-halts",
)  # fmt: skip


async def resize(desk: Desk, size: tuple[int, int]) -> None:
    await desk.pilot.resize_terminal(*size)
    await desk.pilot.pause()
    await desk.redraw()


def rows(widget: Widget) -> Iterator[tuple[int, str]]:
    for row in range(widget.size.height):
        yield row, widget.render_line(row).text


def misfits(desk: Desk, what: str) -> list[str]:
    """Return what does not fit its place, or could not be drawn."""
    screen = Region(0, 0, *desk.app.size)
    found: list[str] = []
    for pane in desk.app.area.shown():
        if pane.region not in screen:
            found.append(f"{what}: {pane.id} stands at {pane.region}")
        for row, text in rows(pane):
            if cell_len(text) != pane.size.width:
                found.append(f"{what}: {pane.id} row {row} has {cell_len(text)} cells of {pane.size.width}: {text!r}")
            if "could not be drawn" in text:
                found.append(f"{what}: {pane.id}: {text}")
    found += [
        f"{what}: {said.text}"
        for said in desk.app.messages.lines
        if " failed: " in said.text or "could not be drawn" in said.text
    ]
    desk.app.messages.lines.clear()
    return found


def dialog_misfits(desk: Desk, what: str) -> list[str]:
    screen, top = Region(0, 0, *desk.app.size), desk.app.dialogs.top
    found = [] if top is None or top.region in screen else [f"{what}: the dialog stands at {top.region}"]
    for widget in desk.app.screen_stack[0].query(Lines):
        found += [
            f"{what}: row {row} of the dialog has {cell_len(text)} cells of {widget.size.width}: {text!r}"
            for row, text in rows(widget)
            if cell_len(text) != widget.size.width
        ]
    return found


async def close_dialogs(desk: Desk) -> None:
    while desk.app.dialogs.top is not None or len(desk.app.screen_stack) > 1:
        await desk.pilot.press("escape")
        await desk.pilot.pause()


def swept(size: tuple[int, int], settings: ConsoleSettings = DEFAULTS, link: FakeLink | None = None) -> list[str]:
    found: list[str] = []

    async def script(desk: Desk) -> None:
        app = desk.app
        watch_some(app)
        await resize(desk, size)
        for number in DESKS:
            app.action_act(f"desk-{number}")
            await desk.redraw()
            found.extend(misfits(desk, f"desk {number}"))
        for name, pane in app.area.panes.items():
            app.area.zoomed = name
            app.hands.rearranged()
            pane.focus()
            await desk.redraw()
            assert app.area.shown() == [pane]
            found.extend(misfits(desk, f"{name} alone"))
        app.action_act("desk-1")
        await desk.redraw()
        for name in DIALOGS:
            app.action_act(name)
            await desk.pilot.pause()
            await desk.redraw()
            found.extend(dialog_misfits(desk, name))
            found.extend(misfits(desk, f"desk 1 behind {name}"))
            await close_dialogs(desk)

    run_console(script, link or WholeLink(), settings=settings)
    return found


@pytest.mark.parametrize("size", LARGE_ENOUGH, ids=str)
def test_every_desk_every_pane_alone_and_every_dialog_fits(size: tuple[int, int]) -> None:
    assert swept(size) == []


def test_in_sixteen_colours_and_on_a_slow_link_too() -> None:
    assert swept((80, 24), DEFAULTS._replace(theme="sixteen").for_a_slow_link()) == []


@pytest.mark.parametrize("size", TOO_SMALL, ids=str)
def test_a_terminal_too_small_says_so_and_still_halts(size: tuple[int, int]) -> None:
    async def script(desk: Desk) -> None:
        await resize(desk, size)
        assert is_too_small(*size)
        assert [pane.id for pane in desk.app.area.shown() if pane.is_on_screen] == []
        text = desk.bar("too-small")
        if size[0] >= 40:
            assert "needs at least 60×16" in " ".join(text.split())  # noqa: RUF001 (the sign sizes are written with)
            assert "^k HALT works here" in text
            assert "PAPER RUNNING" in text
        await desk.pilot.press("ctrl+k")
        await desk.redraw()

    link, _ = run_console(script, WholeLink())
    assert any(isinstance(command, Kill) for command in link.commands)


def test_a_dialog_stays_where_it_can_be_read_while_the_terminal_changes_its_size() -> None:
    found: list[str] = []

    async def script(desk: Desk) -> None:
        desk.app.action_act("price-alerts")
        await desk.redraw()
        for size in (*LARGE_ENOUGH, *TOO_SMALL[:3], (120, 40)):
            await resize(desk, size)
            if not is_too_small(*size):
                found.extend(dialog_misfits(desk, f"{size}"))
        assert desk.app.dialogs.top is not None

    run_console(script, WholeLink())
    assert found == []
