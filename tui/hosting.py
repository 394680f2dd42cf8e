"""A console that hosts its engine, and the engine that outlives the console."""

import asyncio
import signal

from core.config.config import Config
from core.io.console_id import new_console_name
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.compose.engine_process import EngineProcess
from tui.compose.start_terms import StartTerms
from tui.console.exit_choice import ExitChoice
from tui.console.making import make_console
from tui.console.settings import ConsoleSettings
from tui.headless import watch_signals
from tui.hosted import HostedLink
from tui.shell_parent import Leave

Console = asyncio.Future[ExitChoice | None]


async def run_hosted(config: Config, paths: Paths, terms: StartTerms, settings: ConsoleSettings, leave: Leave) -> None:
    """Run engine and console on one loop. Where the console goes and the engine stays, run on headless.

    Raises what building and starting an EngineProcess raises; the console has ended by then.
    """
    process = EngineProcess(config, paths, terms)
    ending = asyncio.Event()
    watch_signals(ending)
    name = new_console_name()
    link = HostedLink(process.access, SystemClock(), name=name)
    link.start()
    console: Console = asyncio.ensure_future(
        make_console(link, settings, paths, name.who).run_async(mouse=settings.has_mouse)
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _lose_terminal, leave, console)
    starting = asyncio.ensure_future(process.start())
    ended = asyncio.ensure_future(ending.wait())
    await asyncio.wait((console, ended, starting), return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and starting.exception() is None:
        await asyncio.wait((console, ended), return_when=asyncio.FIRST_COMPLETED)
    choice = await _leaving(console)
    link.stop()
    await starting
    is_quit = choice in {ExitChoice.QUIT_STOP_ENGINE, ExitChoice.QUIT_CANCEL_AND_STOP}
    if not is_quit and not ending.is_set():
        leave()
        await ending.wait()
    ended.cancel()
    reason = "console quit" if is_quit else "asked to stop"
    await process.stop(reason, cancel_orders=choice is not ExitChoice.QUIT_STOP_ENGINE)


async def _leaving(console: Console) -> ExitChoice:
    """Return how the trader left; a console that ended any other way leaves the engine running."""
    if not console.done():
        console.cancel()
    try:
        return await console or ExitChoice.DETACH
    except (Exception, asyncio.CancelledError):
        return ExitChoice.DETACH


def _lose_terminal(leave: Leave, console: Console) -> None:
    """End the console, whose terminal is gone; nothing may be written to it any more. The engine goes on."""
    leave()
    console.cancel()
