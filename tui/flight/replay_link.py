"""What a replayed console has in the place of an engine, a clock and files: the recording, and nothing behind it."""

import asyncio
from pathlib import Path

import msgspec

from core.control.commands import AnyCommand, CommandResult, Outcome, RehearseOrder
from core.state.desk import DeskRequest, DeskSnapshot
from tui.console.memory import ConsoleMemory, MemoryFile
from tui.flight.entries import LinkState, SessionHeader

REFUSAL = "this is a replay: there is no engine, and nothing is sent"


class ReplayClock:
    """Says the time of the moment that is shown."""

    def __init__(self, header: SessionHeader) -> None:
        self._started_ns = self._now_ns = header.started_ns
        self._utc_ns = header.started_utc_ns

    def go_to(self, at_ns: int, utc_ns: int = 0) -> None:
        """Go to a time of the recording; without a wall clock's word that goes on as the steady one does."""
        now_ns = self._started_ns + at_ns
        self._utc_ns = utc_ns or self._utc_ns + now_ns - self._now_ns
        self._now_ns = now_ns

    def utc_ns(self) -> int:
        return self._utc_ns

    def monotonic_ns(self) -> int:
        return self._now_ns


class ReplayLink:
    """An EngineLink that shows what was recorded. Commands reach nobody.

    A command that the trader gave then gets the answer that it got then, at its time; any other is refused.
    """

    def __init__(self, header: SessionHeader) -> None:
        self._header = header
        self._state = LinkState("not connected yet", header.console, header.place)
        self._notices: list[str] = []
        self._snapshot: DeskSnapshot | None = None
        self._answers: dict[int, asyncio.Future[CommandResult]] = {}
        self.commands = 0
        self.is_by_recorded_hand = False  # while what the trader did then is done again

    @property
    def is_hosted(self) -> bool:
        return self._header.is_hosted

    @property
    def console_id(self) -> str:
        return self._state.console

    @property
    def place(self) -> str:
        return self._state.place

    @property
    def lost_reason(self) -> str | None:
        return self._state.lost_reason

    @property
    def late_ns(self) -> int:
        return self._state.late_ns

    def show(self, snapshot: DeskSnapshot | None, link: LinkState | None, notices: list[str]) -> None:
        """Take what the next look is to see."""
        self._snapshot, self._notices = snapshot, notices
        self._state = link or self._state

    def take_notices(self) -> list[str]:
        taken, self._notices = self._notices, []
        return taken

    def want(self, request: DeskRequest) -> None:
        """Ignore it: what was asked for then is what was recorded."""

    def latest(self) -> DeskSnapshot | None:
        return self._snapshot

    async def execute(self, command: AnyCommand) -> CommandResult:
        """Send nothing. What a ticket asks as time goes by was asked then too, and has its answer."""
        if not self.is_by_recorded_hand and not isinstance(command, RehearseOrder):
            return CommandResult(outcome=Outcome.REFUSED, message=REFUSAL)
        self.commands += 1
        return await self._answer(self.commands - 1)

    def answer(self, number: int, result: bytes) -> None:
        """Give a command the answer that it got then."""
        future = self._answer(number)
        if not future.done():
            future.set_result(msgspec.json.decode(result, type=CommandResult))

    def _answer(self, number: int) -> "asyncio.Future[CommandResult]":
        if number not in self._answers:
            self._answers[number] = asyncio.get_running_loop().create_future()
        return self._answers[number]


class ReplayMemory(MemoryFile):
    """The screen that was saved then; what is saved in a replay is not."""

    def __init__(self, header: SessionHeader, *, is_begun_later: bool) -> None:
        super().__init__(Path(header.exports_dir))
        self._header = header
        self._is_begun_later = is_begun_later
        self._saved: ConsoleMemory | None = None

    def load(self) -> tuple[ConsoleMemory | None, str]:
        if self._saved is not None:
            return self._saved, ""
        if self._header.memory:
            return msgspec.json.decode(self._header.memory, type=ConsoleMemory), self._header.memory_problem
        # The first page of a first console is not shown again where the replay begins later.
        return (ConsoleMemory() if self._is_begun_later else None), self._header.memory_problem

    def save(self, memory: ConsoleMemory) -> str:
        self._saved = memory
        return ""
