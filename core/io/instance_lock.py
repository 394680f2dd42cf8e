"""One engine per state folder, held by a lock that the kernel releases when the process ends, however it ends."""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Final, NamedTuple

_MAX_HOLDER_BYTES: Final = 4096
# `find_holder` of somebody else takes the lock for microseconds: that is no engine.
_ATTEMPTS: Final = 5
_PAUSE_S: Final = 0.02


class LockHolder(NamedTuple):
    """Who holds the lock; zeros where the file does not say."""

    pid: int
    started_ns: int
    config_file: Path | None = None


class InstanceHeldError(Exception):
    """Another engine holds the lock; the text names its process."""

    def __init__(self, path: Path, holder: LockHolder) -> None:
        who = f"process {holder.pid}" if holder.pid else "another process"
        super().__init__(f"an engine is already running as {who}: it holds {path}; attach to it or stop it first")
        self.holder = holder


class InstanceLock:
    """A flock on a file in the state folder. What the file says is information only; the lock is what counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, now_ns: int, config_file: Path | None = None) -> None:
        """Take the lock and write pid, start and configuration file into the file.

        Raises InstanceHeldError where another process has it, OSError where the file cannot be made.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _lock_exclusively(descriptor):
            holder = _read_holder(descriptor)
            os.close(descriptor)
            raise InstanceHeldError(self._path, holder)
        with contextlib.suppress(OSError):  # a full disk must not hide that the lock is ours
            os.ftruncate(descriptor, 0)
            said = {"pid": os.getpid(), "started_ns": now_ns}
            named = {} if config_file is None else {"config_file": str(config_file.absolute())}
            os.pwrite(descriptor, json.dumps(said | named).encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would let two processes lock two files."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def find_holder(path: Path) -> LockHolder | None:
    """Return who holds the lock right now, None where nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def last_holder(path: Path) -> LockHolder | None:
    """Return who holds the lock or held it last, None where nobody ever did: the file outlives its process."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read_holder(descriptor)
    finally:
        os.close(descriptor)


def _lock_exclusively(descriptor: int) -> bool:
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_S)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _read_holder(descriptor: int) -> LockHolder:
    try:
        said = json.loads(os.pread(descriptor, _MAX_HOLDER_BYTES, 0))
        file = said.get("config_file")
        return LockHolder(int(said["pid"]), int(said["started_ns"]), Path(file) if isinstance(file, str) else None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return LockHolder(0, 0)
