"""`seraphim alerts price`: what is asked of the engine, what is printed, the exit code."""

from typing import Any

import pytest

from tests.cli.fake_engine import FakeEngine, done, not_done
from tui.cli.app import run
from tui.cli.exits import ExitCode

CapturedText = pytest.CaptureFixture[str]
ROW: dict[str, Any] = {
    "alert_id": "p-1", "venue": "sim-a", "symbol": "BTC/USDT", "crossing": "above", "price": 70000, "is_repeated": True,
    "severity": "warning", "who": "cli:bob", "set_ns": 1, "fired_ns": None, "fired_price": None, "times": 2,
    "distance_pct": 9.36,
}  # fmt: skip


@pytest.fixture
def watching(engine: FakeEngine) -> FakeEngine:
    engine.answer("GET", "/api/price_alerts", {"price_alerts": [ROW]})
    engine.answer("POST", "/api/price_alerts", done())
    engine.answer("DELETE", "/api/price_alerts/p-1", done())
    return engine


def test_the_list_says_how_far_the_market_is_and_how_often_an_alert_goes_off(
    watching: FakeEngine, capsys: CapturedText
) -> None:
    assert run(["alerts", "price"]) == 0
    text = capsys.readouterr().out
    assert all(each in text for each in ("p-1", "BTC/USDT@sim-a", "above", "70,000", "9.36", "each time"))


def test_without_any_it_says_how_one_is_set(engine: FakeEngine, capsys: CapturedText) -> None:
    engine.answer("GET", "/api/price_alerts", {"price_alerts": []})
    assert run(["alerts", "price", "list"]) == 0
    assert "seraphim alerts price set SYMBOL@venue PRICE" in capsys.readouterr().out


def test_a_price_goes_to_the_engine_exactly_and_with_its_side(watching: FakeEngine) -> None:
    assert run(["alerts", "price", "set", "BTC/USDT:USDT@sim-a", "70,000.50", "--above", "--each-time"]) == 0
    body = dict(watching.last.body or {})
    assert str(body.pop("who")).startswith("cli:")
    assert body == {
        "venue": "sim-a", "symbol": "BTC/USDT:USDT", "price": "70000.50", "crossing": "above", "is_repeated": True,
        "severity": "warning",
    }  # fmt: skip


def test_an_alert_is_removed_by_its_id(watching: FakeEngine) -> None:
    assert run(["alerts", "price", "remove", "p-1"]) == 0
    assert (watching.last.method, watching.last.path) == ("DELETE", "/api/price_alerts/p-1")


@pytest.mark.parametrize(
    "arguments",
    [["BTC/USDT", "70000"], ["BTC/USDT@sim-a", "nan"], ["BTC/USDT@sim-a", "-1"], ["A@b", "1", "--above", "--below"]],
)
def test_what_makes_no_sense_never_reaches_the_engine(watching: FakeEngine, arguments: list[str]) -> None:
    assert run(["alerts", "price", "set", *arguments]) == ExitCode.USAGE
    assert watching.requests == []


def test_what_the_engine_does_not_take_is_an_error(watching: FakeEngine) -> None:
    watching.answer("POST", "/api/price_alerts", not_done("invalid", "BTC/USDT@sim-a is at 71,000"), 400)
    assert run(["alerts", "price", "set", "BTC/USDT@sim-a", "70000", "--above"]) == ExitCode.USAGE
