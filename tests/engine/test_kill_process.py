"""The kill switch of a real engine in a real process: by signal, by file while it is stopped, with a hung strategy."""

import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core.control.commands import AnyCommand, Resume
from core.control.routes import request_for
from core.journal.facts import BlockerLifted, BlockerRaised, OrderIntended, OrderRefused, StrategyOverran
from tests.engine.daemon import CONFIG, INSTRUMENT, PATIENCE_S, Daemon, command, until

T = TypeVar("T")
STRATEGY = '''
from decimal import Decimal

from strategies.api import Side, Signal, Strategy, StrategyParameters, register_strategy


@register_strategy("eager")
class Eager(Strategy[StrategyParameters]):
    """Trade on every change of the book."""

    def on_book(self, ctx, instrument_id):
        if not ctx.open_orders(instrument_id):
            side = Side.SELL if ctx.position(instrument_id) > 0 else Side.BUY
            ctx.submit(Signal(instrument_id=instrument_id, side=side, quantity=Decimal("0.001"), confidence=0.9,
                              reason="the book moved"))


@register_strategy("hung")
class Hung(Strategy[StrategyParameters]):
    """Never come back from the first trade."""

    def on_trade(self, ctx, trade):
        while True:
            pass
'''


def with_strategy(home: Path, kind: str) -> str:
    folder = home / "strategies"
    folder.mkdir()
    (folder / "mine.py").write_text(STRATEGY, encoding="utf-8")
    name = f"{INSTRUMENT['symbol']}@{INSTRUMENT['venue']}"
    return f'{CONFIG}\n[strategies.mine]\nkind = "{kind}"\ninstruments = ["{name}"]\n'


def facts(home: Path, kind: type[T]) -> list[T]:
    """Read the journal without a lock of its own: a stopped engine may hold one for as long as it is stopped."""
    with closing(sqlite3.connect(f"file:{home / 'state' / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
        bodies = journal.execute("SELECT body FROM rows WHERE kind = ? ORDER BY sequence", (kind.__name__,))
        return [msgspec.json.decode(body, type=kind) for (body,) in bodies]


def stop_the_process(daemon: Daemon) -> int:
    """Return a time at which the whole process stands still."""
    daemon.send_signal(signal.SIGSTOP)
    until("a stopped process", lambda: process_state(daemon.process.pid) == "T")
    return time.time_ns()


@contextmanager
def left_lying(daemon: Daemon, given: AnyCommand) -> Generator[Callable[[], bytes]]:
    """Send a command that an engine which stands still finds once it goes on; what is yielded waits for the answer."""
    request = request_for(given)
    head = f"{request.method} {request.path} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        line.connect(str(daemon.paths.socket))
        line.sendall(f"{head}Content-Length: {len(request.body)}\r\n\r\n".encode() + request.body)
        yield lambda: line.recv(65_536)


def sources_after(home: Path, at_ns: int) -> set[str]:
    return {fact.intent.source for fact in facts(home, OrderIntended) if fact.at_ns > at_ns}


def process_state(pid: int) -> str:
    """Return the kernel's letter for what a process does, T for stopped."""
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]


def halted(daemon: Daemon) -> Callable[[], bool]:
    return lambda: daemon.state()["global"]["system_status"] == "halted"


def test_sigusr1_halts_cancels_and_lets_the_engine_live(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.order("buy", "0.02")
        daemon.order("buy", "0.01", daemon.price("0.97"))
        daemon.send_signal(signal.SIGUSR1)
        state = until("a halt", lambda: daemon.state()["kill"])
        assert (state["level"], state["who"]) == ("halted", "signal")
        state = until("confirmations", lambda: found if (found := daemon.state()["kill"])["is_finished"] else None)
        (venue,) = state["venues"].values()
        assert (venue["orders_left"], len(venue["positions_left"])) == (0, 1)  # it does not flatten
        alerts = [alert["name"] for alert in daemon.state()["alerts"] if alert["severity"] == "critical"]
        assert alerts == ["kill global"]
        assert daemon.post("/api/orders", **INSTRUMENT, side="buy", quantity="0.01")[0] == 409
        daemon.send_signal(signal.SIGUSR1)
        daemon.kill_nine()
    with Daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.state()["kill"]["who"] == "signal"
        daemon.send_signal(signal.SIGTERM)
        assert daemon.exit_code() == 0


def test_a_stopped_engine_is_told_apart_and_obeys_the_file_before_it_sends_anything(tmp_path: Path):
    """F28 with the whole process under SIGSTOP while its strategy trades on every change of the book."""
    with Daemon(tmp_path, with_strategy(tmp_path, "eager")) as daemon:
        daemon.ready()
        until("trades", lambda: daemon.state()["global"]["total_trades"] >= 4)
        stopped_ns = stop_the_process(daemon)
        killed = command(tmp_path, "kill", "--flatten", "--reason", "it hangs")
        assert killed.returncode == 1
        for said in ("did not answer", f"process {daemon.process.pid} holds the lock", "Nothing was cancelled"):
            assert said in killed.stderr
        assert daemon.paths.kill_file.exists()

        daemon.send_signal(signal.SIGCONT)
        until("a halt", halted(daemon))
        until("a flat account", lambda: daemon.state()["kill"]["is_finished"])
        until("a strategy that tried again", lambda: facts(tmp_path, OrderRefused) or None)
        assert sources_after(tmp_path, stopped_ns) <= {"flatten"}
        raised = {(fact.blocker.cause, fact.blocker.reason) for fact in facts(tmp_path, BlockerRaised)}
        assert raised == {("kill", "it hangs")}
        until("the file taken away", lambda: not daemon.paths.kill_file.exists())


def test_a_signal_to_a_stopped_engine_counts_before_it_sends_anything(tmp_path: Path):
    with Daemon(tmp_path, with_strategy(tmp_path, "eager")) as daemon:
        daemon.ready()
        until("trades", lambda: daemon.state()["global"]["total_trades"] >= 4)
        stopped_ns = stop_the_process(daemon)
        daemon.send_signal(signal.SIGUSR1)
        daemon.send_signal(signal.SIGCONT)
        until("a halt", halted(daemon))
        until("a strategy that tried again", lambda: facts(tmp_path, OrderRefused) or None)
        assert sources_after(tmp_path, stopped_ns) == set()


def test_a_resume_that_lay_before_a_stopped_engine_does_not_lift_the_kill_that_came_after_it(tmp_path: Path):
    with Daemon(tmp_path) as daemon:
        daemon.ready()
        assert command(tmp_path, "pause", "--reason", "lunch").returncode == 0
        stop_the_process(daemon)
        resume = Resume(who="cli:ann", reason="back", word="resume", as_of_ns=time.time_ns())
        with left_lying(daemon, resume) as answer:
            daemon.send_signal(signal.SIGUSR1)
            daemon.send_signal(signal.SIGCONT)
            answer()
        until("a halt", halted(daemon))
        assert daemon.state()["kill"]["level"] == "halted"
        assert [fact.cause for fact in facts(tmp_path, BlockerLifted)] in ([], ["pause"])


def test_a_strategy_that_never_returns_is_stopped_while_books_move_and_a_kill_is_obeyed(tmp_path: Path):
    with Daemon(tmp_path, with_strategy(tmp_path, "hung")) as daemon:
        state = until("an end of the strategy", lambda: failed(daemon))
        assert "used more than" in state["strategies"][0]["detail"]
        (overran,) = until("a fact of it", lambda: facts(tmp_path, StrategyOverran) or None)
        assert overran.callback == "on_trade"
        before = sequence(daemon)
        until("books that move on", lambda: sequence(daemon) > before)
        killed = command(tmp_path, "kill", "--flatten", "--json")
        assert killed.returncode == 0, killed.stderr


def failed(daemon: Daemon) -> dict[str, Any] | None:
    state = daemon.get("/api/monitoring/state")
    is_failed = state is not None and [each["status"] for each in state["strategies"]] == ["failed"]
    return state if is_failed else None


def sequence(daemon: Daemon) -> int:
    return int(daemon.state()["market"]["sim-a"][INSTRUMENT["symbol"]]["sequence"])
