"""The moments of a session that are worth going to: fills, halts and alarms, found in what the engine showed."""

from collections.abc import Iterator
from typing import Final

from core.state.desk import DeskSnapshot
from tui.flight.entries import Mark
from tui.present import numbers

KEY, FILL, HALT, ALARM = "key", "fill", "halt", "alarm"
_MOST_FILLS: Final = 3  # told of one look; the rest is counted


class MarkFinder:
    """Compares each picture with the one before; the first one tells nothing, for all of it is old."""

    def __init__(self) -> None:
        self._before: DeskSnapshot | None = None

    def look(self, snapshot: DeskSnapshot, at_ns: int) -> list[Mark]:
        before, self._before = self._before, snapshot
        if before is None or before.engine_id != snapshot.engine_id:
            return []
        return [Mark(at_ns, kind, text) for kind, text in _news(before, snapshot)]


def _news(before: DeskSnapshot, now: DeskSnapshot) -> Iterator[tuple[str, str]]:
    if now.monitoring.global_.total_trades > before.monitoring.global_.total_trades:
        yield from ((FILL, text) for text in _fills(before, now))
    was, is_now = before.monitoring.global_, now.monitoring.global_
    if is_now.system_status != was.system_status or is_now.halt_level != was.halt_level:
        yield HALT, f"{was.system_status} → {is_now.system_status} ({is_now.halt_level})"
    standing = {(alert.name, alert.since_ns) for alert in before.monitoring.alerts}
    for alert in now.monitoring.alerts:
        if (alert.name, alert.since_ns) not in standing:
            yield ALARM, f"{alert.severity} {alert.name}: {alert.text}"


def _fills(before: DeskSnapshot, now: DeskSnapshot) -> Iterator[str]:
    known = {(fill.venue, fill.fill_id) for fill in before.fills}
    news = [fill for fill in now.fills if (fill.venue, fill.fill_id) not in known]
    for fill in news[:_MOST_FILLS]:
        size, price = numbers.exact(fill.quantity), numbers.exact(fill.price)
        yield f"{fill.side.upper()} {size} {fill.symbol} {fill.venue} @ {price}"
    if len(news) > _MOST_FILLS:
        yield f"{len(news) - _MOST_FILLS} more fills"
