"""Numbers that each signed request must have, rising, over restarts and whatever the clock does.

The venue refuses a number that is not above the last one it took from the key; how far above does not matter. What
was refused for its number was not done, so it may be sent again with a higher one.
"""

from pathlib import Path
from typing import Final, Protocol

from adapters.network.nonce_file import NonceFile
from core.ports.clock import Clock

_NS_PER_US: Final = 1_000
_RESERVED_US: Final = 60_000_000  # numbers that one write of the file covers: a minute
_LEAPS_US: Final = (60_000_000, 3_600_000_000, 86_400_000_000)  # a minute, an hour, a day


class Nonces(Protocol):
    def next(self) -> int:
        """Return a number above every one before; raise NonceError where there is none."""
        ...

    def leap(self, refusals: int) -> None:
        """Go on well above: the venue has seen a higher number (of another program) so many times in a row."""
        ...


class ClockNonces:
    """Follows the clock in microseconds and remembers nothing: for a process of its own that only cancels."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        self._last = max(self._last + 1, self._clock.utc_ns() // _NS_PER_US)
        return self._last

    def leap(self, refusals: int) -> None:
        self._last += _leap_us(refusals)


class FileNonces:
    """Follows the clock in microseconds. What may be used is written to a file first, a minute ahead at a time.

    After a restart numbers go on above what was written, used or not. One file for each key.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = NonceFile(path)
        self._clock = clock
        self._last: int | None = None
        self._written = 0

    def next(self) -> int:
        nonce = max(self._known() + 1, self._clock.utc_ns() // _NS_PER_US)
        if nonce > self._written:
            self._file.write(nonce + _RESERVED_US)
            self._written = nonce + _RESERVED_US
        self._last = nonce
        return nonce

    def leap(self, refusals: int) -> None:
        self._last = self._known() + _leap_us(refusals)

    def _known(self) -> int:
        if self._last is None:
            self._last = self._written = self._file.read()
        return self._last


def _leap_us(refusals: int) -> int:
    return _LEAPS_US[min(refusals, len(_LEAPS_US)) - 1]
