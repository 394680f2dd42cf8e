"""Attached consoles: a websocket each, fed with the newest state at the rate it asked for."""

import asyncio
import contextlib
import logging
import os
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from core.control.consoles import ConsoleHello, Presence
from core.control.desk_stream import MAX_INTERVAL_MS, MIN_INTERVAL_MS, ROWS_KNOWN, DeskFramer, StreamRequest
from core.control.routes import ROWS_HEADER
from core.io.control_views import ViewError, check_desk_request
from core.ports.control import EngineAccess

MAX_CLIENTS: Final = 8
MAX_NAME_CHARACTERS: Final = 64
MAX_REQUEST_BYTES: Final = 64 << 10
STALLED_AFTER_S: Final = 2.0
CUT_OFF_AFTER_S: Final = 600.0
SILENT_AFTER_S: Final = 5.0
"""For so long a console must have said nothing to lose its place to another; longer than that none stays armed."""
_TURNS_SILENT: Final = 3  # at least: what is no console of ours speaks only when it is sent something
KERNEL_BUFFER_BYTES: Final = 16 << 10
"""What the kernel may hold for a console: with its usual size a quiet engine's frames fill it only after minutes."""
MOST_UNREAD: Final = 2
"""Frames on their way to a console. Each is followed by a ping, whose pong says that the console has read so far.

What lies between, such as an SSH tunnel, takes megabytes; a slow line hands them on minutes later as if they were new.
"""
_LOOK_EVERY_S: Final = 0.5
_CLOSE_TIMEOUT_S: Final = 1.0
_MAX_CLOSE_REASON_BYTES: Final = 123  # a control frame holds no more
_log = logging.getLogger(__name__)
_requests = msgspec.json.Decoder(StreamRequest)


class _Client:
    """One attached console: what it wants, and what it has been sent."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, *, knows_rows: bool) -> None:
        self.socket = socket
        self.transport = transport
        self.framer = DeskFramer(by_rows=knows_rows)
        self.request: StreamRequest | None = None
        self.asked = asyncio.Event()
        self.presence: Presence | None = None
        self.heard_at = asyncio.get_running_loop().time()  # anything
        self._sent = self._read = 0  # frames

    async def send(self, frame: bytes) -> None:
        """Hand a frame over, and ask to be told when it has been read."""
        self._sent += 1
        number = self._sent
        await self.socket.send_frame(frame, WSMsgType.TEXT)
        await self.socket.ping(b"%d" % number)

    def told(self, pong: bytes) -> None:
        """Take note of an answer; one to nothing that was asked is nobody's word."""
        if pong.isdigit() and self._read < (number := int(pong)) <= self._sent:
            self._read = number

    def gone(self) -> None:
        if self.presence is not None:
            self.presence.end()

    def ask(self, request: StreamRequest) -> None:
        self.request = request
        self.framer.start_over()
        self.asked.set()

    async def next_turn(self) -> StreamRequest:
        """Wait until a frame is due: the interval has passed, or something new is asked for."""
        if self.request is None:
            await self.asked.wait()
        else:
            await asyncio.sleep(MIN_INTERVAL_MS / 1_000)  # however fast it asks
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((self.request.interval_ms - MIN_INTERVAL_MS) / 1_000):
                    await self.asked.wait()
        self.asked.clear()
        assert self.request is not None
        return self.request

    @property
    def console(self) -> str:
        return "" if self.presence is None else self.presence.hello.console

    @property
    def interval_s(self) -> float:
        return 0.0 if self.request is None else self.request.interval_ms / 1_000

    @property
    def is_stalled(self) -> bool:
        return self.presence is not None and self.presence.behind_s > 0

    def fell_behind(self, behind_s: float, *, is_silent: bool) -> None:
        """Say so; for one that is silent keep nothing, not even what it has: it gets the whole state when it reads."""
        if is_silent:
            self.framer.start_over()
        if self.presence is not None:
            self.presence.behind_s = behind_s

    def caught_up(self) -> None:
        if self.presence is not None:
            self.presence.behind_s = 0.0

    @property
    def can_take_more(self) -> bool:
        return self.transport.get_write_buffer_size() == 0 and self._sent - self._read < MOST_UNREAD


class DeskStreams:
    """Serve the live stream to at most `MAX_CLIENTS` consoles.

    A slow console gets fewer frames, never old ones: the next is made when it has read the last but one. One that has
    read nothing and said nothing for `stalled_after_s` costs the frame that it was sent last and nothing else; when it
    reads again it gets one whole snapshot that says for how long it had none. One that still speaks while its frames
    are on their way has a slow line: it gets what changed. Each console is waited for by a task of its own.

    A line that died without a word leaves a stream behind: it ends when its console is back, or when another needs its
    place.
    """

    def __init__(self, engine: EngineAccess, stalled_after_s: float = STALLED_AFTER_S) -> None:
        self._engine = engine
        self._stalled_after_s = stalled_after_s
        self._clients: list[_Client] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if len(self._clients) >= MAX_CLIENTS and not self._make_room():
            raise web.HTTPServiceUnavailable(reason=f"{MAX_CLIENTS} consoles are attached already; detach one first")
        socket = web.WebSocketResponse(compress=False, max_msg_size=MAX_REQUEST_BYTES, autoping=False)
        await socket.prepare(request)
        assert request.transport is not None
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER_BYTES)
        knows_rows = request.headers.get(ROWS_HEADER) == ROWS_KNOWN
        client = _Client(socket, request.transport, knows_rows=knows_rows)
        self._clients.append(client)
        sender = asyncio.create_task(self._send(client), name="desk-stream")
        try:
            await self._receive(client)
        finally:
            self._forget(client)
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender
        return socket

    def _make_room(self) -> bool:
        """Drop the console that has been silent longest, if any has been for long."""
        now_s = asyncio.get_running_loop().time()
        longest = min(self._clients, key=lambda each: each.heard_at)
        silent_s = now_s - longest.heard_at
        if silent_s < max(SILENT_AFTER_S, _TURNS_SILENT * longest.interval_s):
            return False
        _log.warning("an attached console has said nothing for %.0f s and makes room for another", silent_s)
        self._drop(longest)
        return True

    def _drop_older(self, console: str) -> None:
        """End the stream that a console had before: whoever lost its line comes back before this end hears of it."""
        for each in [each for each in self._clients if console and each.console == console]:
            self._drop(each)

    def _drop(self, client: _Client) -> None:
        self._forget(client)
        client.transport.abort()  # its receiver ends

    def _forget(self, client: _Client) -> None:
        if client in self._clients:
            self._clients.remove(client)
        client.gone()

    async def close(self) -> None:
        """Tell every console that the engine stops."""
        await asyncio.gather(
            *(_close(client, WSCloseCode.GOING_AWAY, "the engine stops") for client in list(self._clients))
        )

    async def _receive(self, client: _Client) -> None:
        loop = asyncio.get_running_loop()
        async for message in client.socket:
            client.heard_at = loop.time()
            if message.type is WSMsgType.PONG:
                client.told(bytes(message.data))
                continue
            if message.type is WSMsgType.PING:
                await client.socket.pong(message.data)
                continue
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            try:
                request = _read_request(message.data)
            except ValueError as error:
                await _close(client, WSCloseCode.INVALID_TEXT, str(error))
                return
            if client.presence is None:  # before its first frame, which shows it among the consoles
                hello = _hello(request)
                self._drop_older(hello.console)
                client.presence = self._engine.attach(hello)
            client.ask(request)

    async def _send(self, client: _Client) -> None:
        try:
            await self._send_frames(client)
        except ConnectionError:
            client.transport.abort()  # the console is gone; its receiver ends
        except TimeoutError:
            _log.warning("an attached console has read nothing for %g s and is cut off", CUT_OFF_AFTER_S)
            client.transport.abort()
        except Exception as error:
            _log.exception("the desk cannot be shown to an attached console")
            await _close(client, WSCloseCode.INTERNAL_ERROR, f"the engine failed ({type(error).__name__}); see its log")

    async def _send_frames(self, client: _Client) -> None:
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        while True:
            request = await client.next_turn()
            behind_s = loop.time() - sent_at
            if not client.can_take_more:
                self._fell_behind(client, behind_s)
                continue
            gap_ms = int(behind_s * 1e3) if client.is_stalled else 0
            client.caught_up()
            sent_at = loop.time()
            await self._send_one(client, client.framer.frame(self._engine.desk(request), gap_ms), sent_at)

    async def _send_one(self, client: _Client, frame: bytes, sent_at: float) -> None:
        """Hand a frame over; where the socket is full this lasts until the console reads."""
        loop = asyncio.get_running_loop()
        sending = asyncio.ensure_future(client.send(frame))
        del frame  # kept by nobody but the socket
        try:
            while not (await asyncio.wait((sending,), timeout=min(_LOOK_EVERY_S, self._stalled_after_s)))[0]:
                self._fell_behind(client, loop.time() - sent_at)
            await sending
        finally:
            sending.cancel()

    def _fell_behind(self, client: _Client, behind_s: float) -> None:
        if behind_s > CUT_OFF_AFTER_S:
            raise TimeoutError
        if behind_s > self._stalled_after_s:
            silent_s = asyncio.get_running_loop().time() - client.heard_at
            client.fell_behind(behind_s, is_silent=silent_s > self._stalled_after_s)


async def _close(client: _Client, code: WSCloseCode, reason: str) -> None:
    message = reason.encode()[:_MAX_CLOSE_REASON_BYTES].decode(errors="ignore").encode()
    # In a task of its own: a console that leaves at this moment cancels what waits for its socket to take more.
    closing = asyncio.ensure_future(client.socket.close(code=code, message=message))
    try:
        await asyncio.wait((closing,), timeout=_CLOSE_TIMEOUT_S)
    finally:
        closing.cancel()
    if closing.done() and not closing.cancelled() and not isinstance(closing.exception(), ConnectionError | None):
        closing.result()


def _hello(request: StreamRequest) -> ConsoleHello:
    who = request.who or f"api (uid {os.getuid()})"
    return ConsoleHello(console=request.console, who=who, interval_ms=request.interval_ms)


def _read_request(data: str | bytes) -> StreamRequest:
    try:
        request = _requests.decode(data)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a desk request: {error}") from error
    if not MIN_INTERVAL_MS <= request.interval_ms <= MAX_INTERVAL_MS:
        raise ViewError(f"`interval_ms` is {request.interval_ms}; allowed are {MIN_INTERVAL_MS} to {MAX_INTERVAL_MS}")
    for name in ("console", "who"):
        text: str = getattr(request, name)
        if len(text) > MAX_NAME_CHARACTERS or not text.isprintable():
            raise ViewError(f"`{name}` is {text!r}; allowed are at most {MAX_NAME_CHARACTERS} printable characters")
    check_desk_request(request)
    return request
