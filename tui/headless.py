"""The engine without a console: in the foreground, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys

from core.config.config import Config
from core.paths import Paths
from tui.compose.engine_process import EngineProcess
from tui.compose.start_terms import StartTerms
from tui.service_notify import notify


async def run_headless(config: Config, paths: Paths, terms: StartTerms, *, cancel_orders: bool) -> None:
    """Run an engine until a signal ends it; SIGHUP is survived. Raises what building an EngineProcess raises."""
    process = EngineProcess(config, paths, terms)
    ending = asyncio.Event()
    watch_signals(ending)
    await serve_until(process, ending, cancel_orders=cancel_orders)


def watch_signals(ending: asyncio.Event) -> None:
    """Make SIGTERM and SIGINT set `ending`, and SIGHUP nothing: a lost terminal is no reason to stop trading."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)


async def serve_until(process: EngineProcess, ending: asyncio.Event, *, cancel_orders: bool) -> None:
    """Start an engine, run it until `ending` is set, and stop it; a start that takes long can be ended too."""
    starting, ended = asyncio.ensure_future(process.start()), asyncio.ensure_future(ending.wait())
    await asyncio.wait((starting, ended), return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await process.stop("asked to stop while starting", cancel_orders=False)
        return
    await starting
    say(f"seraphim engine {process.engine.parts.settings.version} is running; control socket {process.paths.socket}")
    notify("READY=1")
    await ended
    notify("STOPPING=1")
    say("stopping: " + ("cancelling open orders" if cancel_orders else "open orders stay at the venues"))
    await process.stop("asked to stop", cancel_orders=cancel_orders)


def say(text: str) -> None:
    """Tell whoever watches the process; a closed standard output is no reason to stop."""
    try:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - the daemon's own words on its terminal
    except OSError:
        return
