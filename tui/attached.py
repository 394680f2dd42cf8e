"""A console on an engine that runs in another process."""

from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.attach import AttachedLink
from tui.console.making import make_console
from tui.console.settings import ConsoleSettings


async def run_attached(paths: Paths, settings: ConsoleSettings) -> None:
    """Show the running engine until the trader detaches; the engine goes on."""
    link = AttachedLink(paths.socket, SystemClock(), settings.link_interval_ms)
    await link.start()
    try:
        await make_console(link, settings, paths).run_async(mouse=settings.has_mouse)
    finally:
        await link.stop()
