"""How often panes are drawn: less on a slow link and while nobody looks, at once where data turns stale."""

import asyncio

from textual import events

from tests.console.driving import Desk, run_console
from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tui.console.app import ConsoleApp
from tui.console.settings import ConsoleSettings
from tui.panes.pane import Pane
from tui.present.freshness import LATE_AFTER_S


class Count:
    """Counts how often a pane is drawn."""

    def __init__(self, pane: Pane) -> None:
        self.times = 0
        self._paint = pane.paint
        pane.paint = self._counted

    def _counted(self) -> None:
        self.times += 1
        self._paint()


async def frames(app: ConsoleApp, clock: ManualClock, link: FakeLink, number: int) -> None:
    for _ in range(number):
        clock.advance(0.1)
        link.step += 1
        await app.draw_frame()


def drawn_in_twelve_frames(settings: ConsoleSettings, *, looks_away: bool = False) -> dict[str, int]:
    link, clock = FakeLink(), ManualClock()
    app = ConsoleApp(link, clock=clock, who="console:test", settings=settings, native_colours=True)

    async def main() -> dict[str, int]:
        async with app.run_test(size=(120, 40)) as pilot:
            await frames(app, clock, link, 2)
            if looks_away:
                app.post_message(events.AppBlur())
                await pilot.pause()
            await frames(app, clock, link, 12)  # past the first turn of each
            await pilot.pause()  # what the focus had painted is done
            counts = {name: Count(app.area.panes[name]) for name in ("ladder-1", "positions")}
            await frames(app, clock, link, 12)
            return {name: count.times for name, count in counts.items()}

    return asyncio.run(main())


def test_ladders_are_drawn_every_frame_and_tables_every_third() -> None:
    assert drawn_in_twelve_frames(ConsoleSettings(frame_period_s=3600)) == {"ladder-1": 12, "positions": 4}


def test_on_a_slow_link_ladders_and_tables_are_drawn_once_in_four_looks_so_once_a_second() -> None:
    settings = ConsoleSettings(frame_period_s=3600).for_a_slow_link()
    assert drawn_in_twelve_frames(settings) == {"ladder-1": 3, "positions": 3}


def test_while_the_terminal_is_not_looked_at_ladders_are_drawn_half_as_often_and_tables_as_before() -> None:
    drawn = drawn_in_twelve_frames(ConsoleSettings(frame_period_s=3600), looks_away=True)
    assert drawn == {"ladder-1": 6, "positions": 4}


def test_a_link_that_falls_silent_is_seen_at_the_next_look_however_slow_the_pace() -> None:
    async def script(desk: Desk) -> None:
        desk.app.on_app_blur()
        for _ in range(3):
            await desk.app.draw_frame()
        counts = [Count(desk.app.area.panes[name]) for name in ("ladder-1", "positions")]
        desk.clock.advance(1.1)
        await desk.app.draw_frame()
        assert [count.times for count in counts] == [1, 1]
        assert "NO DATA for 1." in desk.bar("header")

    run_console(script)


def test_a_slow_link_asks_the_engine_for_four_snapshots_a_second_and_uses_sixteen_colours() -> None:
    settings = ConsoleSettings(theme="light").for_a_slow_link()
    assert settings.link_interval_ms == 250
    app = ConsoleApp(FakeLink(), clock=ManualClock(), settings=settings, native_colours=False)
    assert app.native_ansi_color
    assert app.theme == "ansi-light"


def test_however_slow_the_frames_an_engine_elsewhere_is_heard_before_it_would_count_as_late() -> None:
    settings = ConsoleSettings(frame_period_s=3.0)
    assert settings.link_interval_ms < LATE_AFTER_S * 1000
    assert settings.for_a_slow_link().link_interval_ms < LATE_AFTER_S * 1000
