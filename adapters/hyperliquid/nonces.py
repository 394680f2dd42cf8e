"""Numbers that each signed action must have once and rising, over restarts and whatever the clock does.

The venue takes a number within two days before and one day after its own time, and never one twice.
"""

import os
from pathlib import Path
from typing import Final, Protocol

from core.ports.clock import Clock

_NS_PER_MS: Final = 1_000_000
_RESERVED_MS: Final = 60_000  # numbers that one write of the file covers
_AHEAD_LIMIT_MS: Final = 12 * 3_600_000


class NonceError(Exception):
    """No number can be given that the venue would take and that was never used; the text says why."""


class Nonces(Protocol):
    def next(self) -> int:
        """Return a number above every one before; raise NonceError where there is none."""
        ...


class FileNonces:
    """Follows the clock in milliseconds. What may be used is written to a file first, a minute ahead at a time.

    After a restart numbers go on above what was written, used or not.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._last: int | None = None
        self._written = 0

    def next(self) -> int:
        now_ms = self._clock.utc_ns() // _NS_PER_MS
        if self._last is None:
            self._last = self._written = self._read()
        nonce = max(self._last + 1, now_ms)
        if nonce - now_ms > _AHEAD_LIMIT_MS:
            raise NonceError(
                f"{self._path}: numbers up to {self._last} were used, {(nonce - now_ms) / 3_600_000:.0f} h ahead of "
                "this machine's clock; set the clock right, or wait"
            )
        if nonce > self._written:
            self._write(nonce + _RESERVED_MS)
        self._last = nonce
        return nonce

    def _read(self) -> int:
        try:
            text = self._path.read_text("ascii").strip()
        except FileNotFoundError:
            return 0
        except (OSError, UnicodeDecodeError) as error:
            raise NonceError(f"{self._path} cannot be read: {error}") from None
        if not text.isdigit():
            raise NonceError(f"{self._path} holds {text[:40]!r}, allowed is a whole number")
        return int(text)

    def _write(self, ceiling: int) -> None:
        """Put the new limit in the place of the old, whole or not at all, and have it on the disk before use."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="ascii") as file:
                file.write(f"{ceiling}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise NonceError(f"{self._path} cannot be written: {error}") from None
        self._written = ceiling


class ClockNonces:
    """Follows the clock and remembers nothing: for a process of its own that only cancels.

    It runs ahead of the numbers of an engine that may still be trading with the same key.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, self._clock.utc_ns() // _NS_PER_MS + 2 * _RESERVED_MS)
        return self._last


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
