"""A frame's panes are painted together, and what a key did is painted at once."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from textual._compositor import ChopsUpdate
from textual.widget import Widget

from tests.console.driving import MEDIUM, Desk, run_console
from tests.console.settling import settle
from tui.console.desk_screen import PAINTED_WITHIN_S, DeskScreen
from tui.console.settings import ConsoleSettings
from tui.panes.pane import Pane
from tui.panes.view import View

FRAMES_BY_HAND = ConsoleSettings(frame_period_s=3600)


class Pictures:
    """Counts the pictures that go to the terminal; the pilot is not asked to wait, as it paints by itself."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._newest: object = None
        self._came = asyncio.Event()
        monkeypatch.setattr(desk.app, "_display", self._take)

    def _take(self, _screen: object, picture: object) -> None:
        self.count += 1
        self._newest = picture
        self._came.set()

    def shows(self, widget: Widget) -> bool:
        """Tell whether the newest picture has every row of a widget."""
        assert isinstance(self._newest, ChopsUpdate)
        place = widget.region
        rows = {y for y, first, last in self._newest.spans if first <= place.x and last >= place.right}
        return rows >= {*range(place.y, place.bottom)}

    async def next(self) -> None:
        self._came.clear()
        await asyncio.wait_for(self._came.wait(), 30)


async def ticks_of(screen: DeskScreen, monkeypatch: pytest.MonkeyPatch, wanted: int) -> None:
    """Wait until the timer has come that often, and was told to wait by the frame under way."""
    came = asyncio.Queue[None]()
    is_framing: Callable[[], bool] = screen._is_framing

    def asked() -> bool:
        came.put_nowait(None)
        return is_framing()

    monkeypatch.setattr(screen, "_is_framing", asked)
    for _ in range(wanted):
        await asyncio.wait_for(came.get(), 30)


async def prepared(desk: Desk) -> None:
    """Draw until frames mount no more panes, each of which asks for a picture of its own."""
    while not desk.app._is_prepared:
        await desk.app.draw_frame()
    await desk.redraw()


def ticking_by_hand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what the painting timer would do at a tick; of itself it does nothing from now on."""
    timer = desk.app.screen._update_timer
    tick = cast("Callable[[], None]", timer._callback)
    monkeypatch.setattr(timer, "_callback", lambda: None)
    return tick


def change_in_every_frame(desk: Desk, monkeypatch: pytest.MonkeyPatch, tick: Callable[[], None]) -> list[Pane]:
    """Let each pane change with each frame, so slowly that the timer ticks meanwhile; return the panes."""

    def slow(pane: Pane, frame: Callable[[View], None]) -> Callable[[View], None]:
        def framed(view: View) -> None:
            tick()
            frame(view)
            pane.refresh()

        return framed

    shown = desk.app.area.shown()
    for pane in shown:
        monkeypatch.setattr(pane, "frame", slow(pane, pane.frame))
    return shown


def test_a_frame_is_painted_when_it_ends_in_one_picture_and_waits_for_no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        await prepared(desk)
        tick = ticking_by_hand(desk, monkeypatch)
        shown = change_in_every_frame(desk, monkeypatch, tick)
        pictures = Pictures(desk, monkeypatch)
        await desk.app.draw_frame()
        assert pictures.count == 0  # nothing of it before it was done
        await settle()
        assert pictures.count == 1
        assert all(pictures.shows(pane) for pane in shown)
        tick()
        await settle()
        assert pictures.count == 1

    run_console(script, size=MEDIUM, settings=FRAMES_BY_HAND)


def test_each_of_frames_that_follow_without_a_pause_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        await prepared(desk)
        tick = ticking_by_hand(desk, monkeypatch)
        shown = change_in_every_frame(desk, monkeypatch, tick)
        pictures = Pictures(desk, monkeypatch)
        for number in range(1, 6):
            await desk.app.draw_frame()
            await asyncio.sleep(0)  # all that a timer that is late leaves to the others
            assert pictures.count == number
            assert all(pictures.shows(pane) for pane in shown)

    run_console(script, size=MEDIUM, settings=FRAMES_BY_HAND)


def test_what_a_key_did_in_the_middle_of_a_frame_is_painted_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        await prepared(desk)
        first, *others = change_in_every_frame(desk, monkeypatch, ticking_by_hand(desk, monkeypatch))
        frame = first.frame

        def pressed_meanwhile(view: View) -> None:
            frame(view)
            desk.app.say("hint", "pressed")

        monkeypatch.setattr(first, "frame", pressed_meanwhile)
        pictures = Pictures(desk, monkeypatch)
        await desk.app.draw_frame()
        await settle()
        assert pictures.count == 1
        assert all(pictures.shows(widget) for widget in (desk.app.message_bar, first, *others))
        assert "pressed" in desk.bar("message")

    run_console(script, size=MEDIUM, settings=FRAMES_BY_HAND)


def test_a_frame_in_which_nothing_changed_is_not_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        await prepared(desk)
        tick = ticking_by_hand(desk, monkeypatch)
        pictures = Pictures(desk, monkeypatch)
        for _ in range(5):
            await desk.app.draw_frame()
            await settle()
            tick()
        assert pictures.count == 0

    run_console(script, size=MEDIUM, settings=FRAMES_BY_HAND)


def test_panes_that_changed_within_one_frame_are_painted_in_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        screen = desk.app.screen
        assert isinstance(screen, DeskScreen)
        await desk.redraw()
        pictures = Pictures(desk, monkeypatch)
        first, second = desk.app.area.shown()[:2]
        desk.app._is_framing = True  # as in the middle of a frame
        first.refresh()
        await ticks_of(screen, monkeypatch, 3)
        second.refresh()
        await ticks_of(screen, monkeypatch, 3)
        assert pictures.count == 0
        desk.app._is_framing = False
        await pictures.next()
        assert pictures.count == 1

    run_console(script, size=MEDIUM)


def test_a_frame_that_fails_holds_no_picture_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(desk: Desk) -> None:
        pane = desk.app.area.shown()[0]

        def fail(_view: object) -> None:
            raise ValueError("broken")

        monkeypatch.setattr(pane, "frame", fail)
        await desk.app.draw_frame()
        pictures = Pictures(desk, monkeypatch)
        pane.refresh()
        await pictures.next()

    run_console(script, size=MEDIUM)


def test_what_a_key_did_is_painted_by_the_console_s_own_short_timer() -> None:
    async def script(desk: Desk) -> None:
        assert desk.app.screen._update_timer._interval == PAINTED_WITHIN_S

    run_console(script, size=MEDIUM)
