"""How often a feed calls a venue, in virtual time."""

import asyncio
import json
from collections.abc import Callable, Mapping

from adapters.kraken.dialect import KrakenDialect
from adapters.network.transport import Reply
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.io.virtual_loop import VirtualLoop
from core.ports.randomness import NoRandomness
from tests.venues.kraken.pairs import PAIRS
from tests.venues.market_sink import RecordingSink

TABLE = json.dumps({"error": [], "result": {pair.name: pair.table_row() for pair in PAIRS}}).encode()
BOOK = b'{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":0}]}'


class LoopClock:
    """The loop's time; the one of the day can be set apart."""

    def __init__(self) -> None:
        self.shift_ns = 0

    def utc_ns(self) -> int:
        return self.monotonic_ns() + self.shift_ns

    def monotonic_ns(self) -> int:
        return int((1000 + asyncio.get_running_loop().time()) * 1e9)


class Line:
    """A connection that says something every second, and ends after a while or never."""

    def __init__(self, on_message: Callable[[bytes], None], lives_s: float | None) -> None:
        self.sent: list[bytes] = []
        self._on_message = on_message
        self._lives_s = lives_s
        self._task = asyncio.get_running_loop().create_task(self._talk())

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)

    async def closed(self) -> str:
        await asyncio.sleep(1e9 if self._lives_s is None else self._lives_s)
        return "the venue hung up"

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _talk(self) -> None:
        self._on_message(b'{"channel":"status","type":"update","data":[]}')
        self._on_message(BOOK)
        while True:
            await asyncio.sleep(1)
            self._on_message(b'{"channel":"heartbeat"}')


class Wire:
    def __init__(self, lives_s: float | None) -> None:
        self.lines: list[Line] = []
        self._lives_s = lives_s

    async def get(self, url: str, params: Mapping[str, str], timeout_s: float) -> Reply:
        return Reply(200, {}, TABLE)

    async def request(self, request, timeout_s):
        raise NotImplementedError

    async def connect(self, url: str, on_message: Callable[[bytes], None], timeout_s: float) -> Line:
        self.lines.append(Line(on_message, self._lives_s))
        return self.lines[-1]


def run(wire: Wire, seconds: float, clock: LoopClock, at: Mapping[float, int] | None = None) -> None:
    """Run a feed for so long; `at` sets the time of the day on by nanoseconds at some seconds."""

    async def scenario() -> None:
        settings = StreamSettings(symbols=("BTC/USD",))
        feed = StreamFeed(KrakenDialect(), settings, wire, clock, NoRandomness())
        await feed.start(RecordingSink())
        for moment, shift_ns in (at or {}).items():
            asyncio.get_running_loop().call_later(moment, setattr, clock, "shift_ns", shift_ns)
        await asyncio.sleep(seconds)
        await feed.stop()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


def test_a_venue_that_hangs_up_after_its_first_messages_is_called_less_and_less_often() -> None:
    wire = Wire(lives_s=0.1)
    run(wire, 300, LoopClock())
    assert 20 < len(wire.lines) < 45  # ten seconds apart in the end, as with one that does not answer at all


def test_a_connection_that_was_sound_for_long_is_replaced_at_once() -> None:
    wire = Wire(lives_s=25)
    run(wire, 300, LoopClock())
    assert len(wire.lines) == 12  # and not 10, as where each is waited for longer


def test_a_clock_that_is_set_renews_no_book_and_no_connection() -> None:
    wire = Wire(lives_s=None)
    run(wire, 25, LoopClock(), {5: 3_600_000_000_000, 12: -3_600_000_000_000})
    (line,) = wire.lines
    assert not [message for message in line.sent if b"unsubscribe" in message]
