"""Why an alarm stands: its cause, what was seen and what is allowed, since when, and what ends it."""

from typing import Final

from core.engine.explaining.blockers import blocker_rows
from core.engine.explaining.rows import fact, section
from core.engine.parts import EngineParts
from core.state.explanation import Explained, ExplainedSection
from core.state.monitoring import Alert, MonitoringState

_ENDS: Final = {
    "feed": "ends by itself once the feed is up again",
    "venue": "ends once the venue no longer says so",
    "valuation": "ends once every price and balance is known again",
    "order": "ends once the venue has said what became of the order",
    "job": "ends once the job is level and nothing of it is left",
    "override": "ends with the override: its time, or seraphim override --end",
    "strategy": "ends once the strategy is started again",
    "sink": "ends once the sink takes messages again",
    "held": "ends once the held order was sent or cancelled",
}
_ELSE: Final = "ends by itself with its cause"


def explain_alarm(name: str, state: MonitoringState, parts: EngineParts) -> Explained | None:
    """Explain a standing alarm by its name; None for one that does not stand."""
    found = [each for each in state.alerts if each.name == name]
    if not found:
        return None
    alarm = found[0]
    rows = [
        fact("severity", alarm.severity, mark="failed" if alarm.severity in {"severe", "critical"} else "warning"),
        fact("since", "", at_ns=alarm.since_ns),
        *(fact("cause", each.text) for each in found),
    ]
    if alarm.explained_by:
        rows.append(fact("follows from", alarm.explained_by))
    kind = name.partition(" ")[0]
    rows.append(fact("ends", _ENDS.get(kind, _ELSE), here="{end-override}" if kind == "override" else ""))
    return Explained(
        subject=f"alarm:{name}",
        headline=f"alarm {name}",
        standing=alarm.text,
        is_trouble=alarm.severity in {"severe", "critical"},
        sections=[section("the alarm", rows), *_blockers(name, state, parts), *_handled(alarm)],
    )


def _blockers(name: str, state: MonitoringState, parts: EngineParts) -> list[ExplainedSection]:
    """Add the halt that the alarm is of."""
    passing = {(each.scope, each.cause) for each in parts.conditions.blockers()}
    return [
        section("the halt", blocker_rows(each, (each.scope, each.cause) in passing))
        for each in state.risk.blockers
        if f"{each.cause} {each.scope}" == name
    ]


def _handled(alarm: Alert) -> list[ExplainedSection]:
    rows = [
        fact("seen by", alarm.acknowledged_by or "nobody yet", at_ns=alarm.acknowledged_ns)
        if alarm.acknowledged
        else fact("seen by", "nobody yet", mark="warning", here="{acknowledge}")
    ]
    if alarm.shelved_until_ns is not None:
        rows.append(fact("shelved until", f"by {alarm.shelved_by}", at_ns=alarm.shelved_until_ns))
    rows += [fact("told to", sink, at_ns=at_ns) for sink, at_ns in alarm.delivered_ns.items()]
    return [section("what was done", rows)]
