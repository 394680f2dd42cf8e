"""docs/risk.md says what the tables, the gate and the tests are."""

import re

import pytest

from core.jobs.controls.table import CONTROLS
from core.risk.halts import Cause
from core.risk.table import RULES
from core.risk.verdict import Hardness
from core.types.control import HaltLevel
from core.types.job_tag import LegRole
from core.types.order import OrderIntent
from tests.orders.making import D
from tests.repository.tree import ROOT, header, python_files, table
from tests.risk.scene import buy, failed, holding, job, of_job, sell, view

DOCUMENT = ROOT / "docs" / "risk.md"
NAMED = [
    *("price collar (order, window)", "max quantity", "max notional", "min notional, lot, tick", "max open orders"),
    *("message rate, cancel budget", "duplicate order", "repeated-execution throttle", "max position gross and net"),
    *("concentration", "leverage", "liquidation distance of both legs", "free capital, pool, in-flight"),
    *("per-trade loss", "day loss", "drawdown", "consecutive failures", "funding gap and blackout"),
    *("spread and slippage from the book", "volatility, fast market", "latency", "stale data, invalid book"),
    *("venue circuit breaker", "market hours, halts", "restricted list", "self-cross", "reduce-only truth"),
    *("clock offset", "reconciliation clean", "child at most parent quantity", "mode gate"),
]
ORDERS: dict[str, OrderIntent] = {
    "new risk": buy(),
    "primary of a job": of_job(LegRole.PRIMARY),
    "completes a hedge": of_job(LegRole.HEDGE),
    "reduces a position": sell(),
    "kill switch's flattening": sell(source="flatten", reduce_only=True),
}


def entries(column: int) -> list[tuple[str, bool]]:
    """Return the names in one column of the controls, and whether each is called soft."""
    cells = [re.sub("`", "", line.split("|")[column + 1]) for line in _rows_of_controls()]
    named = [part.strip() for cell in cells for part in cell.split(",") if part.strip()]
    return [(part.removesuffix(" soft"), part.endswith(" soft")) for part in named]


def _rows_of_controls() -> list[str]:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| control |"))
    rows: list[str] = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(line)
    return rows


def test_every_named_control_has_its_row_and_an_entry() -> None:
    rows = table(DOCUMENT, "| control |")
    assert [row[0] for row in rows] == NAMED
    assert all(row[1] or row[2] for row in rows)


def test_the_rows_name_every_rule_of_the_gate_once_and_which_are_soft() -> None:
    told = entries(1)
    assert sorted(told) == sorted((rule.name, rule.hardness is Hardness.SOFT) for rule in RULES)


def test_the_rows_name_every_control_of_jobs_once_and_which_are_soft() -> None:
    told = entries(2)
    assert sorted(told) == sorted((control.name, control.hardness is Hardness.SOFT) for control in CONTROLS)


@pytest.mark.parametrize("level", list(HaltLevel), ids=lambda level: level.name)
def test_the_table_of_halt_levels_is_what_the_gate_does(level: HaltLevel) -> None:
    levels = header(DOCUMENT, "| order |")[1:]
    told = {row[0]: row[1 + levels.index(level.name)] for row in table(DOCUMENT, "| order |")}
    held = {"reduces a position": holding(D(5)), "kill switch's flattening": holding(D(5))}
    seen = {
        name: view(halt_level=level, exposures=held.get(name, ()), job=None if order.job is None else job())
        for name, order in ORDERS.items()
    }
    assert told == {
        name: "no" if "halt_level" in failed(order, seen[name]) else "yes" for name, order in ORDERS.items()
    }


def test_every_cause_of_a_halt_is_told() -> None:
    assert sorted(row[0] for row in table(DOCUMENT, "| cause |")) == sorted(Cause)


def test_the_tests_it_names_exist() -> None:
    named = re.findall(r"^- `(test_\w+)`$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    sources = "\n".join(path.read_text("utf-8") for path in python_files("tests"))
    assert len(named) > 10
    assert [name for name in named if f"def {name}(" not in sources] == []
