"""What the documents say in tables, links and examples is what the code does."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import typer

from core.config.load import load_config
from core.orders.transitions import OrderEvent, next_status
from core.risk.table import RULES, AppliesTo
from core.types.control import HaltLevel
from core.types.order import OrderStatus, Side
from strategies.loading import load_folder
from strategies.maker import StrategyMaker
from tests.repository.tree import DOCUMENTS, ROOT, blocks, header, table
from tests.strategies.strategy_desk import BTC, Desk
from tui.cli.app import app
from tui.cli.exits import ExitCode
from tui.console.actions import ACTIONS
from tui.console.key_names import key_label

CONSOLE, RISK = ROOT / "docs" / "console.md", ROOT / "docs" / "risk.md"
COMMAND_LINE, STRATEGIES = ROOT / "docs" / "command-line.md", ROOT / "docs" / "strategies.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
JUDGED = {
    AppliesTo.EVERY_ORDER: "every order",
    AppliesTo.ALL_BUT_FLATTEN: "all but flatten",
    AppliesTo.NEW_RISK: "not reducing",
}


def test_risk_rules_are_those_of_the_gate_in_its_order():
    told = [row[:4] for row in table(RISK, "| rule |")]
    assert told == [[rule.name, rule.hardness.value, JUDGED[rule.applies_to], rule.unit] for rule in RULES]


def test_halt_levels_are_all_there():
    assert [row[0] for row in table(RISK, "| level |")] == [level.name for level in HaltLevel]


def test_keys_are_those_of_the_console_in_its_words_and_order():
    told = [(row[0], row[1]) for row in table(CONSOLE, "| key |")]
    assert told == [(key_label(action.keys[0]), action.help) for action in ACTIONS if action.keys]


def test_commands_are_those_of_the_command_line():
    commands = typer.main.get_command(app).commands
    told = {row[0]: row[1] for row in table(COMMAND_LINE, "| command |")}
    assert sorted(told) == sorted(commands)
    for name, command in commands.items():
        assert command.help.startswith(told[name])


def test_exit_codes_are_those_of_the_command_line():
    assert [int(row[0]) for row in table(COMMAND_LINE, "| exit code |")] == [int(code) for code in ExitCode]


def test_state_table_of_orders_is_the_one_the_tracker_uses():
    statuses = [OrderStatus(name) for name in header(ARCHITECTURE, "| | `intended`")[1:]]
    assert statuses == list(OrderStatus)
    told = {row[0]: row[1:] for row in table(ARCHITECTURE, "| | `intended`")}
    assert told == {event.value: [_cell(status, event) for status in statuses] for event in OrderEvent}


def _cell(status: OrderStatus, event: OrderEvent) -> str:
    following = next_status(status, event, has_fills=False)
    if following is None:
        return "✗"
    return "=" if following is status else following.value


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path):
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [t for t in targets if t and "://" not in t and not (document.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_in_code_marks_exist(document: Path):
    """Such as `core/risk/table.py`; a bare file name counts where it follows one of the same folder."""
    named = re.findall(
        r"`((?:tui|strategies|adapters|data|core|tests|docs|bench)/[\w./]*\w/?)`", document.read_text("utf-8")
    )
    outside = {"strategies/buy_the_dip.py"}  # of the reader's own folder
    missing = [path for path in named if path not in outside and not (ROOT / path).exists()]
    assert missing == []


def test_example_strategy_buys_the_dip_and_sells_at_the_average(example: Path):
    load_folder(example.parent)
    desk = Desk()
    desk.load_history([Decimal(100)] * 25)
    maker = StrategyMaker(load_config(Path("/nonexistent"), {}), None)
    strategy = maker.make("buy_the_dip", {"instruments": str(BTC.id), "dip_bps": "50"})
    strategy.prepare()
    strategy.handle_start(desk)
    desk.close_bar(strategy, 25, "99.90")  # not far enough
    assert desk.sent == []
    desk.close_bar(strategy, 26, "99.00")
    desk.close_bar(strategy, 27, "98.90")  # holds it already
    desk.close_bar(strategy, 28, "100.50")
    assert desk.sent == [(Side.BUY, Decimal("10.101"), False), (Side.SELL, Decimal("10.101"), True)]


def test_example_strategy_configuration_makes_it(example: Path, tmp_path: Path):
    (block,) = blocks(STRATEGIES, "strategy configuration")
    file = tmp_path / "config.toml"
    file.write_text(block.text, encoding="utf-8")
    (strategy,) = StrategyMaker(load_config(file, {}), example.parent).enabled()
    assert strategy.name == "my_dips"
    assert strategy.parameter_texts()["dip_bps"] == "4.0"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (block,) = blocks(STRATEGIES, "strategy example")
    folder = tmp_path / "strategies"
    folder.mkdir()
    file = folder / "buy_the_dip.py"
    file.write_text(block.text, encoding="utf-8")
    return file
