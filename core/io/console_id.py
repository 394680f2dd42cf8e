"""Ids of consoles: random, so that no two of them are one."""

import getpass
import os
import secrets

from core.control.consoles import ConsoleName

_ID_BYTES = 4


def new_console_name(place: str = "") -> ConsoleName:
    """Return the name of the console that starts now, of this process's user; `place` says where from."""
    at = f"@{place}" if place else ""
    return ConsoleName(console=secrets.token_hex(_ID_BYTES), who=f"console:{user_name()}{at}")


def user_name() -> str:
    """Return the name of this process's user, its number where nothing knows a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # as in a container that is run as any user
        return str(os.getuid())
