"""A frame's panes are painted together, and what a key did is painted at once."""

import asyncio
from collections.abc import Callable

import pytest

from tests.console.driving import MEDIUM, Desk, run_console
from tui.console.desk_screen import PAINTED_WITHIN_S, DeskScreen


class Pictures:
    """Counts the pictures that go to the terminal; the pilot is not asked to wait, as it paints by itself."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._came = asyncio.Event()
        monkeypatch.setattr(desk.app, "_display", self._take)

    def _take(self, _screen: object, _picture: object) -> None:
        self.count += 1
        self._came.set()

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
