"""An engine with real orders, as its owner runs it, against a venue that is a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.test_no_secret_is_shown import forms_of
from tests.engine.daemon import PATIENCE_S, Daemon, command, environment, until
from tests.engine.rehearsal import Rehearsal, keep_keys, live_config, ready
from tests.engine.sabotaged_engine import TRIGGER, WORDS

SPOT, PERPETUAL = "BTC/USDT@binance", "BTC/USDT:USDT@binanceusdm"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    rehearsal = Rehearsal(tmp_path_factory.mktemp("rehearsal"))
    yield rehearsal
    rehearsal.process.kill()
    rehearsal.process.communicate()


@pytest.fixture
def config(tmp_path: Path, venue: Rehearsal) -> str:
    return live_config(tmp_path, venue)


def order(home: Path, *arguments: str) -> None:
    done = command(home, "order", *arguments, "--yes")
    assert done.returncode == 0, done.stderr


def all_that_is_shown_of_orders_that_fail(home: Path, daemon: Daemon) -> list[bytes]:
    """Let an order fail with the key in its error and return what commands and the control socket say then."""
    (home / TRIGGER).touch()
    failed = command(home, "order", "buy", "0.001", SPOT, "--yes")
    until("the failures in the log", lambda: all(f"{WORDS} {what}" in _log(daemon) for what in ("callback", "task")))
    (home / TRIGGER).unlink()
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *words],
            env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for words in (["doctor"], ["venues"], ["keys", "list"], ["status"], ["logs"])
    ]  # fmt: skip
    said = [each.communicate(timeout=PATIENCE_S)[0] for each in commands]
    assert all(len(each) > 20 for each in said), said
    answers = [daemon.get(f"/api/{path}") for path in ("monitoring/state", "orders", "logs", "fills")]
    assert all(answers)
    return [*said, failed.stdout.encode(), failed.stderr.encode(), repr(answers).encode()]


def _log(daemon: Daemon) -> str:
    return daemon.paths.log_file.read_text(encoding="utf-8")


def price_of(venue: Rehearsal, path: str, side: str) -> int:
    ticker = venue.ask("own", "GET", path, symbol="BTCUSDT")
    return int(float(ticker[f"{side}Price"]))


def test_orders_fill_and_rest_and_a_kill_that_a_hung_engine_does_not_take_leaves_none_at_the_venue(
    tmp_path: Path, venue: Rehearsal, config: str
) -> None:
    keep_keys(tmp_path, venue)
    with Daemon(tmp_path, config, options=("--live",), program="tests.engine.sabotaged_engine") as daemon:
        until("venues that were compared", lambda: ready(daemon.get("/api/monitoring/state") or {}))
        limits = [venue["rate_limit"] for venue in daemon.state()["venues"].values()]
        assert all(0 <= limit["used_share"] < 1 and limit["closed_until_ns"] is None for limit in limits)
        order(tmp_path, "buy", "0.002", PERPETUAL)
        bid = price_of(venue, "/fapi/v1/ticker/bookTicker", "bid")
        order(tmp_path, "buy", "0.002", PERPETUAL, "--limit", str(int(bid * 0.98)))
        bid = price_of(venue, "/api/v3/ticker/bookTicker", "bid")
        order(tmp_path, "buy", "0.001", SPOT, "--limit", str(int(bid * 0.98)))
        assert len(venue.open_orders()) == 2
        fills = until("the fill", lambda: (daemon.get("/api/fills") or {}).get("fills") or None)
        assert {fill["symbol"] for fill in fills} == {"BTC/USDT:USDT"}
        shown = all_that_is_shown_of_orders_that_fail(tmp_path, daemon)
        daemon.send_signal(signal.SIGSTOP)
        (tmp_path / "config.toml").write_text("a configuration that somebody works on = [")
        killed = command(tmp_path, "kill", "--reason", "it hangs")
        assert killed.returncode == 1
        assert "Cancelled from here: binance: 1 orders cancelled, none left; binanceusdm: 1 orders" in killed.stderr
        assert venue.open_orders() == []
        daemon.send_signal(signal.SIGCONT)
        until("the halt", lambda: daemon.state()["global"]["system_status"] == "halted")
        refused = command(tmp_path, "order", "buy", "0.001", SPOT, "--yes")
        assert refused.returncode == 4
        shown += [Path(f"/proc/{daemon.process.pid}/{what}").read_bytes() for what in ("cmdline", "environ")]
        daemon.send_signal(signal.SIGTERM)
        assert daemon.exit_code() == 0
        written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
        assert len(written) > 5
        assert not any(venue.keys["own"]["secret"].encode() in each for each in (*shown, *written))
        forms = [form for text in venue.keys["own"].values() for form in forms_of(text)]
        assert not [form for form in forms if any(form.encode() in each for each in (*shown, *written))]


def test_an_own_order_and_a_foreign_one_meet_and_both_accounts_know(
    tmp_path: Path, venue: Rehearsal, config: str
) -> None:
    keep_keys(tmp_path, venue)
    with Daemon(tmp_path, config, options=("--live",)) as daemon:
        until("venues that were compared", lambda: ready(daemon.get("/api/monitoring/state") or {}))
        command(tmp_path, "resume", "--reason", "a new test", "--word", "resume")
        quantities = iter(f"0.00{milli}" for milli in range(1, 10))  # differing: an equal order is a duplicate

        def own_fills() -> list[dict[str, str]] | None:
            """Bid, and have somebody sell into it; again where the market went up meanwhile and others bid more."""
            bid = price_of(venue, "/api/v3/ticker/bookTicker", "bid")
            order(tmp_path, "buy", next(quantities), SPOT, "--limit", str(bid))
            # Bought first, so that the wallet never runs out however often it has to sell.
            for side, share in (("BUY", 1.01), ("SELL", 0.99)):
                foreign = venue.ask(
                    "foreign", "POST", "/api/v3/order",
                    symbol="BTCUSDT", side=side, type="LIMIT", timeInForce="IOC", quantity="0.01",
                    price=str(int(bid * share)),
                )  # fmt: skip
                assert float(foreign["executedQty"]) > 0
            return (daemon.get("/api/fills") or {}).get("fills") or None

        fills = until("the own fill", own_fills)
        assert {(fill["venue"], fill["side"]) for fill in fills} == {("binance", "buy")}


def test_without_the_confirmation_nothing_is_sent(tmp_path: Path, venue: Rehearsal, config: str) -> None:
    keep_keys(tmp_path, venue)
    with Daemon(tmp_path, config) as daemon:
        until("venues that were compared", lambda: ready(daemon.get("/api/monitoring/state") or {}))
        refused = command(tmp_path, "order", "buy", "0.002", PERPETUAL, "--yes")
        assert (refused.returncode, "live trading enabled" in refused.stderr) == (4, True), refused.stderr


def test_a_live_venue_without_a_key_does_not_start(tmp_path: Path, config: str) -> None:
    with Daemon(tmp_path, config, options=("--live",)) as daemon:
        assert daemon.exit_code() == 1
        assert "there is no key binance/main: add it with `seraphim keys add binance" in daemon.said()


@pytest.mark.parametrize(
    ("mode", "enabled", "said"),
    [("paper", "true", 'the configuration says mode = "paper"'), ("live", "false", "trading_enabled is false")],
)
def test_the_confirmation_has_to_fit_the_configuration(tmp_path: Path, mode: str, enabled: str, said: str) -> None:
    venues = '[venues.binance]\nkind = "binance"\nmode = "data"\n'
    text = f'[engine]\nmode = "{mode}"\ntrading_enabled = {enabled}\n{venues}'
    with Daemon(tmp_path, text, options=("--live",)) as daemon:
        assert daemon.exit_code() == 2
        assert said in daemon.said()


def test_the_doctor_and_a_recording_need_no_engine(tmp_path: Path, venue: Rehearsal, config: str) -> None:
    ill = command(tmp_path, "doctor")
    assert (ill.returncode, "seraphim keys add binance --account main" in ill.stdout) == (1, True), ill.stdout
    keep_keys(tmp_path, venue)
    told = json.loads(command(tmp_path, "doctor", "--json").stdout)
    checks = {(each["venue"], finding["check"]): finding for each in told["venues"] for finding in each["findings"]}
    assert told["well"], [finding for finding in checks.values() if not finding["is_well"]]
    assert checks["binance", "key"]["detail"] == "rights: read, trade"
    assert all(each["rest_latency_ms"] > 0 and each["stream_latency_ms"] > 0 for each in told["venues"])
    listed = json.loads(command(tmp_path, "instruments", "binanceusdm", "BTC", "--json").stdout)["instruments"]
    assert [row["symbol"] for row in listed] == ["BTC/USDT:USDT"]
    out = tmp_path / "usdm.zst"
    written = json.loads(
        command(
            tmp_path, "record", "binanceusdm", "BTC/USDT:USDT", "--out", str(out), "--seconds", "3", "--json"
        ).stdout
    )
    assert written["messages"] > 0
    played = command(tmp_path, "replay", str(out), "--venue", "binanceusdm", "--check", "--json")
    report = json.loads(played.stdout)
    assert (played.returncode, report["messages"], report["inferred"]) == (0, written["messages"], False)
    again = command(tmp_path, "record", "binanceusdm", "BTC/USDT:USDT", "--out", str(out))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    unknown = command(tmp_path, "record", "binanceusdm", "XYZ/USDT", "--out", str(tmp_path / "x"), "--seconds", "20")
    assert (unknown.returncode, "is not traded there" in unknown.stderr) == (2, True), unknown.stderr
