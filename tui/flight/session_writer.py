"""Puts the blocks of a session onto the disk, away from the loop that the console shares with an engine."""

import contextlib
import fcntl
import os
import queue
import threading
from pathlib import Path
from typing import Final

from core.paths import describe
from tui.flight.entries import BlockHead, Entry, SessionHeader
from tui.flight.session_form import block_bytes, first_bytes

MOST_WAITING: Final = 8  # blocks; a disk that is behind by more than that is given up
LEAVING_PATIENCE_S: Final = 1.0

Block = tuple[BlockHead, list[Entry]]


class SessionWriter(threading.Thread):
    """A thread that compresses and appends. It never raises and never makes anybody wait: `problem` says what failed.

    The file is private to its user and locked while it is written, so that nobody prunes it.
    """

    def __init__(self, path: Path, header: SessionHeader) -> None:
        super().__init__(daemon=True, name="session-writer")
        self.path = path
        self.problem = ""
        self.bytes = 0  # on the disk
        self._header = header
        self._waiting: queue.Queue[Block | None] = queue.Queue()

    @property
    def waiting(self) -> int:
        """Return how many blocks the disk has not taken yet."""
        return self._waiting.qsize()

    def put(self, block: Block) -> None:
        """Have a block written; where the disk does not keep up, give up."""
        if self.problem:
            return
        if self.waiting >= MOST_WAITING:
            self.problem = "the disk is too slow"
            return
        self._waiting.put(block)

    def stop(self) -> None:
        """Write what waits, whenever the disk takes it, and end; nobody is made to wait for that."""
        self._waiting.put(None)

    def finish(self) -> None:
        """Wait a moment for the end of one that was stopped: the process is about to be left."""
        if self.is_alive():
            self.join(LEAVING_PATIENCE_S)

    def run(self) -> None:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            self.problem = describe(error)
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._append(handle, first_bytes(self._header))
            while (block := self._waiting.get()) is not None and not self.problem:
                self._append(handle, block_bytes(*block))
        except OSError as error:
            self.problem = describe(error)
            with contextlib.suppress(OSError):
                os.ftruncate(handle, self.bytes)  # to the last whole block
        finally:
            os.close(handle)

    def _append(self, handle: int, text: bytes) -> None:
        left = memoryview(text)
        while left:
            left = left[os.write(handle, left) :]
        self.bytes += len(text)
