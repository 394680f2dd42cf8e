"""Where `--attach` leads: the engine of this user, a socket, or an engine on another machine over SSH."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

SCHEME: Final = "ssh://"
FORMS: Final = "nothing, /path/to.sock or ssh://[user@]host[:port][?socket=/path/there.sock]"
# What follows reaches the command line of ssh, and the path its own syntax with colons and tokens.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*|[0-9A-Fa-f:]+")
_SOCKET: Final = re.compile(r"/[A-Za-z0-9/._@+-]+")


class SshAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as ssh knows it, so an alias of its configuration too; `socket` None is asked for there."""

    host: str
    user: str | None = None
    port: int | None = None
    socket: str | None = None

    @property
    def shown(self) -> str:
        return f"{SCHEME}{self.host}"


def attach_target(text: str) -> SshAddress | Path | None:
    """Read what `--attach` was given, None for nothing; raise ValueError saying what is allowed."""
    if not text:
        return None
    if text.startswith("/"):
        return Path(text)
    if not text.startswith(SCHEME):
        raise ValueError(f"--attach {text!r} is not {FORMS}")
    return _ssh_address(text)


def _ssh_address(text: str) -> SshAddress:
    try:
        parts = urlsplit(text)
        host, user, port = parts.hostname or "", parts.username, parts.port
    except ValueError as error:
        raise ValueError(f"--attach {text!r}: {error}") from error
    query = parse_qs(parts.query, keep_blank_values=True)
    sockets = query.pop("socket", [])
    if parts.password is not None:
        raise ValueError("--attach takes no password: ssh asks for it, or uses a key")
    if not _NAME.fullmatch(host) or (user is not None and not _NAME.fullmatch(user)):
        raise ValueError(f"--attach {text!r}: user and host are names of letters, digits, `.`, `_` and `-`")
    if parts.path not in {"", "/"} or parts.fragment or query or len(sockets) > 1 or port == 0:
        raise ValueError(f"--attach {text!r} is not {FORMS}")
    return SshAddress(host=host, user=user, port=port, socket=remote_socket(sockets[0]) if sockets else None)


def remote_socket(text: str) -> str:
    """Return the path of a socket on another machine; raise ValueError where ssh would read it as something else."""
    if not _SOCKET.fullmatch(text):
        raise ValueError(f"the socket {text!r} is no absolute path of letters, digits and `/._@+-`")
    return text
