"""Ids of consoles: random, so that no two of them are one."""

import getpass
import secrets

from core.control.consoles import ConsoleName

_ID_BYTES = 4


def new_console_name(place: str = "") -> ConsoleName:
    """Return the name of the console that starts now, of this process's user; `place` says where from."""
    at = f"@{place}" if place else ""
    return ConsoleName(console=secrets.token_hex(_ID_BYTES), who=f"console:{getpass.getuser()}{at}")
