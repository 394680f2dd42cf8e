"""A lost link explains what goes wrong at its venue after it, and nothing else."""

from core.alarms.causes import BEFORE_NS, name_causes
from core.state.monitoring import Alert

LOST_NS = 1_000_000_000_000


def alarm(name: str, *, since_ns: int = LOST_NS + 1, scope: str = "venue:v1", severity: str = "severe") -> Alert:
    return Alert(severity=severity, name=name, text="", since_ns=since_ns, scope=scope)


def explained(*others: Alert) -> list[str]:
    alarms = [alarm("feed v1", since_ns=LOST_NS), *others]
    name_causes(alarms, ["v1"])
    return [each.name for each in alarms if each.explained_by == "feed v1"]


def test_what_begins_with_or_after_the_lost_link_is_explained_by_it() -> None:
    assert explained(alarm("unwatched BTC@v1"), alarm("order 7", since_ns=LOST_NS - BEFORE_NS)) == [
        "unwatched BTC@v1",
        "order 7",
    ]


def test_another_venue_and_what_stood_long_before_are_not() -> None:
    assert explained(alarm("unwatched BTC@v2", scope="venue:v2"), alarm("valuation", scope="")) == []
    assert explained(alarm("order 7", since_ns=LOST_NS - BEFORE_NS - 1)) == []


def test_a_critical_alarm_and_what_a_person_did_speak_for_themselves() -> None:
    assert explained(alarm("venue_failures venue:v1", severity="critical"), alarm("manual venue:v1")) == []


def test_without_a_lost_link_nothing_is_explained() -> None:
    alarms = [alarm("unwatched BTC@v1")]
    name_causes(alarms, [])
    assert alarms[0].explained_by == ""
