"""The folder of recorded sessions: names, and which of them are kept."""

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.paths import Paths, make_private_folder
from tui.flight.session_form import SUFFIX, SessionFileError

_FOLDER: Final = "sessions"


def sessions_dir(paths: Paths) -> Path:
    return paths.state_dir / _FOLDER


def new_session_file(folder: Path, utc_ns: int, console: str) -> Path:
    """Return the name of a session that begins now: they sort by time. Raises StateFolderError without a folder."""
    make_private_folder(folder)
    moment = datetime.fromtimestamp(utc_ns / 1e9, UTC)
    return folder / f"{moment:%Y%m%d-%H%M%S}-{utc_ns % 1_000_000_000 // 1_000_000:03d}-{console or 'console'}{SUFFIX}"


def session_files(folder: Path) -> list[Path]:
    """Return all sessions, oldest first; none where there is no folder yet."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def session_named(folder: Path, name: str) -> Path:
    """Return the session of a path, or the one whose name begins so.

    Raises
    ------
    SessionFileError
        Where there is none, or more than one.
    """
    file = Path(name)
    if file.is_file():
        return file
    found = [each for each in session_files(folder) if each.name.startswith(name)] if name else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise SessionFileError(f"there is no session {name!r}; `seraphim sessions` lists them")
    raise SessionFileError(f"{name!r} begins the names of {len(found)} sessions, such as {found[0].name}")


def prune(folder: Path, kept: int) -> Iterator[Path]:
    """Remove the oldest sessions beyond the newest `kept`, and yield each; those being recorded stay.

    Raises OSError where one cannot be removed.
    """
    files = session_files(folder)
    for file in files[: max(0, len(files) - kept)]:
        if not is_being_recorded(file):
            file.unlink(missing_ok=True)
            yield file


def is_being_recorded(file: Path) -> bool:
    """Tell whether a console holds this file."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)
