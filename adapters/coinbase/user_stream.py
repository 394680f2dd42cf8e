"""The private channel: keeps itself connected, counts its messages, and says when something was missed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final

from adapters.coinbase.answers import UserOrder, decode_subscriptions, decode_user_events
from adapters.coinbase.dialect import request
from adapters.coinbase.endpoints import TradingSettings
from adapters.coinbase.wire import decode_message
from adapters.network.backoff import Backoff
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.market_data import UNREADABLE
from core.ports.clock import Clock
from core.ports.randomness import Randomness
from core.ports.transport import Connection, Transport, TransportError

_NS_PER_S: Final = 1_000_000_000
_USER: Final = "user"
_SUBSCRIPTIONS: Final = "subscriptions"


class UserStream:
    """One private websocket.

    Parameters
    ----------
    on_order
        Called with each order that the venue tells of, and when the venue said so; may raise as decoding does.
    catch_up
        Reads over REST what was missed; awaited after each new subscription and after each gap. Until it has ended
        well the stream is not up: an order sent now could be judged on fills that nobody has seen.
    """

    def __init__(
        self,
        settings: TradingSettings,
        transport: Transport,
        clock: Clock,
        randomness: Randomness,
        *,
        token: Callable[[], str],
        on_order: Callable[[UserOrder, int], None],
        catch_up: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._randomness = randomness
        self._token = token
        self._on_order = on_order
        self._catch_up = catch_up
        self._caught_up = asyncio.Event()
        self._must_catch_up = False
        self._has_begun = False  # the venue has said that the subscription stands
        self._sequence: int | None = None
        self._last_message_ns = 0
        self._fault: str | None = None
        self._news = asyncio.Event()
        self.trouble = "not connected yet"  # why it is not up

    @property
    def is_up(self) -> bool:
        return self._caught_up.is_set()

    async def is_up_within(self, seconds: float) -> bool:
        """Wait a while for the stream to have caught up; return whether it has."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._caught_up.wait()
        return self.is_up

    async def run(self) -> None:
        """Stay connected until cancelled."""
        backoff = Backoff(self._randomness, first_s=self._settings.first_backoff_s, cap_s=self._settings.backoff_cap_s)
        while True:
            try:
                self.trouble = await self._one_connection(backoff)
            except Exception as error:  # a fault in here must not end the stream without a word
                self.trouble = f"fault in the stream: {error!r}"
            finally:
                self._caught_up.clear()
            await asyncio.sleep(backoff.next_s())

    async def _one_connection(self, backoff: Backoff) -> str:
        """Serve one websocket until it ends; return why."""
        settings = self._settings
        self._sequence, self._fault, self._must_catch_up, self._has_begun = None, None, False, False
        self._last_message_ns = self._clock.monotonic_ns()
        try:
            connection = await self._transport.connect(
                settings.endpoints.user_stream_url, self._on_message, settings.request_timeout_s
            )
        except TransportError as error:
            return str(error)
        closed = asyncio.get_running_loop().create_task(connection.closed())
        catching_up: asyncio.Task[None] | None = None
        try:
            self._subscribe(connection)
            while not closed.done():
                if self._is_silent():
                    return f"no data for {settings.silence_limit_s:g} s"
                if self._fault is not None:
                    return self._fault
                if catching_up is not None and catching_up.done():
                    error = catching_up.exception()
                    if error is not None:
                        return f"what was missed could not be read: {error}"
                    catching_up = None
                    if not self._must_catch_up:
                        self._caught_up.set()
                        backoff.reset()
                if self._must_catch_up and catching_up is None:
                    self._must_catch_up = False
                    catching_up = asyncio.get_running_loop().create_task(self._catch_up())
                await self._wait(closed, catching_up)
            return closed.result()
        finally:
            for task in filter(None, (closed, catching_up)):
                task.cancel()
            await connection.close()

    async def _wait(self, closed: "asyncio.Task[str]", catching_up: "asyncio.Task[None] | None") -> None:
        news = asyncio.get_running_loop().create_task(self._news.wait())
        waited = [task for task in (closed, catching_up, news) if task is not None]
        await asyncio.wait(waited, timeout=self._settings.check_interval_s, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        self._news.clear()

    def _subscribe(self, connection: Connection) -> None:
        for channel in ("heartbeats", _USER):
            connection.send(request("subscribe", channel, jwt=self._token()))

    def _is_silent(self) -> bool:
        return self._clock.monotonic_ns() - self._last_message_ns > self._settings.silence_limit_s * _NS_PER_S

    def _miss(self) -> None:
        self._caught_up.clear()
        self._must_catch_up = True
        self._news.set()

    def _on_message(self, raw: bytes) -> None:
        self._last_message_ns = self._clock.monotonic_ns()
        try:
            message = decode_message(raw)
            if message.sequence_num is None:
                self._fault = f"the venue refuses: {raw[:200].decode('utf-8', 'replace')}"
                self._news.set()
                return
            expected, self._sequence = self._sequence, message.sequence_num + 1
            if expected is not None and message.sequence_num != expected:
                self._miss()
            if message.channel == _SUBSCRIPTIONS and not self._has_begun:
                # its snapshot comes before; where there is none, an account without open orders would wait for ever
                if any(_USER in told.subscriptions for told in decode_subscriptions(message.events)):
                    self._has_begun = True
                    self._miss()
                return
            if message.channel != _USER:
                return
            events = decode_user_events(message.events)
            venue_ns = iso_to_ns(message.timestamp) if message.timestamp else self._clock.utc_ns()
        except UNREADABLE:
            self._miss()  # what it said is read over REST
            return
        for event in events:
            if event.type == "snapshot" and not self.is_up:
                self._has_begun = True
                self._miss()  # the subscription stands: from here on nothing is missed that REST does not show
            for order in event.orders:
                self._tell(order, venue_ns)

    def _tell(self, order: UserOrder, venue_ns: int) -> None:
        try:
            self._on_order(order, venue_ns)
        except UNREADABLE:
            self._miss()
