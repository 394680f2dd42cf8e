"""One websocket kept alive: connects, subscribes, pings, and comes back after whatever ends it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from adapters.hyperliquid.settings import StreamSettings
from adapters.network.backoff import Backoff
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError

NS_PER_S: Final = 1_000_000_000
PING: Final = b'{"method":"ping"}'

Subscription = dict[str, str]


class Follower(Protocol):
    """What a stream is kept for; nothing it is told may raise for what the venue sends."""

    def subscriptions(self) -> list[Subscription]: ...

    def opened(self) -> None:
        """Take note that a connection is open and the subscriptions were sent."""
        ...

    def handle(self, raw: bytes, received_ns: int) -> None: ...

    def check(self, resubscribe: Callable[[Subscription], None]) -> str | None:
        """Look at an open connection; return why it has to be replaced, None where it is sound."""
        ...

    def lost(self, reason: str) -> None:
        """Take note that a connection, or an attempt at one, has ended."""
        ...

    @property
    def malformed(self) -> int:
        """Return how many messages could not be read so far."""
        ...


def subscribe(subscription: Subscription) -> bytes:
    return msgspec.json.encode({"method": "subscribe", "subscription": subscription})


def unsubscribe(subscription: Subscription) -> bytes:
    return msgspec.json.encode({"method": "unsubscribe", "subscription": subscription})


class Stream:
    """Runs from `start` to `stop` and never gives up; a fault of the follower ends a connection, not the stream."""

    def __init__(
        self, url: str, settings: StreamSettings, transport: Transport, clock: Clock, randomness: Randomness
    ) -> None:
        self.url = url
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._backoff = Backoff(randomness, first_s=settings.first_backoff_s, cap_s=settings.backoff_cap_s)
        self._task: asyncio.Task[None] | None = None
        self._last_message_ns = 0
        self._pinged_ns = 0

    def start(self, follower: Follower) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(follower))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self, follower: Follower) -> None:
        try:
            while True:
                try:
                    reason = await self._one_connection(follower)
                except Exception as error:  # a fault in here must not end the stream without a word
                    reason = f"fault in the stream: {error!r}"
                follower.lost(reason)
                await asyncio.sleep(self._backoff.next_s())
        finally:
            follower.lost("stopped")

    async def _one_connection(self, follower: Follower) -> str:
        """Serve one websocket until it ends; return why."""

        def on_message(raw: bytes) -> None:
            self._last_message_ns = self._clock.monotonic_ns()
            follower.handle(raw, self._clock.utc_ns())

        try:
            connection = await self._transport.connect(self.url, on_message, self._settings.request_timeout_s)
        except TransportError as error:
            return str(error)
        closed = asyncio.get_running_loop().create_task(connection.closed())
        try:
            malformed_before = follower.malformed
            opened_ns = self._last_message_ns = self._pinged_ns = self._clock.monotonic_ns()
            for subscription in follower.subscriptions():
                connection.send(subscribe(subscription))
            follower.opened()
            while not closed.done():
                fault = self._silence() or self._noise(follower, malformed_before)
                fault = fault or follower.check(lambda subscription: _renew(connection, subscription))
                if fault is not None:
                    return fault
                if self._clock.monotonic_ns() - opened_ns > self._settings.backoff_cap_s * NS_PER_S:
                    # not at its first message: a venue that hangs up after its greeting would be called twice a second
                    self._backoff.reset()
                self._ping(connection)
                await asyncio.wait((closed,), timeout=self._settings.check_interval_s)
            return closed.result()
        finally:
            closed.cancel()
            await connection.close()

    def _silence(self) -> str | None:
        limit_s = self._settings.silence_limit_s
        silent_ns = self._clock.monotonic_ns() - self._last_message_ns
        return f"no data for {limit_s:g} s" if silent_ns > limit_s * NS_PER_S else None

    def _noise(self, follower: Follower, malformed_before: int) -> str | None:
        limit = self._settings.malformed_limit
        return f"more than {limit} unreadable messages" if follower.malformed - malformed_before > limit else None

    def _ping(self, connection: Connection) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._pinged_ns > self._settings.ping_every_s * NS_PER_S:
            self._pinged_ns = now_ns
            connection.send(PING)


def _renew(connection: Connection, subscription: Subscription) -> None:
    connection.send(unsubscribe(subscription))
    connection.send(subscribe(subscription))
