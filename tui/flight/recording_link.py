"""What stands between a recorded console and its engine and clock: it hands everything on and notes what comes."""

from core.control.commands import AnyCommand, CommandResult
from core.ports.clock import Clock
from core.ports.control import EngineLink
from core.state.desk import DeskRequest, DeskSnapshot
from tui.console.sender import failed_result
from tui.flight.entries import LinkState
from tui.flight.recorder import FlightRecorder


class NotingClock:
    """A clock that knows what it said last, so that a frame is noted with the very time it was drawn for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.said_ns = clock.monotonic_ns()

    def utc_ns(self) -> int:
        return self._clock.utc_ns()

    def monotonic_ns(self) -> int:
        self.said_ns = self._clock.monotonic_ns()
        return self.said_ns


class RecordingLink:
    """An EngineLink over another one."""

    def __init__(self, link: EngineLink, recorder: FlightRecorder, clock: NotingClock) -> None:
        self._link = link
        self._recorder = recorder
        self._clock = clock
        self._seen: DeskSnapshot | None = None

    @property
    def is_hosted(self) -> bool:
        return self._link.is_hosted

    @property
    def console_id(self) -> str:
        return self._link.console_id

    @property
    def place(self) -> str:
        return self._link.place

    @property
    def lost_reason(self) -> str | None:
        return self._link.lost_reason

    @property
    def late_ns(self) -> int:
        return self._link.late_ns

    def want(self, request: DeskRequest) -> None:
        self._link.want(request)

    def latest(self) -> DeskSnapshot | None:
        self._seen = self._link.latest()
        return self._seen

    def take_notices(self) -> list[str]:
        """Return the link's notices and the recorder's; the console takes them last of all, once a frame."""
        at_ns = self._clock.said_ns
        notices = [*self._link.take_notices(), *self._recorder.take_notices()]
        link = self._link
        state = LinkState(link.lost_reason, link.console_id, link.place, link.late_ns)
        try:
            self._recorder.looked(self._seen, state, notices, at_ns)
        except Exception as error:  # what is wrong with a recording must not reach the screen
            self._recorder.fail(error)
        return notices

    async def execute(self, command: AnyCommand) -> CommandResult:
        number = self._recorder.asked()
        try:
            result = await self._link.execute(command)
        except Exception as error:
            self._note(number, failed_result(error))
            raise
        self._note(number, result)
        return result

    def _note(self, number: int, result: CommandResult) -> None:
        try:
            self._recorder.answered(number, result)
        except Exception as error:  # a command that was carried out stays carried out
            self._recorder.fail(error)
