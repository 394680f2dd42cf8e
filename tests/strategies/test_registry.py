"""Strategies are found by name, take typed parameters, and every mistake is named with what is allowed."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from core.bars.timeframe import Timeframe
from core.ports.strategy import RunningStrategy, StrategyContext
from core.types.order import OrderType, Side
from core.types.signal import Signal
from strategies.api import Strategy, StrategyParameters, register_strategy
from strategies.loading import load_entry_points, load_folder, load_shipped
from strategies.parameters import ParameterError
from strategies.registry import REGISTRY, StrategyError
from tests.strategies.strategy_desk import BTC, Desk

load_shipped()
GIVEN = {"instruments": "BTC/USDT@sim-a"}


def test_texts_and_typed_values_make_the_same_parameters_and_go_round() -> None:
    texts = {"instruments": "BTC/USDT@sim-a, ETH/USDT:USDT@sim-b", "timeframe": "5s", "fast": "5", "notional_usd": "50"}
    typed = {
        "instruments": ["BTC/USDT@sim-a", "ETH/USDT:USDT@sim-b"], "timeframe": Timeframe.S5, "fast": 5,
        "notional_usd": Decimal(50),
    }  # fmt: skip
    strategy = REGISTRY.create("ma_cross", texts)
    assert strategy.parameters == REGISTRY.create("ma_cross", typed).parameters
    assert strategy.parameters == REGISTRY.create("ma_cross", strategy.parameter_texts()).parameters
    assert [str(each) for each in strategy.instruments] == ["BTC/USDT@sim-a", "ETH/USDT:USDT@sim-b"]
    assert strategy.timeframe is Timeframe.S5


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"fats": "5"}, "strategy 'ma_cross' has no parameter 'fats' (did you mean 'fast'?); it has instruments, "),
        ({"fast": "ten"}, "strategy 'ma_cross': fast = 'ten' is not allowed: a valid integer"),
        ({"fast": "0"}, "strategy 'ma_cross': fast = '0' is not allowed: greater than or equal to 1"),
        ({"fast": "30"}, "strategy 'ma_cross': slow = 30 is not allowed: more than fast (30)"),
        ({"kind": "wma"}, "strategy 'ma_cross': kind = 'wma' is not allowed: 'sma' or 'ema'"),
        ({"timeframe": "2m"}, "timeframe = '2m' is not allowed: '1s', '5s', '1m', '5m', '15m', '1h', '4h' or '1d'"),
        ({"notional_usd": "-1"}, "notional_usd = '-1' is not allowed: greater than 0"),
        ({"notional_usd": "NaN"}, "notional_usd = 'NaN' is not allowed: a finite number"),
        ({"direction": "both"}, "direction = 'both' is not allowed: 'long_only' or 'long_short'"),
        (
            {"instruments": "BTC"},
            "instruments = 'BTC' is not allowed: instrument 'BTC' is not of the form SYMBOL@venue",
        ),
        ({"instruments": []}, "instruments = [] is not allowed: one or more names of the form SYMBOL@venue"),
        ({"instruments": 7}, "instruments = 7 is not allowed: one or more names of the form SYMBOL@venue"),
        ({"instruments": "BTC/USDT@sim-a,BTC/USDT@sim-a"}, "each instrument once; BTC/USDT@sim-a is there twice"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value_and_what_is_allowed(raw: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError) as raised:
        REGISTRY.create("ma_cross", GIVEN | raw)
    assert message in str(raised.value)


def test_every_wrong_parameter_is_named_at_once() -> None:
    with pytest.raises(ParameterError) as raised:
        REGISTRY.create("bollinger_rsi", {"width": "0", "typo": "1"})
    text = str(raised.value)
    assert "needs parameter 'instruments': what to trade, as SYMBOL@venue" in text
    assert "width = '0'" in text
    assert "no parameter 'typo'" in text


def test_the_order_of_thresholds_is_checked() -> None:
    with pytest.raises(ParameterError, match=r"oversold = 80\.0 is not allowed: less than overbought"):
        REGISTRY.create("bollinger_rsi", GIVEN | {"oversold": 80})


def test_an_unknown_strategy_is_named_with_the_nearest_and_all_known() -> None:
    with pytest.raises(StrategyError, match=r"no strategy 'ma_cros' \(did you mean 'ma_cross'\?\); known are .*bolli"):
        REGISTRY.create("ma_cros", {})


def test_a_description_tells_what_a_strategy_does_and_takes() -> None:
    described = REGISTRY.describe("ma_cross")
    parameters = {each.name: each for each in described.parameters}
    assert described.summary.startswith("Follow the trend")
    assert described.origin == "strategies.ma_cross"
    assert (parameters["fast"].default, parameters["slow"].default) == ("10", "30")
    assert parameters["instruments"].default is None
    assert all(each.meaning != "value" for each in described.parameters)


def test_two_classes_cannot_have_one_name() -> None:
    class Other(Strategy[StrategyParameters]):
        pass

    with pytest.raises(StrategyError, match=r"strategy 'ma_cross' of .*Other is strategies\.ma_cross\.MaCross already"):
        register_strategy("ma_cross")(Other)


def test_one_strategy_runs_twice_under_two_names() -> None:
    first, second = (REGISTRY.create("ma_cross", GIVEN, run_as=name) for name in ("trend_a", "trend_b"))
    assert (first.name, second.name) == ("trend_a", "trend_b")


def test_shipped_strategies_are_what_the_engine_drives() -> None:
    context: StrategyContext = Desk()
    for name in ("ma_cross", "bollinger_rsi"):
        running: RunningStrategy = REGISTRY.create(name, GIVEN)
        running.prepare()
        running.handle_start(context)
        assert running.instruments == (BTC.id,)
        assert running.wants_books is (name == "bollinger_rsi")
        assert not running.wants_trades
        assert running.history_bars >= 31 or name == "bollinger_rsi"


def test_an_instrument_no_venue_knows_stops_the_start_with_its_name() -> None:
    strategy = REGISTRY.create("ma_cross", {"instruments": "XYZ/USDT@nowhere"})
    with pytest.raises(ParameterError, match=r"instrument XYZ/USDT@nowhere is not known to any venue"):
        strategy.handle_start(Desk())


OWN = '''
from strategies.api import Strategy, StrategyParameters, register_strategy


class OwnParameters(StrategyParameters):
    threshold: int = 3


@register_strategy("own_idea")
class OwnIdea(Strategy[OwnParameters]):
    """Do what its owner likes."""

    Parameters = OwnParameters

    def on_trade(self, ctx, trade):
        ctx.log("trade")
'''


def test_a_folder_of_own_strategies_is_loaded_and_loaded_again_after_an_edit(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    (tmp_path / "_draft.py").write_text("raise RuntimeError('never imported')")
    file.write_text(OWN)
    assert load_folder(tmp_path) == (file,)
    assert REGISTRY.create("own_idea", GIVEN).wants_trades
    file.write_text(OWN.replace("= 3", "= 44"))
    load_folder(tmp_path)
    assert REGISTRY.create("own_idea", GIVEN).parameter_texts()["threshold"] == "44"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = = 2\n", "broken.py, line 2: SyntaxError: invalid syntax"),
        (
            "x = 1\n\nimport no_such_module\n",
            "broken.py, line 3: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("def f():\n    return 1 / 0\n\nf()\n", "broken.py, line 2: ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_with_the_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(StrategyError) as raised:
        load_folder(tmp_path)
    assert str(raised.value) == f"{tmp_path}/{message}"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="nothing does not exist"):
        load_folder(tmp_path / "nothing")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages with one distribution that offers a strategy."""
    info = tmp_path / "somebody_strategies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody-strategies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seraphim.strategies]\nsomebody = somebody_strategies\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_strategies_of_installed_packages_are_found_by_their_entry_point(installed: Path) -> None:
    (installed / "somebody_strategies.py").write_text(OWN.replace("own_idea", "somebodys_idea"))
    load_entry_points()
    assert "somebodys_idea" in REGISTRY.names()
    del sys.modules["somebody_strategies"]


def test_an_installed_package_that_cannot_be_loaded_is_named(installed: Path) -> None:
    (installed / "somebody_strategies.py").write_text("import no_such_module")
    with pytest.raises(StrategyError, match=r"package 'somebody_strategies' cannot be loaded: ModuleNotFoundError"):
        load_entry_points()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "give either quantity or notional_usd"),
        ({"quantity": Decimal(1), "notional_usd": Decimal(1)}, "give either quantity or notional_usd"),
        ({"quantity": Decimal(0)}, "size 0 is not allowed"),
        ({"quantity": Decimal("NaN")}, "size NaN is not allowed"),
        ({"quantity": Decimal(1), "confidence": 1.01}, r"confidence 1.01 is not in \[0, 1\]"),
        ({"quantity": Decimal(1), "confidence": float("nan")}, "confidence nan is not"),
        ({"quantity": Decimal(1), "order_type": OrderType.LIMIT}, "has a limit_price"),
        ({"quantity": Decimal(1), "limit_price": Decimal(1)}, "has a limit_price"),
    ],
)
def test_a_signal_that_makes_no_sense_cannot_be_made(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Signal(**({"instrument_id": BTC.id, "side": Side.BUY, "confidence": 0.5, "reason": "x"} | parts))


def test_finding_strategies_and_building_bars_brings_no_compiler_in() -> None:
    code = (
        "import sys, core.bars.instrument_bars, strategies.api\n"
        "from strategies.loading import load_shipped\n"
        "from strategies.registry import REGISTRY\n"
        "load_shipped(); REGISTRY.create('ma_cross', {'instruments': 'BTC/USDT@sim-a'})\n"
        "print([name for name in ('numba', 'textual', 'polars', 'ccxt') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
