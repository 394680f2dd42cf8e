"""The live feed against a loopback venue: its books end equal to the venue's, whatever goes wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.venue import build_feed
from adapters.instrument_selection import UnknownSymbolError
from adapters.network.transport import NetworkTransport
from adapters.replay.check import check_recording
from adapters.streams.dialect import StreamSettings
from adapters.streams.feed import StreamFeed
from core.book.book import Book, BookState
from core.ports.randomness import NoRandomness
from core.types.market import FeedState
from core.types.order import Side
from data.recordings.recorder import Recorder
from tests.adapters.coinbase.rig import WallClock, fill_books, loopback
from tests.venues.coinbase.server import LoopbackCoinbase
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S

SETTINGS = StreamSettings(
    symbols=("BTC/USD", "ETH/USD"), first_backoff_s=0.001, backoff_cap_s=0.01, check_interval_s=0.02
)


@dataclass
class Rig:
    venue: LoopbackCoinbase
    sink: RecordingSink
    feed: StreamFeed
    clock: WallClock

    @property
    def heard(self) -> int:
        """Return how many messages changed nothing, heartbeats among them."""
        assert self.feed._handler is not None
        return self.feed._handler.market.ignored

    async def in_step(self) -> None:
        sessions = self.venue.sockets.sessions
        await self.venue.heard(lambda: any(session.subscriptions.get("market_trades") for session in sessions))
        await self.venue.flush()
        await self.sink.until(lambda: all(self.equal(name) for name in self.sink.books))

    def equal(self, name: str) -> bool:
        return equals(self.sink.books[name], self.venue)

    async def churn(self, rounds: int, product_id: str = "BTC-USD") -> None:
        """Let the crowd trade and quote."""
        middle = 100 if product_id == "BTC-USD" else 10
        for n in range(rounds):
            side = Side.BUY if n % 2 else Side.SELL
            self.venue.exchange.crowd(product_id, side, "0.03")
            self.venue.exchange.crowd(product_id, side.opposite, "0.05", f"{middle + side.sign * 0.03:.2f}")
            await self.venue.flush()


def equals(book: Book, venue: LoopbackCoinbase) -> bool:
    if book.state is not BookState.VALID:
        return False
    product_id = (book.instrument.matching_book or "").removeprefix("coinbase:")
    truth = venue.exchange.products[product_id].book
    bid_ticks, bid_lots, ask_ticks, ask_lots = (levels.tolist() for levels in book.top(5000))
    return ((bid_ticks, bid_lots), (ask_ticks, ask_lots)) == (truth.bids.depth(5000), truth.asks.depth(5000))


def run(scenario: Callable[[Rig], Awaitable[None]], *, recorder: Recorder | None = None, **changes: object) -> Rig:
    async def play() -> Rig:
        venue, sink, transport = loopback(), RecordingSink(), NetworkTransport()
        fill_books(venue)
        async with venue.running(), asyncio.timeout(2 * LIMIT_S):
            dialect = CoinbaseDialect(rest_url=venue.url, stream_url=venue.stream_url)
            settings = msgspec.structs.replace(SETTINGS, **changes)
            clock = WallClock()
            feed = StreamFeed(dialect, settings, transport, clock, NoRandomness(), recorder=recorder)
            rig = Rig(venue, sink, feed, clock)
            try:
                await feed.start(sink)
                await scenario(rig)
            finally:
                await feed.stop()
                await transport.close()
        return rig

    return asyncio.run(play())


def test_books_and_trades_equal_the_venues() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        await rig.churn(50)
        await rig.churn(50, "ETH-USD")
        await rig.in_step()
        await rig.sink.until(lambda: len(rig.sink.trades) == len(rig.venue.exchange.trades))

    rig = run(scenario)
    seen = [(t.trade_id, t.price_ticks, t.quantity_lots, t.buyer_is_maker) for t in rig.sink.trades]
    told = [
        (t.trade_id, int(t.price * 100), int(t.size * 100_000), t.maker_side is Side.BUY)
        for t in rig.venue.exchange.trades
    ]
    assert len(seen) > 50
    assert seen == told
    assert rig.sink.statuses[-1].state is FeedState.DOWN
    assert rig.venue.sockets.opened == 1


def test_a_product_that_shares_anothers_book_shows_it() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        await rig.churn(10)
        await rig.in_step()

    rig = run(scenario, symbols=("BTC/USD", "BTC/USDC"))
    assert set(rig.sink.books) == {"BTC-USD", "BTC-USDC"}
    assert len({book.instrument.book_id for book in rig.sink.books.values()}) == 1
    asked = [request["product_ids"] for request in rig.venue.sockets.requests if request["channel"] == "level2"]
    assert asked == [["BTC-USD"]]


@pytest.mark.parametrize("channel", ["l2_data", "market_trades", "heartbeats"])
def test_a_message_lost_on_any_channel_makes_every_book_unreadable_and_all_are_asked_for_in_two_messages(
    channel: str,
) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        rig.sink.invalidated.clear()
        rig.venue.sockets.requests.clear()
        rig.venue.sockets.lose[channel] = 1
        await rig.venue.sockets.heartbeat()
        await rig.churn(1)
        await rig.venue.sockets.heartbeat()
        await rig.sink.until(lambda: len(rig.sink.invalidated) >= 2)
        await rig.in_step()
        await rig.churn(5)
        await rig.in_step()

    rig = run(scenario)
    assert {name for name, reason in rig.sink.invalidated if "does not continue" in reason} == {"BTC-USD", "ETH-USD"}
    asked = [(request["type"], request["product_ids"]) for request in rig.venue.sockets.requests]
    assert asked == [("unsubscribe", ["BTC-USD", "ETH-USD"]), ("subscribe", ["BTC-USD", "ETH-USD"])]
    assert rig.venue.sockets.opened == 1


def test_a_closed_connection_makes_all_books_unreadable_and_comes_back_without_ghost_levels() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        rig.venue.sockets.refuse = 2
        await rig.venue.sockets.close()
        await rig.sink.until(lambda: all(book.state is BookState.INVALID for book in rig.sink.books.values()))
        for _ in range(10):
            rig.venue.exchange.crowd("BTC-USD", Side.BUY, "0.1")
        await rig.in_step()

    rig = run(scenario)
    assert rig.venue.sockets.opened == 2
    assert any("503" in status.detail for status in rig.sink.statuses)


def test_a_connection_without_heartbeats_is_replaced_and_one_with_heartbeats_alone_stays() -> None:
    async def silent(rig: Rig) -> None:
        await rig.in_step()
        rig.clock.pass_by(11)
        await rig.venue.heard(lambda: rig.venue.sockets.opened == 2)
        await rig.in_step()

    rig = run(silent)
    assert any("no data for 10 s" in status.detail for status in rig.sink.statuses)

    async def beating(rig: Rig) -> None:
        await rig.in_step()
        for _ in range(5):
            rig.clock.pass_by(5)
            before = rig.heard
            await rig.venue.sockets.heartbeat()
            await rig.sink.until(lambda seen=before: rig.heard > seen)

    assert run(beating).venue.sockets.opened == 1


def test_a_connection_of_unreadable_messages_is_replaced() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        for _ in range(10):
            await rig.venue.sockets.raw('{"channel":"l2_data","sequence_num":')
        await rig.venue.heard(lambda: rig.venue.sockets.opened == 2)
        await rig.in_step()

    rig = run(scenario, malformed_limit=5)
    assert any("unreadable" in status.detail for status in rig.sink.statuses)


def test_a_symbol_the_venue_does_not_trade_is_refused_at_the_start() -> None:
    async def scenario(rig: Rig) -> None: ...

    with pytest.raises(UnknownSymbolError, match="coinbase: symbol 'OLD/USD' is not traded there"):
        run(scenario, symbols=("OLD/USD",))


def test_what_was_recorded_live_replays_without_a_gap_and_with_the_venues_rules(tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.in_step()
        await rig.churn(40)
        await rig.sink.until(lambda: len(rig.sink.trades) == len(rig.venue.exchange.trades))
        await rig.venue.sockets.close()
        await rig.in_step()
        await rig.churn(10)
        await rig.in_step()
        await rig.sink.until(lambda: len(rig.sink.trades) == len(rig.venue.exchange.trades))

    with Recorder(tmp_path / "live.zst") as recorder:
        rig = run(scenario, recorder=recorder)
    report = check_recording(tmp_path / "live.zst", "coinbase")
    assert (report.malformed, report.inferred, report.trades) == (0, False, len(rig.sink.trades))
    assert {name: (s.gaps, s.resyncs, s.state) for name, s in report.symbols.items()} == {
        "BTC/USD": (0, 1, "valid"),
        "ETH/USD": (0, 1, "valid"),
    }
    assert report.is_clean


def test_the_feed_is_built_for_the_venue_itself() -> None:
    feed = build_feed(("BTC/USD",), transport=NetworkTransport(), clock=WallClock(), randomness=NoRandomness())
    assert feed.venue == "coinbase"
