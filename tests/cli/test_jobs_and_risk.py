"""Jobs, capital, limits and what tightens them: what is asked of the engine, what is printed, the exit code."""

import json
from typing import Any

import pytest

from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]

LEG: dict[str, Any] = {
    "venue": "sim-a",
    "symbol": "BTC/USDT:USDT",
    "side": "buy",
    "quantity": 0.05,
    "filled_quantity": 0.03,
    "average_price": 64000.5,
    "state": "sent",
}


def job(number: int, status: str, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "job_id": f"job-s12ab-0001-{number}",
        "status": status,
        "phase": "",
        "outcome": "",
        "strategy_type": "hedge",
        "symbol": "BTC/USDT",
        "notional_usd": 3200.5,
        "expected_edge_bps": 4.227192,
        "final": None,
        "waits_for": "",
        "reason": "",
        "legs": [LEG],
        "pnl_usd": None,
        "under_override": False,
    }
    return {**facts, **more}


JOBS = {
    "jobs": [
        job(3, "running", phase="hedging", naked_usd=1280.25, under_override=True),
        job(17, "pending", final=0.8099, waits_for="venue sim-a has 10 of 10 running jobs"),
        job(2, "finished", outcome="completed", reason="filled", pnl_usd=1.2345),
        job(1, "dropped", outcome="refused", reason="min_edge: 2.1 bps, allowed at least 3"),
    ]
}
COMMANDS = [
    ["jobs"],
    ["jobs", "--pending"],
    ["jobs", "cancel", "job-s12ab-0001-3"],
    ["explain", "0001-3"],
    ["capital"],
    ["risk"],
    ["override", "--minutes", "5", "--reason", "by hand", "--yes"],
    ["override", "--end"],
    ["halt", "venue:sim-a", "halted"],
    ["safe-mode", "sim-a", "on"],
]


@pytest.fixture
def jobs(engine: FakeEngine) -> FakeEngine:
    engine.answer("GET", "/api/jobs", JOBS)
    return engine


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_an_engine_every_command_exits_3(paths: Paths, capsys: CapturedText, command: list[str]):
    assert run(command) == 3
    assert "`seraphim daemon`" in capsys.readouterr().err


def test_jobs_are_shown_with_state_legs_scores_and_why(jobs: FakeEngine, capsys: CapturedText):
    assert run(["jobs"]) == 0
    text = capsys.readouterr().out
    for fact in (
        "running: hedging OVERRIDE",
        "buy 0.03/0.05 sim-a @ 64,000.50 sent",
        "1,280.25",
        "venue sim-a has 10 of 10 running jobs",
        "0.80",
        "finished: completed",
        "1.23",
        "dropped: refused",
        "min_edge: 2.1 bps",
    ):
        assert fact in text
    assert "0.81" not in text


@pytest.mark.parametrize(
    ("option", "numbers"), [("--pending", ["17"]), ("--running", ["3"]), ("--finished", ["2", "1"])]
)
def test_jobs_can_be_narrowed_to_a_state(jobs: FakeEngine, capsys: CapturedText, option: str, numbers: list[str]):
    assert run(["jobs", option, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["jobs"]
    assert [row["job_id"].rpartition("-")[2] for row in shown] == numbers


def test_no_jobs_is_a_sentence(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/jobs", {"jobs": []})
    assert run(["jobs"]) == 0
    assert capsys.readouterr().out == "no jobs\n"


def test_a_job_is_cancelled_by_its_id_or_the_end_of_it(jobs: FakeEngine, capsys: CapturedText):
    jobs.answer("DELETE", "/api/jobs/job-s12ab-0001-17", done("job is brought to its end"))
    assert run(["jobs", "cancel", "job-s12ab-0001-17", "--reason", "not now"]) == 0
    assert run(["jobs", "cancel", "0001-17"]) == 0
    assert jobs.last.path == "/api/jobs/job-s12ab-0001-17"
    assert jobs.requests[0].query["reason"] == "not now"
    assert jobs.last.query["who"].startswith("cli:")


def test_the_end_of_two_ids_cancels_neither(engine: FakeEngine, capsys: CapturedText):
    twice = [job(7, "pending"), {**job(7, "pending"), "job_id": "job-s34cd-0001-7"}]
    engine.answer("GET", "/api/jobs", {"jobs": twice})
    assert run(["jobs", "cancel", "0001-7"]) == 2
    assert "the end of 2 jobs" in capsys.readouterr().err
    assert [request.method for request in engine.requests] == ["GET"]


def test_the_end_of_an_id_is_whole_parts_of_it(jobs: FakeEngine, capsys: CapturedText):
    jobs.answer("DELETE", "/api/jobs/7", not_done("invalid", "no job 7 waits or runs"), 400)
    assert run(["jobs", "cancel", "7"]) == 2  # not job …-17
    assert "no job 7 waits or runs" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["explain", ""], ["jobs", "cancel", " "]])
def test_an_empty_id_of_a_job_is_said_and_nobody_is_asked(command: list[str], jobs: FakeEngine, capsys: CapturedText):
    assert run(command) == 2
    assert "the job's id is empty" in capsys.readouterr().err


def test_explain_prints_every_control_and_how_the_score_came_about(jobs: FakeEngine, capsys: CapturedText):
    checks = [
        {"rule": "edge_after_costs", "is_hard": True, "unit": "bps", "limit": "at least 10", "observed": "7.6",
         "passed": False, "lifted": False},
        {"rule": "min_edge", "is_hard": False, "unit": "bps", "limit": "at least 3", "observed": "2.1",
         "passed": False, "lifted": True},
    ]  # fmt: skip
    scores = {"safety": 0.95, "volume": 0.52, "final": 0.8, "safety_weight": 0.65, "rank": 2, "pending_count": 5}
    answer = done("job-s12ab-0001-17 is pending: edge_after_costs", checks=checks, **scores)
    jobs.answer("POST", "/api/jobs/job-s12ab-0001-17/explain", answer)
    assert run(["explain", "0001-17"]) == 0
    text = capsys.readouterr().out
    for fact in ("0.65 x safety + 0.35 x volume", "rank 2 of 5", "hard", "FAILED", "LIFTED", "7.6", "at least 10"):
        assert fact in text


CAPITAL: dict[str, Any] = {
    "venues": [
        {
            "venue": "sim-a",
            "equity_usd": 100000,
            "pools": [
                {"pool": "hedge", "budget_usd": 70000, "reserved_usd": 3200, "committed_usd": 100, "free_usd": 66700}
            ],
            "in_flight_usd": 3200,
            "in_flight_limit_usd": 30000,
            "single_limit_usd": 10000,
            "safe_mode": True,
            "today_pnl_usd": 1.5,
        },
        {
            "venue": "sim-b",
            "equity_usd": None,
            "pools": [{"pool": "hedge", "budget_usd": None, "reserved_usd": 0, "committed_usd": 0, "free_usd": None}],
            "in_flight_usd": 0,
            "in_flight_limit_usd": None,
            "safe_mode": False,
        },
    ]
}


def test_capital_shows_pools_the_cap_in_flight_and_says_where_equity_is_unknown(
    engine: FakeEngine, capsys: CapturedText
):
    engine.answer("GET", "/api/capital/snapshot", CAPITAL)
    assert run(["capital"]) == 0
    text = capsys.readouterr().out
    for fact in ("66,700.00", "30,000.00", "ON", "equity is unknown"):
        assert fact in text
    assert run(["capital", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == CAPITAL


def test_risk_shows_room_blockers_and_the_override(engine: FakeEngine, capsys: CapturedText):
    blocker = {"scope": "venue:sim-a", "cause": "manual", "level": 3, "since_ns": 0, "who": "cli:me", "reason": "slow"}
    engine.answer(
        "GET",
        "/api/risk",
        {
            "risk_mode": "balanced",
            "halt_level": "normal",
            "override_until_ns": 1_700_000_000_000_000_000,
            "limits": [{"name": "running jobs", "unit": "jobs", "limit": 50, "used": 2, "left": 48}],
            "blockers": [blocker],
            "fast_markets": ["BTC/USDT@sim-a"],
        },
    )
    assert run(["risk"]) == 0
    text = capsys.readouterr().out
    for fact in ("BALANCED", "! OVERRIDE", "2023-11-14 22:13:20", "48.00", "venue:sim-a", "slow", "BTC/USDT@sim-a"):
        assert fact in text


def test_override_takes_minutes_and_a_reason_and_end_takes_none(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/control/manual_override", done("soft rules are lifted"))
    engine.answer("POST", "/api/control/end_override", done("override ended"))
    for wrong in (
        ["override"],
        ["override", "--minutes", "5"],
        ["override", "--minutes", "0", "--reason", "x"],
        ["override", "--minutes", "nan", "--reason", "x"],
        ["override", "--minutes", "inf", "--reason", "x"],
        ["override", "--minutes", "5", "--end"],
    ):
        assert run(wrong) == 2, wrong
    assert engine.requests == []
    assert run(["override", "--minutes", "2.5", "--reason", "by hand"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert run(["override", "--minutes", "2.5", "--reason", "by hand", "--yes"]) == 0
    assert engine.last.body is not None
    assert (engine.last.body["seconds"], engine.last.body["reason"]) == (150, "by hand")
    assert run(["override", "--end"]) == 0
    assert engine.last.path == "/api/control/end_override"


@pytest.mark.parametrize(("typed", "code"), [("override", 0), ("yes", 2), ("", 2)])
def test_at_a_terminal_an_override_takes_a_typed_word(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
):
    engine.answer("POST", "/api/control/manual_override", done("soft rules are lifted"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed)
    assert run(["override", "--minutes", "5", "--reason", "by hand"]) == code
    assert len(engine.requests) == (code == 0)


def test_halt_names_a_scope_and_a_level(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/control/halt", done("venue:sim-a is at HALTED"))
    assert run(["halt", "venue:sim-a", "halted", "--reason", "slow"]) == 0
    assert engine.last.body is not None
    assert {name: engine.last.body[name] for name in ("scope", "level", "reason")} == {
        "scope": "venue:sim-a",
        "level": "halted",
        "reason": "slow",
    }
    assert run(["halt", "venue:sim-a", "normal"]) == 2  # loosening is `resume`


def test_leaving_safe_mode_takes_a_reason_and_entering_does_not(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/control/set_safe_mode", done())
    assert run(["safe-mode", "sim-a", "on"]) == 0
    assert engine.last.body is not None
    assert engine.last.body["is_on"] is True
    assert run(["safe-mode", "sim-a", "off"]) == 2
    assert len(engine.requests) == 1
    assert run(["safe-mode", "sim-a", "off", "--reason", "checked"]) == 0
    assert engine.last.body["is_on"] is False


def test_what_the_engine_refuses_exits_with_its_code(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/control/halt", not_done("invalid", "scope 'venue:x' is not one of global"), 400)
    assert run(["halt", "venue:x", "halted"]) == 2
    assert "not one of global" in capsys.readouterr().err


def test_alerts_say_who_was_told_and_how_sinks_do(engine: FakeEngine, capsys: CapturedText):
    alert = {
        "severity": "critical", "name": "kill global", "text": "HALTED by person: wrong prices",
        "since_ns": 1_700_000_000_000_000_000, "delivered_ns": {"phone": 1_700_000_001_000_000_000},
    }  # fmt: skip
    failing = {"name": "mail", "min_severity": "warning", "waiting": 3, "last_error": "no answer within 10 s"}
    engine.answer("GET", "/api/alerts", {"alerts": [alert], "sinks": [failing]})
    assert run(["alerts"]) == 0
    text = capsys.readouterr().out
    assert "phone 22:13:21" in text
    assert "no answer within 10 s" in text
    engine.answer("GET", "/api/alerts", {"alerts": [], "sinks": []})
    assert run(["alerts", "list"]) == 0
    assert "alerts are shown and not sent" in capsys.readouterr().out


def test_a_sink_that_takes_no_test_message_is_a_failure(engine: FakeEngine, capsys: CapturedText):
    engine.answer("POST", "/api/alerts/phone/test", {"message": "sink phone: no answer within 10 s"}, status=503)
    assert run(["alerts", "test", "phone"]) == 1
    assert "no answer within 10 s" in capsys.readouterr().err
