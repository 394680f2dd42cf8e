"""The private stream: always connected again, never silent without notice, nothing lost in between.

Hazards and what meets them:

- the connection ends, the listen key expires, the venue shuts a server down: connected anew after a growing delay;
- it is open and carries nothing: pings of the transport find a dead line; an order that was answered and is not heard
  of finds a deaf one;
- executions that happened meanwhile: read by REST after each connection, before the stream counts as up;
- frames that cannot be read: counted, the connection is replaced where there are many, and the gap is read by REST;
- a frame that needs something from REST first (the price of a fee): frames wait in line, in the venue's order.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from adapters.binance.signed_rest import VenueReadError
from adapters.binance.stream_access import StreamAccess, StreamRefusedError
from adapters.binance.trading_endpoints import TradingSettings
from adapters.binance.user_events import Execution, SocketAnswer, StreamEnd, read_frame
from adapters.network.backoff import Backoff
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Transport, TransportError

_log = logging.getLogger(__name__)
_NS_PER_S: Final = 1_000_000_000


class UserStream:
    """Keeps listening to the account.

    Parameters
    ----------
    on_execution
        Takes one execution with its time of arrival; may wait. Called one after the other.
    catch_up
        Reads and reports what happened at or after a time (UTC ns); raises VenueReadError where it could not.
    fault
        Says why an open connection counts as deaf, None where it does not.
    """

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        access: StreamAccess,
        *,
        on_execution: Callable[[Execution, int], Awaitable[None]],
        catch_up: Callable[[int], Awaitable[None]],
        fault: Callable[[], str | None],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._access = access
        self._on_execution = on_execution
        self._catch_up = catch_up
        self._fault = fault
        self._backoff = Backoff(randomness, first_s=settings.first_backoff_s, cap_s=settings.backoff_cap_s)
        self._frames: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue()
        self._up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._end: asyncio.Future[str] | None = None
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

    async def drained(self) -> None:
        """Wait until every frame that has arrived was taken."""
        await self._frames.join()

    async def _listen(self) -> None:
        while True:
            try:
                self.trouble = await self._one_connection()
            except (TransportError, VenueReadError, StreamRefusedError) as error:
                self.trouble = str(error)
            except Exception as error:  # a fault in here must not end the stream without a word
                self.trouble = f"fault in the private stream: {type(error).__name__}"
                _log.exception("%s: private stream", self._settings.market.value)
            self._up.clear()
            _log.warning("%s: private stream: %s", self._settings.market.value, self.trouble)
            await asyncio.sleep(self._backoff.next_s())

    async def _one_connection(self) -> str:
        """Serve one connection until it ends; return why."""
        address = await self._access.address()
        self._end = asyncio.get_running_loop().create_future()
        connection = await self._transport.connect(address, self._on_message, self._settings.request_timeout_s)
        self.connections += 1
        loop = asyncio.get_running_loop()
        watches = [loop.create_task(connection.closed()), loop.create_task(self._access.keep_alive())]
        try:
            await self._access.subscribe(connection)
            await self._fill_the_gap()
            return await self._watch([*watches, self._end])
        finally:
            if self.is_up:  # a connection that never was leaves the gap where it began
                self._complete_until_ns = self._clock.utc_ns()
            self._up.clear()
            for watch in watches:
                watch.cancel()
            await asyncio.gather(*watches, return_exceptions=True)
            await connection.close()

    async def _fill_the_gap(self) -> None:
        """Read what happened while nobody listened; at the very first start the engine compares the account itself."""
        listening_ns = self._clock.utc_ns()
        if self._complete_until_ns is not None:
            await self._catch_up(self._complete_until_ns)
        else:
            self._complete_until_ns = listening_ns
        self._up.set()

    async def _watch(self, ends: "list[asyncio.Future[str]]") -> str:
        malformed_before, up_ns = self.malformed, self._clock.monotonic_ns()
        while True:
            await asyncio.wait(ends, timeout=self._settings.check_interval_s, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                if end.done():
                    return end.result()
            if self.malformed - malformed_before > self._settings.malformed_limit:
                return f"more than {self._settings.malformed_limit} unreadable messages"
            fault = self._fault()
            if fault is not None:
                return fault
            if self._clock.monotonic_ns() - up_ns > self._settings.backoff_cap_s * _NS_PER_S:
                self._backoff.reset()  # not at once: a venue that hangs up on everybody would be hammered

    def _on_message(self, raw: bytes) -> None:
        self._frames.put_nowait((raw, self._clock.utc_ns()))

    async def _work(self) -> None:
        while True:
            raw, received_ns = await self._frames.get()
            try:
                await self._take(raw, received_ns)
            except Exception:  # one message must not stop those behind it
                self.malformed += 1
                _log.exception("%s: private stream: a message was not taken", self._settings.market.value)
                self._hang_up("a message could not be taken")
            finally:
                self._frames.task_done()

    async def _take(self, raw: bytes, received_ns: int) -> None:
        try:
            told = read_frame(raw)
        except ValueError:
            self.malformed += 1
            return
        if isinstance(told, Execution):
            await self._on_execution(told, received_ns)
        elif isinstance(told, SocketAnswer):
            self._access.answered(told)
        elif isinstance(told, StreamEnd):
            self._hang_up(told.reason)

    def _hang_up(self, reason: str) -> None:
        with suppress(asyncio.InvalidStateError):
            if self._end is not None:
                self._end.set_result(reason)
