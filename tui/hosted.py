"""The console's link to an engine in its own process."""

import logging
from typing import Final

import msgspec

from core.control.commands import AnyCommand, CommandResult
from core.control.consoles import NOBODY, ConsoleHello, ConsoleName, Presence, signed
from core.ports.clock import Clock
from core.ports.control import EngineAccess
from core.state.desk import DeskRequest, DeskSnapshot

DEFAULT_INTERVAL_MS: Final = 50
_log = logging.getLogger(__name__)


class HostedLink:
    """An EngineLink without a wire: the snapshot is made when it is asked for, at most once per interval."""

    def __init__(
        self,
        engine: EngineAccess,
        clock: Clock,
        interval_ms: int = DEFAULT_INTERVAL_MS,
        *,
        name: ConsoleName = NOBODY,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._interval_ns = interval_ms * 1_000_000
        self._request = DeskRequest()
        self._latest: DeskSnapshot | None = None
        self._made_ns: int | None = None
        self._lost_reason: str | None = None
        self._name = name
        self._interval_ms = interval_ms
        self._presence: Presence | None = None

    def start(self) -> None:
        """Say that a console looks."""
        hello = ConsoleHello(console=self._name.console, who=self._name.who, interval_ms=self._interval_ms)
        self._presence = self._engine.attach(hello)

    def stop(self) -> None:
        """Say that it is gone; the engine may go on."""
        if self._presence is not None:
            self._presence.end()

    @property
    def console_id(self) -> str:
        return self._name.console

    @property
    def place(self) -> str:
        return "hosted"

    @property
    def is_hosted(self) -> bool:
        return True

    def take_notices(self) -> list[str]:
        return []

    @property
    def lost_reason(self) -> str | None:
        """Return why the engine could not be shown the last time, None while it can."""
        return self._lost_reason

    @property
    def late_ns(self) -> int:
        return 0

    def want(self, request: DeskRequest) -> None:
        if request != self._request:
            self._request = request
            self._made_ns = None

    def latest(self) -> DeskSnapshot | None:
        now_ns = self._clock.monotonic_ns()
        if self._made_ns is None or now_ns - self._made_ns >= self._interval_ns:
            self._made_ns = now_ns
            self._make()
        return self._latest

    def _make(self) -> None:
        try:
            self._latest = self._engine.desk(msgspec.structs.replace(self._request, console=self._name.console))
        except Exception as error:  # a console without its picture still has its kill key
            if self._lost_reason is None:
                _log.exception("the desk cannot be shown")
            self._lost_reason = f"the engine failed to show itself ({type(error).__name__}: {error})"
        else:
            self._lost_reason = None

    async def execute(self, command: AnyCommand) -> CommandResult:
        return await self._engine.execute(signed(command, self._name))
