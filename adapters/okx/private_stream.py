"""The private websocket: always connected again, never silent without notice, nothing lost in between.

Hazards and what meets them:

- the connection ends, the venue gives notice of a restart or counts too many connections: connected anew after a
  growing delay;
- it is open and carries nothing, not even the answer to a ping: replaced;
- it is open and deaf: an order that was answered and is not heard of replaces it;
- executions that happened meanwhile: read by REST after each connection, before the stream counts as up;
- frames that cannot be read: counted, the connection is replaced where there are many, and the gap is read by REST;
- a frame that needs something from REST first (the price of a fee): frames wait in line, in the venue's order.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec

from adapters.network.backoff import Backoff
from adapters.network.venue_time import VenueTime
from adapters.okx.answers import OrderRow
from adapters.okx.dialect import PING
from adapters.okx.rest import VenueReadError
from adapters.okx.settings import TradingSettings
from adapters.okx.signing import Signer
from adapters.okx.wire import PONG, Envelope, decode_envelope
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError

ORDERS: Final = "orders"
_NS_PER_S: Final = 1_000_000_000
_ENDING_EVENTS: Final = frozenset({"error", "notice", "channel-conn-count-error"})
_log = logging.getLogger(__name__)
_decode_orders = msgspec.json.Decoder(list[OrderRow], strict=False).decode


class StreamRefusedError(Exception):
    """The venue did not let us listen; the text says why."""


class PrivateStream:
    """Keeps listening to the account's orders.

    Parameters
    ----------
    on_order
        Takes one order message with its time of arrival; may wait. Called one after the other.
    catch_up
        Reads and reports what happened at or after a time (UTC ns), of everything where it is None; raises
        VenueReadError where it could not.
    fault
        Says why an open connection counts as deaf, None where it does not.
    """

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        signer: Signer,
        time: VenueTime,
        *,
        on_order: Callable[[OrderRow, int], Awaitable[None]],
        catch_up: Callable[[int | None], Awaitable[None]],
        fault: Callable[[], str | None],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._signer = signer
        self._time = time
        self._on_order = on_order
        self._catch_up = catch_up
        self._fault = fault
        self._backoff = Backoff(randomness, first_s=settings.first_backoff_s, cap_s=settings.backoff_cap_s)
        self._frames: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue()
        self._up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._end: asyncio.Future[str] | None = None
        self._confirmed: asyncio.Future[str] | None = None  # the event that is waited for
        self._last_message_ns = 0
        self._complete_until_ns: int | None = None  # UTC: everything before was seen
        self.malformed = 0
        self.connections = 0
        self.trouble = "not connected yet"

    @property
    def is_up(self) -> bool:
        """Tell whether executions arrive and none of the past is missing."""
        return self._up.is_set()

    async def start(self) -> None:
        """Begin, and return once it is up for the first time."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._work())]
        await self._up.wait()

    async def stop(self) -> None:
        self._up.clear()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                self.trouble = await self._one_connection()
            except (TransportError, VenueReadError, StreamRefusedError) as error:
                self.trouble = str(error)
            except Exception as error:  # a fault in here must not end the stream without a word
                self.trouble = f"fault in the private stream: {type(error).__name__}"
                _log.exception("okx: private stream")
            self._up.clear()
            _log.warning("okx: private stream: %s", self.trouble)
            await asyncio.sleep(self._backoff.next_s())

    async def _one_connection(self) -> str:
        """Serve one connection until it ends; return why."""
        loop, settings = asyncio.get_running_loop(), self._settings
        self._end = end = loop.create_future()
        connection = await self._transport.connect(
            settings.endpoints.private_url, self._on_message, settings.request_timeout_s
        )
        self.connections += 1
        self._last_message_ns = self._clock.monotonic_ns()
        closed = loop.create_task(connection.closed())
        try:
            await self._ask(connection, "login", {"op": "login", "args": [self._signer.login(self._time.now_ns)]})
            subscription = {"op": "subscribe", "args": [{"channel": ORDERS, "instType": "ANY"}]}
            await self._ask(connection, "subscribe", subscription)
            listening_ns = self._clock.utc_ns()
            await self._catch_up(self._complete_until_ns)
            # a connection that ended meanwhile has heard nothing since: its gap begins where this one's did
            self._complete_until_ns = self._complete_until_ns or listening_ns
            if not (end.done() or closed.done()):
                self._up.set()
            return await self._watch(connection, [closed, end])
        finally:
            if self.is_up:
                self._complete_until_ns = self._clock.utc_ns()
            self._up.clear()
            closed.cancel()
            await asyncio.gather(closed, return_exceptions=True)
            await connection.close()

    async def _ask(self, connection: Connection, event: str, request: object) -> None:
        """Send a request and wait for its event; raise StreamRefusedError where another one comes, or none."""
        self._confirmed = asyncio.get_running_loop().create_future()
        connection.send(msgspec.json.encode(request))
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                told = await self._confirmed
        except TimeoutError:
            raise StreamRefusedError(f"no answer to {event}") from None
        finally:
            self._confirmed = None
        if told != event:
            raise StreamRefusedError(f"{event} was answered with {told}")

    async def _watch(self, connection: Connection, ends: "list[asyncio.Future[str]]") -> str:
        settings, up_ns = self._settings, self._clock.monotonic_ns()
        malformed_before, pinged_ns = self.malformed, up_ns
        while True:
            await asyncio.wait(ends, timeout=settings.check_interval_s, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                if end.done():
                    return end.result()
            now_ns = self._clock.monotonic_ns()
            if self.malformed - malformed_before > settings.malformed_limit:
                return f"more than {settings.malformed_limit} unreadable messages"
            if now_ns - self._last_message_ns > settings.silence_limit_s * _NS_PER_S:
                return f"no data for {settings.silence_limit_s:g} s"
            fault = self._fault()
            if fault is not None:
                return fault
            if now_ns - pinged_ns >= settings.ping_every_s * _NS_PER_S:
                pinged_ns = now_ns
                connection.send(PING)
            if now_ns - up_ns > settings.backoff_cap_s * _NS_PER_S:
                self._backoff.reset()  # not at once: a venue that hangs up on everybody would be hammered

    def _on_message(self, raw: bytes) -> None:
        self._last_message_ns = self._clock.monotonic_ns()
        if raw != PONG:
            self._frames.put_nowait((raw, self._clock.utc_ns()))

    async def _work(self) -> None:
        while True:
            raw, received_ns = await self._frames.get()
            try:
                await self._take(raw, received_ns)
            except Exception as error:  # one message must not stop those behind it
                self.malformed += 1
                _log.error("okx: private stream: a message was not taken: %s: %s", type(error).__name__, error)
                self._hang_up("a message could not be taken")  # what it was about is read by REST

    async def _take(self, raw: bytes, received_ns: int) -> None:
        try:
            envelope = decode_envelope(raw)
            rows = _decode_orders(envelope.data) if envelope.arg.channel == ORDERS and not envelope.event else []
        except (ValueError, UnicodeDecodeError):
            self.malformed += 1
            return
        if envelope.event:
            self._on_event(envelope)
        for row in rows:
            await self._on_order(row, received_ns)

    def _on_event(self, envelope: Envelope) -> None:
        """Confirm what was asked, and hang up where the venue says that this connection is of no use."""
        text = f"{envelope.event} {envelope.code} {envelope.msg[:200]}".strip()
        is_bad = envelope.event in _ENDING_EVENTS or envelope.code not in {"", "0"}
        if self._confirmed is not None and not self._confirmed.done():
            if is_bad or envelope.event in {"login", "subscribe"}:
                self._confirmed.set_result(text if is_bad else envelope.event)
        elif is_bad:
            self._hang_up(text)

    def _hang_up(self, reason: str) -> None:
        with suppress(asyncio.InvalidStateError):
            if self._end is not None:
                self._end.set_result(reason)
