"""Numbers that each signed action must have once and rising, over restarts and whatever the clock does.

The venue takes a number within two days before and one day after its own time, and never one twice.
"""

from pathlib import Path
from typing import Final, Protocol

from adapters.network.nonce_file import NonceError, NonceFile
from core.ports.clock import Clock

_NS_PER_MS: Final = 1_000_000
_RESERVED_MS: Final = 60_000  # numbers that one write of the file covers
_AHEAD_LIMIT_MS: Final = 12 * 3_600_000


class Nonces(Protocol):
    def next(self) -> int:
        """Return a number above every one before; raise NonceError where there is none."""
        ...


class FileNonces:
    """Follows the clock in milliseconds. What may be used is written to a file first, a minute ahead at a time.

    After a restart numbers go on above what was written, used or not.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = NonceFile(path)
        self._clock = clock
        self._last: int | None = None
        self._written = 0

    def next(self) -> int:
        now_ms = self._clock.utc_ns() // _NS_PER_MS
        if self._last is None:
            self._last = self._written = self._file.read()
        nonce = max(self._last + 1, now_ms)
        if nonce - now_ms > _AHEAD_LIMIT_MS:
            ahead_h = (nonce - now_ms) / 3_600_000
            raise NonceError(
                f"{self._file.path}: numbers up to {self._last} were used, {ahead_h:.0f} h ahead of this machine's "
                "clock; set the clock right, or wait"
            )
        if nonce > self._written:
            self._file.write(nonce + _RESERVED_MS)
            self._written = nonce + _RESERVED_MS
        self._last = nonce
        return nonce


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
