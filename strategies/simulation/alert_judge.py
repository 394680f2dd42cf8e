"""Judges the delivery of alerts: bounded, told by the sink that works; one that fails is an alert itself (F39)."""

from typing import Final

from core.engine.alert_queue import MAX_WAITING
from core.ports.alert_sink import Severity
from core.state.monitoring import MonitoringState
from strategies.simulation.evidence import Evidence
from strategies.simulation.pager import Pager

PATIENCE_S: Final = 10.0
GOOD: Final = "mail"
AT_ONCE_NS: Final = 10_000  # timers of virtual time are a few nanoseconds apart


class AlertJudge:
    """Looks every few seconds at a running engine and its sinks."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._sinks: dict[str, Pager] = {}
        self._committed_ns: dict[str, int] = {}
        self._since_s: dict[str, float] = {}  # by alert: since when it has stood at every look
        self._drained_s: dict[str, float] = {}  # by sink: when nothing waited for it last

    def begin(self, sinks: dict[str, Pager]) -> None:
        """Begin anew with the sinks of another engine."""
        self._sinks, self._since_s, self._committed_ns = sinks, {}, {}

    def committed(self, client_order_id: str) -> None:
        """Take note of when an order became durable: from there on it waits for nothing."""
        self._committed_ns[client_order_id] = self._evidence.world.timeline.now_ns

    def submitted(self, client_order_id: str) -> None:
        """Demand that an order left with its commit, whatever sinks do at that time."""
        committed_ns = self._committed_ns.pop(client_order_id, None)
        took_ns = 0 if committed_ns is None else self._evidence.world.timeline.now_ns - committed_ns
        if took_ns > AT_ONCE_NS:
            self._evidence.blame("F39", f"order {client_order_id} left {took_ns / 1e6:.3f} ms after its commit")

    def look(self) -> None:
        engine = self._evidence.engine
        if engine is None or engine.is_starting:
            return
        state = engine.monitoring()
        names = {alert.name: alert for alert in state.alerts}
        for sink in state.alert_sinks:
            if sink.waiting > MAX_WAITING or self._sinks[sink.name].under_way > 1:
                self._evidence.blame("F39", f"sink {sink.name} holds {sink.waiting} alerts, more than one under way")
            if not sink.waiting:
                self._drained_s[sink.name] = self._evidence.world.elapsed_s
            if sink.failing_since_ns is not None and f"alert sink {sink.name}" not in names:
                self._evidence.blame("G9", f"nothing alerts to sink {sink.name}, which takes no alerts")
        self._look_at_good_one(state)

    def _look_at_good_one(self, state: MonitoringState) -> None:
        now_s = self._evidence.world.elapsed_s
        loud = [alert.name for alert in state.alerts if Severity(alert.severity).rank >= Severity.WARNING.rank]
        self._since_s = {name: self._since_s.get(name, now_s) for name in loud}
        for name, since_s in self._since_s.items():
            if now_s - since_s > PATIENCE_S and name not in self._sinks[GOOD].told:
                self._evidence.blame("F39", f"{name} stands for {now_s - since_s:.1f} s and nobody was told")

    def look_at_rest(self) -> None:
        """Demand that sinks which work again were told everything but what was raised a moment ago."""
        engine = self._evidence.engine
        for sink in [] if engine is None else engine.monitoring().alert_sinks:
            is_new = self._evidence.world.elapsed_s - self._drained_s.get(sink.name, 0.0) <= PATIENCE_S
            if (sink.waiting and not is_new) or sink.failing_since_ns is not None:
                self._evidence.blame("F39", f"sink {sink.name} works again, and {sink.waiting} alerts still wait")
