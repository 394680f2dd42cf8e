"""Where alerts are sent to: mail, chat, a pager. A sink may fail or hang; nothing of the engine waits for it."""

from enum import StrEnum
from typing import Protocol

import msgspec


class Severity(StrEnum):
    """How bad it is, in rising order of `rank`."""

    INFO = "info"
    WARNING = "warning"
    SEVERE = "severe"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class AlertEvent(StrEnum):
    STANDING = "standing"
    WORSE = "worse"
    ENDED = "ended"
    TEST = "test"


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell a person; times are UTC nanoseconds."""

    event: AlertEvent
    severity: Severity
    name: str
    text: str
    since_ns: int
    at_ns: int

    @property
    def title(self) -> str:
        return f"seraphim {self.severity.value.upper()}: {self.name}" + (
            "" if self.event is AlertEvent.STANDING else f" ({self.event.value})"
        )


class AlertSinkError(Exception):
    """A sink did not take a message. The text is shown and logged: it holds no address and no secret."""


class AlertSink(Protocol):
    async def deliver(self, message: AlertMessage) -> None:
        """Deliver a message, or raise; of an error that is no AlertSinkError only the type is shown."""
        ...


class AlertRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A sink with its name and what it is to be told."""

    name: str
    sink: AlertSink
    min_severity: Severity = Severity.WARNING
    timeout_s: float = 10.0
