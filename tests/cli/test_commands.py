"""What each command asks of the engine, what it prints, and the exit code it ends with."""

import json
import os
from typing import Any

import pytest

from core.io.instance_lock import InstanceLock
from core.paths import Paths
from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run

CapturedText = pytest.CaptureFixture[str]

STATE: dict[str, Any] = {
    "schema": 1,
    "global": {
        "system_status": "running",
        "trading_mode": "paper",
        "risk_mode": "balanced",
        "halt_level": "normal",
        "equity_usd": 300000.5,
        "daily_loss_limit": 500,
        "daily_loss_used": 12.25,
    },
    "capital": {"sim-a": {"equity": 100000}},
    "venues": {"sim-a": {"feed_state": "up", "feed_age_s": 0.2, "open_orders_count": 1}},
    "jobs": {},
    "risk": {
        "blockers": [
            {
                "scope": "global",
                "cause": "pause",
                "since_ns": 1_700_000_000_000_000_000,
                "who": "cli:me",
                "reason": "news",
                "level": 1,
            }
        ],
        "limits": [{"name": "day loss", "unit": "USD", "limit": 500, "used": 12.25, "left": 487.75}],
    },
    "market": {"sim-a": {"BTC/USDT": {"bid": 64000.5, "ask": 64001, "last": None, "validity": "stale", "age_s": 3.2}}},
    "strategies": [],
    "alerts": [],
    "last_update": 1,
}


def live() -> dict[str, Any]:
    return {**STATE, "global": {**STATE["global"], "trading_mode": "live"}}


def error_of(captured: CapturedText) -> dict[str, Any]:
    return json.loads(captured.readouterr().err)["error"]


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["pause"],
        ["resume"],
        ["set-risk-mode", "balanced"],
        ["kill"],
        ["positions"],
        ["orders"],
        ["fills"],
        ["strategies"],
        ["strategies", "start", "ma_cross"],
        ["order", "buy", "1", "BTC/USDT@sim-a"],
        ["cancel", "--all"],
    ],
    ids=" ".join,
)
def test_without_an_engine_every_command_exits_3_and_says_how_to_start_one(
    paths: Paths, capsys: CapturedText, command: list[str]
):
    assert run(command) == 3
    text = capsys.readouterr().err
    assert str(paths.socket) in text
    assert "`seraphim daemon`" in text
    assert run([*command, "--json"]) == 3
    assert error_of(capsys)["exit_code"] == 3


def test_an_engine_that_is_still_starting_is_told_from_none(paths: Paths, capsys: CapturedText):
    paths.ensure()
    lock = InstanceLock(paths.lock)
    lock.acquire(0)
    try:
        assert run(["status"]) == 3
    finally:
        lock.release()
    assert f"the engine, process {os.getpid()}, is starting or stopping" in capsys.readouterr().err


def test_a_dead_engines_socket_counts_as_no_engine(paths: Paths, capsys: CapturedText):
    import socket

    paths.ensure()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(paths.socket))
    assert run(["status"]) == 3
    assert "no engine is running" in capsys.readouterr().err


def test_status_prints_the_engines_own_document(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/monitoring/state", STATE)
    assert run(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == STATE


def test_status_shows_mode_blockers_limits_and_the_age_of_prices(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/monitoring/state", STATE)
    assert run(["status"]) == 0
    text = capsys.readouterr().out
    for fact in ("PAPER  RUNNING  BALANCED", "300,000.50", "pause", "news", "487.75", "64,000.5", "stale", "3.2 s"):
        assert fact in text


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        ({"used_share": 0.25, "closed_until_ns": None}, "25% used"),
        ({"used_share": 0.1, "closed_until_ns": 1_700_000_000_000_000_000}, "closed until 2023-11-14 22:13:20"),
    ],
)
def test_status_shows_how_much_of_a_rate_limit_is_used(
    engine: FakeEngine, capsys: CapturedText, limit: dict[str, Any], shown: str
):
    venues = {"sim-a": {**STATE["venues"]["sim-a"], "rate_limit": limit}}
    engine.answer("GET", "/api/monitoring/state", STATE | {"venues": venues})
    assert run(["status"]) == 0
    assert shown in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "outcome", "exit_code"),
    [(200, "done", 0), (400, "invalid", 2), (404, "invalid", 2), (409, "refused", 4), (503, "failed", 1)],
)
def test_the_outcome_decides_the_exit_code(
    engine: FakeEngine, capsys: CapturedText, status: int, outcome: str, exit_code: int
):
    answer = done("pausing") if status == 200 else not_done(outcome, "because")
    engine.answer("POST", "/api/control/pause", answer, status)
    assert run(["pause", "--reason", "news"]) == exit_code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (("pausing\n", "") if exit_code == 0 else ("", "seraphim: because\n"))
    assert run(["pause", "--json"]) == exit_code
    captured = capsys.readouterr()
    document = json.loads(captured.out or captured.err)
    assert document == answer if exit_code == 0 else document["error"]["message"] == "because"


def test_commands_carry_their_fields_and_who_gave_them(engine: FakeEngine):
    for path in ("pause", "resume", "set_risk_mode"):
        engine.answer("POST", f"/api/control/{path}", done())
    assert run(["resume", "--reason", "checked", "--word", "resume"]) == 0
    body = engine.last.body
    assert body is not None
    assert body.pop("who").startswith("cli:")
    assert isinstance(body.pop("as_of_ns"), int)  # what came after this is not lifted by it
    assert body == {"reason": "checked", "word": "resume"}
    assert run(["resume", "--reason", "checked", "--scope", "venue:sim-a"]) == 0
    assert engine.last.body is not None
    assert engine.last.body["scope"] == "venue:sim-a"
    assert run(["set-risk-mode", "aggressive"]) == 0
    assert engine.last.body is not None
    assert engine.last.body["mode"] == "aggressive"


def test_unknown_risk_mode_never_reaches_the_engine(engine: FakeEngine, capsys: CapturedText):
    assert run(["set-risk-mode", "reckless"]) == 2
    assert "conservative" in capsys.readouterr().err
    assert engine.requests == []


def test_order_sends_exact_decimals(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/monitoring/state", STATE)
    engine.answer("POST", "/api/orders", done("accepted", client_order_id="s0001-1"))
    arguments = ["order", "buy", "0.010", "BTC/USDT@sim-a", "--limit", "64000.10", "--post-only", "--json"]
    assert run(arguments) == 0
    body = engine.last.body
    assert body is not None
    assert body.pop("who").startswith("cli:")
    assert isinstance(body.pop("as_of_ns"), int)  # an engine that stood still meanwhile does not trade on it later
    assert body == {
        "venue": "sim-a",
        "symbol": "BTC/USDT",
        "side": "buy",
        "quantity": "0.010",
        "order_type": "limit",
        "limit_price": "64000.10",
        "time_in_force": "gtc",
        "post_only": True,
        "reduce_only": False,
    }
    assert json.loads(capsys.readouterr().out)["data"] == {"client_order_id": "s0001-1"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--stop", "61000"], {"order_type": "stop", "stop_price": "61000"}),
        (
            ["--stop", "61000", "--limit", "60900", "--trigger", "mark"],
            {"order_type": "stop_limit", "stop_price": "61000", "limit_price": "60900", "trigger": "mark"},
        ),
        (
            ["--limit", "66000", "--stop", "61000", "--oco"],
            {"order_type": "oco", "stop_price": "61000", "limit_price": "66000"},
        ),
        (
            ["--take-profit", "66000", "--stop-loss", "61000"],
            {"order_type": "market", "take_profit": "66000", "stop_loss": "61000"},
        ),
    ],
)
def test_order_says_what_is_to_be_held(engine: FakeEngine, options: list[str], expected: dict[str, str]):
    engine.answer("GET", "/api/monitoring/state", STATE)
    engine.answer("POST", "/api/orders", done("held-s0001-1 held", held_id="held-s0001-1"))
    assert run(["order", "sell", "0.01", "BTC/USDT@sim-a", *options]) == 0
    body = engine.last.body
    assert body is not None
    held = ("order_type", "stop_price", "limit_price", "trigger", "take_profit", "stop_loss")
    assert {name: body[name] for name in held if name in body} == expected


def test_order_refused_by_risk_exits_4_with_the_reason(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/monitoring/state", STATE)
    reason = "halt_level: HALTED, allowed NORMAL"
    engine.answer("POST", "/api/orders", not_done("refused", reason, rule="halt_level"), 409)
    assert run(["order", "buy", "0.01", "BTC/USDT@sim-a", "--json"]) == 4
    error = error_of(capsys)
    assert (error["message"], error["name"], error["data"]) == (reason, "refused", {"rule": "halt_level"})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["buy", "0", "BTC/USDT@sim-a"], "above 0"),
        (["buy", "-1", "BTC/USDT@sim-a"], "No such option"),
        (["buy", "NaN", "BTC/USDT@sim-a"], "above 0"),
        (["buy", "much", "BTC/USDT@sim-a"], "not a number"),
        (["buy", "1", "BTC/USDT"], "not SYMBOL@venue"),
        (["hold", "1", "BTC/USDT@sim-a"], "'buy', 'sell'"),
        (["buy", "1", "BTC/USDT@sim-a", "--post-only"], "--post-only needs --limit"),
        (["buy", "1", "BTC/USDT@sim-a", "--post-only", "--ioc", "--limit", "5"], "exclude each other"),
        (["buy", "1", "BTC/USDT@sim-a", "--limit", "x"], "--limit 'x' is not a number"),
        (["buy", "1"], "Missing argument"),
        (["buy", "1", "BTC/USDT@sim-a", "--stop", "x"], "--stop 'x' is not a number"),
        (["buy", "1", "BTC/USDT@sim-a", "--oco", "--stop", "5"], "--oco needs both --limit and --stop"),
        (["buy", "1", "BTC/USDT@sim-a", "--stop", "5", "--stop-loss", "4"], "not one with --stop"),
        (["buy", "1", "BTC/USDT@sim-a", "--stop", "5", "--ioc"], "a stop is held until then"),
        (["buy", "1", "BTC/USDT@sim-a", "--stop-loss", "4", "--reduce-only"], "does not fit"),
        (["buy", "1", "BTC/USDT@sim-a", "--trigger", "mark"], "--trigger goes with"),
    ],
)
def test_order_that_makes_no_sense_exits_2_and_sends_nothing(
    engine: FakeEngine, capsys: CapturedText, arguments: list[str], complaint: str
):
    assert run(["order", *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert engine.requests == []


def test_live_order_from_a_script_needs_yes(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/monitoring/state", live())
    engine.answer("POST", "/api/orders", done())
    assert run(["order", "buy", "0.01", "BTC/USDT@sim-a"]) == 2
    assert "nothing was sent" in capsys.readouterr().err
    assert [request.method for request in engine.requests] == ["GET"]
    assert run(["order", "buy", "0.01", "BTC/USDT@sim-a", "--yes"]) == 0


def test_state_that_does_not_say_paper_counts_as_live(engine: FakeEngine):
    engine.answer("GET", "/api/monitoring/state", {"global": {}})
    assert run(["order", "buy", "0.01", "BTC/USDT@sim-a"]) == 2


@pytest.mark.parametrize("limit", [[], ["--limit", "64000"]])
def test_order_above_5000_usd_needs_its_quantity_typed_again(
    engine: FakeEngine, capsys: CapturedText, limit: list[str]
):
    engine.answer("GET", "/api/monitoring/state", STATE)
    engine.answer("POST", "/api/orders", done())
    order = ["order", "buy", "0.1", "BTC/USDT@sim-a", "--yes", *limit]
    assert run(order) == 2
    assert "--confirm 0.1" in capsys.readouterr().err
    assert run([*order, "--confirm", "1"]) == 2
    assert "POST" not in [request.method for request in engine.requests]
    assert run([*order, "--confirm", "0.10"]) == 0


@pytest.mark.parametrize(("point_value", "code"), [("0.01", 0), ("1", 2), ("70", 2), (None, 2)])
def test_what_an_order_is_worth_is_told_by_its_contract_and_its_currency(
    engine: FakeEngine, point_value: str | None, code: int
):
    market = {**STATE["market"]["sim-a"]["BTC/USDT"], "point_value_usd": point_value}
    engine.answer("GET", "/api/monitoring/state", {**STATE, "market": {"sim-a": {"BTC/USDT": market}}})
    engine.answer("POST", "/api/orders", done())
    assert run(["order", "buy", "0.1", "BTC/USDT@sim-a", "--yes"]) == code


RESTING = {
    "orders": [
        {
            "client_order_id": "s0001-1",
            "venue": "sim-a",
            "symbol": "BTC/USDT",
            "quantity": "0.01",
            "limit_price": "64000",
        }
    ]
}


def test_amend_sends_only_what_is_to_change(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/orders", RESTING)
    engine.answer("GET", "/api/monitoring/state", STATE)
    engine.answer("PATCH", "/api/orders/s0001-1", done("s0001-1 is 0.01 at 64,000.5: open", amend="done"))
    assert run(["amend", "s0001-1", "--price", "64000.50", "--json"]) == 0
    body = engine.last.body
    assert body is not None
    assert body.pop("who").startswith("cli:")
    assert isinstance(body.pop("as_of_ns"), int)
    assert body == {"limit_price": "64000.50"}
    assert json.loads(capsys.readouterr().out)["data"]["amend"] == "done"


def test_amend_without_anything_to_change_exits_2(engine: FakeEngine, capsys: CapturedText):
    assert run(["amend", "s0001-1"]) == 2
    assert "--price, --quantity or both" in capsys.readouterr().err
    assert run(["amend", "s0001-1", "--price", "0"]) == 2
    assert engine.requests == []


def test_amend_refused_by_risk_exits_4_with_the_reason(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/orders", RESTING)
    reason = "refused by risk: self_cross: sell 63,000, allowed no own order crossed"
    engine.answer("PATCH", "/api/orders/s0001-1", not_done("refused", reason, amend="refused"), 409)
    assert run(["amend", "s0001-1", "--price", "63000", "--json"]) == 4
    assert error_of(capsys)["message"] == reason


def test_amend_to_more_than_5000_usd_is_typed_again_and_one_to_less_is_not(engine: FakeEngine, capsys: CapturedText):
    large = {**RESTING["orders"][0], "quantity": "0.1"}
    engine.answer("GET", "/api/orders", {"orders": [large]})
    engine.answer("GET", "/api/monitoring/state", STATE)
    engine.answer("PATCH", "/api/orders/s0001-1", done())
    assert run(["amend", "s0001-1", "--quantity", "0.2"]) == 2
    assert "--confirm 0.2" in capsys.readouterr().err
    assert run(["amend", "s0001-1", "--quantity", "0.2", "--confirm", "0.2"]) == 0
    assert run(["amend", "s0001-1", "--quantity", "0.09"]) == 0


def test_cancel_names_one_order_or_all(engine: FakeEngine, capsys: CapturedText):
    engine.answer("DELETE", "/api/orders/s0001-1", done("cancelled"))
    engine.answer("DELETE", "/api/orders", done("cancelled 3"))
    assert run(["cancel", "s0001-1"]) == 0
    assert run(["cancel", "--all", "--venue", "sim-a", "--symbol", "BTC/USDT"]) == 0
    query = engine.last.query
    assert query.pop("who").startswith("cli:")
    assert query == {"venue": "sim-a", "symbol": "BTC/USDT"}
    count = len(engine.requests)
    for wrong in (["cancel"], ["cancel", "x", "--all"], ["cancel", "x", "--venue", "sim-a"]):
        assert run(wrong) == 2
    assert len(engine.requests) == count


def test_positions_can_be_narrowed_and_a_missing_mark_is_a_dash(engine: FakeEngine, capsys: CapturedText):
    rows = [
        {"venue": "sim-a", "symbol": "BTC/USDT", "quantity": 1.5, "mark_price": None, "realised_pnl_usd": -1234.5},
        {"venue": "sim-b", "symbol": "ETH/USDT", "quantity": 2},
    ]
    engine.answer("GET", "/api/positions", {"positions": rows, "net_positions": [{"base": "BTC", "quantity": 1.5}]})
    assert run(["positions"]) == 0
    text = capsys.readouterr().out
    assert "-1,234.50" in text
    assert "net" in text
    assert run(["positions", "--venue", "sim-b", "--json"]) == 0
    assert [row["symbol"] for row in json.loads(capsys.readouterr().out)["positions"]] == ["ETH/USDT"]


def test_positions_show_where_they_are_closed(engine: FakeEngine, capsys: CapturedText):
    protection = {
        "quantity": 1.5,
        "entry_price": 100,
        "stop_price": 98,
        "stop_distance_pct": 1.0101,
        "state": "watched",
    }
    rows = [{"venue": "sim-a", "symbol": "BTC/USDT", "quantity": 1.5, "protection": protection}]
    engine.answer("GET", "/api/positions", {"positions": rows})
    assert run(["positions"]) == 0
    text = capsys.readouterr().out
    assert "BTC/USDT@sim-a" in text
    assert "1.01" in text
    assert run(["positions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["positions"][0]["protection"] == protection


def test_a_filter_that_nothing_can_match_is_refused_instead_of_answered_with_nothing(
    engine: FakeEngine, capsys: CapturedText
):
    engine.answer("GET", "/api/positions", {"positions": []})
    engine.answer("GET", "/api/fills", {"fills": []})
    state = {"venues": {"sim-a": {}}, "market": {"sim-a": {"BTC/USDT": {}}}}
    engine.answer("GET", "/api/monitoring/state", state)
    assert run(["positions", "--venue", "sim-a", "--symbol", "BTC/USDT"]) == 0
    assert run(["positions", "--venue", "sim-q"]) == 2
    assert "there is no venue 'sim-q'; known are sim-a" in capsys.readouterr().err
    assert run(["fills", "--symbol", "btc/usdt", "--json"]) == 2
    assert "known are BTC/USDT" in json.loads(capsys.readouterr().err)["error"]["message"]


@pytest.mark.parametrize("quantity", ["nan", "inf", "0", "1e400", "1e-30"])
def test_quantity_out_of_any_sense_is_wrong_usage_before_anything_is_asked(
    engine: FakeEngine, capsys: CapturedText, quantity: str
):
    assert run(["order", "buy", quantity, "BTC/USDT@sim-a"]) == 2
    assert "must be above 0, within 10^-18 and 10^18" in capsys.readouterr().err
    assert engine.requests == []


def test_group_without_a_command_says_that_one_is_missing(capsys: CapturedText):
    assert run(["config"]) == 2
    assert "seraphim: a command is missing." in capsys.readouterr().err


def test_an_answer_without_the_rows_is_an_error_not_an_empty_table(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/positions", {"rows": []})
    assert run(["positions"]) == 1
    assert "no 'positions'" in capsys.readouterr().err


def test_orders_and_fills_are_tables(engine: FakeEngine, capsys: CapturedText):
    engine.answer("GET", "/api/orders", {"orders": [{"client_order_id": "s0001-7", "venue": "sim-a", "quantity": 1}]})
    engine.answer("GET", "/api/fills", {"fills": []})
    assert run(["orders"]) == 0
    assert run(["fills"]) == 0
    text = capsys.readouterr().out
    assert "s0001-7" in text
    assert "no fills" in text


def test_strategies_are_listed_started_with_parameters_and_stopped(engine: FakeEngine, capsys: CapturedText):
    listed = [{"name": "ma_cross", "status": "running", "instruments": ["BTC/USDT@sim-a"], "signals": 3, "orders": 2}]
    engine.answer("GET", "/api/strategies", {"strategies": listed})
    engine.answer("POST", "/api/strategies/my strategy/start", done())
    engine.answer("POST", "/api/strategies/my%20strategy/start", done("started"))
    engine.answer("POST", "/api/strategies/ma_cross/stop", done("stopped"))
    assert run(["strategies"]) == 0
    assert "BTC/USDT@sim-a" in capsys.readouterr().out
    assert run(["strategies", "--json"]) == run(["strategies", "list", "--json"]) == 0
    assert run(["strategies", "start", "my strategy", "--set", "fast=5", "--set", "kind=ema"]) == 0
    assert engine.last.body is not None
    assert engine.last.body["parameters"] == {"fast": "5", "kind": "ema"}
    assert run(["strategies", "stop", "ma_cross"]) == 0
    assert run(["strategies", "start", "ma_cross", "--set", "fast"]) == 2


def test_commands_need_no_option_to_print_help(paths: Paths, capsys: CapturedText):
    assert run([]) == 0
    text = capsys.readouterr().out
    assert "set-risk-mode" in text
    assert "Exit codes" in text
    assert run(["order", "--help"]) == 0
    assert "seraphim order buy 0.01 BTC/USDT@sim-a" in capsys.readouterr().out


def test_wrong_usage_with_json_is_a_json_error(paths: Paths, capsys: CapturedText):
    assert run(["stauts", "--json"]) == 2
    assert "stauts" in error_of(capsys)["message"]


def test_version_says_where_everything_is(paths: Paths, capsys: CapturedText):
    assert run(["version", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["paths"]["socket"] == str(paths.socket)
    assert document["versions"]["seraphim"]
