"""How front ends reach an engine: directly in its process, or over a link."""

from typing import Protocol

from core.control.commands import AnyCommand, CommandResult
from core.control.consoles import ConsoleHello, Presence
from core.state.away import AwayReport
from core.state.desk import DeskRequest, DeskSnapshot
from core.state.monitoring import MonitoringState


class EngineAccess(Protocol):
    """The engine itself, as the control server and an in-process console use it."""

    def monitoring(self) -> MonitoringState: ...

    def desk(self, request: DeskRequest) -> DeskSnapshot: ...

    def away(self, who: str) -> AwayReport:
        """Return what happened while this person's consoles were away."""
        ...

    def attach(self, console: ConsoleHello) -> Presence:
        """Take note of a console that is shown this engine, until its `Presence` ends."""
        ...

    async def execute(self, command: AnyCommand) -> CommandResult:
        """Carry out a command; every failure is a CommandResult, none an exception."""
        ...


class EngineLink(Protocol):
    """What a console holds: the newest snapshot and a way to send commands, in-process or attached."""

    @property
    def is_hosted(self) -> bool:
        """Tell whether the engine lives in this process (True) or is attached to (False)."""
        ...

    @property
    def console_id(self) -> str:
        """Return the id of the console that holds this link, as the engine knows it."""
        ...

    @property
    def place(self) -> str:
        """Say in a word or two where the engine is: hosted, attached, attached ssh://host."""
        ...

    @property
    def lost_reason(self) -> str | None:
        """Return why the link is down, None while it is up."""
        ...

    @property
    def late_ns(self) -> int:
        """Return how old the newest snapshot was when it came, as far as that is known; 0 in the same process."""
        ...

    def take_notices(self) -> list[str]:
        """Return what the trader must be told of the link since the last call, such as a gap in what was shown."""
        ...

    def want(self, request: DeskRequest) -> None:
        """Say what the next snapshots should contain."""
        ...

    def latest(self) -> DeskSnapshot | None:
        """Return the newest snapshot, None before the first."""
        ...

    async def execute(self, command: AnyCommand) -> CommandResult: ...
