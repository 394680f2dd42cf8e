"""The private websocket: executions come in, orders go out, on one connection.

It is ready for orders when it is subscribed, its snapshot has come and what was missed has been asked for over REST.
Every message of the executions channel has a number one above the last; a gap, one that cannot be read, or silence
ends the connection, and the next one begins with that question again.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from adapters.kraken.endpoints import TradingSettings
from adapters.kraken.private_wire import (
    ExecutionsMessage,
    MethodAnswer,
    decode_answer,
    decode_executions,
    decode_kind,
    decode_token,
)
from adapters.kraken.rest import TOKEN, PrivateRest, RefusedError
from adapters.kraken.venue_time import VenueTime
from adapters.network.backoff import Backoff
from adapters.network.request_budget import Purpose
from adapters.network.venue_rest import NoAnswerError, NotSentError
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError

_NS_PER_S: Final = 1_000_000_000
_MALFORMED_LIMIT: Final = 20
_log = logging.getLogger(__name__)


class _Asked(msgspec.Struct, frozen=True):
    answer: "asyncio.Future[MethodAnswer]"
    sent_ns: int


class _Ping(msgspec.Struct, frozen=True):
    number: int
    sent_ns: int


class PrivateStream:
    """Keeps itself connected and subscribed.

    Parameters
    ----------
    on_executions
        Takes each message of the channel; what it raises of `UNREADABLE` ends the connection.
    catch_up
        Asks over REST for what was missed; the stream is ready once it returns, and replaced where it raises.
    """

    def __init__(
        self,
        rest: PrivateRest,
        url: str,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        *,
        on_executions: Callable[[ExecutionsMessage, int], None],
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._rest = rest
        self._url = url
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._randomness = randomness
        self._on_executions = on_executions
        self._catch_up = catch_up
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._token = ""
        self._asked: dict[int, _Asked] = {}
        self._numbers = itertools.count(1)
        self._sequence: int | None = None
        self._snapshot = asyncio.Event()
        self._given_up: asyncio.Future[str] | None = None
        self._malformed = 0
        self._last_message_ns = 0
        self._last_ping_ns = 0
        self._ping = _Ping(0, 0)
        self._ready = asyncio.Event()
        self.time = VenueTime()
        self.trouble = "not connected yet"  # why it is not ready, empty while it is

    @property
    def is_ready(self) -> bool:
        """Tell whether orders may be sent: their executions will be heard, and none before is missing."""
        return self._ready.is_set()

    @property
    def is_open(self) -> bool:
        return self._connection is not None and bool(self._token)

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def until_ready(self) -> None:
        await self._ready.wait()

    def replace(self, reason: str) -> None:
        """Give the connection up and begin a new one; no order leaves before it is ready."""
        self._ready.clear()
        if self._given_up is not None and not self._given_up.done():
            self._given_up.set_result(reason)

    async def request(self, method: str, parameters: Mapping[str, object]) -> MethodAnswer:
        """Send a request with the session's token and wait for its answer, whatever it says.

        Raises
        ------
        NotSentError
            There is no connection.
        NoAnswerError
            The connection ended, or nothing came in time.
        """
        connection = self._connection
        if connection is None or not self._token:
            raise NotSentError(f"the private websocket is down: {self.trouble}")
        number = next(self._numbers)
        message = {"method": method, "params": {**parameters, "token": self._token}, "req_id": number}
        answer: asyncio.Future[MethodAnswer] = asyncio.get_running_loop().create_future()
        self._asked[number] = _Asked(answer, self._clock.utc_ns())
        try:
            connection.send(msgspec.json.encode(message))
            async with asyncio.timeout(self._settings.request_timeout_s):
                return await answer
        except TimeoutError:
            raise NoAnswerError(f"no answer within {self._settings.request_timeout_s:g} s") from None
        finally:
            self._asked.pop(number, None)

    # the connection -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        settings = self._settings
        backoff = Backoff(self._randomness, first_s=settings.first_backoff_s, cap_s=settings.backoff_cap_s)
        while True:
            try:
                reason = await self._one_connection(backoff)
            except (RefusedError, NotSentError, NoAnswerError, TransportError) as error:
                reason = str(error) or type(error).__name__
            except Exception as error:  # a fault in here must not end the stream without a word
                _log.exception("kraken: private websocket")
                reason = f"fault in the stream: {error!r}"
            self._ready.clear()
            self.trouble = reason
            _log.warning("kraken: private websocket: %s", reason)
            await asyncio.sleep(backoff.next_s())

    async def _one_connection(self, backoff: Backoff) -> str:
        """Serve one websocket until it ends; return why."""
        token = await self._rest.ask(TOKEN, {}, decode_token, Purpose.RECONCILE)
        loop = asyncio.get_running_loop()
        given_up = self._given_up = loop.create_future()
        self._sequence, self._malformed = None, 0
        self._snapshot.clear()
        opened_ns = self._last_message_ns = self._last_ping_ns = self._clock.monotonic_ns()
        connection = await self._transport.connect(self._url, self._on_message, self._settings.request_timeout_s)
        self._connection, self._token = connection, token.token
        closed = loop.create_task(connection.closed())
        opening = loop.create_task(self._open())
        try:
            while not closed.done():
                if opening.done() and (error := opening.exception()) is not None:
                    return f"{type(error).__name__}: {error}"
                if silence := self._silence():
                    return silence
                if given_up.done():
                    return given_up.result()
                if self.is_ready and self._clock.monotonic_ns() - opened_ns > self._settings.backoff_cap_s * _NS_PER_S:
                    # not as soon as it is ready: a venue that hangs up then would cost all of the key's calls
                    backoff.reset()
                self._keep_alive(connection)
                waiting = (closed, given_up) if opening.done() else (closed, given_up, opening)
                await asyncio.wait(
                    waiting, timeout=self._settings.check_interval_s, return_when=asyncio.FIRST_COMPLETED
                )
            return closed.result()
        finally:
            self._ready.clear()
            self._connection, self._token, self._given_up = None, "", None
            opening.cancel()
            closed.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            for asked in self._asked.values():
                if not asked.answer.done():
                    asked.answer.set_exception(NoAnswerError("the connection ended before the answer"))
            await connection.close()

    async def _open(self) -> None:
        """Subscribe, wait for the snapshot, and ask for what was missed before it."""
        channel = {"channel": "executions", "snap_orders": True, "snap_trades": False, "order_status": True}
        answer = await self.request("subscribe", channel)
        if not answer.success:
            raise RefusedError([answer.error])
        async with asyncio.timeout(self._settings.request_timeout_s):
            await self._snapshot.wait()
        await self._catch_up()
        if self._given_up is not None and not self._given_up.done():
            self.trouble = ""
            self._ready.set()

    def _silence(self) -> str:
        limit_s = self._settings.silence_limit_s
        is_silent = self._clock.monotonic_ns() - self._last_message_ns > limit_s * _NS_PER_S
        return f"no data for {limit_s:g} s" if is_silent else ""

    def _keep_alive(self, connection: Connection) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._last_ping_ns >= self._settings.ping_every_s * _NS_PER_S:
            self._last_ping_ns = now_ns
            self._ping = _Ping(next(self._numbers), self._clock.utc_ns())
            connection.send(msgspec.json.encode({"method": "ping", "req_id": self._ping.number}))

    # messages -----------------------------------------------------------------------------------------

    def _on_message(self, raw: bytes) -> None:
        """Take one message; never raises for what the venue sends."""
        received_ns = self._clock.utc_ns()
        self._last_message_ns = self._clock.monotonic_ns()
        if self._given_up is None or self._given_up.done():
            return  # given up: what follows comes again after the next snapshot
        try:
            kind = decode_kind(raw)
        except UNREADABLE:
            self._count_malformed()
            return
        if kind.channel == "executions":
            self._on_execution_message(raw, received_ns)
        elif kind.req_id is not None:
            self._on_answer(raw, kind.req_id, received_ns)

    def _on_execution_message(self, raw: bytes, received_ns: int) -> None:
        try:
            message = decode_executions(raw)
            before, self._sequence = self._sequence, message.sequence
            if before is not None and message.sequence != before + 1:
                if message.sequence <= before:  # said already
                    self._sequence = before
                    return
                self.replace(f"executions {before + 1} to {message.sequence - 1} did not come")
                return
            self._on_executions(message, received_ns)
        except UNREADABLE as error:
            self.replace(f"an execution that cannot be read: {error}")
            return
        if message.type == "snapshot":
            self._snapshot.set()

    def _on_answer(self, raw: bytes, number: int, received_ns: int) -> None:
        asked = self._asked.get(number)
        is_ping = number == self._ping.number
        if not is_ping and (asked is None or asked.answer.done()):
            return  # nobody waits any more
        try:
            answer = decode_answer(raw)
            self._note_times(answer, self._ping.sent_ns if asked is None else asked.sent_ns, received_ns)
        except UNREADABLE as error:
            self._count_malformed()
            if asked is not None:
                asked.answer.set_exception(NoAnswerError(f"an answer that cannot be read: {error}"))
            return
        if asked is not None:
            asked.answer.set_result(answer)

    def _note_times(self, answer: MethodAnswer, sent_ns: int, received_ns: int) -> None:
        if answer.time_in is None or answer.time_out is None:
            return
        in_ns, out_ns = iso_to_ns(answer.time_in), iso_to_ns(answer.time_out)
        steady_ns = self._last_message_ns
        self.time.note(sent_ns=sent_ns, in_ns=in_ns, out_ns=out_ns, received_ns=received_ns, steady_ns=steady_ns)

    def _count_malformed(self) -> None:
        self._malformed += 1
        if self._malformed > _MALFORMED_LIMIT:
            self.replace(f"more than {_MALFORMED_LIMIT} unreadable messages")
