"""A console on an engine that runs in another process, here or on another machine."""

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

from core.io.console_id import new_console_name
from core.io.interpreter import resume_garbage_collection
from core.io.system_clock import SystemClock
from core.paths import Paths, StateFolderError
from tui.attach import AttachedLink
from tui.attach_target import SshAddress
from tui.console.making import make_console
from tui.console_reading import FirstSettings


async def run_attached(target: Path | SshAddress, paths: Paths, first: FirstSettings) -> None:
    """Show a running engine until the trader detaches; the engine goes on. Raises SshTunnelError before a console."""
    interval_ms = first.settings.link_interval_ms
    if isinstance(target, Path):
        name = new_console_name()
        await _show(AttachedLink(target, SystemClock(), interval_ms, name=name), name.who, paths, first)
        return
    from tui.ssh_tunnel import SshTunnel  # noqa: PLC0415 - not for an engine on this machine

    tunnel = SshTunnel(target)
    try:
        await tunnel.start()
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
    showing = asyncio.create_task(console.run_async(mouse=first.settings.has_mouse), name="console")
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, showing.cancel)
    try:
        await showing
    except asyncio.CancelledError:
        own = asyncio.current_task()
        if own is None or own.cancelling():  # else the terminal is gone, and with it the console alone
            raise
    finally:
        afterwards.cancel()
        unanswered = await console.sender.finish()  # with the link goes what is still on its way over it
        await link.stop()
        with suppress(OSError):  # nobody reads it where the terminal is gone
            for what in unanswered:
                sys.stderr.write(f"{what}: NO ANSWER before the console was left; see `seraphim status`\n")


def disk_problem(paths: Paths) -> str:
    """Say what a console cannot keep, nothing where it can; that keeps nobody from looking at an engine."""
    try:
        paths.prove_writable()
    except StateFolderError as error:
        return f"{error}; this console keeps nothing"
    return ""
