"""One engine and everything it needs in this process: lock, journal, venues, control socket, pulse, log file."""

import asyncio
import logging
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

from core.config.config import Config
from core.config.engine_settings import engine_settings
from core.config.venues import ReplayVenueConfig
from core.control.commands import Kill
from core.engine.assembly import EnginePorts, assemble
from core.engine.engine import Engine
from core.io.control_server import ControlServer
from core.io.heartbeat import Heartbeat
from core.io.instance_lock import InstanceLock
from core.io.interpreter import calm_garbage_collection, take_short_turns
from core.io.kill_file import read_kill_file
from core.io.kill_signal import KillSignal
from core.io.log_file import LogFile
from core.io.order_ids import OrderIds
from core.io.sqlite_journal import SqliteJournal
from core.io.system_clock import SystemClock
from core.io.system_randomness import SystemRandomness
from core.io.time_budget import TimeBudget
from core.paths import Paths
from core.ports.strategy import RunningStrategy
from core.state.desk import LogLine
from core.types.control import HaltLevel
from strategies.maker import StrategyMaker
from tui.compose.alerts import alert_routes
from tui.compose.kill_file_keeper import KillFileKeeper
from tui.compose.live_venues import note_live_venues
from tui.compose.start_terms import PAPER_TERMS, StartTerms
from tui.compose.venues import VenueSet

LOG_LEVELS: Final = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
CONNECT_PATIENCE_S: Final = 5.0
COMPILED_ALREADY_S: Final = 1.0  # what is kept from an earlier start is loaded within
PULSE: Final = "pulse"
_log = logging.getLogger("seraphim")


class EngineProcess:
    """Build with everything checked, `start`, then `stop`. Building takes the lock and reads the journal.

    Raises InstanceHeldError, KeyStoreError, JournalError, VenueStoreError, ConfigError, StrategyError or OSError, each
    with a text for the user; nothing has been sent anywhere by then.
    """

    def __init__(self, config: Config, paths: Paths, terms: StartTerms = PAPER_TERMS) -> None:
        self.config = config
        self._terms = terms
        self.paths = paths
        self._is_obeying = False
        self._is_built = False
        self._obeyed_file: tuple[int, int] | None = None  # a kill file that stays, for want of a journal
        self._kill_signal = KillSignal()
        # Before the lock names this process to whoever wants to send it.
        self._kill_signal.listen(self._look_for_kill)
        self._lock = InstanceLock(paths.lock)
        self._lock.acquire(SystemClock().utc_ns(), terms.config_file)
        try:
            self._build()
        except BaseException:
            self._lock.release()
            raise
        self._is_built = True

    def _build(self) -> None:
        from adapters.venue_store.store import VenueStore  # noqa: PLC0415 - numpy with it, not for a refused start

        paths, config = self.paths, self.config
        is_replay = any(isinstance(venue, ReplayVenueConfig) for venue in config.venues.values())
        journal_path, store_path = paths.journal, paths.venue_store
        if is_replay:  # recorded time must not mix with the account's own, and begins anew each time
            journal_path, store_path = _fresh(paths.journal, "replay"), _fresh(paths.venue_store, "replay")
        self._maker = StrategyMaker(config, paths.strategies_dir)
        self._strategies = self._maker.enabled()
        self._journal = SqliteJournal(journal_path)  # first: where it is refused the venues' truth is not touched
        self._store = VenueStore(store_path)
        self._venues = VenueSet(config, self._store, paths, self._terms.keys)
        note_live_venues(config, paths.live_venues)  # before an order can leave
        loop = asyncio.get_running_loop()
        self.engine: Engine = assemble(
            engine_settings(config, metadata.version("seraphim"), is_live_confirmed=self._terms.is_confirmed),
            EnginePorts(
                clock=self._venues.clock,
                journal=self._journal,
                make_ids=lambda run: OrderIds(run, tag=self._journal.identity),
                history=self._venues.history,
                budget=TimeBudget(config.engine.strategy_budget_ms / 1e3),
                run_blocking=_in_thread,
                call_soon=loop.call_soon,
                feeds=lambda: self._venues.feeds,
                executions=lambda: self._venues.executions,
                make_strategy=self._maker.make,
                alert_routes=alert_routes(config),
                randomness=SystemRandomness(),
                rate_limit=self._venues.rate_limit,
                kill_wish=self._kill_wish,
            ),
        )
        self._log_file = LogFile(
            paths.log_file,
            logging.getLevelNamesMapping()[config.logging.level.upper()],
            max_bytes=config.logging.max_file_mb << 20,
            kept_files=config.logging.kept_files,
        )
        self.access = KillFileKeeper(self.engine, paths.kill_file)
        self._server = ControlServer(self.access, paths.socket)
        self._heartbeat = Heartbeat(self._second, self.engine.parts.lag)

    async def start(self) -> None:
        """Connect, open the control socket once there is something to show, and trade."""
        self._log_file.start()
        take_short_turns()
        self.engine.parts.log.add_sink(_to_log_file)
        await self._obey()
        self._heartbeat.start()
        await self._compile()
        connecting = asyncio.ensure_future(self.engine.connect())
        # A venue that cannot be reached must not keep the owner from looking and killing.
        await asyncio.wait((connecting,), timeout=CONNECT_PATIENCE_S)
        await self._server.start()
        await connecting
        await self.engine.trade([*self._strategies, *self._started_by_hand()])
        calm_garbage_collection()

    async def _compile(self) -> None:
        """Compile what the first message needs, and say so where that takes long: nothing else happens meanwhile."""
        steps = self._venues.warm_ups
        for number, warm_up in enumerate(steps, 1):
            work = asyncio.ensure_future(_in_thread(warm_up))
            done, _ = await asyncio.wait((work,), timeout=COMPILED_ALREADY_S)
            if not done:
                which = f", {number} of {len(steps)}" if len(steps) > 1 else ""
                text = f"compiling for this machine{which}: up to a minute, once for each version"
                self.engine.parts.log.info("engine", text)
            await work

    def _started_by_hand(self) -> list[RunningStrategy]:
        """Make strategies that ran when the engine last ended and that the configuration does not start."""
        made: list[RunningStrategy] = []
        enabled = [strategy.name for strategy in self._strategies]
        for name, parameters in self.engine.parts.fold.strategies.items():
            if name in enabled:
                continue
            try:
                made.append(self._maker.make(name, parameters))
            except ValueError as error:  # its file or its configuration is gone
                self.engine.parts.log.error("strategy", f"{name} ran before and cannot be started: {error}")
        return made

    async def stop(self, reason: str, *, cancel_orders: bool) -> None:
        """End everything in the order that loses nothing."""
        self._heartbeat.stop()
        await self.engine.stop(reason, cancel_orders=cancel_orders)
        await self._venues.stop()
        self._kill_signal.ignore()
        await self._server.stop()
        try:
            await self._journal.close()
        finally:  # a disk that hangs must cost neither the last lines of the log nor the next start
            self._store.close()
            self._log_file.stop()
            self._lock.release()

    def _second(self) -> None:
        self._look_for_kill()
        conditions = self.engine.parts.conditions
        try:
            self.engine.second()
        except Exception as error:  # limits, reconciliation and snapshots stand still: no new risk until they do not
            text = f"the engine's second fails: {type(error).__name__}: {error}"
            if conditions.hold("global", PULSE, HaltLevel.CANCEL_ONLY, text):
                self.engine.parts.log.error("engine", text)
            raise
        conditions.release("global", PULSE)

    # kill from outside -----------------------------------------------------------------------------

    def _kill_wish(self) -> Kill | None:
        """Return what somebody wants who cannot ask; a file that wants more than the signal counts first."""
        is_new = _stamp(self.paths.kill_file) not in {None, self._obeyed_file}
        wish = read_kill_file(self.paths.kill_file) if is_new else None
        return wish if wish is not None and wish.flatten else self._kill_signal.wish or wish

    def _look_for_kill(self) -> None:
        if not self._is_built or self._is_obeying:
            return
        if self._kill_wish() is not None:
            self._is_obeying = True
            asyncio.ensure_future(self._obey()).add_done_callback(self._obeyed)
        elif self._obeyed_file is not None:
            self._take_away_what_was_obeyed(self._obeyed_file)

    def _obeyed(self, _: "asyncio.Future[None]") -> None:
        self._is_obeying = False

    async def _obey(self) -> None:
        """Kill as whoever is outside wants it."""
        stamp, signalled, wish = _stamp(self.paths.kill_file), self._kill_signal.wish, self._kill_wish()
        if wish is None:
            return
        try:
            await self.access.execute(wish)
        finally:  # or it would be carried out again every second
            self._obeyed_file = stamp
        if signalled is not None:
            self._kill_signal.obeyed(signalled)

    def _take_away_what_was_obeyed(self, stamp: tuple[int, int]) -> None:
        """Remove the file whose halt came into the journal only after the kill was answered."""
        halt = self.engine.kill_state()
        is_due = halt is not None and halt.is_journaled and _stamp(self.paths.kill_file) == stamp
        if is_due and self.access.take_away() is None:
            self._obeyed_file = None


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells one file of this name from the next, None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work)


def _to_log_file(line: LogLine) -> None:
    _log.log(LOG_LEVELS[line.level], line.text, extra={"topic": line.topic})


def _fresh(path: Path, kind: str) -> Path:
    """Return the path of a file of its own beside `path`, with what an earlier run left there removed."""
    own = path.with_name(f"{kind}-{path.name}")
    for suffix in ("", "-wal", "-shm"):
        own.with_name(own.name + suffix).unlink(missing_ok=True)
    return own
