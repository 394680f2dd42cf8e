"""A daemon in a process of its own, as an owner runs it, and a bounded wait for what it says."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any, TypeVar

from core.control.client import ControlClient, EngineUnresponsive, NoEngine
from core.paths import Paths

T = TypeVar("T")
PATIENCE_S = 40.0
POLL_S = 0.05
CONFIG = """
[venues.sim-a]
kind = "sim"
"""
INSTRUMENT = {"venue": "sim-a", "symbol": "BTC/USDT:USDT"}


def until(what: str, look: Callable[[], T | None]) -> T:
    """Look again and again until there is something; fail after `PATIENCE_S` naming what did not come."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None and found is not False:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"{what} did not come within {PATIENCE_S:g} s")


def environment(home: Path) -> dict[str, str]:
    # One cache for all homes: compiling for each would be most of these tests' time.
    cache = os.environ.get("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"seraphim-tests-numba-{os.getuid()}"))
    return {**os.environ, "SERAPHIM_HOME": str(home), "NUMBA_CACHE_DIR": cache}


def command(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tui.cli", *arguments],
        env=environment(home), capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


class Daemon:
    """Start on entering, kill on leaving whatever happened."""

    def __init__(
        self, home: Path, config: str = CONFIG, *, options: tuple[str, ...] = (), program: str = "tui.cli"
    ) -> None:
        self.home = home
        self.program = program
        self.options = options
        self.paths = Paths.under(home)
        home.mkdir(exist_ok=True)
        self.paths.config_file.write_text(config, encoding="utf-8")
        self.client = ControlClient(self.paths.socket, 10.0)

    def __enter__(self) -> "Daemon":
        self._errors = (self.home / "stderr.txt").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.program, "daemon", *self.options],
            env=environment(self.home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
            start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._errors.close()

    # signals -------------------------------------------------------------------------------------------

    def kill_nine(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def send_signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE_S)

    def said(self) -> str:
        return (self.home / "stderr.txt").read_text()

    # the control socket --------------------------------------------------------------------------------

    def get(self, path: str) -> dict[str, Any] | None:
        """Ask, or return None where nobody answers yet."""
        assert self.process.poll() is None, self.said()
        try:
            status, answer = self.client.get(path)
        except (NoEngine, EngineUnresponsive):
            return None
        return answer if status == 200 else None

    def state(self) -> dict[str, Any]:
        return until("an answer", lambda: self.get("/api/monitoring/state"))

    def ready(self) -> "Daemon":
        """Wait until the venue is reconciled and the market is known well enough to trade."""
        until("a running engine", self._is_ready)
        return self

    def _is_ready(self) -> bool:
        state = self.get("/api/monitoring/state")
        if (
            state is None
            or state["global"]["system_status"] == "starting"
            or not state["venues"]["sim-a"]["reconciled"]
        ):
            return False
        market = state["market"]["sim-a"][INSTRUMENT["symbol"]]
        return market["validity"] == "valid" and market["short_term_volatility"] is not None

    def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        return self.client.post(path, {**body, "who": "test"})

    def order(self, side: str, quantity: str, price: str | None = None) -> dict[str, Any]:
        limit = {} if price is None else {"order_type": "limit", "limit_price": price}
        status, answer = self.post("/api/orders", **INSTRUMENT, side=side, quantity=quantity, **limit)
        assert status == 200, answer
        return answer

    def price(self, factor: str) -> str:
        """Return a price on the grid, at a share of the market's."""
        bid = Decimal(str(self.state()["market"]["sim-a"][INSTRUMENT["symbol"]]["bid"]))
        return str((bid * Decimal(factor)).quantize(Decimal(1), ROUND_FLOOR))

    def books(self) -> dict[str, Any]:
        """Return what must not change by a crash: orders, positions, what was earned, halts."""
        orders = (self.get("/api/orders") or {})["orders"]
        positions = (self.get("/api/positions") or {})["positions"]
        state = self.state()
        kept = ("client_order_id", "side", "quantity", "filled_quantity", "limit_price", "status", "source")
        earned = ("symbol", "quantity", "average_price", "realised_pnl_usd", "fees_usd", "funding_usd")
        return {
            "orders": sorted(tuple(str(order[name]) for name in kept) for order in orders),
            "positions": sorted(tuple(str(position[name]) for name in earned) for position in positions),
            "fills": [fill["fill_id"] for fill in (self.get("/api/fills") or {})["fills"]],
            "trades": state["global"]["total_trades"],
            "halts": sorted((b["scope"], b["cause"], b["since_ns"], b["who"]) for b in state["risk"]["blockers"]),
        }
