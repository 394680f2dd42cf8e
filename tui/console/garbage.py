"""What a console leaves behind in an engine's process, collected now and then."""

import gc
from typing import Final

from core.ports.clock import Clock

EVERY_NS: Final = 300_000_000_000
SHARE_OF_TIME: Final = 30_000  # a collection is followed by so many times as long without one: 10 ms by 5 minutes


class GarbageRounds:
    """Collects everything once in five minutes, more rarely where that takes long.

    An engine's process all but stops collecting by itself (see `core.io.interpreter`), and the library's widgets and
    pictures refer to each other: a console would grow by a third of a megabyte a minute. Looking at the younger ones
    alone helps nothing, for what is on the screen meanwhile outlives that and is looked at no more.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due_ns = clock.monotonic_ns() + EVERY_NS

    def frame(self) -> None:
        """Collect where it is time; called after a frame was drawn."""
        began_ns = self._clock.monotonic_ns()
        if began_ns >= self._due_ns:
            gc.collect()
            ended_ns = self._clock.monotonic_ns()
            self._due_ns = ended_ns + max(EVERY_NS, SHARE_OF_TIME * (ended_ns - began_ns))
