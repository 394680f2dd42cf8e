"""What a configuration file and the environment may say, and how everything wrong with them is told."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.config import Config
from core.config.load import load_config
from core.config.problem import ConfigError
from core.types.control import RiskMode, TradingMode

NOTHING: dict[str, str] = {}


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder: Path, text: str, environment: dict[str, str] = NOTHING) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text), environment)
    return str(caught.value).splitlines()


def only_problem(folder: Path, text: str, environment: dict[str, str] = NOTHING) -> str:
    (problem,) = problems_of(folder, text, environment)
    return problem


def test_no_file_gives_a_paper_run_on_three_simulated_venues(tmp_path: Path):
    config = load_config(tmp_path / "config.toml", {})
    assert list(config.venues) == ["sim-a", "sim-b", "sim-x"]
    assert {venue.kind for venue in config.venues.values()} == {"sim"}
    assert {strategy.kind for strategy in config.strategies.values()} == {
        "ma_cross",
        "bollinger_rsi",
        "spread_arb",
        "hedged_volume",
    }
    assert config.engine.mode is TradingMode.PAPER
    assert config.engine.trading_enabled is False
    assert config == Config()


def test_risk_limits_default_to_the_documented_numbers(tmp_path: Path):
    risk = load_config(tmp_path / "none.toml", {}).risk
    assert (risk.max_position_per_trade_usd, risk.max_leg_notional_usd, risk.max_position_size_usd) == (
        2000,
        5000,
        10_000,
    )
    assert (risk.daily_loss_pct, risk.daily_loss_usd, risk.max_drawdown_pct) == (3, 500, 10)
    assert (risk.loss_per_trade_pct, risk.loss_per_trade_usd, risk.stop_loss_pct) == (1, 100, 2)
    assert (risk.concentration_pct, risk.max_invested_pct, risk.position_per_order_pct) == (30, 70, 5)
    assert risk.mode is RiskMode.BALANCED
    modes = risk.modes
    assert [mode.min_edge_bps for mode in (modes.conservative, modes.balanced, modes.aggressive)] == [
        5,
        3,
        Decimal("1.5"),
    ]


def test_decimals_of_a_file_are_exact(tmp_path: Path):
    config = load_config(write(tmp_path, "[risk]\ndaily_loss_usd = 0.1\n"), {})
    assert config.risk.daily_loss_usd == Decimal("0.1")


def test_unknown_key_is_named_with_file_line_and_the_nearest_known_one(tmp_path: Path):
    problem = only_problem(tmp_path, "[engine]\nmode = 'paper'\n\n[risk]\ndaily_los_usd = 5\n")
    assert problem == (f"{tmp_path}/config.toml:5: risk.daily_los_usd = 5: unknown key; did you mean 'daily_loss_usd'?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[risk]\nmax_leverage = 'three'\n", '2: risk.max_leverage = "three": must be a number ≥ 1 and ≤ 100'),
        ("[risk]\ndaily_loss_usd = -5\n", "2: risk.daily_loss_usd = -5: must be a number > 0"),
        ("[risk]\nloss_per_trade_pct = 2.5\n", "2: risk.loss_per_trade_pct = 2.5: must be a number > 0 and ≤ 2"),
        ("[risk]\ndaily_loss_usd = nan\n", "2: risk.daily_loss_usd = NaN: must be a number > 0"),
        ("[risk]\nmax_open_orders = 1.5\n", "2: risk.max_open_orders = 1.5: must be a whole number ≥ 1"),
        ("[risk]\nmax_open_orders = true\n", "2: risk.max_open_orders = true: must be a whole number ≥ 1"),
        ("[risk]\ndaily_loss_usd = '500'\n", '2: risk.daily_loss_usd = "500": must be a number > 0'),
        ("[engine]\ntrading_enabled = 'yes'\n", '2: engine.trading_enabled = "yes": must be true or false'),
        ("[engine]\nmode = 'papper'\n", '2: engine.mode = "papper": must be one of "paper", "live"'),
        ("risk = 5\n", "1: risk = 5: must be a table"),
    ],
)
def test_wrong_values_are_told_with_what_is_allowed(tmp_path: Path, text: str, expected: str):
    assert only_problem(tmp_path, text) == f"{tmp_path}/config.toml:{expected}"


def test_unknown_venue_kind_lists_the_kinds(tmp_path: Path):
    problem = only_problem(tmp_path, "[venues.main]\nkind = 'binanse'\n")
    assert problem.endswith(
        ':2: venues.main.kind = "binanse": must be one of "sim", "binance", "binanceusdm", '
        '"kraken", "okx", "coinbase", "hyperliquid", "ccxt", "interactive_brokers", "replay"'
    )


def test_an_exchange_of_ccxt_is_named_beside_its_symbols(tmp_path: Path):
    text = "[venues.perps]\nkind = 'ccxt'\nexchange = 'bybit'\nsymbols = ['BTC/USDT:USDT']\n"
    venue = load_config(write(tmp_path, text), {}).venues["perps"]
    assert venue.kind == "ccxt"
    assert (venue.exchange, venue.symbols, venue.use_ccxt_anyway) == ("bybit", ("BTC/USDT:USDT",), False)


@pytest.mark.parametrize(
    ("exchange", "words"),
    [("hyperliquid", "must not be hyperliquid: ccxt would sign"), ("By bit", "venues.perps.exchange")],
)
def test_an_exchange_that_never_comes_through_ccxt_is_refused(tmp_path: Path, exchange: str, words: str):
    text = f"[venues.perps]\nkind = 'ccxt'\nexchange = '{exchange}'\nsymbols = ['BTC/USDC:USDC']\n"
    assert words in only_problem(tmp_path, text)


def test_pools_that_do_not_sum_to_one_are_refused(tmp_path: Path):
    problem = only_problem(tmp_path, "[capital.pools]\nhedge = 0.7\narb = 0.3\n")
    assert problem.endswith(":1: capital.pools: hedge + arb + reserve = 1.1, must be exactly 1")


def test_syntax_error_says_line_and_column(tmp_path: Path):
    problem = only_problem(tmp_path, "[engine]\nmode = \n")
    assert f"{tmp_path}/config.toml: not TOML:" in problem
    assert "line 2, column" in problem


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path):
    text = (
        "[risk]\nmax_leverage = 0\nmode = 'wild'\n"
        "[venues.sim-q]\nkind = 'sim'\n"
        "[venues.binance]\nkind = 'binance'\nrest_url = 'ftp://x'\nmode = 'live'\n"
        "[strategies.s]\nkind = 'ma_cross'\ninstruments = ['BTC/USDT@binanc']\n"
    )
    keys = [problem.split(": ")[1].split(" = ")[0] for problem in problems_of(tmp_path, text)]
    assert keys == [
        "risk.max_leverage",
        "risk.mode",
        "venues.sim-q",
        "venues.binance.rest_url",
        "venues.binance.mode",
        "strategies.s.instruments",
    ]


def test_strategy_at_an_unknown_venue_is_told_the_nearest_venue(tmp_path: Path):
    text = "[venues.sim-a]\nkind = 'sim'\n[strategies.s]\nkind = 'ma_cross'\ninstruments = ['BTC/USDT@sim-q']\n"
    assert only_problem(tmp_path, text).endswith("there is no venue 'sim-q'; venues are sim-a; did you mean 'sim-a'?")


@pytest.mark.parametrize("venue", ["kind = 'binance'\nmode = 'paper'", "kind = 'binance'", "kind = 'sim'"])
def test_paper_does_not_stand_beside_money(tmp_path: Path, venue: str):
    name = "sim-a" if "sim" in venue else "binance"
    problem = only_problem(tmp_path, f"[engine]\nmode = 'live'\n[venues.{name}]\n{venue}\n")
    assert "no paper beside money" in problem


def test_money_at_a_venue_needs_the_engine_to_be_live(tmp_path: Path):
    problem = only_problem(tmp_path, "[venues.binance]\nkind = 'binance'\nmode = 'live'\n")
    assert 'venues.binance.mode = "live": money also needs mode = "live" in [engine]' in problem


def test_a_real_venue_has_any_name_and_a_replay_that_of_its_venue(tmp_path: Path):
    config = load_config(write(tmp_path, "[venues.second]\nkind = 'binance'\naccount = 'desk-2'\n"), {})
    assert config.venues["second"].kind == "binance"
    replay = "[venues.mine]\nkind = 'replay'\npath = 'x.gz'\nvenue = 'binance'\n"
    assert "must be named 'binance'" in only_problem(tmp_path, replay)


def test_replay_beside_another_venue_is_refused(tmp_path: Path):
    replay = "[venues.binance]\nkind = 'replay'\npath = 'x.gz'\nvenue = 'binance'\n"
    assert "no other venue beside it" in only_problem(tmp_path, replay + "[venues.sim-a]\nkind = 'sim'\n")


def test_file_with_venues_of_its_own_runs_no_built_in_strategy(tmp_path: Path):
    config = load_config(write(tmp_path, "[venues.binance]\nkind = 'binance'\n"), {})
    assert list(config.venues) == ["binance"]
    assert config.strategies == {}


def test_environment_overrides_the_file(tmp_path: Path):
    path = write(tmp_path, "[risk]\ndaily_loss_usd = 400\nmax_leverage = 2\n")
    config = load_config(
        path,
        {
            "SERAPHIM_RISK__DAILY_LOSS_USD": "300.5",
            "SERAPHIM_RISK__MODE": "conservative",
            "SERAPHIM_RISK__MODES__BALANCED__MIN_EDGE_BPS": "4",
            "SERAPHIM_ENGINE__TRADING_ENABLED": "True",
            "SERAPHIM_RISK__RESTRICTED_SYMBOLS": '["DOGE/USDT"]',
            "SERAPHIM_HOME": "/somewhere",
        },
    )
    assert config.risk.daily_loss_usd == Decimal("300.5")
    assert config.risk.max_leverage == 2
    assert config.risk.mode is RiskMode.CONSERVATIVE
    assert config.risk.modes.balanced.min_edge_bps == 4
    assert config.risk.modes.balanced.safety_weight == Decimal("0.65")
    assert config.engine.trading_enabled is True
    assert config.risk.restricted_symbols == ("DOGE/USDT",)


def test_environment_reaches_names_with_a_dash_by_an_underscore(tmp_path: Path):
    environment = {
        "SERAPHIM_VENUES__SIM_A__STARTING_BALANCES__USDT": "5",
        "SERAPHIM_STRATEGIES__MA_CROSS__PARAMETERS__FAST": "7",
    }
    config = load_config(tmp_path / "none.toml", environment)
    sim = config.venues["sim-a"]
    assert sim.kind == "sim"
    assert sim.starting_balances == {"USDT": Decimal(5)}
    assert config.strategies["ma_cross"].parameters["fast"] == 7
    assert config.strategies["ma_cross"].parameters["slow"] == 30


def test_wrong_override_is_blamed_on_its_variable(tmp_path: Path):
    problem = only_problem(tmp_path, "[risk]\ndaily_loss_usd = 5\n", {"SERAPHIM_RISK__DAILY_LOSS_USD": "-3"})
    assert problem == (
        "environment variable SERAPHIM_RISK__DAILY_LOSS_USD: risk.daily_loss_usd = -3: must be a number > 0"
    )
    unknown = only_problem(tmp_path, "", {"SERAPHIM_RIKS__MODE": "x"})
    assert unknown.startswith("environment variable SERAPHIM_RIKS__MODE: riks")


def test_key_of_an_inline_table_is_found_at_the_table(tmp_path: Path):
    problem = only_problem(tmp_path, "\n[risk]\nmodes = { balanced = { min_edge_bps = -1 } }\n")
    assert problem.startswith(f"{tmp_path}/config.toml:3: risk.modes.balanced.min_edge_bps = -1")


def test_lookalike_keys_inside_a_multiline_text_are_not_taken_for_keys(tmp_path: Path):
    text = "[strategies.s]\nkind = '''\ninstruments = 1\n'''\ninstruments = 3\n[venues.sim-a]\nkind = 'sim'\n"
    assert ":5: strategies.s.instruments = 3" in only_problem(tmp_path, text)


def test_file_that_is_no_text_is_one_clear_problem(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(path, {})
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(path, {})


@given(st.text(max_size=200))
def test_any_text_loads_or_is_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_config(path, {})
    except ConfigError as error:
        assert str(error)  # noqa: PT017 - both ways out are right, an empty message is not


@given(
    st.dictionaries(
        st.sampled_from(["mode", "max_leverage", "daily_loss_usd", "restricted_symbols", "modes", "nonsense"]),
        st.one_of(st.integers(), st.booleans(), st.text(alphabet="ab@/", max_size=4).map(repr), st.just("{ a = 1 }")),
        min_size=1,
    )
)
def test_every_problem_names_file_line_and_key(tmp_path_factory: pytest.TempPathFactory, pairs: dict[str, object]):
    path = tmp_path_factory.getbasetemp() / "pairs.toml"
    lines = [f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in pairs.items()]
    path.write_text("\n".join(["[risk]", *lines]))
    try:
        load_config(path, {})
    except ConfigError as error:
        for problem in error.problems:
            place, _, line = problem.where.rpartition(":")
            assert place == str(path)
            assert lines[int(line) - 2].startswith(problem.key.split(".")[1])
            assert problem.allowed


def test_loading_needs_no_venue_library_and_no_screen():
    program = (
        "import sys, core.config.load\n"
        "print(*(m for m in ('textual', 'rich', 'typer', 'numba', 'aiohttp', 'ccxt', 'polars') if m in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
