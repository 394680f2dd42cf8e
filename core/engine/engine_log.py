"""The newest lines of the engine's log, for consoles; the file on disk is somebody else's."""

from collections import deque
from collections.abc import Callable
from typing import Final

from core.io.redaction import mask_known
from core.ports.clock import Clock
from core.state.desk import LogLine

KEPT_LINES: Final = 2_000


class EngineLog:
    """Keep the last lines and hand each to the sinks, e.g. the log file."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sequence = 0
        self._sinks: list[Callable[[LogLine], None]] = []
        self.lines: deque[LogLine] = deque(maxlen=KEPT_LINES)

    def add_sink(self, sink: Callable[[LogLine], None]) -> None:
        self._sinks.append(sink)

    def info(self, topic: str, text: str) -> None:
        self.write("info", topic, text)

    def warning(self, topic: str, text: str) -> None:
        self.write("warning", topic, text)

    def error(self, topic: str, text: str) -> None:
        self.write("error", topic, text)

    def write(self, level: str, topic: str, text: str) -> None:
        self._sequence += 1
        shown = mask_known(text)
        line = LogLine(sequence=self._sequence, at_ns=self._clock.utc_ns(), level=level, topic=topic, text=shown)
        self.lines.append(line)
        for sink in self._sinks:
            sink(line)
