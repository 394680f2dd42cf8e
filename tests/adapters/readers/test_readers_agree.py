"""Compiled readers of book messages do what typed messages do, whatever arrives."""

import json

import pytest

from adapters.coinbase.market_data import CoinbaseMarketData
from adapters.hyperliquid.market_data import MarketData
from adapters.kraken.market_data import KrakenMarketData
from adapters.okx.market_data import OkxMarketData
from adapters.replay.venues import recorded_venue
from bench.venue_books import instrument_of
from bench.venue_market import SHAPES
from core.book.book import BookState
from data.recordings.reader import read_recording
from tests.adapters.coinbase.test_market_data import instrument
from tests.adapters.okx.messages import checksum
from tests.adapters.readers.binance_pair import BinancePair
from tests.adapters.readers.fuzz import DAMAGED, fuzz
from tests.adapters.readers.venue_pair import Pair, walk
from tests.recordings import needs_recordings, recording
from tests.venues.market_sink import RecordingSink


@pytest.mark.parametrize("venue", SHAPES)
def test_damaged_messages_are_read_alike(venue: str) -> None:
    pair = fuzz(venue, 300, seed=7)
    assert pair.messages >= 300
    own = pair.messages // (DAMAGED + 1)
    assert own <= pair.read < pair.messages
    assert own <= pair.took < pair.messages


@pytest.mark.parametrize("venue", SHAPES)
def test_the_venues_own_messages_need_no_typed_ones(venue: str) -> None:
    pair = Pair(venue)
    steps = list(walk(venue, 3, 40))
    pair.restore(steps[0].snapshot)
    for step in steps:
        pair.take(step.update)
    assert (pair.read, pair.took) == (40, 40)
    assert all(is_equal for _, is_equal in pair.compiled.compared)


@pytest.mark.parametrize("venue", SHAPES)
def test_json_nested_too_deep_is_counted_and_not_raised(venue: str) -> None:
    pair = Pair(venue)
    pair.take(b'{"unknown":' + 100_000 * b"[")
    handler = pair.compiled.handler
    assert (handler if isinstance(handler, MarketData) else handler.market).malformed == 1


def test_damaged_messages_of_binance_are_read_alike() -> None:
    pair = BinancePair()
    pair.fuzz(600, seed=7)
    assert 60 < pair.read < pair.took < pair.messages


@needs_recordings
@pytest.mark.parametrize(
    ("name", "venue", "handler_type", "snapshots"),
    [
        ("kraken/v2_excerpt.gz", "kraken", KrakenMarketData, 1),
        ("okx/bmoscon+cryptofeed/OKX.ws.1.0.UNI-USD-SWAP", "okx", OkxMarketData, 1),
    ],
)
def test_recorded_updates_need_no_typed_messages(name, venue, handler_type, snapshots, monkeypatch) -> None:
    typed: list[bytes] = []
    handle_typed = handler_type.handle_typed

    def written(self, raw: bytes, received_ns: int) -> None:
        typed.append(raw)
        handle_typed(self, raw, received_ns)

    monkeypatch.setattr(handler_type, "handle_typed", written)
    found = recorded_venue(venue)
    market = found.market(RecordingSink(), found.survey(recording(name)).instruments)
    for message in read_recording(recording(name)):
        market.play(message)
    (symbol,) = market.symbols.values()
    assert symbol.updates > 60
    assert len([raw for raw in typed if b'"bids":' in raw]) == snapshots


def test_both_books_of_a_product_are_written_at_once() -> None:
    sink = RecordingSink()
    both = [instrument("BTC-USD"), instrument("BTC-USDC", alias="BTC-USD", base_increment="0.0001")]
    handler = CoinbaseMarketData(sink, both, resync=lambda _: None)
    for number, (kind, size) in enumerate((("snapshot", "1"), ("update", "2.5"), ("update", "0.12345"))):
        level = {"side": "bid", "event_time": "", "price_level": "100", "new_quantity": size}
        event = {"type": kind, "product_id": "BTC-USD", "updates": [level]}
        message = {"channel": "l2_data", "sequence_num": number, "events": [event]}
        handler.handle(json.dumps(message, separators=(",", ":")).encode(), 1)
        if number == 1:
            assert [book.best_bid() for book in sink.books.values()] == [(10_000, 250_000_000), (10_000, 25_000)]
    # the grid of the second is coarser than the last size: it alone is damaged
    assert [book.state for book in sink.books.values()] == [BookState.VALID, BookState.INVALID]


def test_an_okx_book_with_a_number_written_long_is_read_by_typed_messages_until_that_level_is_gone() -> None:
    sink, typed = RecordingSink(), list[bytes]()
    handler = OkxMarketData(sink, [instrument_of("okx")], resync=lambda _: None)
    handle_typed = handler.handle_typed
    handler.handle_typed = lambda raw, at_ns: (typed.append(raw), handle_typed(raw, at_ns))
    bids, asks = [["100.10", "3"], ["100", "2"]], [["100.2", "1"]]

    def send(action: str, changed: list[list[str]], asks: list[list[str]], top: tuple) -> None:
        rows = [[[*level, "0", "1"] for level in side] for side in (changed, asks)]
        data = {"bids": rows[0], "asks": rows[1], "ts": "1652459225505", "checksum": checksum(*top)}
        argument = {"channel": "books", "instId": "BTC-USDT"}
        message = {"arg": argument, "action": action, "data": [data]}
        handler.handle(json.dumps(message, separators=(",", ":")).encode(), 1)
        assert sink.books["BTC-USDT"].state is BookState.VALID

    send("snapshot", bids, asks, (bids, asks))
    send("update", [["100", "5"]], [], ([["100.10", "3"], ["100", "5"]], asks))
    assert len(typed) == 2
    send("update", [["100.1", "4"]], [], ([["100.1", "4"], ["100", "5"]], asks))
    assert len(typed) == 3
    send("update", [["100", "6"]], [], ([["100.1", "4"], ["100", "6"]], asks))
    assert len(typed) == 3
