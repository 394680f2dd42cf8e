"""A listening Unix socket that belongs to this user and to nobody else."""

import contextlib
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

_PRIVATE_FOLDER_MODE: Final = 0o700
_BACKLOG: Final = 32
_PROBE_TIMEOUT_S: Final = 1.0
_UCRED: Final = struct.Struct("3i")  # pid, uid, gid


class ControlSocketError(Exception):
    """The control socket cannot be made; the text names the path and the cause."""


def listen(path: Path) -> socket.socket:
    """Return a listening socket with mode 0600 in a folder nobody else can write.

    A socket that nobody answers is replaced. Raises ControlSocketError where somebody answers, where something else
    than a socket is in the way, or where the folder is not safe.
    """
    try:
        _check_folder(path.parent)
        _clear(path)
        return _bind(path)
    except OSError as error:
        raise ControlSocketError(f"control socket {path}: {error.strerror or error}") from error


def unlink_unanswered(path: Path) -> None:
    """Remove the socket file that was ours, unless another engine has put its own there meanwhile."""
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode) and not _answers(path):
            path.unlink()


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user id of the process at the other end as the kernel knows it, None where it does not tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    _, uid, _ = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, option, _UCRED.size))
    return uid


def _check_folder(folder: Path) -> None:
    folder.mkdir(mode=_PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid():
        raise ControlSocketError(f"control socket folder {folder} belongs to user id {found.st_uid}, not to this user")
    if stat.S_IMODE(found.st_mode) & 0o022:
        raise ControlSocketError(
            f"control socket folder {folder} may be written by other users, who could put a socket of their own there; "
            f"run: chmod 700 {folder}"
        )


def _clear(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise ControlSocketError(f"control socket {path}: something else than a socket is there; move it away")
    if _answers(path):
        raise ControlSocketError(f"control socket {path}: another engine answers on it; attach to it or stop it first")
    path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_TIMEOUT_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # it does not answer, but something holds it: not ours to remove
    return True


def _bind(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mask and not a chmod afterwards: there must be no moment in which others may connect.
    previous_mask = os.umask(0o177)
    try:
        listening.bind(str(path))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    finally:
        os.umask(previous_mask)
    return listening
