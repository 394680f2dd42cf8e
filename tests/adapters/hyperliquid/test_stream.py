"""How often a stream calls the venue, in virtual time."""

import asyncio
from collections.abc import Callable

import pytest

from adapters.hyperliquid.settings import StreamSettings
from adapters.hyperliquid.stream import Stream, Subscription
from core.io.virtual_loop import VirtualLoop
from core.ports.randomness import NoRandomness
from tests.adapters.streams.test_feed_patience import LoopClock

GREETING = b"Websocket connection established."


class Follower:
    """Wants nothing and finds nothing wrong."""

    malformed = 0

    def subscriptions(self) -> list[Subscription]:
        return []

    def opened(self) -> None: ...

    def handle(self, raw: bytes, received_ns: int) -> None: ...

    def check(self, resubscribe: Callable[[Subscription], None]) -> str | None:
        del resubscribe

    def lost(self, reason: str) -> None: ...


class Line:
    """A connection that begins with the venue's greeting and ends after a while."""

    def __init__(self, on_message: Callable[[bytes], None], lives_s: float) -> None:
        self._lives_s = lives_s
        asyncio.get_running_loop().call_soon(on_message, GREETING)

    def send(self, payload: bytes) -> None: ...

    async def closed(self) -> str:
        await asyncio.sleep(self._lives_s)
        return "the venue hung up"

    async def close(self) -> None: ...


class Wire:
    def __init__(self, lives_s: float) -> None:
        self.calls = 0
        self._lives_s = lives_s

    async def get(self, url, params, timeout_s):
        raise NotImplementedError

    async def request(self, request, timeout_s):
        raise NotImplementedError

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> Line:
        self.calls += 1
        return Line(on_message, self._lives_s)


def calls_within(seconds: float, *, lives_s: float) -> int:
    wire = Wire(lives_s)

    async def scenario() -> None:
        stream = Stream("ws://x", StreamSettings(), wire, LoopClock(), NoRandomness())
        stream.start(Follower())
        await asyncio.sleep(seconds)
        await stream.stop()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()
    return wire.calls


@pytest.mark.parametrize(("lives_s", "least", "most"), [(0.7, 20, 45), (24, 12, 13)])
def test_a_venue_that_hangs_up_after_its_greeting_is_called_less_and_less_and_at_once_after_a_sound_connection(
    lives_s: float, least: int, most: int
) -> None:
    assert least <= calls_within(300, lives_s=lives_s) <= most
