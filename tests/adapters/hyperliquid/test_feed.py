"""The live feed against the loopback venue: its books are the venue's, whatever goes wrong."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.hyperliquid.coin_market import CoinMarket
from adapters.hyperliquid.instruments import UnknownSymbolError, read_listings
from adapters.hyperliquid.market_data import MarketData
from adapters.hyperliquid.settings import FeedSettings, StreamSettings
from adapters.hyperliquid.wire import PerpMeta, PerpRules
from core.book.book import Book, BookState
from core.io.system_clock import SystemClock
from core.types.market import FeedState
from core.types.order import Side
from tests.adapters.hyperliquid.rig import BTC, NVDA, QUICK, Rig, run
from tests.recordings import needs_recordings, recording
from tests.venues.hyperliquid.server import LoopbackHyperliquid
from tests.venues.market_sink import RecordingSink, best

RECORDED = "tardis/json/map_hyperliquid_messages__messages.json"
VALID, INVALID = BookState.VALID, BookState.INVALID


def with_quotes(venue: LoopbackHyperliquid) -> None:
    for n in range(25):
        venue.state.crowd(NVDA, Side.BUY, f"{190.4 - n / 10:.1f}", "1")
        venue.state.crowd(NVDA, Side.SELL, f"{190.6 + n / 10:.1f}", "2")


def equals(book: Book, venue: LoopbackHyperliquid, coin: str) -> bool:
    if book.state is not VALID:
        return False
    bid_ticks, bid_lots, ask_ticks, ask_lots = (levels.tolist() for levels in book.top(500))
    price, size = book.instrument.ticks_to_price, book.instrument.lots_to_quantity
    seen = [[(price(t), size(n)) for t, n in zip(*side, strict=True)] for side in
            ((bid_ticks, bid_lots), (ask_ticks, ask_lots))]  # fmt: skip
    truth = venue.state.levels(venue.state.assets[coin])
    return seen == [[(Decimal(each["px"]), Decimal(each["sz"])) for each in side] for side in truth]


async def in_step(rig: Rig) -> None:
    await rig.sink.until(lambda: all(equals(book, rig.venue, coin) for coin, book in rig.sink.books.items()))


def test_books_of_the_main_dex_and_of_a_builders_one_are_the_venues() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        await rig.venue.subscribed(1, "l2Book")
        for n in range(50):
            rig.venue.state.crowd(NVDA, Side.BUY, f"{190.5 + n % 7 / 10:.1f}", "0.3")
        await in_step(rig)

    rig = run(scenario, prepare=with_quotes)
    assert {book.instrument.symbol for book in rig.sink.books.values()} == {NVDA, BTC}
    assert all(book.state is INVALID for book in rig.sink.books.values()), "after the stop nothing reads a book"


def test_trades_marks_and_funding_are_reported() -> None:
    async def scenario(rig: Rig) -> None:
        rig.venue.state.crowd(NVDA, Side.BUY, "190.6", "1")  # before anybody listens
        await rig.start_feed()
        await rig.venue.subscribed(1, "activeAssetCtx")
        await in_step(rig)
        rig.venue.state.crowd(NVDA, Side.BUY, "190.6", "0.5")
        rig.venue.state.crowd(NVDA, Side.SELL, "190.4", "0.25")
        await rig.sink.until(lambda: len(rig.sink.trades) >= 2 and len(rig.sink.marks) >= 2)

    rig = run(scenario, prepare=with_quotes)
    tick = rig.sink.books[NVDA].instrument.tick_size
    assert [(t.price_ticks * tick, t.quantity_lots, t.buyer_is_maker) for t in rig.sink.trades] == [
        (Decimal("190.6"), 500, False),
        (Decimal("190.4"), 250, True),
    ]
    assert {(mark.mark, mark.index) for mark in rig.sink.marks} == {(100.0, 100.0)}
    funding = rig.sink.funding[0]
    assert (funding.rate, funding.interval_s) == (0.0000125, 3600)
    assert funding.next_funding_ns % 3_600_000_000_000 == 0
    assert 0 < funding.next_funding_ns - funding.received_ns <= 3_600_000_000_000


def test_a_lost_connection_makes_books_unreadable_at_once_and_comes_back_without_ghost_levels() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start_feed()
        await in_step(rig)
        rig.venue.refuse_connections = 2
        await rig.venue.close_sockets()
        await rig.sink.until(lambda: all(book.state is INVALID for book in rig.sink.books.values()))
        rig.venue.state.crowd(NVDA, Side.SELL, "189.9", "10")
        await rig.venue.subscribed(2, "l2Book")
        await in_step(rig)

    rig = run(scenario, prepare=with_quotes)
    assert any("503" in status.detail for status in rig.sink.statuses if status.state is FeedState.DOWN)


def test_a_silent_channel_makes_its_book_unreadable_is_asked_for_again_and_then_costs_the_connection() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start_feed(book_silence_s=0.1)
        await in_step(rig)
        rig.venue.muted.add("l2Book")
        await rig.venue.subscribed(2, "l2Book")
        rig.venue.muted.clear()
        await in_step(rig)

    rig = run(scenario, prepare=with_quotes)
    reasons = [reason for coin, reason in rig.sink.invalidated if coin == NVDA]
    assert "no book for 0.1 s" in reasons
    assert any("l2Book of" in status.detail for status in rig.sink.statuses if status.state is FeedState.DOWN)


def test_a_silent_channel_that_answers_when_asked_again_keeps_the_connection() -> None:
    async def scenario(rig: Rig) -> None:
        await rig.start_feed(book_silence_s=0.1)
        for _ in range(3):  # the venue says nothing by itself: each answer is to a new subscription
            await rig.sink.until(lambda: rig.sink.books[NVDA].state is INVALID)
            await in_step(rig)

    rig = run(scenario, prepare=with_quotes)
    assert rig.venue.connections == 1


def test_unreadable_messages_are_counted_and_cost_the_connection_when_there_are_many() -> None:
    async def scenario(rig: Rig) -> None:
        feed = await rig.start_feed(stream=msgspec.structs.replace(QUICK, malformed_limit=5))
        await in_step(rig)
        for message in ("nonsense", '{"channel":"l2Book","data":{"coin":"BTC"}}', '{"channel":"trades","data":[{}]}'):
            for _ in range(2):
                rig.venue.say(message)
        await rig.venue.subscribed(2, "l2Book")
        await in_step(rig)
        assert feed.malformed == 6

    rig = run(scenario, prepare=with_quotes)
    assert any("unreadable" in status.detail for status in rig.sink.statuses if status.state is FeedState.DOWN)


def test_a_symbol_or_dex_that_is_not_there_is_refused_at_the_start() -> None:
    async def scenario(rig: Rig) -> None:
        with pytest.raises(UnknownSymbolError, match="'xyz:NONE' is not traded there"):
            await rig.start_feed(symbols=("xyz:NONE",))
        with pytest.raises(UnknownSymbolError, match="there is no dex 'abc'"):
            await rig.start_feed(symbols=("abc:NVDA",))

    run(scenario)


# one message at a time ---------------------------------------------------------------------------------------


def market_data(*names: str) -> tuple[MarketData, RecordingSink]:
    rules = [PerpRules(name=name, sz_decimals=1, max_leverage=5) for name in names]
    sink = RecordingSink()
    coins = {
        listing.coin: CoinMarket(listing.instrument, sink.add_instrument(listing.instrument), sink)
        for listing in read_listings("", 0, PerpMeta(universe=rules), "USDC")
    }
    return MarketData(coins, FeedSettings(symbols=names, stream=StreamSettings()), SystemClock()), sink


def snapshot(bids: list[tuple[str, str]], asks: list[tuple[str, str]], time_ms: int = 1000) -> bytes:
    levels = [[{"px": price, "sz": size, "n": 1} for price, size in side] for side in (bids, asks)]
    return json.dumps({"channel": "l2Book", "data": {"coin": "X", "time": time_ms, "levels": levels}}).encode()


GOOD = snapshot([("10.1", "1"), ("10", "2")], [("10.2", "3.5"), ("11", "1")])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (snapshot([("10", "1"), ("10.1", "2")], []), "not in order"),
        (snapshot([], [("10.2", "1"), ("10.2", "1")]), "not in order"),
        (snapshot([("10.2", "1")], [("10.2", "1")]), "not below"),
        (snapshot([("10.123456", "1")], []), "not a multiple"),
        (snapshot([("10.1", "0.05")], []), "not a multiple"),
        (snapshot([("10.1", "0")], []), "without price or quantity"),
        (snapshot([("-10.1", "1")], []), "not an unsigned"),
        (snapshot([("NaN", "1")], []), "not an unsigned"),
        (snapshot([("1" * 40, "1")], []), "unreadable"),
    ],
)
def test_a_book_that_cannot_be_true_is_not_served(message: bytes, reason: str) -> None:
    data, sink = market_data("X")
    data.handle(GOOD, 1)
    assert best(sink.books["X"]) == (("10.10000", "1.000"), ("10.20000", "3.500"))
    data.handle(message, 2)
    assert sink.books["X"].state is INVALID
    assert reason in sink.books["X"].reason
    assert data.malformed == 1
    data.handle(GOOD, 3)
    assert sink.books["X"].state is VALID


def test_a_snapshot_older_than_the_book_changes_nothing() -> None:
    data, sink = market_data("X")
    data.handle(GOOD, 1)
    data.handle(snapshot([("9", "1")], [], time_ms=999), 2)
    assert best(sink.books["X"])[0] == ("10.10000", "1.000")
    assert (data.late, data.malformed, sink.books["X"].received_ns) == (1, 0, 1)


def test_a_trade_told_twice_is_reported_once() -> None:
    data, sink = market_data("X")
    row = {"coin": "X", "side": "B", "px": "10.1", "sz": "1", "time": 5, "hash": "0x", "tid": 7}
    for each in (row, row, row | {"time": 6}):
        data.handle(json.dumps({"channel": "trades", "data": [each]}).encode(), 1)
    assert len(sink.trades) == 2


@needs_recordings
def test_recorded_messages_are_read() -> None:
    data, sink = market_data("FXS", "BANANA", "SHIA", "MOODENG")
    for message in json.loads(recording(RECORDED).read_bytes()):
        if message["channel"] in ("trades", "l2Book", "activeAssetCtx"):
            data.handle(json.dumps(message).encode(), 1)
    assert (data.malformed, data.last_error) == (0, "")
    assert best(sink.books["BANANA"]) == (("59.80000", "3.400"), ("59.81100", "2.900"))
    assert sink.books["SHIA"].state is VALID
    assert sink.books["SHIA"].best_bid() is None
    assert [(trade.price_ticks, trade.buyer_is_maker) for trade in sink.trades] == [(190080, True), (190140, True)]
    assert (sink.marks[0].mark, sink.funding[0].rate) == (0.19963, 0.00004863)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["10.1", "1e5", "-1", "X", "B", "NaN", "Infinity", "9" * 30]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["coin", "levels", "time", "px", "sz", "tid", "side", "ctx", "markPx", "funding", "oraclePx"]),
        inner, max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300)
@given(channel=st.sampled_from(["l2Book", "trades", "activeAssetCtx", "other"]), body=JSON, cut=st.integers(0, 400))
def test_no_message_raises(channel: str, body: object, cut: int) -> None:
    data, sink = market_data("X")
    data.handle(GOOD, 1)
    data.handle(json.dumps({"channel": channel, "data": body}).encode()[: 400 - cut], 2)
    data.handle(GOOD[:cut], 3)
    book = sink.books["X"]
    assert book.state is INVALID or best(book)[0] == ("10.10000", "1.000")


BOOK = st.fixed_dictionaries(
    {
        "coin": st.just("X"),
        "time": st.integers(1000, 2000) | st.just(-1),
        "levels": st.tuples(
            *[
                st.lists(
                    st.fixed_dictionaries(
                        {
                            "px": st.sampled_from(["9", "10", "10.1", "1e1", "x"]),
                            "sz": st.sampled_from(["1", "0", "-1"]),
                        }
                    ),
                    max_size=3,
                )
            ]
            * 2
        ),
    }
)


@settings(max_examples=300)
@given(body=BOOK)
def test_a_book_is_either_sorted_and_uncrossed_or_not_served(body: dict) -> None:
    data, sink = market_data("X")
    data.handle(json.dumps({"channel": "l2Book", "data": body}).encode(), 2)
    book = sink.books["X"]
    bids, _, asks, _ = book.top(10)
    if book.state is VALID:
        assert list(bids) == sorted(set(bids.tolist()), reverse=True)
        assert len(bids) == len(body["levels"][0])
        assert list(asks) == sorted(set(asks.tolist()))
        assert not (len(bids) and len(asks)) or bids[0] < asks[0]
    else:
        assert len(bids) == len(asks) == 0
