"""This project's own Binance feed follows the venue as it would follow Binance."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from adapters.binance.depth import warm_up
from adapters.binance.endpoints import ENDPOINTS
from adapters.binance.market import BinanceMarket
from adapters.binance.venue import build_feed
from adapters.network.transport import NetworkTransport
from core.book.book import BookState
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from core.types.market import FeedState
from tests.venues.binance.rig import Rig, limit, rehearse
from tests.venues.market_sink import RecordingSink

MARKETS = {"spot": (BinanceMarket.SPOT, "", "BTC/USDT"), "usdm": (BinanceMarket.USDM, "/usdm", "BTC/USDT:USDT")}


@pytest.mark.parametrize("kind", MARKETS)
def test_own_feed_has_the_venues_book_trades_and_orders_in_it(kind: str):
    async def scenario(rig: Rig) -> None:
        market, path, symbol = MARKETS[kind]
        endpoints = msgspec.structs.replace(
            ENDPOINTS[market], rest_url=rig.server.url, stream_url=rig.server.stream_url + path
        )
        transport, sink = NetworkTransport(), RecordingSink()
        feed = build_feed(
            market.value, (symbol,), transport=transport, clock=SystemClock(), randomness=NoRandomness(),
            endpoints=endpoints,
        )  # fmt: skip
        await feed.start(sink)
        try:
            await until_in_step(rig, sink, kind)
            # An order far from the touch shows up in the book that the feed keeps.
            price = rig.price("BUY", 250, kind)
            await getattr(rig.ann, kind)(**limit("BUY", "0.777", price))
            await until_in_step(rig, sink, kind)
            book = sink.books["BTCUSDT"]
            tops = dict(zip(*(levels.tolist() for levels in book.top(5_000)[:2]), strict=True))
            assert tops[book.instrument.price_to_ticks(price)] == book.instrument.quantity_to_lots(Decimal("0.777"))
            assert sink.trades
            assert any(status.state is FeedState.UP for status in sink.statuses)
            if kind == "usdm":
                assert sink.marks
                assert sink.funding[0].interval_s == 8 * 3_600
        finally:
            await feed.stop()
            await transport.close()

    warm_up()  # compiling may take longer than the patience of the test
    rehearse(scenario)


async def until_in_step(rig: Rig, sink: RecordingSink, kind: str) -> None:
    """Move the market until the feed's book is the venue's, level by level."""
    truth = rig.book(kind)
    async with asyncio.timeout(20):
        while True:
            rig.step(20)
            number, bids, asks = truth.depth.snapshot(5_000)
            book = sink.books["BTCUSDT"]
            while book.state is BookState.VALID and book.sequence < number:
                await sink.news.next()
            if book.state is BookState.VALID and book.sequence == number:
                break
            await rig.ann.raw("GET", "/api/v3/ping")  # a turn for the feed to get its snapshot
    rules, wanted = book.instrument, truth.instrument
    found = [levels.tolist() for levels in book.top(5_000)]
    assert [rules.ticks_to_price(t) for t in found[0]] == [wanted.ticks_to_price(t) for t, _ in bids]
    assert [rules.lots_to_quantity(n) for n in found[1]] == [wanted.lots_to_quantity(n) for _, n in bids]
    assert [rules.ticks_to_price(t) for t in found[2]] == [wanted.ticks_to_price(t) for t, _ in asks]
    assert [rules.lots_to_quantity(n) for n in found[3]] == [wanted.lots_to_quantity(n) for _, n in asks]
