"""`seraphim alerts ack|shelve|unshelve`: what is asked of the engine, what is printed, the exit code."""

from typing import Any

import pytest

from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run
from tui.cli.exits import ExitCode

CapturedText = pytest.CaptureFixture[str]
AT_NS = 1_700_000_000_000_000_000


def alarm(name: str, severity: str = "severe", **more: Any) -> dict[str, Any]:
    return {"name": name, "severity": severity, "text": "down", "since_ns": AT_NS, "delivered_ns": {}, **more}


@pytest.fixture
def standing(engine: FakeEngine) -> FakeEngine:
    alarms = [
        alarm("feed okx"),
        alarm("job 7"),
        alarm("job 7", "critical"),
        alarm("seen", acknowledged=True, acknowledged_by="console:alice", acknowledged_ns=AT_NS),
        alarm("aside", shelved_until_ns=AT_NS, shelved_by="cli:bob"),
    ]
    engine.answer("GET", "/api/alerts", {"alerts": alarms, "sinks": []})
    for verb in ("acknowledge", "shelve", "unshelve"):
        engine.answer("POST", f"/api/alerts/{verb}", done())
    return engine


def asked(engine: FakeEngine) -> dict[str, Any]:
    body = dict(engine.last.body or {})
    assert str(body.pop("who")).startswith("cli:")
    return body


def test_alarms_are_acknowledged_as_bad_as_the_worst_of_their_name(standing: FakeEngine):
    assert run(["alerts", "ack", "feed okx", "job 7"]) == 0
    assert asked(standing) == {"alarms": {"feed okx": "severe", "job 7": "critical"}}


def test_all_means_what_nobody_has_seen_and_nobody_shelved(standing: FakeEngine):
    assert run(["alerts", "ack", "--all"]) == 0
    assert list(asked(standing)["alarms"]) == ["feed okx", "job 7"]


def test_the_list_says_who_has_seen_an_alarm_and_who_shelved_it(standing: FakeEngine, capsys: CapturedText):
    assert run(["alerts"]) == 0
    text = capsys.readouterr().out
    assert "by console:alice 22:13:20" in text
    assert "by cli:bob" in text
    assert "nobody" in text


@pytest.mark.parametrize(
    ("options", "length"),
    [(["--minutes", "15"], {"seconds": 900}), (["--today"], {"until_day_end": True})],
)
def test_an_alarm_is_shelved_for_a_time_or_for_today(
    standing: FakeEngine, options: list[str], length: dict[str, object]
):
    assert run(["alerts", "shelve", "job 7", "--word", "shelve", *options]) == 0
    assert asked(standing) == {"name": "job 7", "severity": "critical", "word": "shelve", **length}


def test_a_shelved_alarm_is_brought_back(standing: FakeEngine):
    assert run(["alerts", "unshelve", "aside"]) == 0
    assert asked(standing) == {"name": "aside"}


@pytest.mark.parametrize(
    "command",
    [
        ["ack"],
        ["ack", "feed okx", "--all"],
        ["ack", "feed kraken"],
        ["shelve", "feed okx"],
        ["shelve", "feed okx", "--minutes", "5", "--today"],
        ["shelve", "feed kraken", "--today"],
    ],
    ids=" ".join,
)
def test_what_names_no_alarm_or_no_time_is_refused_before_the_engine_is_asked(standing: FakeEngine, command: list[str]):
    assert run(["alerts", *command]) == 2
    assert [request for request in standing.requests if request.method != "GET"] == []


def test_what_the_engine_refuses_exits_with_its_code_and_reason(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/alerts", {"alerts": [alarm("feed okx")], "sinks": []})
    engine.answer("POST", "/api/alerts/acknowledge", not_done("refused", "'feed okx' is critical now"), 409)
    assert run(["alerts", "ack", "feed okx"]) == ExitCode.REFUSED
    assert "critical now" in capsys.readouterr().err


def test_limits_say_when_they_are_reached_at_this_rate(engine: FakeEngine, capsys: CapturedText):
    limits = [
        {"name": "day loss", "unit": "USD", "limit": 500, "used": 100, "left": 400, "reached_in_s": 725},
        {"name": "order", "unit": "USD", "limit": 500, "used": 0, "left": 500, "reached_in_s": None},
    ]
    engine.answer("GET", "/api/risk", {"limits": limits, "blockers": []})
    assert run(["risk"]) == 0
    rows = {row.split()[0]: row for row in capsys.readouterr().out.splitlines() if row.strip()}
    assert "12 min 05 s" in rows["day"]
    assert rows["order"].rstrip().endswith("-")
