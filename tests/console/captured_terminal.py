"""A terminal in memory that gets what a console sends, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pyte
from textual.drivers.headless_driver import HeadlessDriver

from tests.console.driving import MEDIUM, Desk
from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tui.console.app import ConsoleApp
from tui.console.settings import ConsoleSettings


class CapturedTerminal:
    """What a terminal shows, and all it was sent."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self.screen.reset_mode(pyte.modes.DECAWM)  # the driver switches line wrap off
        self._stream = pyte.Stream(self.screen)
        self.sent: list[str] = []

    def take(self, text: str) -> None:
        self.sent.append(text)
        self._stream.feed(text)

    def garble(self) -> None:
        """Show what some other program wrote."""
        rubbish = "#" * self.screen.columns
        self._stream.feed("\x1b[1;41m" + "".join(f"\x1b[{row + 1};1H{rubbish}" for row in range(self.screen.lines)))

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.garble()

    def bytes_sent(self) -> int:
        """Return how much was sent since the last call."""
        count = len("".join(self.sent).encode())
        self.sent.clear()
        return count


class CapturingDriver(HeadlessDriver):
    """Textual's driver for tests, except that what is to be written goes to a captured terminal."""

    terminal: CapturedTerminal

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.terminal.take(data)


def run_on_terminal(
    script: Callable[[Desk, CapturedTerminal], Awaitable[None]],
    link: FakeLink | None = None,
    size: tuple[int, int] = MEDIUM,
    **settings: Any,
) -> None:
    """Run a script against a console that paints a captured terminal; no frame is drawn but by the script."""
    terminal = CapturedTerminal(size)
    engine, clock = link or FakeLink(), ManualClock()
    chosen = ConsoleSettings(**{"frame_period_s": 3600, **settings})
    app = ConsoleApp(engine, clock=clock, who="console:test", settings=chosen, native_colours=True)
    app.driver_class = type("Driver", (CapturingDriver,), {"terminal": terminal})

    async def main() -> None:
        async with app.run_test(size=size, headless=False) as pilot:
            desk = Desk(app, pilot, engine, clock)
            await desk.frame()
            await desk.frame()
            await script(desk, terminal)

    asyncio.run(main())
