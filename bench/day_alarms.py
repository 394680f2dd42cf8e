"""Alarms of a generated day: they come under ever new names, are acknowledged, explain each other, and clear."""

from collections.abc import Mapping
from typing import Final

import msgspec

from core.state.monitoring import Alert

ONE_EVERY_NS: Final = 45_000_000_000
_STAND_NS: Final = 200_000_000_000
_SEVERITIES: Final = ("warning", "severe", "critical")
_GROUP_ONE_IN: Final = 5
_CONSEQUENCES: Final = 3


class DayAlarms:
    """What stands at a moment; a trader may acknowledge it, and after a time each clears by itself."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._count, self._next_ns = 0, 0
        self.standing: list[Alert] = []
        self.raised = self.cleared = 0

    def go_on(self, now_ns: int) -> None:
        kept = [alert for alert in self.standing if now_ns - alert.since_ns < _STAND_NS]
        self.cleared += len(self.standing) - len(kept)
        self.standing = kept
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + ONE_EVERY_NS
            self._raise(now_ns)

    def acknowledge(self, alarms: Mapping[str, str], who: str, now_ns: int) -> None:
        self.standing = [
            msgspec.structs.replace(alert, acknowledged=True, acknowledged_by=who, acknowledged_ns=now_ns)
            if alert.name in alarms
            else alert
            for alert in self.standing
        ]

    def _raise(self, now_ns: int) -> None:
        self._count += 1
        number = self._count
        severity = _SEVERITIES[number % len(_SEVERITIES)]
        text = f"left {number % 50 / 100} naked: the hedge was refused"
        news = [Alert(severity=severity, name=f"job 0001-{number}", text=text, since_ns=now_ns)]
        if number % _GROUP_ONE_IN == 0:
            cause = f"feed {self._venue}-{number}"
            news = [Alert(severity="severe", name=cause, text="feed is down: connection lost", since_ns=now_ns)]
            news += [
                Alert(severity="warning", name=f"unwatched {number}-{part}", text="its book is stale",
                      since_ns=now_ns, explained_by=cause)
                for part in range(_CONSEQUENCES)
            ]  # fmt: skip
        self.standing = [*self.standing, *news]
        self.raised += len(news)
