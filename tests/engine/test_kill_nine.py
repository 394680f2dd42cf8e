"""A real engine in a real process: killed, restarted, stopped, refused. Nobody's money is lost on the way."""

import os
import signal
from pathlib import Path

import pytest

from core.io.journal_store import JournalStore, Synchronous
from core.journal.facts import OrderStatusChanged
from core.paths import Paths
from core.types.order import OrderStatus
from tests.engine.daemon import Daemon, command, until


def open_orders(daemon: Daemon) -> list[str]:
    orders = (daemon.get("/api/orders") or {})["orders"]
    return [order["client_order_id"] for order in orders if order["status"] == "open"]


def test_after_kill_nine_the_same_orders_positions_profit_and_halts_are_there(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.order("buy", "0.02")
        daemon.order("sell", "0.005")
        daemon.order("buy", "0.01", daemon.price("0.97"))
        daemon.order("sell", "0.015", daemon.price("1.03"))
        assert daemon.post("/api/control/pause", reason="lunch")[0] == 200
        assert daemon.post("/api/control/set_risk_mode", mode="aggressive")[0] == 200
        before = until("quiet books", lambda: daemon.books() if len(open_orders(daemon)) == 2 else None)
        assert before["trades"] >= 2
        daemon.kill_nine()

    assert daemon.paths.socket.exists()  # stale, and in nobody's way
    status = command(tmp_path, "status")
    assert (status.returncode, status.stdout) == (3, "")

    with Daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.books() == before
        state = daemon.state()
        assert (state["global"]["system_status"], state["global"]["risk_mode"]) == ("paused", "aggressive")
        assert daemon.post("/api/orders", venue="sim-a", symbol="BTC/USDT:USDT", side="buy", quantity="0.01")[0] == 409
        assert daemon.post("/api/control/resume")[0] == 200
        daemon.order("buy", "0.01", daemon.price("0.98"))
        resting, old_ids = open_orders(daemon), {order[0] for order in before["orders"]}
        assert len(resting) == 3
        assert {order[0] for order in daemon.books()["orders"]} > old_ids
        daemon.send_signal(signal.SIGTERM)
        assert daemon.exit_code() == 0
    assert {last_statuses(tmp_path)[order_id] for order_id in resting} == {OrderStatus.CANCELLED}


def last_statuses(home: Path) -> dict[str, OrderStatus]:
    rows = JournalStore(Paths.under(home).journal, Synchronous.OFF).rows(0)
    facts = [row.fact for row in rows if isinstance(row.fact, OrderStatusChanged)]
    return {fact.client_order_id: fact.status for fact in facts}


def test_a_killed_engine_stays_halted_through_kill_nine_and_ends_gracefully(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.order("buy", "0.02")
        daemon.order("buy", "0.01", daemon.price("0.97"))

        second = command(tmp_path, "daemon")
        assert second.returncode == 1
        assert f"process {daemon.process.pid}" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1

        daemon.send_signal(signal.SIGHUP)
        status, answer = daemon.post("/api/control/kill", flatten=True, reason="test")
        assert status == 200, answer
        assert daemon.state()["global"]["system_status"] == "halted"
        until("flat and without orders", lambda: open_orders(daemon) == [] and is_flat(daemon))
        daemon.kill_nine()

    with Daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.state()["global"]["system_status"] == "halted"
        refused = command(tmp_path, "order", "buy", "0.01", "BTC/USDT:USDT@sim-a", "--yes")
        assert refused.returncode == 4, refused.stderr
        daemon.send_signal(signal.SIGTERM)
        assert daemon.exit_code() == 0
        assert not daemon.paths.socket.exists()
        assert "Traceback" not in daemon.said()


def is_flat(daemon: Daemon) -> bool:
    positions = (daemon.get("/api/positions") or {})["positions"]
    return all(float(position["quantity"]) == 0 for position in positions)


UNREACHABLE = """
[venues.binance]
kind = "binance"
symbols = ["BTC/USDT"]
rest_url = "http://127.0.0.1:9"
ws_url = "ws://127.0.0.1:9"
"""


def test_an_engine_whose_only_venue_cannot_be_reached_can_be_asked_killed_and_ended(tmp_path: Path):
    with Daemon(tmp_path, UNREACHABLE) as daemon:
        assert daemon.state()["global"]["system_status"] == "starting"
        assert daemon.post("/api/control/kill")[1]["message"].startswith("HALTED")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.exit_code() == 0
        assert "is running" not in daemon.said()
        assert "Traceback" not in daemon.said()


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("[venues.sim-a]\nkind = 'sim'\nbogus = 1\n", "bogus"),
        ("[venues.sim-a]\nkind = 'sim'\n[risk]\ndaily_loss_usd = -1\n", "daily_loss_usd"),
        ("[venues.nowhere]\nkind = 'nowhere'\n", "nowhere"),
        ("[strategies.s]\nkind = 'no_such_thing'\nenabled = true\ninstruments = ['BTC/USDT@sim-a']\n", "no_such_thing"),
    ],
)
def test_bad_configuration_is_one_line_and_exit_code_2(tmp_path: Path, config: str, text: str):
    with Daemon(tmp_path, config) as daemon:
        assert daemon.exit_code() == 2
        assert text in daemon.said()
        assert "Traceback" not in daemon.said()
        assert len(daemon.said().strip().splitlines()) == 1


def test_a_state_folder_that_cannot_be_written_is_one_line_and_exit_code_1(tmp_path: Path):
    home = tmp_path / "home"
    if os.getuid() == 0:
        home = Path("/proc/seraphim")  # where even root makes no folder
    else:
        home.mkdir(mode=0o555)
    ran = command(home, "daemon")
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1
    assert str(home) in ran.stderr


@pytest.mark.parametrize("name", ["journal.sqlite", "venues.sqlite"])
def test_a_broken_database_is_one_line_and_exit_code_1(tmp_path: Path, name: str):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / name).write_bytes(b"this is no database, and it is longer than a header" * 100)
    with Daemon(tmp_path) as daemon:
        assert daemon.exit_code() == 1
        assert name in daemon.said()
        assert len(daemon.said().strip().splitlines()) == 1


def test_something_else_in_the_sockets_place_is_one_line_and_exit_code_1(tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    (run / "control.sock").mkdir()
    with Daemon(tmp_path) as daemon:
        assert daemon.exit_code() == 1
        assert "something else than a socket is there" in daemon.said()
        assert "Traceback" not in daemon.said()
