"""Messages that wait for one sink: at most one an alert, bounded, the worst first. Pure."""

from typing import Final

from core.ports.alert_sink import AlertEvent, AlertMessage

MAX_WAITING: Final = 100


class AlertQueue:
    """Newer words of an alert replace older ones; where there is no room the mildest and oldest go, counted."""

    def __init__(self, most: int = MAX_WAITING) -> None:
        self._most = most
        self._waiting: dict[str, AlertMessage] = {}  # by name, in the order of arrival
        self.dropped = 0
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: AlertMessage) -> None:
        before = self._waiting.pop(message.name, None)
        if before is not None:
            self.conflated += 1
            message = _merged(before, message)
        self._waiting[message.name] = message
        if len(self._waiting) > self._most:
            del self._waiting[min(self._waiting.values(), key=_weight).name]
            self.dropped += 1

    def next(self) -> AlertMessage | None:
        """Return the worst that waits, of these the one that came first; it stays until it is `done`."""
        return max(self._waiting.values(), key=_weight, default=None)

    def done(self, message: AlertMessage) -> None:
        """Take a delivered message out, unless a newer one of its alert has come meanwhile."""
        if self._waiting.get(message.name) is message:
            del self._waiting[message.name]


def _weight(message: AlertMessage) -> tuple[bool, int]:
    """Weigh what stands above what has ended, then by severity."""
    return message.event is not AlertEvent.ENDED, message.severity.rank


def _merged(before: AlertMessage, message: AlertMessage) -> AlertMessage:
    """Keep the first word of an alert that nobody has heard of as the news, at its newest severity and text."""
    if before.event is AlertEvent.STANDING and message.event is AlertEvent.WORSE:
        return AlertMessage(
            event=AlertEvent.STANDING,
            severity=message.severity,
            name=message.name,
            text=message.text,
            since_ns=before.since_ns,
            at_ns=message.at_ns,
        )
    return message
