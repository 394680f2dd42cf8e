"""The command line and the real control server understand each other."""

import asyncio
import json
from decimal import Decimal

import pytest

from core.control.commands import (
    AmendOrder,
    CancelOrders,
    Disarm,
    Kill,
    Pause,
    PlaceOrder,
    Resume,
    SetRiskMode,
    StartStrategy,
    StopStrategy,
)
from core.io.control_server import ControlServer
from core.paths import Paths
from core.state.monitoring import KillState, VenueKill
from tests.control.fake_engine import FakeEngine
from tui.cli.app import run

COMMANDS = [
    (["pause", "--reason", "x"], Pause),
    (["resume", "--reason", "x", "--word", "resume"], Resume),
    (["set-risk-mode", "aggressive"], SetRiskMode),
    (["disarm"], Disarm),
    (["kill", "--flatten"], Kill),
    (["cancel", "--all", "--venue", "sim-a"], CancelOrders),
    (["cancel", "--all", "--side", "sell"], CancelOrders),
    (["strategies", "start", "ma_cross", "--set", "fast=5"], StartStrategy),
    (["strategies", "stop", "ma_cross"], StopStrategy),
    (["amend", "web/1", "--price", "3.10", "--yes"], AmendOrder),
    (["order", "buy", "0.010", "BTC/USDT@sim-a", "--limit", "3.10", "--ioc", "--yes"], PlaceOrder),
]
FLAT = KillState(
    level="flatten",
    cause="kill",
    since_ns=1,
    who="test",
    reason="",
    is_journaled=True,
    is_finished=True,
    venues={
        "sim-a": VenueKill(
            asked_ns=1,
            acknowledged_ns=2,
            acknowledged_ms=1e-6,
            answer="cancelled",
            orders_left=0,
            positions_left=[],
            flat_verified_ns=3,
        )
    },
)
VIEWS = [["status"], ["positions"], ["orders"], ["fills", "--symbol", "BTC/USDT"], ["strategies"], ["logs"], ["away"]]


async def serve_and_run(engine: FakeEngine, paths: Paths, arguments: list[str]) -> int:
    paths.ensure()
    server = ControlServer(engine, paths.socket)
    await server.start()
    try:
        return await asyncio.to_thread(run, arguments)
    finally:
        await server.stop()


@pytest.mark.parametrize(
    ("arguments", "command"), COMMANDS, ids=lambda value: value[0] if isinstance(value, list) else ""
)
def test_each_command_arrives_as_what_it_is(
    paths: Paths, capsys: pytest.CaptureFixture[str], arguments: list[str], command: type
):
    engine = FakeEngine()
    engine.state.monitoring.kill = FLAT
    assert asyncio.run(serve_and_run(engine, paths, [*arguments, "--json"])) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "done"
    arrived = engine.commands[-1]
    assert isinstance(arrived, command)
    assert arrived.who.startswith("cli:")
    if isinstance(arrived, PlaceOrder):
        assert (arrived.quantity, arrived.limit_price, arrived.time_in_force) == (
            Decimal("0.010"),
            Decimal("3.10"),
            "ioc",
        )


@pytest.mark.parametrize("arguments", VIEWS, ids=" ".join)
def test_each_view_is_read(paths: Paths, capsys: pytest.CaptureFixture[str], arguments: list[str]):
    assert asyncio.run(serve_and_run(FakeEngine(), paths, arguments)) == 0
    assert asyncio.run(serve_and_run(FakeEngine(), paths, [*arguments, "--json"])) == 0
    assert capsys.readouterr().err == ""
