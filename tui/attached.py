"""A console on an engine that runs in another process."""

from core.io.console_id import new_console_name
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.attach import AttachedLink
from tui.console.making import make_console
from tui.console.settings import ConsoleSettings


async def run_attached(paths: Paths, settings: ConsoleSettings) -> None:
    """Show the running engine until the trader detaches; the engine goes on."""
    name = new_console_name()
    link = AttachedLink(paths.socket, SystemClock(), name=name)
    await link.start()
    try:
        await make_console(link, settings, name.who).run_async()
    finally:
        await link.stop()
