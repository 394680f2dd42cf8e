"""The object form of depth reading and the compiled one agree on every recorded message."""

import pytest

from adapters.binance.depth import DepthDecoder
from adapters.binance.depth_objects import DepthUpdateReader
from adapters.binance.market import BinanceMarket
from adapters.replay.binance_venue import survey_recording
from core.book.book import Book
from core.types.instrument import Instrument
from data.recordings.reader import read_recording
from tests.recordings import SPOT_ETHUSDT, USDM_BTCUSDT, needs_recordings, recording

_LEVELS_KEPT = 100_000


def _book(instrument: Instrument) -> Book:
    book = Book(instrument)
    none = DepthUpdateReader(instrument)
    none.apply_to(book, 0)
    empty = book.top(0)[0]
    book.apply_snapshot(empty, empty, empty, empty, sequence=0, venue_ns=0, received_ns=0)
    return book


@needs_recordings
@pytest.mark.parametrize(("name", "market"), [(USDM_BTCUSDT, BinanceMarket.USDM), (SPOT_ETHUSDT, BinanceMarket.SPOT)])
def test_both_forms_read_the_same_ids_times_and_levels(name: str, market: BinanceMarket) -> None:
    (instrument,) = survey_recording(recording(name), market).instruments
    forms = DepthUpdateReader(instrument), DepthDecoder(instrument)
    books = _book(instrument), _book(instrument)
    seen = 0
    for message in read_recording(recording(name)):
        if b"@depth" not in message.payload[:60] or seen == 1000:
            continue
        seen += 1
        assert [form.decode(message.payload) for form in forms] == [0, 0]
        ours, compiled = ((f.first_update_id, f.last_update_id, f.previous_update_id, f.venue_ns) for f in forms)
        assert ours == compiled
        for form, book in zip(forms, books, strict=True):
            form.apply_to(book, message.received_ns)
        assert books[0].state is books[1].state
        assert books[0].best_bid() == books[1].best_bid()
        assert books[0].best_ask() == books[1].best_ask()
    for left, right in zip(books[0].top(_LEVELS_KEPT), books[1].top(_LEVELS_KEPT), strict=True):
        assert left.tolist() == right.tolist()
    assert seen == 1000
