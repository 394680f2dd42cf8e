"""The console's link to an engine in another process, over its Unix socket."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from core.control.arming import meant_for
from core.control.commands import AnyCommand, CommandResult, Outcome
from core.control.consoles import NOBODY, ConsoleName, signed
from core.control.desk_stream import DEFAULT_INTERVAL_MS, DeskMirror, DeskStreamError, StreamRequest
from core.control.routes import OUTCOME_OF_STATUS, STREAM, request_for
from core.ports.clock import Clock
from core.state.desk import DeskRequest, DeskSnapshot

_HOST: Final = "http://engine"  # any name: the connector goes to the socket
_MAX_FRAME_BYTES: Final = 64 << 20
_FIRST_BACKOFF_S: Final = 0.1
_MAX_BACKOFF_S: Final = 2.0
_CONNECT_TIMEOUT_S: Final = 5.0
_COMMAND_TIMEOUT_S: Final = 15.0  # a kill waits for every venue's answer
_MAX_UNUSABLE_FRAMES: Final = 3  # an engine of another version: slow down instead of asking at full rate
_REFUSALS: Final = {403: "it belongs to another user", 503: "too many consoles are attached"}
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
        self._asked = asyncio.Event()
        self._mirror = DeskMirror()
        self._latest: DeskSnapshot | None = None
        self._lost_reason: str | None = "not connected yet"
        self._heard_ns = 0
        self._turn_ns: int | None = None  # when this process last looked here, for a picture or for a frame
        self._stood_still = False  # and has not been sent the whole state since
        self._unusable_frames = 0  # in a row
        self._notices: list[str] = []
        self._session: aiohttp.ClientSession | None = None
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
        silent_ns = self._clock.monotonic_ns() - self._heard_ns
        if silent_ns > max(_SILENCE_NS, 5 * self._interval_ms * 1_000_000):
            return f"the engine has been silent for {silent_ns / 1e9:.1f} s"
        return None

    def want(self, request: DeskRequest) -> None:
        if request != self._request:
            self._request = request
            self._asked.set()

    def take_notices(self) -> list[str]:
        taken, self._notices = self._notices, []
        return taken

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
            self._asked.set()

    async def start(self) -> None:
        """Begin to connect; return at once."""
        # No limit: the stream holds one connection, and a command must never wait for another one.
        connector = aiohttp.UnixConnector(str(self._socket_path), limit=0)
        self._session = aiohttp.ClientSession(connector=connector)
        self._task = asyncio.create_task(self._keep_connected(), name="attached-link")

    async def stop(self) -> None:
        """Detach; the engine goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._session is not None:
            await self._session.close()
        self._lost_reason = "detached"

    async def execute(self, command: AnyCommand) -> CommandResult:
        """Send a command; a lost answer is FAILED and says that the command may have been carried out."""
        if self._session is None:
            return _failed("not attached to an engine")
        seen = self._latest
        meant = command if seen is None else meant_for(command, seen.engine_id, seen.engine_ns)
        request = request_for(signed(meant, self._name))
        try:
            async with self._session.request(
                request.method,
                f"{_HOST}{request.path}",
                data=request.body or None,
                timeout=aiohttp.ClientTimeout(total=_COMMAND_TIMEOUT_S, sock_connect=_CONNECT_TIMEOUT_S),
            ) as reply:
                return _result(reply.status, await reply.read())
        except aiohttp.ClientConnectorError as error:
            return _failed(f"no engine answers on {self._socket_path} ({error.os_error.strerror}); nothing was sent")
        except TimeoutError:
            return _failed(
                f"no answer within {_COMMAND_TIMEOUT_S:g} s: "
                "it may or may not have been carried out; look before repeating it"
            )
        except aiohttp.ClientError as error:
            return _failed(
                f"the engine broke off ({error}): it may or may not have been carried out; look before repeating it"
            )

    async def _keep_connected(self) -> None:
        backoff_s = _FIRST_BACKOFF_S
        while True:
            heard_before_ns = self._heard_ns
            try:
                self._lost_reason = await self._follow()
            except (aiohttp.ClientError, OSError, TimeoutError, DeskStreamError) as error:
                self._lost_reason = _describe(error, self._socket_path)
            if self._heard_ns != heard_before_ns:
                backoff_s = _FIRST_BACKOFF_S
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _MAX_BACKOFF_S)

    async def _follow(self) -> str:
        """Follow one connection to its end and return why it ended."""
        assert self._session is not None
        timeout = aiohttp.ClientWSTimeout(ws_close=1.0)  # pyright: ignore[reportCallIssue] - attrs is opaque to it
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            socket = await self._session.ws_connect(
                f"{_HOST}{STREAM}", max_msg_size=_MAX_FRAME_BYTES, timeout=timeout, compress=0
            )
        async with socket:
            self._asked.set()
            asking = asyncio.create_task(self._ask(socket))
            try:
                while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    await self._take(socket, message.data)
            finally:
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await asking
        return f"the engine closed the link ({message.extra or socket.close_code})"

    async def _ask(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._send_request(socket)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: str) -> None:
        self._take_turn()
        try:
            now = self._mirror.apply(frame)
        except DeskStreamError as error:
            self._unusable_frames += 1
            if self._unusable_frames > _MAX_UNUSABLE_FRAMES:
                raise
            self._lost_reason = f"{error}; asking for the whole state"
            self._mirror = DeskMirror()
            await self._send_request(socket)
            return
        self._unusable_frames = 0
        self._stood_still = self._stood_still and not self._mirror.is_anew
        if self._stood_still:
            return
        if self._mirror.gap_ms:
            self._notices.append(gap_text(self._mirror.gap_ms, self._latest, now))
        self._latest = now
        self._heard_ns = self._clock.monotonic_ns()
        self._lost_reason = None

    async def _send_request(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        wanted = StreamRequest(
            **msgspec.structs.asdict(msgspec.structs.replace(self._request, console=self._name.console)),
            interval_ms=self._interval_ms,
            who=self._name.who,
        )
        await socket.send_str(msgspec.json.encode(wanted).decode())


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


def _result(status: int, body: bytes) -> CommandResult:
    try:
        reply = msgspec.json.decode(body, type=_Reply)
    except msgspec.DecodeError as error:
        return _failed(f"the engine answered with status {status} and no readable result ({error})")
    outcome = reply.outcome or OUTCOME_OF_STATUS.get(status, Outcome.FAILED)
    message = reply.message or str(reply.error.get("message", f"the engine answered with status {status}"))
    return CommandResult(outcome=outcome, message=message, data=reply.data)


def _failed(message: str) -> CommandResult:
    return CommandResult(outcome=Outcome.FAILED, message=message)


def _describe(error: Exception, socket_path: Path) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no engine answers on {socket_path} ({error.os_error.strerror})"
    if isinstance(error, TimeoutError):
        return f"{socket_path} does not answer"
    if isinstance(error, aiohttp.WSServerHandshakeError):
        why = _REFUSALS.get(error.status, "it may be of another version")
        return f"the engine on {socket_path} refused the link: {why} (status {error.status})"
    return str(error) or type(error).__name__
