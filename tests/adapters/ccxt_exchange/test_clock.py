"""How far our clock is from an exchange of ccxt that is asked for its time, and what the doctor says of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import ccxt
import pytest

from adapters.ccxt_exchange.calls import Calls, budget_of
from adapters.ccxt_exchange.feed import CcxtFeed
from adapters.ccxt_exchange.venue_clock import VenueClock
from core.config.venues import CcxtVenueConfig
from core.io.virtual_loop import VirtualLoop
from core.ports.randomness import NoRandomness
from tests.adapters.ccxt_exchange.fake_exchange import FakeExchange
from tests.adapters.ccxt_exchange.made_up import book, now_ms
from tests.adapters.ccxt_exchange.test_feed_troubles import STREAMS, follow, nothing_more
from tests.venues.market_sink import RecordingSink
from tui.compose.doctor import _time
from tui.compose.kinds.ccxt_exchange import CcxtKind

MS = 1_000_000
AHEAD_MS = 2_000


class LoopClock:
    """Virtual time that can be set."""

    def __init__(self) -> None:
        self.set_ns = 0

    def monotonic_ns(self) -> int:
        return int(asyncio.get_running_loop().time() * 1e9)

    def utc_ns(self) -> int:
        return 1_767_625_200_123_000_000 + self.monotonic_ns() + self.set_ns


def behind() -> int:
    """Return the time of an exchange whose clock is two seconds behind ours, never a whole second."""
    return now_ms() - AHEAD_MS | 1


def test_an_exchange_whose_books_have_no_time_is_asked_for_it():
    fake = FakeExchange(*STREAMS, "fetchTime")
    fake.queue("fetch_time", *[behind] * 3)
    fake.queue("watch_order_book", book(timestamp=None))

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await nothing_more(sink, feed)
        await sink.until(lambda: sink.statuses[-1].clock_ahead_ns is not None)

    ahead_ns = follow(fake, scenario).statuses[-1].clock_ahead_ns
    assert ahead_ns is not None
    assert abs(ahead_ns - AHEAD_MS * MS) <= 260 * MS


@pytest.mark.parametrize(
    "answers",
    [
        [lambda: now_ms() // 1_000 * 1_000] * 3,
        ["soon"],
        [None],
        [ccxt.ExchangeNotAvailable("down")],
    ],
    ids=["whole seconds", "a text", "nothing", "an error"],
)
def test_what_says_nothing_of_the_clock_is_not_believed_and_the_feed_goes_on(answers: list[Any]):
    fake = FakeExchange(*STREAMS, "fetchTime")
    fake.queue("fetch_time", *answers)
    fake.queue("watch_order_book", book())
    sink = follow(fake, nothing_more)
    assert fake.asked("fetch_time")
    assert {status.clock_ahead_ns for status in sink.statuses} == {None}


def test_a_time_that_ccxt_makes_up_itself_is_never_asked_for():
    fake = FakeExchange(*STREAMS)
    fake.has["fetchTime"] = "emulated"
    fake.queue("watch_order_book", book())
    follow(fake, nothing_more)
    assert fake.asked("fetch_time") == []


def test_it_is_asked_rarely_and_at_once_when_our_clock_was_set():
    clock, fake = LoopClock(), FakeExchange("fetchTime")
    asked: list[float] = []
    venue_ms: Callable[[], int] = lambda: (clock.utc_ns() - clock.set_ns) // MS  # noqa: E731 - read where it is made

    def tell() -> int:
        asked.append(asyncio.get_running_loop().time())
        return venue_ms()

    fake.queue("fetch_time", *[tell] * 100)

    async def scenario() -> None:
        calls = Calls(fake, budget_of(fake, NoRandomness(), None), (), 5.0)
        told = VenueClock(fake, calls, clock, look_every_s=30, ask_every_s=600)
        running = asyncio.ensure_future(told.run())
        await asyncio.sleep(590)
        assert (len(asked), told.ahead_ns) == (3, 0)
        clock.set_ns = 5_000 * MS
        assert told.ahead_ns == 5_000 * MS  # seen before it is asked again
        await asyncio.sleep(20)
        assert (len(asked), told.ahead_ns) == (6, 5_000 * MS)
        await asyncio.sleep(590)
        assert len(asked) == 6
        await asyncio.sleep(60)
        assert len(asked) == 9
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    loop = VirtualLoop()
    try:
        loop.run_until_complete(scenario())
    finally:
        loop.close()


class SlowExchange(FakeExchange):
    """An exchange that tells its time at once; what its answers take is our own doing, as an import is."""

    def __init__(self, clock: LoopClock, *delays_s: float) -> None:
        super().__init__("fetchTime")
        self._clock, self._delays_s = clock, list(delays_s)

    async def fetch_time(self) -> int:
        told = self._clock.utc_ns() // MS
        await asyncio.sleep(self._delays_s.pop(0))
        return told


@pytest.mark.parametrize(
    ("delays_s", "ahead_ms"),
    [((6.5, 0.02, 0.02), 10), ((6.5, 6.5, 6.5), None), ((0.6, 0.7, 0.8), None)],
    ids=["the first call is slow", "every call is slow", "the round trip bounds the error, and that is too much"],
)
def test_a_slow_call_never_counts_as_a_difference_of_the_clocks(
    delays_s: tuple[float, ...], ahead_ms: int | None
) -> None:
    clock = LoopClock()
    fake = SlowExchange(clock, *delays_s)

    async def scenario() -> int | None:
        calls = Calls(fake, budget_of(fake, NoRandomness(), None), (), 60.0)
        told = VenueClock(fake, calls, clock, look_every_s=3_000, ask_every_s=6_000)
        running = asyncio.ensure_future(told.run())
        await asyncio.sleep(100)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return told.ahead_ns

    loop = VirtualLoop()
    try:
        ahead_ns = loop.run_until_complete(scenario())
    finally:
        loop.close()
    assert (ahead_ns is None) == (ahead_ms is None)
    if ahead_ns is not None and ahead_ms is not None:
        assert abs(ahead_ns) <= (ahead_ms + 1) * MS


@pytest.mark.parametrize(
    ("offered", "answers", "told"),
    [
        (["fetchTime"], [behind] * 3, ["answers within", "ms off, 500 ms are allowed"]),
        (["fetchTime"], [ccxt.ExchangeNotAvailable("down")], ["down"]),
        ([], [], ["does not tell its time"]),
    ],
    ids=["two seconds ahead", "down", "no time"],
)
def test_the_doctor_shows_it(offered: list[str], answers: list[Any], told: list[str], monkeypatch: pytest.MonkeyPatch):
    fake = FakeExchange(*offered)
    fake.queue("fetch_time", *answers)

    async def made(*_: object) -> FakeExchange:
        return fake

    monkeypatch.setattr("adapters.ccxt_exchange.venue.open_client", made)
    venue = CcxtVenueConfig.model_validate({"kind": "ccxt", "exchange": "bybit", "symbols": ["BTC/USDT"]})
    _, offset_ms, findings = asyncio.run(_time(None, CcxtKind().server_time(venue), 500))
    assert all(text in finding.detail for text, finding in zip(told, findings, strict=True))
    assert [finding.is_well for finding in findings] == {"answers within": [True, False], "down": [False]}.get(
        told[0], [True]
    )
    assert (offset_ms is not None and abs(offset_ms - AHEAD_MS) < 300) is (len(answers) == 3)
    assert fake.is_closed
