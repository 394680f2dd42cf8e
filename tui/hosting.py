"""A console that hosts its engine, and the engine that outlives the console."""

import asyncio
import os
import signal

from core.config.config import Config
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.compose.engine_process import EngineProcess
from tui.console.exit_choice import ExitChoice
from tui.console.making import make_console
from tui.headless import watch_signals
from tui.hosted import HostedLink


async def run_hosted(config: Config, paths: Paths) -> ExitChoice:
    """Run engine and console on one loop. Where the console goes and the engine stays, run on headless."""
    process = EngineProcess(config, paths)
    ending = asyncio.Event()
    watch_signals(ending)
    console = asyncio.ensure_future(make_console(HostedLink(process.engine, SystemClock())).run_async())
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _lose_terminal, console)
    starting = asyncio.ensure_future(process.start())
    ended = asyncio.ensure_future(ending.wait())
    await asyncio.wait((console, ended), return_when=asyncio.FIRST_COMPLETED)
    choice = await _choice(console)
    await starting
    if choice is not ExitChoice.QUIT_STOP_ENGINE and not ending.is_set():
        _leave_terminal()
        await ending.wait()
    ended.cancel()
    await process.stop(
        "console quit" if choice is ExitChoice.QUIT_STOP_ENGINE else "asked to stop", cancel_orders=False
    )
    return choice


async def _choice(console: "asyncio.Future[ExitChoice | None]") -> ExitChoice:
    """Return how the trader left; a console that ended any other way leaves the engine running."""
    if not console.done():
        console.cancel()
    try:
        return await console or ExitChoice.DETACH
    except (Exception, asyncio.CancelledError):
        return ExitChoice.DETACH


def _lose_terminal(console: "asyncio.Future[ExitChoice | None]") -> None:
    """End the console, whose terminal is gone; nothing may be written to it any more. The engine goes on."""
    _leave_terminal()
    console.cancel()


def _leave_terminal() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
