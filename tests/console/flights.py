"""Record a console headless over the scripted engine."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.console.driving import MEDIUM, Desk
from tests.console.fake_link import FakeLink
from tests.console.manual_clock import ManualClock
from tui.console.files import ConsoleFiles
from tui.console.memory import MemoryFile
from tui.console.settings import DEFAULTS, ConsoleSettings
from tui.flight.entries import Entry
from tui.flight.recorded_console import RecordedConsole
from tui.flight.session_folder import session_files
from tui.flight.session_form import Session, read_entries, read_session


def record(
    script: Callable[[Desk], Awaitable[None]],
    home: Path,
    link: FakeLink | None = None,
    size: tuple[int, int] = MEDIUM,
    settings: ConsoleSettings = DEFAULTS,
    starts_at_s: float = 0.0,
) -> RecordedConsole:
    """Run a script against a console that records itself into `home`."""
    is_first = not (home / "console.json").exists()
    engine, clock = link or FakeLink(), ManualClock()
    clock.advance(starts_at_s)
    app = RecordedConsole(
        engine,
        clock=clock,
        settings=settings,
        who="console:test",
        files=ConsoleFiles(MemoryFile(home / "console.json"), home / "exports"),
        folder=home / "sessions",
        version="0.1.0",
        native_colours=True,
    )

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            desk = Desk(app, pilot, engine, clock)
            await app.draw_frame()
            while is_first and (app.dialogs.top is None or not app.dialogs.top.is_ready):
                await pilot.pause(0.01)  # the page of a first console comes when it comes
            await script(desk)
        app.recorder.close()

    asyncio.run(main())
    return app


def recorded(home: Path) -> list[Session]:
    return [read_session(file) for file in session_files(home / "sessions")]


def entries_of(session: Session) -> list[Entry]:
    return [entry for block in session.blocks for entry in read_entries(session.path, block)]


async def written(desk: Desk) -> None:
    """Let the writer's thread have written all that is waiting."""
    writer = desk.app.recorder._writer
    while writer is not None and writer._waiting.qsize():
        await desk.pilot.pause(0.01)
