"""A console on an engine that runs in another process, here or on another machine."""

from pathlib import Path

from core.io.console_id import new_console_name
from core.io.system_clock import SystemClock
from core.paths import Paths
from tui.attach import AttachedLink
from tui.attach_target import SshAddress
from tui.console.making import make_console
from tui.console.settings import ConsoleSettings
from tui.ssh_tunnel import SshTunnel


async def run_attached(target: Path | SshAddress, paths: Paths, settings: ConsoleSettings) -> None:
    """Show a running engine until the trader detaches; the engine goes on. Raises SshTunnelError before a console."""
    if isinstance(target, Path):
        name = new_console_name()
        await _show(
            AttachedLink(target, SystemClock(), settings.link_interval_ms, name=name), name.who, paths, settings
        )
        return
    tunnel = SshTunnel(target)
    try:
        await tunnel.start()
        name, place = new_console_name("ssh"), f"attached {target.shown}"
        link = AttachedLink(
            tunnel.socket,
            SystemClock(),
            settings.link_interval_ms,
            name=name,
            place=place,
            way_lost=lambda: tunnel.lost_reason,
        )
        await _show(link, name.who, paths, settings)
    finally:
        await tunnel.stop()


async def _show(link: AttachedLink, who: str, paths: Paths, settings: ConsoleSettings) -> None:
    await link.start()
    try:
        await make_console(link, settings, paths, who).run_async(mouse=settings.has_mouse)
    finally:
        await link.stop()
