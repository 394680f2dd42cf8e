"""Venues as the configuration names them."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.hyperliquid.execution import HyperliquidExecution
from adapters.interactive_brokers.history import InteractiveBrokersHistory
from adapters.network.transport import NetworkTransport
from core.bars.timeframe import Timeframe
from core.config.config import Config
from core.config.venues import HyperliquidConfig, InteractiveBrokersConfig
from core.io.system_clock import SystemClock
from core.paths import Paths
from core.ports.randomness import NoRandomness
from core.types.credentials import Credentials, Secret
from tests.compose.test_no_secret_is_shown import key_parts
from tui.cli.app import run
from tui.compose.interactive_brokers import interactive_brokers_sides
from tui.compose.kinds.registry import venue_kind
from tui.compose.kinds.venue_kind import TradingAccount, Wire
from tui.compose.venues import configured_timeframes, settled_in


@pytest.mark.parametrize(
    ("symbol", "asset"),
    [
        ("BTC/USDT", "USDT"),
        ("BTC/USDT:USDT", "USDT"),
        ("BTC/EUR", "EUR"),
        ("BTC/USDC:USDC", "USDC"),
        ("xyz:NVDA", "USDC"),
    ],
)
def test_paper_cash_is_in_what_the_symbols_are_paid_in(symbol: str, asset: str) -> None:
    assert settled_in(symbol) == asset


def test_a_venue_that_cannot_be_recorded_says_so_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    assert Paths.from_environment().config_file.parent == tmp_path
    (tmp_path / "config.toml").write_text(
        '[venues.bybit]\nkind = "ccxt"\nexchange = "bybit"\nsymbols = ["BTC/USDT:USDT"]\n'
    )
    out = tmp_path / "x.zst"
    assert run(["record", "bybit", "BTC/USDT:USDT", "--out", str(out), "--seconds", "1"]) == 2
    assert capsys.readouterr().err == "seraphim: what ccxt receives cannot be recorded: it does not show it\n"
    assert not out.exists()


def test_a_simulated_venue_lists_what_it_trades_and_says_that_it_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    assert run(["instruments", "sim-x"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("sim-x is simulated, a venue of the embedded market")
    assert "NVDA" in told
    assert run(["instruments", "sim-a", "eth", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["simulated"] is True
    assert [each["symbol"] for each in listed["instruments"]] == ["ETH/USDT", "ETH/USDT:USDT"]
    assert run(["instruments", "nowhere"]) == 2
    assert "allowed are sim-a, sim-b, sim-x, binance" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("venue", "why", "configured"),
    [
        ("sim-x", "simulated, inside the engine", '[venues.sim-x]\nkind = "sim"\n'),
        ("sim-a", "there is no venue 'sim-a'", '[venues.sim-x]\nkind = "sim"\n'),
        ("binance", "replays a recording", '[venues.binance]\nkind = "replay"\npath = "x.zst"\nvenue = "binance"\n'),
    ],
)
def test_what_is_on_no_network_is_not_asked_and_says_why(
    venue: str,
    why: str,
    configured: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(configured)
    assert run(["doctor", venue]) == 2
    assert why in capsys.readouterr().err


def test_an_unreachable_venue_is_told_by_every_command_that_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERAPHIM_HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text(
        '[venues.hyperliquid]\nkind = "hyperliquid"\nsymbols = ["BTC/USDC:USDC"]\n'
        'rest_url = "http://127.0.0.1:9"\nws_url = "ws://127.0.0.1:9"\n'
    )
    assert run(["instruments", "hyperliquid"]) == 1
    assert "the venue's list cannot be read" in capsys.readouterr().err
    assert run(["doctor"]) == 1
    assert "WRONG symbols  what is traded cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(("given", "used"), [({}, None), ({"dead_man_s": 0}, None), ({"dead_man_s": 45}, 45)])
def test_the_timer_of_hyperliquid_is_off_unless_it_is_configured(
    given: dict[str, int], used: int | None, tmp_path: Path
) -> None:
    venue = HyperliquidConfig.model_validate({"kind": "hyperliquid", **given})
    key = Credentials(
        venue="hyperliquid", fields={name: Secret(text) for name, text in key_parts("hyperliquid").items()}
    )
    wire = Wire(NetworkTransport(), SystemClock(), NoRandomness())

    async def scenario() -> None:
        execution = venue_kind("hyperliquid").sides(venue, wire, account=TradingAccount(key, tmp_path)).execution
        assert isinstance(execution, HyperliquidExecution)
        assert execution._settings.dead_man_s == used

    asyncio.run(scenario())


def test_a_timer_of_hyperliquid_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be 0, which leaves it off, or 30 and above"):
        HyperliquidConfig.model_validate({"kind": "hyperliquid", "dead_man_s": 29})


def test_bars_are_read_before_the_start_in_every_timeframe_that_is_looked_at_but_not_those_of_seconds() -> None:
    strategy = {"kind": "ma_cross", "instruments": ["AAPL@ib"]}
    config = Config.model_validate(
        {
            "console": {"timeframe": "5m"},
            "risk": {"stop_loss_timeframe": "1h"},
            "venues": {"ib": {"kind": "interactive_brokers"}},
            "strategies": {
                "a": {**strategy, "parameters": {"timeframe": "1d"}},
                "b": {**strategy, "parameters": {"timeframe": "5s"}},
                "c": {**strategy, "parameters": {"timeframe": "often"}},
                "d": {**strategy, "enabled": False, "parameters": {"timeframe": "15m"}},
            },
        }
    )
    assert configured_timeframes(config) == [Timeframe.M5, Timeframe.H1, Timeframe.D1]
    venue = config.venues["ib"]
    assert isinstance(venue, InteractiveBrokersConfig)
    sides = interactive_brokers_sides("ib", venue, SystemClock(), NoRandomness(), configured_timeframes(config))
    assert isinstance(sides.history, InteractiveBrokersHistory)
    asked = sides.history._connection.settings.history
    assert set(asked) == {Timeframe.M1, Timeframe.M5, Timeframe.H1, Timeframe.D1}
