"""The day that the console's memory is measured over brings everything, is bounded, and is lived through by hand."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bench import console_memory, memory, trader
from bench.console_memory import _start
from bench.trader import CYCLE_MINUTES
from bench.trading_day import TradingDay, VirtualClock
from core.state.desk import DeskRequest, DeskSnapshot
from tui.console.actions import ACTIONS
from tui.console.key_map import USUAL_KEYS

_IN_DIALOGS = {"h", "e", "c", "l", "a", "enter"}
SECOND_NS = 1_000_000_000


@pytest.fixture(autouse=True)
def few_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BOOKS", 24)


def _day(folder: Path) -> tuple[TradingDay, VirtualClock]:
    clock = VirtualClock()
    return TradingDay(asyncio.run(_start(1, folder, clock)), clock, 1), clock


def wanted(day: TradingDay) -> DeskRequest:
    name = day.names[0]
    return DeskRequest(
        books=tuple(day.names[:4]), tapes=(name,), chart=name, studies=("ema 20",), timelines=40, accounts=True
    )


def sizes(snapshot: DeskSnapshot) -> dict[str, int]:
    found = {}
    for name in DeskSnapshot.__struct_fields__:
        value = getattr(snapshot, name)
        if isinstance(value, list | dict):
            found[name] = len(value)
    return found | {"alerts": len(snapshot.monitoring.alerts), "bars": len(snapshot.chart.bars)}


def test_everything_comes_in_a_day_and_nothing_of_what_is_shown_grows_for_ever(tmp_path: Path):
    day, clock = _day(tmp_path)
    day.want(wanted(day))
    seen: list[dict[str, int]] = []
    for _ in range(2):
        for _ in range(3_000):
            clock.passed_ns += SECOND_NS
            day.latest()
        seen.append(sizes(day.latest()))
    first, second = seen
    assert all(first[name] > 0 for name in ("fills", "jobs", "timelines", "log", "tapes", "positions", "alerts"))
    assert all(second[name] <= max(first[name] + 60, 2_001) for name in first), (first, second)
    request = day.latest()
    assert len(request.log) <= 400
    assert len(request.fills) <= 200
    assert day.jobs.ended_count > 500
    assert day.alarms.cleared > 50


def test_each_look_of_the_day_is_another_one_and_what_was_shown_before_stays_as_it_was(tmp_path: Path):
    day, clock = _day(tmp_path)
    day.want(wanted(day))
    clock.passed_ns += 60 * SECOND_NS
    first = day.latest()
    text = msgspec.json.encode(first)
    assert day.latest() is first
    clock.passed_ns += SECOND_NS
    second = day.latest()
    assert all(
        market.bid != second.monitoring.market[venue][symbol].bid
        for venue, markets in first.monitoring.market.items()
        for symbol, market in markets.items()
    )
    assert msgspec.json.encode(first) == text


def test_the_trader_presses_keys_that_the_console_knows():
    known = {key for action in ACTIONS for key in USUAL_KEYS.keys_of(action)}
    pressed = {key for minute in range(4 * CYCLE_MINUTES) for key in trader._keys_of(minute)}
    assert pressed - _IN_DIALOGS <= known
    assert {f"{number}" for number in range(1, 7)} <= pressed


def test_a_short_day_is_drawn_recorded_and_measured(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    for module in (console_memory, trader):
        monkeypatch.setattr(module, "FRAMES_A_MINUTE", 24)
    monkeypatch.setattr(trader, "FRAMES_BETWEEN_KEYS", 2)
    measured = console_memory.run(rounds=1, seed=1, messages=20).measured
    assert measured["frames"] == 480
    assert measured["keys"] > 100
    assert measured["commands"] > 0
    assert measured["recorded files kept"] >= 1
    assert len(measured["MB at each tenth"]) == 10
    assert "minute 20 of 20" in capfd.readouterr().err
