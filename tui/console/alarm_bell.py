"""When the terminal's bell rings: once for an alarm that is new, or worse than it was, and waits for a person."""

from collections.abc import Iterable
from typing import Final

from core.config.console_words import BellLevel
from core.ports.alert_sink import Severity
from core.state.monitoring import Alert
from tui.present.alarms import alarms_of

FORGOTTEN_AFTER_NS: Final = 5_000_000_000
"""An alarm that is back sooner flickers: it is no new one."""
_NEVER: Final = -1


class AlarmBell:
    """Shown snapshots, the same one as often as may be. What a standing alarm explains is no news of its own."""

    def __init__(self, level: BellLevel) -> None:
        self.ring_from(level)
        self._known: dict[str, tuple[int, int]] = {}  # by name: the rank that was rung for, and when it stood last

    def ring_from(self, level: BellLevel) -> None:
        """Ring for alarms that are at least so bad from now on."""
        self.level: BellLevel = level
        self._least = None if level == "off" else Severity(level).rank

    def rings_for(self, alerts: Iterable[Alert], now_ns: int) -> bool:
        """Tell whether to ring now, once however many alarms came."""
        if self._least is None:
            return False
        is_new = False
        for alarm in alarms_of(alerts):
            rung, _ = self._known.get(alarm.name, (_NEVER, 0))
            if alarm.is_open and not alarm.explained_by and alarm.rank > rung and alarm.rank >= self._least:
                is_new, rung = True, alarm.rank
            self._known[alarm.name] = (rung if alarm.is_open else _NEVER), now_ns
        self._known = {
            name: (rung, seen_ns)
            for name, (rung, seen_ns) in self._known.items()
            if now_ns - seen_ns < FORGOTTEN_AFTER_NS
        }
        return is_new
