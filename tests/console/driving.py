"""Run a console headless over the scripted engine and read what it shows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from textual.pilot import Pilot
from textual.widget import Widget

from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tests.console.settling import settle_by_turns
from tui.console.app import ConsoleApp
from tui.console.exit_choice import ExitChoice
from tui.console.files import ConsoleFiles
from tui.console.settings import DEFAULTS, ConsoleSettings

settle_by_turns()
SMALL, MEDIUM, LARGE = (80, 24), (120, 40), (200, 60)


@dataclass
class Desk:
    """A running console under test."""

    app: ConsoleApp
    pilot: Pilot[ExitChoice]
    link: FakeLink
    clock: ManualClock
    names: list[str] = field(default_factory=list)

    async def frame(self, seconds: float = 0.1) -> None:
        """Let the engine and the clock go on, then draw until every pane had its turn."""
        self._go_on(seconds)
        await self.redraw()

    def _go_on(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.link.step += 1

    async def redraw(self) -> None:
        for _ in range(2):
            await self.app.draw_frame()
            self.app.repaint()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys as a person does: apart from each other."""
        for key in keys:
            self._go_on(0.3)
            await self.app.draw_frame()
            await self.pilot.press(key)
            await self.redraw()

    async def focus(self, pane: str) -> None:
        self.app.area.panes[pane].focus()
        await self.redraw()

    async def type(self, text: str) -> None:
        await self.press(*("full_stop" if letter == "." else letter for letter in text))

    def pane(self, name: str) -> str:
        """Return the characters of a pane."""
        return shown(self.app.area.panes[name])

    def bar(self, name: str) -> str:
        return shown(self.app.screen_stack[0].query_one(f"#{name}"))

    def dialog(self) -> str:
        return "\n".join(shown(widget) for widget in self.app.screen.query("Lines"))


def shown(widget: Widget) -> str:
    return "\n".join(widget.render_line(row).text for row in range(widget.size.height))


def run_console(
    script: Callable[[Desk], Awaitable[None]],
    link: FakeLink | None = None,
    size: tuple[int, int] = MEDIUM,
    settings: ConsoleSettings = DEFAULTS,
    files: ConsoleFiles | None = None,
) -> tuple[FakeLink, ExitChoice | None]:
    """Run a script against a console; return the link with its commands and how the console was left."""
    engine, clock = link or FakeLink(), ManualClock()
    app = ConsoleApp(engine, clock=clock, who="console:test", settings=settings, native_colours=True, files=files)

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot, engine, clock)
            await desk.frame()
            await desk.frame()
            await script(desk)

    asyncio.run(main())
    return engine, app.return_value
