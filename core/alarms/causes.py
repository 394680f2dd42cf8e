"""Which alarm explains which: what goes wrong at a venue after its link was lost is a consequence of that. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.alarms.marks import CRITICAL, blocker_alarm_name
from core.risk.halts import Cause, venue_scope
from core.state.monitoring import Alert

BEFORE_NS: Final = 60_000_000_000
"""How long before a link is called lost its consequences may begin: who waits for it notices the silence first."""


def lost_link_name(venue: str) -> str:
    """Return the name of the alarm that a venue's link is lost."""
    return f"feed {venue}"


def name_causes(alarms: Sequence[Alert], lost_venues: Iterable[str]) -> None:
    """Write into each alarm the name of the one that explains it; empty where none is known to.

    An alarm that stood long before is no consequence, nor is what a person did; a critical one speaks for itself.
    """
    by_name = {alarm.name: alarm for alarm in alarms}
    roots = {venue_scope(venue): by_name.get(lost_link_name(venue)) for venue in lost_venues}
    for alarm in alarms:
        root = roots.get(alarm.scope)
        is_consequence = (
            root is not None
            and alarm is not root
            and alarm.severity != CRITICAL
            and alarm.name != blocker_alarm_name(Cause.MANUAL, alarm.scope)
            and alarm.since_ns >= root.since_ns - BEFORE_NS
        )
        alarm.explained_by = root.name if root is not None and is_consequence else ""
