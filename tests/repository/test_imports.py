"""What each front door loads: a console no daemon, a status no compiler."""

import subprocess
import sys

import pytest

from tests.repository.tree import ROOT

LOADED = """
import importlib, sys
for name in sys.argv[2:]: importlib.import_module(name)
print(*(name for name in sys.argv[1].split(",") if name in sys.modules))
"""


def loaded_by(modules: list[str], suspects: list[str]) -> list[str]:
    """Import modules in a process of their own and return which suspects that brought in."""
    command = [sys.executable, "-c", LOADED, ",".join(suspects), *modules]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return ran.stdout.split()


def test_the_check_sees_what_is_loaded():
    assert loaded_by(["tui.console.app"], ["textual", "ccxt"]) == ["textual"]


DOORS = {
    "command line": (
        ["tui.cli.app"],
        ["textual", "rich.table", "ccxt", "numba", "numpy", "polars", "msgspec", "keyring", "cryptography"],
    ),
    "keys": (["tui.compose.keys"], ["textual", "ccxt", "numpy", "keyring", "cryptography", "aiohttp"]),
    "control client": (["core.control.client"], ["textual", "typer", "pydantic", "numpy", "aiohttp", "msgspec"]),
    "core": (["core"], ["numpy", "msgspec", "core.types", "core.engine"]),
    "launch": (["tui.launch"], ["textual", "numba", "numpy", "aiohttp"]),
    "attached console": (
        ["tui.launch", "tui.attached", "tui.console_reading"],
        ["aiohttp", "pydantic", "polars", "numpy", "ccxt", "core.config.load", "importlib.metadata"],
    ),
    "daemon": (
        ["tui.launch", "tui.headless", "tui.compose.engine_process", "tui.compose.venues"],
        ["textual", "rich", "ccxt", "polars"],
    ),
    "simulation": (
        ["strategies.maker", "strategies.simulate", "strategies.simulation.campaign"],
        ["textual", "rich", "typer", "ccxt", "tui"],
    ),
    "venues": (
        [
            "adapters.binance.venue",
            "adapters.ccxt_exchange.venue",
            "adapters.interactive_brokers.venue",
            "adapters.paper.execution",
            "adapters.sim.market",
        ],
        ["textual", "ccxt", "ib_async", "exchange_calendars", "pandas"],
    ),
}


@pytest.mark.parametrize(("modules", "suspects"), DOORS.values(), ids=DOORS)
def test_a_door_loads_only_what_it_needs(modules: list[str], suspects: list[str]):
    assert loaded_by(modules, suspects) == []
