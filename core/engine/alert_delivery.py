"""Tells every sink of alerts that begin to stand, get worse and end. They stand whether or not a sink hears of them.

Hazards and what meets them:

- a sink that hangs or fails: its own worker with a time-out, a bounded queue and growing pauses; it is an alert itself;
- an alert that flickers: its end is told only after `ENDED_AFTER_NS`; what comes back before that has not ended;
- a kill that is lifted within the second: it is told when it is given, not when it is next looked for;
- an engine that stops: what waits is given `STOP_PATIENCE_S` to leave.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from core.engine.alert_worker import AlertWorker
from core.engine.engine_log import EngineLog
from core.ports.alert_sink import AlertEvent, AlertMessage, AlertRoute, Severity
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.state.monitoring import Alert, AlertSinkState

ENDED_AFTER_NS: Final = 5_000_000_000
STOP_PATIENCE_S: Final = 3.0


class _Known(msgspec.Struct, kw_only=True):
    alert: Alert
    told: Severity  # the worst that sinks were told of
    gone_ns: int | None = None  # steady time since when it is not there


class AlertDelivery:
    """Shown the standing alerts every second."""

    def __init__(self, routes: Sequence[AlertRoute], clock: Clock, randomness: Randomness, log: EngineLog) -> None:
        self._clock = clock
        self._workers = {route.name: AlertWorker(route, clock, randomness, log) for route in routes}
        self._known: dict[str, _Known] = {}

    @property
    def has_sinks(self) -> bool:
        return bool(self._workers)

    def look(self, alerts: Iterable[Alert]) -> None:
        """Tell what is new, worse or over since the last look."""
        standing = _worst_by_name(alerts)
        for alert in standing.values():
            self._look_at(alert)
        now_ns = self._clock.monotonic_ns()
        for name in [name for name in self._known if name not in standing]:
            self._look_for_end(name, now_ns)

    def announce(self, alert: Alert) -> None:
        """Tell of an alert now and always, also where one of its name stands already."""
        severity = Severity(alert.severity)
        self._known[alert.name] = _Known(alert=alert, told=severity)
        self._tell(AlertEvent.STANDING, severity, alert)

    def _look_at(self, alert: Alert) -> None:
        severity, known = Severity(alert.severity), self._known.get(alert.name)
        if known is None:
            self.announce(alert)
            return
        known.alert, known.gone_ns = alert, None
        if severity.rank > known.told.rank:
            known.told = severity
            self._tell(AlertEvent.WORSE, severity, alert)

    def _look_for_end(self, name: str, now_ns: int) -> None:
        known = self._known[name]
        if known.gone_ns is None:
            known.gone_ns = now_ns
        if now_ns - known.gone_ns >= ENDED_AFTER_NS:
            del self._known[name]
            self._tell(AlertEvent.ENDED, known.told, known.alert)
            for worker in self._workers.values():
                worker.forget(name)

    def _tell(self, event: AlertEvent, severity: Severity, alert: Alert) -> None:
        message = AlertMessage(
            event=event,
            severity=severity,
            name=alert.name,
            text=alert.text,
            since_ns=alert.since_ns,
            at_ns=self._clock.utc_ns(),
        )
        for worker in self._workers.values():
            is_about_itself = alert.name == _name_of(worker.route.name)
            if severity.rank >= worker.route.min_severity.rank and not is_about_itself:
                worker.put(message)

    async def test(self, sink: str) -> str | None:
        """Send one message through a sink now, whatever waits; return None or why it failed."""
        worker, now_ns = self._workers[sink], self._clock.utc_ns()
        return await worker.attempt(
            AlertMessage(
                event=AlertEvent.TEST,
                severity=Severity.INFO,
                name="test",
                text=f"a test of sink {sink}: alerts arrive here",
                since_ns=now_ns,
                at_ns=now_ns,
            )
        )

    async def stop(self) -> None:
        """Let what waits leave, then end the workers."""
        await asyncio.gather(*(worker.stop(STOP_PATIENCE_S) for worker in self._workers.values()))

    # seeing ----------------------------------------------------------------------------------------

    def sinks(self) -> list[AlertSinkState]:
        return [worker.state for worker in self._workers.values()]

    def delivered_ns(self, name: str) -> dict[str, int]:
        """Return when each sink took the newest message of an alert."""
        return {
            sink: worker.delivered_ns[name] for sink, worker in self._workers.items() if name in worker.delivered_ns
        }

    def alerts(self) -> list[Alert]:
        """Return an alert for each sink that does not take messages."""
        return [
            Alert(
                severity=Severity.WARNING.value,
                name=_name_of(state.name),
                text=f"does not take alerts, {state.waiting} wait, {state.dropped} were dropped: {state.last_error}",
                since_ns=state.failing_since_ns,
            )
            for state in self.sinks()
            if state.failing_since_ns is not None
        ]


def _name_of(sink: str) -> str:
    return f"alert sink {sink}"


def _worst_by_name(alerts: Iterable[Alert]) -> dict[str, Alert]:
    found: dict[str, Alert] = {}
    for alert in alerts:
        other = found.get(alert.name)
        if other is None or Severity(alert.severity).rank > Severity(other.severity).rank:
            found[alert.name] = alert
    return found
