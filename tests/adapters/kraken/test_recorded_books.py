"""Recorded books of Kraken against the checksums that came with them, and messages that make no sense."""

import gzip
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.kraken.instruments import read_asset_pairs
from adapters.kraken.market_data import KrakenMarketData
from adapters.replay.check import check_recording
from adapters.replay.venues import recorded_venue
from core.book.book import BookState
from data.recordings.reader import read_recording
from tests.recordings import needs_recordings, recording
from tests.venues.kraken.pairs import PAIRS
from tests.venues.market_sink import RecordingSink

EXCERPT = "kraken/v2_excerpt.gz"


@needs_recordings
def test_all_checksums_of_the_recording_are_right() -> None:
    report = check_recording(recording(EXCERPT), "kraken")
    assert (report.checks.checksum.compared, report.checks.checksum.mismatched) == (61, 0)
    assert report.is_clean
    assert not report.inferred


@needs_recordings
def test_one_digit_that_flipped_is_found_at_that_very_message(tmp_path: Path) -> None:
    lines = gzip.decompress(recording(EXCERPT).read_bytes()).decode().splitlines()
    place = next(n for n, line in enumerate(lines) if n > 30 and '"asks":[{"price":29430.3,"qty":' in line)
    head, _, tail = lines[place].partition('"qty":')
    digit = tail[2]
    lines[place] = f'{head}"qty":{tail[:2]}{(int(digit) + 1) % 10}{tail[3:]}'
    flipped = tmp_path / "flipped.gz"
    flipped.write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))

    report = check_recording(flipped, "kraken")
    assert report.checks.checksum.mismatched == 1
    assert report.checks.checksum.first_mismatch == f"BTC/USD@kraken at book message {place}"
    assert report.symbols["BTC/USD"].state == "invalid"
    assert not report.is_clean

    sink = RecordingSink()
    venue = recorded_venue("kraken")
    market = venue.market(sink, venue.survey(flipped).instruments)
    states = []
    for message in read_recording(flipped):
        market.play(message)
        states.append(sink.books["BTC/USD"].state)
    assert set(states[1:place]) == {BookState.VALID}
    assert set(states[place:]) == {BookState.INVALID}


TABLE = json.dumps({"error": [], "result": {pair.name: pair.table_row() for pair in PAIRS}}).encode()
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
NUMBERS = st.integers(-5, 10**6).map(lambda n: n / 10) | JSON
LEVELS = st.lists(st.fixed_dictionaries({"price": NUMBERS, "qty": NUMBERS}), max_size=4) | JSON
BOOKS = st.fixed_dictionaries(
    {"symbol": st.just("BTC/USD"), "bids": LEVELS, "asks": LEVELS, "checksum": st.just(0) | JSON},
    optional={"timestamp": st.just("2023-07-30T15:30:01Z") | JSON},
)
TRADES = st.fixed_dictionaries(
    {"symbol": st.just("BTC/USD"), "side": st.just("buy") | JSON, "price": NUMBERS, "qty": NUMBERS,
     "trade_id": st.integers(0, 9) | JSON, "timestamp": st.just("2023-07-30T15:30:01Z") | JSON}
)  # fmt: skip
FRAMES = st.fixed_dictionaries(
    {"channel": st.sampled_from(["book", "trade", "status", "heartbeat", "other"]),
     "type": st.sampled_from(["snapshot", "update"]), "data": st.lists(BOOKS | TRADES | JSON, max_size=2)}
) | st.fixed_dictionaries({"method": JSON, "result": JSON}) | JSON  # fmt: skip


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])  # nested JSON, on a shared machine
@given(st.lists(st.binary(max_size=40) | FRAMES.map(lambda value: json.dumps(value).encode()), max_size=6))
def test_no_message_of_the_venue_raises_and_no_broken_book_is_readable(messages: list[bytes]) -> None:
    sink, asked = RecordingSink(), list[str]()
    handler = KrakenMarketData(sink, read_asset_pairs(TABLE).values(), resync=asked.append)
    for message in messages:
        handler.handle(message, 1)
        book = sink.books["BTC/USD"]
        assert handler.market.symbols["BTC/USD"].is_live is (book.state is BookState.VALID)
    for trade in sink.trades:
        assert trade.price_ticks > 0
        assert trade.quantity_lots > 0


def test_a_refusal_that_begins_with_its_error_is_no_unreadable_message(caplog) -> None:
    handler = KrakenMarketData(RecordingSink(), read_asset_pairs(TABLE).values(), resync=lambda _: None)
    handler.handle(b'{"error":"Currency pair not supported X/Y","method":"subscribe","success":false}', 1)
    assert (handler.market.malformed, handler.market.ignored) == (0, 1)
    assert "Currency pair not supported" in caplog.text
