"""What persons did to standing alarms, folded from facts: acknowledged, or shelved for a time.

An acknowledgement counts for the alarm as it was seen: one that got worse, or stands twice, is not acknowledged. It
ends with the alarm. A shelf outlives a mild alarm that comes and goes, which is what it is for; a critical one that
comes back is a new one.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from core.journal.facts import (
    AlarmAcknowledged,
    AlarmLapsed,
    AlarmShelved,
    AlarmUnshelved,
    AnyFact,
    BlockerLifted,
)
from core.ports.alert_sink import Severity
from core.state.monitoring import Alert

CRITICAL: Final = Severity.CRITICAL.value
SHELVE_WORD: Final = "shelve"


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    severity: str
    standing: int
    who: str
    at_ns: int


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    severity: str
    who: str
    at_ns: int
    until_ns: int

    def holds(self, now_ns: int) -> bool:
        """Tell whether its time runs; a clock set back before its beginning ends it rather than stretching it."""
        return self.at_ns <= now_ns < self.until_ns


class AlarmMarksState(msgspec.Struct, frozen=True):
    """The marks as a value, for snapshots."""

    acknowledged: dict[str, Acknowledgement] = {}
    shelved: dict[str, Shelf] = {}


class AlarmMarks:
    """One acknowledgement and one shelf at most for each name."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, Acknowledgement] = {}
        self.shelved: dict[str, Shelf] = {}

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; facts of other kinds change nothing."""
        match fact:
            case AlarmAcknowledged():
                self.acknowledged[fact.name] = Acknowledgement(
                    severity=fact.severity, standing=fact.standing, who=fact.who, at_ns=fact.at_ns
                )
            case AlarmLapsed():
                self.acknowledged.pop(fact.name, None)
            case AlarmShelved():
                self.shelved[fact.name] = Shelf(
                    severity=fact.severity, who=fact.who, at_ns=fact.at_ns, until_ns=fact.until_ns
                )
            case AlarmUnshelved():
                self.shelved.pop(fact.name, None)
            case BlockerLifted():
                self._ended(blocker_alarm_name(fact.cause, fact.scope))
            case _:
                pass

    def _ended(self, name: str) -> None:
        """Forget a lifted halt: raised again, even within the second, it is a new alarm."""
        self.acknowledged.pop(name, None)
        shelf = self.shelved.get(name)
        if shelf is not None and shelf.severity == CRITICAL:
            del self.shelved[name]

    def to_state(self) -> AlarmMarksState:
        return AlarmMarksState(dict(self.acknowledged), dict(self.shelved))

    def restore(self, state: AlarmMarksState) -> None:
        self.acknowledged, self.shelved = dict(state.acknowledged), dict(state.shelved)


class Standing(msgspec.Struct, frozen=True):
    """What stands under one name: the worst severity, and how many."""

    severity: str
    count: int


def standing_by_name(alarms: Sequence[Alert]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for alarm in alarms:
        before = found.get(alarm.name)
        if before is None:
            found[alarm.name] = Standing(alarm.severity, 1)
        else:
            worst = alarm.severity if is_worse(alarm.severity, before.severity) else before.severity
            found[alarm.name] = Standing(worst, before.count + 1)
    return found


def is_worse(severity: str, than: str) -> bool:
    return Severity(severity).rank > Severity(than).rank


def lapse_cause(mark: Acknowledgement, standing: Standing) -> str | None:
    """Say why an acknowledgement does not count for what stands, None where it counts."""
    if is_worse(standing.severity, mark.severity):
        return f"it got worse, {standing.severity}"
    return "another of its name came" if standing.count > mark.standing else None


def blocker_alarm_name(cause: str, scope: str) -> str:
    """Return the name of the alarm that a standing halt is."""
    return f"{cause} {scope}"
