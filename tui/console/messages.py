"""What the console itself has to say: results of commands and hints, kept so that none is lost."""

from collections import deque

from core.ports.clock import Clock
from core.state.desk import LogLine

KEPT = 500


class Messages:
    """The console's own log lines, numbered below zero so that they never meet the engine's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._engine_ahead_ns = 0
        self.lines: deque[LogLine] = deque(maxlen=KEPT)
        self._count = 0

    def follow(self, engine_ns: int) -> None:
        """Stamp lines with the engine's clock, which a replay sets to another day."""
        self._engine_ahead_ns = engine_ns - self._clock.utc_ns()

    def add(self, level: str, text: str) -> None:
        """Keep a line; level is info (it is done), hint (nothing was: what to do instead), warning or error."""
        self._count += 1
        at_ns = self._clock.utc_ns() + self._engine_ahead_ns
        self.lines.append(LogLine(sequence=-self._count, at_ns=at_ns, level=level, topic="console", text=text))

    @property
    def newest(self) -> LogLine | None:
        return self.lines[-1] if self.lines else None
