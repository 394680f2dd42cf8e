"""The console's link to an engine in another process, over its Unix socket."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from core.control.arming import meant_for
from core.control.commands import AnyCommand, CommandResult, Outcome
from core.control.consoles import NOBODY, ConsoleName, signed
from core.control.desk_stream import DEFAULT_INTERVAL_MS, DeskMirror, DeskStreamError, StreamRequest
from core.control.routes import OUTCOME_OF_STATUS, request_for
from core.ports.clock import Clock
from core.state.desk import DeskRequest, DeskSnapshot
from tui.engine_request import InDoubtError, NotSentError, ask_engine
from tui.engine_stream import StreamError, follow
from tui.line_lateness import LineLateness
from tui.notices import Notices
from tui.other_version import is_unknown_field, is_unknown_to_engine, newer_engine, older_engine

CONNECTING: Final = "connecting to the engine"
_FIRST_BACKOFF_S: Final = 0.1
_MAX_BACKOFF_S: Final = 2.0
_COMMAND_TIMEOUT_S: Final = 15.0  # a kill waits for every venue's answer
_MAX_UNUSABLE_FRAMES: Final = 3  # an engine of another version: slow down instead of asking at full rate
_SILENCE_NS: Final = 2_000_000_000
_STOOD_STILL_NS: Final = 1_000_000_000


class _Reply(msgspec.Struct):
    """What the engine answers to a command; everything optional, since a refusal at the door has only an error."""

    outcome: Outcome | None = None
    message: str = ""
    data: dict[str, Any] = {}
    error: dict[str, Any] = {}


class AttachedLink:
    """An EngineLink over a socket. It keeps the newest state and comes back by itself when the engine does.

    While the link is down, `latest` stays what it was: `lost_reason` says that it is old. Commands are sent once
    and never repeated by themselves, each with the time of the picture it was given by: an engine that stood still
    meanwhile refuses to trade on an old one.

    Parameters
    ----------
    socket_path
        The engine's control socket.
    clock
        Tells how long the engine has been silent.
    interval_ms
        How often the engine sends, 50 to 5000.
    name
        Who this console is; its commands are signed with it.
    place
        Where the engine is, as the header says it.
    way_lost
        Says why the socket itself leads nowhere, where something else keeps it.
    """

    def __init__(
        self,
        socket_path: Path,
        clock: Clock,
        interval_ms: int = DEFAULT_INTERVAL_MS,
        *,
        name: ConsoleName = NOBODY,
        place: str = "attached",
        way_lost: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._socket_path = socket_path
        self._clock = clock
        self._interval_ms = interval_ms
        self._name = name
        self._place = place
        self._way_lost = way_lost
        self._request = DeskRequest()
        self._send: Callable[[bytes], None] | None = None  # where there is a connection
        self._mirror = DeskMirror()
        self._latest: DeskSnapshot | None = None
        self._lost_reason: str | None = CONNECTING
        self._heard_ns = 0
        self._lateness = LineLateness()
        self._late_ns = 0  # the newest picture, when it came
        self._is_back = False  # and has not heard anything over the new connection
        self._turn_ns: int | None = None  # when this process last looked here, for a picture or for a frame
        self._stood_still = False  # and has not been sent the whole state since
        self._unusable_frames = 0  # in a row
        self._newer_engine = ""  # that was said to be newer than this console
        self._notices = Notices()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_hosted(self) -> bool:
        return False

    @property
    def console_id(self) -> str:
        return self._name.console

    @property
    def place(self) -> str:
        return self._place

    @property
    def lost_reason(self) -> str | None:
        if self._lost_reason is not None:
            return self._way_lost() or self._lost_reason
        silent_ns = self._silent_ns()
        if silent_ns > self._patience_ns:
            return f"the engine has been silent for {silent_ns / 1e9:.1f} s"
        old_ns = silent_ns + self._late_ns
        return (
            None if old_ns <= self._patience_ns else f"the line is slow: its newest picture is {old_ns / 1e9:.1f} s old"
        )

    @property
    def late_ns(self) -> int:
        return self._late_ns

    def _silent_ns(self) -> int:
        return self._clock.monotonic_ns() - self._heard_ns

    @property
    def _patience_ns(self) -> int:
        return max(_SILENCE_NS, 5 * self._interval_ms * 1_000_000)

    def want(self, request: DeskRequest) -> None:
        if request != self._request:
            self._request = request
            self._ask()

    def take_notices(self) -> list[str]:
        return self._notices.take()

    def tell(self, text: str) -> None:
        """Have the trader told something, once."""
        self._notices.tell(text)

    def latest(self) -> DeskSnapshot | None:
        self._take_turn()
        return self._latest

    def _take_turn(self) -> None:
        """Notice that this process was stopped: what waits in the socket since then is old and would look new."""
        now_ns = self._clock.monotonic_ns()
        stood_ns = 0 if self._turn_ns is None else now_ns - self._turn_ns
        self._turn_ns = now_ns
        if self._latest is not None and stood_ns > max(_STOOD_STILL_NS, 5 * self._interval_ms * 1_000_000):
            self._stood_still = True
            self._lost_reason = f"this console stood still for {stood_ns / 1e9:.0f} s; asking for the whole state"
            self._ask()

    async def start(self) -> None:
        """Begin to connect; return at once. Commands need no start."""
        self._task = asyncio.create_task(self._keep_connected(), name="attached-link")

    async def stop(self) -> None:
        """Detach; the engine goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._lost_reason = "detached"

    async def execute(self, command: AnyCommand) -> CommandResult:
        """Send a command; a lost answer is FAILED and says that the command may have been carried out."""
        seen = self._latest
        meant = command if seen is None else meant_for(command, seen.engine_id, seen.engine_ns)
        try:
            reply = await ask_engine(self._socket_path, request_for(signed(meant, self._name)), _COMMAND_TIMEOUT_S)
        except NotSentError as error:
            return _failed(f"no engine answers on {self._socket_path} ({error}); nothing was sent")
        except InDoubtError as error:
            return _failed(f"{error}: it may or may not have been carried out; look before repeating it")
        return _result(reply.status, reply.body, None if seen is None else seen.version)

    async def _keep_connected(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            heard_before_ns = self._heard_ns
            try:
                reason = await follow(self._socket_path, self._opened, self._take)
                self._lost_reason = f"the engine closed the link ({reason})"
                if is_unknown_field(reason):
                    self._lost_reason = f"{older_engine(None)}; it closed the link ({reason})"
            except (StreamError, DeskStreamError) as error:
                self._lost_reason = str(error)
            finally:
                self._send = None
            if self._heard_ns != heard_before_ns:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _MAX_BACKOFF_S)

    def _opened(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._is_back = True
        self._ask()

    def _take(self, frame: bytes) -> None:
        self._take_turn()
        try:
            now = self._mirror.apply(frame)
        except DeskStreamError as error:
            self._unusable_frames += 1
            if self._unusable_frames > _MAX_UNUSABLE_FRAMES:
                raise
            self._lost_reason = f"{error}; asking for the whole state"
            self._mirror = DeskMirror()
            self._ask()
            return
        self._unusable_frames = 0
        late_ns = self._lateness.of(now.engine_id, now.engine_ns, self._clock.monotonic_ns())
        self._stood_still = self._stood_still and not self._mirror.is_anew
        if self._stood_still:
            return
        if gap_ms := max(self._mirror.gap_ms, self._missed_ms(now)):
            self._notices.tell(gap_text(gap_ms, self._latest, now))
        if self._mirror.knows_less and self._newer_engine != now.engine_id:
            self._newer_engine = now.engine_id
            self._notices.tell(newer_engine(now.version))
        self._latest, self._late_ns = now, late_ns
        self._heard_ns = self._clock.monotonic_ns()
        self._lost_reason = None

    def _missed_ms(self, now: DeskSnapshot) -> int:
        """Return for how long a link that came back was away from an engine that went on; 0 where that is nothing."""
        is_back, self._is_back = self._is_back, False
        is_same = self._latest is not None and self._latest.engine_id == now.engine_id
        silent_ns = self._silent_ns()
        return silent_ns // 1_000_000 if is_back and is_same and silent_ns > self._patience_ns else 0

    def _ask(self) -> None:
        """Say what is wanted, where somebody hears it."""
        if self._send is None:
            return
        wanted = StreamRequest(
            **msgspec.structs.asdict(msgspec.structs.replace(self._request, console=self._name.console)),
            interval_ms=self._interval_ms,
            who=self._name.who,
        )
        self._send(msgspec.json.encode(wanted))


def gap_text(gap_ms: int, before: DeskSnapshot | None, now: DeskSnapshot) -> str:
    """Say for how long nothing was shown, and how much came meanwhile; what can no longer be read is counted too."""
    told = f"no frames for {gap_ms / 1e3:.0f} s: fresh snapshot"
    if before is None or before.engine_id != now.engine_id:
        return told
    fills = now.monitoring.global_.total_trades - before.monitoring.global_.total_trades
    seen = before.log[-1].sequence if before.log else 0
    newest = now.log[-1].sequence if now.log else seen
    hidden = max(0, now.log[0].sequence - seen - 1) if now.log else 0
    lost = f", {hidden} of them no longer shown" if hidden else ""
    return f"{told}; meanwhile {fills} fills and {newest - seen} log lines{lost}"


def _result(status: int, body: bytes, engine_version: str | None) -> CommandResult:
    try:
        reply = msgspec.json.decode(body, type=_Reply)
    except msgspec.DecodeError as error:
        return _failed(f"the engine answered with status {status} and no readable result ({error})")
    outcome = reply.outcome or OUTCOME_OF_STATUS.get(status, Outcome.FAILED)
    message = reply.message or str(reply.error.get("message", f"the engine answered with status {status}"))
    if is_unknown_to_engine(status, reply.outcome, message):
        message = f"refused: {older_engine(engine_version)}; it said: {message}"
    return CommandResult(outcome=outcome, message=message, data=reply.data)


def _failed(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.FAILED, message=message)
