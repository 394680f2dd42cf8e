"""The engine for front ends, with the kill file kept in step with what was carried out."""

import time
from contextlib import suppress
from pathlib import Path

import msgspec

from core.control.commands import AnyCommand, CommandResult, Kill
from core.control.consoles import ConsoleHello, Presence
from core.engine.engine import Engine
from core.io.kill_file import read_kill_file
from core.io.kill_file_writer import write_kill_file
from core.state.away import AwayReport
from core.state.desk import DeskRequest, DeskSnapshot
from core.state.monitoring import MonitoringState


class KillFileKeeper:
    """An `EngineAccess`. Any kill takes the file away once the halt is in the journal, so that it counts once.

    A file that asks for more than the kill did stays, to be obeyed by itself. A halt that the journal did not take
    leaves the file in its place.
    """

    def __init__(self, engine: Engine, kill_file: Path) -> None:
        self._engine = engine
        self._kill_file = kill_file
        self._said = ""  # why the file could not be taken away, as logged last

    def monitoring(self) -> MonitoringState:
        return self._engine.monitoring()

    def desk(self, request: DeskRequest) -> DeskSnapshot:
        return self._engine.desk(request)

    def away(self, who: str) -> AwayReport:
        return self._engine.away(who)

    def attach(self, console: ConsoleHello) -> Presence:
        return self._engine.attach(console)

    async def execute(self, command: AnyCommand) -> CommandResult:
        result = await self._engine.execute(command)
        if not isinstance(command, Kill):
            return result
        if result.data.get("is_journaled") is not True:
            return self._kept(command, result)
        problem = None if self._wants_more(command) else self.take_away()
        return result if problem is None else msgspec.structs.replace(result, message=f"{result.message}; {problem}")

    def take_away(self) -> str | None:
        """Remove the file; return what keeps it there, None where it is gone. The halt counts either way."""
        try:
            self._kill_file.unlink(missing_ok=True)
        except OSError as error:
            problem = (
                f"{self._kill_file} cannot be taken away ({error.strerror}): remove it yourself, until then every start"
                " begins HALTED"
            )
            if problem != self._said:  # tried again every second
                self._said = problem
                self._engine.parts.log.error("engine", problem)
            return problem
        return None

    def _wants_more(self, kill: Kill) -> bool:
        """Tell whether the file, perhaps written meanwhile, asks to flatten and this kill did not."""
        wish = read_kill_file(self._kill_file)
        return wish is not None and wish.flatten and not kill.flatten

    def _kept(self, command: Kill, result: CommandResult) -> CommandResult:
        """Leave the file: without a journal it is all that makes the next start HALTED."""
        if not self._kill_file.exists():
            with suppress(OSError):
                write_kill_file(
                    self._kill_file,
                    who=command.who,
                    reason=command.reason,
                    flatten=command.flatten,
                    at_ns=time.time_ns(),
                )
        if not self._kill_file.exists():
            return msgspec.structs.replace(result, message=f"{result.message}: the next start does NOT begin HALTED")
        return msgspec.structs.replace(
            result, message=f"{result.message}; the file {self._kill_file} makes the next start begin HALTED"
        )
