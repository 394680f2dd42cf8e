"""Files that only their owner may read: refused when others could, replaced whole or not at all."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Final

from core.paths import describe
from core.ports.keys import KeyStoreError

PRIVATE_FILE_MODE: Final = 0o600


def read_private_file(path: Path, max_bytes: int) -> bytes | None:
    """Return what is in a file, None where there is none; raise KeyStoreError unless it is its owner's alone."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe in its place must not block
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        cause = "is a link; name the file itself" if path.is_symlink() else f"cannot be read: {describe(error)}"
        raise KeyStoreError(f"{path}: {cause}") from None
    try:
        _refuse_foreign(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > max_bytes:
        raise KeyStoreError(f"{path}: is larger than {max_bytes} bytes")
    return content


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyStoreError(f"{path}: is not a plain file")
    if found.st_uid != os.geteuid():
        raise KeyStoreError(f"{path}: belongs to user id {found.st_uid}, not to this user ({os.geteuid()})")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise KeyStoreError(f"{path}: is open to other users (mode {mode:o}); it must be yours alone: chmod 600")


def replace_private_file(path: Path, content: bytes) -> None:
    """Put a new file in the place of an old one, so that after a crash either is there whole. Hold the lock.

    Raises KeyStoreError naming the file and what the system said; the old file stands then.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        try:
            _write_draft(draft, content)
            draft.replace(path)
        except BaseException:  # ctrl+c as well: nothing half-written stays
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyStoreError(f"{path}: cannot be written: {describe(error)}") from None


def _write_draft(draft: Path, content: bytes) -> None:
    draft.unlink(missing_ok=True)  # of a crash before
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Let one process at a time change what a file stands for, by a lock file beside it.

    The lock file stays: removing it would let two processes lock two files.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE_MODE)
    except OSError as error:
        raise KeyStoreError(f"{path}: its folder cannot be written: {describe(error)}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise KeyStoreError(f"{path}: cannot be locked: {describe(error)}") from None
        yield
    finally:
        os.close(lock)
