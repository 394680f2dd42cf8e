"""Which alarms came and went in this run. Alarms are read from what stands, no fact holds them."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from core.state.away import AwayEvent
from core.state.monitoring import Alert

KEPT: Final = 100


class AlarmCount(NamedTuple):
    raised: int
    cleared: int


class AlarmLog:
    """Look at what stands every second; one alarm is one name, whatever its words become."""

    def __init__(self) -> None:
        self._standing: dict[str, str] = {}
        self._events: deque[AwayEvent] = deque(maxlen=KEPT)
        self.count = AlarmCount(0, 0)

    def look(self, alarms: Sequence[Alert], now_ns: int) -> None:
        standing = {alarm.name: f"{alarm.severity} {alarm.name}: {alarm.text}" for alarm in alarms}
        new = [text for name, text in standing.items() if name not in self._standing]
        gone = [name for name in self._standing if name not in standing]
        self._events.extend(AwayEvent(at_ns=now_ns, text=text) for text in new)
        self._events.extend(AwayEvent(at_ns=now_ns, text=f"cleared {name}") for name in gone)
        self.count = AlarmCount(self.count.raised + len(new), self.count.cleared + len(gone))
        self._standing = standing

    def since(self, before: AlarmCount) -> tuple[AlarmCount, list[AwayEvent]]:
        """Return how many came and went since a count was taken, and the newest of them, oldest first."""
        change = AlarmCount(self.count.raised - before.raised, self.count.cleared - before.cleared)
        kept = min(len(self._events), sum(change))
        return change, list(self._events)[len(self._events) - kept :]
