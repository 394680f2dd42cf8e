"""What an exchange and ccxt do wrong with market data, made up: silence, nonsense, things not offered."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt
import msgspec
import pytest

from adapters.ccxt_exchange.exchange_choice import ExchangeRefusedError
from adapters.ccxt_exchange.feed import CcxtFeed
from adapters.ccxt_exchange.instruments import UnsupportedMarketError
from adapters.ccxt_exchange.support import support_rows
from core.book.book import BookState
from core.io.system_clock import SystemClock
from core.ports.randomness import NoRandomness
from tests.adapters.ccxt_exchange.fake_exchange import SYMBOL, TRADING, FakeExchange, market
from tests.adapters.ccxt_exchange.made_up import EXCHANGE, book, now_ms, trade
from tests.adapters.ccxt_exchange.rig import QUICK_FEED
from tests.venues.market_sink import RecordingSink
from tests.venues.news import LIMIT_S

STREAMS = ("watchOrderBook", "watchTrades", "fetchTrades", "watchTicker", "fetchFundingRate")


def follow(
    fake: FakeExchange, scenario: Callable[[RecordingSink, CcxtFeed], Awaitable[None]], **changes: object
) -> RecordingSink:
    async def made() -> Any:
        return fake

    async def main() -> RecordingSink:
        settings = msgspec.structs.replace(QUICK_FEED, **changes)
        feed = CcxtFeed(EXCHANGE, settings, SystemClock(), NoRandomness(), make_client=made)
        sink = RecordingSink()
        async with asyncio.timeout(LIMIT_S):
            await feed.start(sink)
            try:
                await scenario(sink, feed)
            finally:
                await feed.stop()
        return sink

    return asyncio.run(main())


async def nothing_more(sink: RecordingSink, feed: CcxtFeed) -> None:
    """Wait until the book is there."""
    await sink.until(lambda: sink.books["BTCUSDT"].state is BookState.VALID)


def test_floats_come_onto_the_grid_exactly():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book(0.1 + 0.0, 0.3, bids=[[0.1, 0.007]], asks=[[0.3, 1.1]]))

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await nothing_more(sink, feed)
        shown = sink.books["BTCUSDT"]
        assert (shown.best_bid(), shown.best_ask()) == ((1, 7), (3, 1100))

    follow(fake, scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bids": [[100.05, 0.3]]},
        {"bids": [[100.0, 0.0005]]},
        {"bids": [[100.0, 0.1 + 0.2]]},
        {"bids": [[float("nan"), 0.3]]},
        {"bids": [[float("inf"), 0.3]]},
        {"bids": [[100.0, -0.3]]},
        {"bids": [[-100.0, 0.3]]},
        {"bids": [[100.0, None]]},
        {"bids": [[True, 0.3]]},
        {"bids": [100.0]},
        {"bids": None},
        {"bids": [], "asks": []},
        {"bid": 101.0, "ask": 100.0},
        {"bids": [[1e300, 0.3]]},
        {"timestamp": "soon"},
        [],
        None,
    ],
    ids=str,
)
def test_a_book_that_cannot_be_true_is_not_shown_and_counted(wrong: Any):
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book(), book(**wrong) if isinstance(wrong, dict) else wrong)

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: feed.symbols[SYMBOL].malformed == 1)
        assert sink.books["BTCUSDT"].state is BookState.INVALID
        assert sink.books["BTCUSDT"].best_bid() is None
        fake.queue("watch_order_book", book())
        await nothing_more(sink, feed)

    follow(fake, scenario)


def test_many_malformed_books_cost_the_connection():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", *([book(bids=None)] * 6))

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: fake.closed_streams > 0)

    follow(fake, scenario, malformed_limit=4, failures_limit=1_000)


@pytest.mark.parametrize(
    "error",
    [
        ccxt.ChecksumError("bybit nonce"),
        ccxt.NetworkError("gone"),
        ccxt.RequestTimeout("slow"),
        KeyError("bids"),
        TypeError("NoneType"),
        TimeoutError(),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_watch_raises_the_book_is_unreadable_until_the_next_good_one(error: BaseException):
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book(), error)

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: bool(sink.invalidated))
        assert sink.books["BTCUSDT"].state is BookState.INVALID
        fake.queue("watch_order_book", book())
        await nothing_more(sink, feed)

    follow(fake, scenario)


def test_a_watch_that_fails_again_and_again_gets_a_new_connection():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", *[ccxt.NetworkError("gone") for _ in range(3)], book())
    follow(fake, nothing_more)
    assert fake.closed_streams == 1


def test_silence_makes_the_book_unreadable_and_replaces_the_connection():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book())

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: any("nothing for 0.05 s" in reason for _, reason in sink.invalidated))
        await sink.until(lambda: fake.closed_streams > 0)

    follow(fake, scenario, book_silence_s=0.05)


@pytest.mark.parametrize("has_traded", [True, False])
def test_a_quiet_market_is_told_from_a_dead_channel_by_asking(has_traded: bool):
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book())
    answer = [trade("7")] if has_traded else []
    fake.queue("fetch_trades", *([answer] * 3))

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        while len(fake.asked("fetch_trades")) < 2:
            await sink.news.next()
        assert (fake.closed_streams > 0) is has_traded

    follow(fake, scenario, trade_silence_s=0.05)


def test_trades_are_told_once_and_history_not_at_all():
    fake = FakeExchange(*STREAMS)
    old = trade("1", timestamp=now_ms() - 3_600_000)
    uuid = trade("5e3b2a10-98c7-4b8e-a7d3-112233445566", side="sell")
    fake.queue("watch_trades", [old, trade("2"), trade("2")], [trade("2"), trade("3", price=100.05), uuid])
    fake.queue("watch_order_book", book())

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: len(sink.trades) == 2)
        assert [trade.buyer_is_maker for trade in sink.trades] == [False, True]
        assert sink.trades[0].trade_id == 2
        assert feed.symbols[SYMBOL].malformed == 1

    follow(fake, scenario)


def test_mark_and_funding_are_taken_from_where_they_are():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book())
    fake.queue("watch_ticker", {"markPrice": 100.05, "indexPrice": 100.0})
    due = now_ms() + 60_000
    fake.queue("fetch_funding_rate", {"fundingRate": 0.0001, "interval": "4h", "fundingTimestamp": due})

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await nothing_more(sink, feed)
        while not (sink.marks and sink.funding):
            await sink.news.next()
        assert (sink.marks[0].mark, sink.marks[0].index) == (100.05, 100.0)
        funding = sink.funding[0]
        assert (funding.rate, funding.interval_s, funding.next_funding_ns) == (0.0001, 14_400, due * 1_000_000)

    follow(fake, scenario)


def test_a_funding_rate_whose_interval_nobody_tells_is_not_told():
    fake = FakeExchange(*STREAMS)
    fake.queue("watch_order_book", book())
    fake.queue("fetch_funding_rate", {"fundingRate": 0.0001}, {"fundingRate": 0.0002, "interval": "8h"})

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        while not sink.funding:
            await sink.news.next()
        assert [each.rate for each in sink.funding] == [0.0002]

    follow(fake, scenario, contract_poll_s=0.01)


def test_what_is_not_streamed_is_polled():
    fake = FakeExchange("fetchOrderBook", "fetchTrades")
    fake.queue("fetch_order_book", book(), book(99.9))

    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        await sink.until(lambda: len(fake.asked("fetch_order_book")) > 1)
        await sink.until(lambda: len(fake.asked("fetch_trades")) > 1)

    follow(fake, scenario, book_poll_s=0.01, trade_poll_s=0.01)


def test_an_exchange_without_books_and_a_market_that_cannot_be_booked_are_refused():
    async def scenario(sink: RecordingSink, feed: CcxtFeed) -> None:
        raise AssertionError("it must not start")

    with pytest.raises(ExchangeRefusedError, match="no order books"):
        follow(FakeExchange("watchTrades"), scenario)
    inverse = FakeExchange(*STREAMS, markets=[market(linear=False, inverse=True)])
    with pytest.raises(UnsupportedMarketError, match="inverse contract"):
        follow(inverse, scenario)
    assert inverse.is_closed


def test_the_rules_are_asked_for_until_they_come():
    fake = FakeExchange(*STREAMS)
    fake.queue("load_markets", ccxt.NetworkError("gone"), {"anything": 1})
    fake.queue("watch_order_book", book())
    sink = follow(fake, nothing_more)
    assert any("instruments: NetworkError" in status.detail for status in sink.statuses)


def test_the_table_of_support_says_what_works_and_what_not():
    rows = {row.what: row for row in support_rows(FakeExchange(*STREAMS, *TRADING))}
    assert rows["books"].how == "streamed (watchOrderBook)"
    assert rows["order news"].how == "polled (fetchOpenOrders)"
    assert (rows["cancel all"].is_there, rows["cancel all"].how) == (False, "one by one")
    assert rows["client order ids"].how == "orderLinkId"
    assert rows["amend"].is_there is False
