"""What a recording consists of, whatever form it was written in."""

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Channel(StrEnum):
    STREAM = "stream"  # a websocket message
    REST = "rest"  # the body of a REST answer
    CONNECTED = "connected"  # a websocket was opened; no payload


class RecordedMessage(NamedTuple):
    """One venue message as it was received; `url` is None where the recording does not say it."""

    received_ns: int
    channel: Channel
    url: str | None
    payload: bytes


class TornTail(StrEnum):
    """What to do with a recording that ends in the middle of a line, as after a crash."""

    REFUSE = "refuse"
    ACCEPT = "accept"  # read up to the last whole line


class RecordingError(Exception):
    """A recording cannot be read; the text names file, line and what was expected."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        where = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem
