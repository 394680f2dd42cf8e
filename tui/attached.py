"""A console on an engine that runs in another process, here or on another machine."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from core.io.console_id import new_console_name
from core.io.interpreter import resume_garbage_collection
from core.io.system_clock import SystemClock
from core.paths import Paths, StateFolderError
from tui.attach import AttachedLink
from tui.attach_target import SshAddress
from tui.console.making import make_console
from tui.console_reading import FirstSettings

_ENDING: Final = (signal.SIGHUP, signal.SIGTERM)


async def run_attached(target: Path | SshAddress, paths: Paths, first: FirstSettings) -> None:
    """Show a running engine until the trader detaches or a signal asks for the end; the engine goes on.

    Raises SshTunnelError before a console.
    """
    interval_ms = first.settings.link_interval_ms
    if isinstance(target, Path):
        name = new_console_name()
        await _show(AttachedLink(target, SystemClock(), interval_ms, name=name), name.who, paths, first)
        return
    from tui.ssh_tunnel import SshTunnel  # noqa: PLC0415 - not for an engine on this machine

    tunnel = SshTunnel(target)
    try:
        if not await _ends_by_itself(tunnel.start()):
            return
        name, place = new_console_name("ssh"), f"attached {target.shown}"
        link = AttachedLink(
            tunnel.socket, SystemClock(), interval_ms, name=name, place=place, way_lost=lambda: tunnel.lost_reason
        )
        await _show(link, name.who, paths, first)
    finally:
        await tunnel.stop()


async def _show(link: AttachedLink, who: str, paths: Paths, first: FirstSettings) -> None:
    console = make_console(link, first.settings, paths, who)

    async def after_the_first_picture() -> None:
        await console.painted.wait()
        resume_garbage_collection()
        await link.start()
        for find_problem in (lambda: disk_problem(paths), first.problem):
            if problem := await asyncio.to_thread(find_problem):
                link.tell(problem)

    afterwards = asyncio.create_task(after_the_first_picture(), name="after-the-first-picture")
    try:
        await _ends_by_itself(console.run_async(mouse=first.settings.has_mouse))
    finally:
        afterwards.cancel()
        unanswered = await console.sender.finish()  # with the link goes what is still on its way over it
        await link.stop()
        with suppress(OSError):  # nobody reads it where the terminal is gone
            for what in unanswered:
                sys.stderr.write(f"{what}: NO ANSWER before the console was left; see `seraphim status`\n")


async def _ends_by_itself(work: Coroutine[Any, Any, object]) -> bool:
    """Do something until it is done, True, or has ended for a signal or a lost terminal, False; say which signal."""
    working = asyncio.create_task(work, name="attached")
    ended_by: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not ended_by:  # a second one would cut short how the terminal is given back
            ended_by.append(number)
            working.cancel()

    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    try:
        await working
    except asyncio.CancelledError:
        own = asyncio.current_task()
        if own is None or own.cancelling():  # else it is the work alone that ended
            raise
    if signal.SIGTERM in ended_by:
        with suppress(OSError):
            sys.stderr.write("this console was ended by SIGTERM; the engine goes on\n")
    return not ended_by and not working.cancelled()


def disk_problem(paths: Paths) -> str:
    """Say what a console cannot keep, nothing where it can; that keeps nobody from looking at an engine."""
    try:
        paths.prove_writable()
    except StateFolderError as error:
        return f"{error}; this console keeps nothing"
    return ""
