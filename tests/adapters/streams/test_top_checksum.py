"""The compiled checksum against the forms that are written with objects."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kraken.checksum import book_checksum
from adapters.okx.level_texts import LevelTexts, signed
from adapters.streams.top_checksum import TopChecksum
from core.book.book import Book
from core.types.instrument import Instrument
from tests.adapters.streams.making import BTC
from tests.book.instruments import instrument

NUMBERS = st.integers(1, 10**9) | st.integers(1, 10**16) | st.integers(1, 99).map(lambda n: n * 10**6)
SIDES = st.dictionaries(NUMBERS, NUMBERS, max_size=40)


def book_of(about: Instrument, bids: dict[int, int], asks: dict[int, int]) -> Book:
    book, above = Book(about), max(bids, default=0)
    columns = [
        np.array(list(column), np.int64)
        for column in (bids, bids.values(), (ticks + above for ticks in asks), asks.values())
    ]
    book.apply_snapshot(*columns, sequence=1, venue_ns=0, received_ns=0)
    return book


@settings(deadline=None)
@given(SIDES, SIDES)
def test_bare_digits_are_counted_as_kraken_counts_them(bids: dict[int, int], asks: dict[int, int]) -> None:
    book = book_of(BTC, bids, asks)
    assert TopChecksum(BTC, 10, is_alternating=False).of(book) == book_checksum(book)


@pytest.mark.parametrize(
    ("tick", "lot"), [("0.1", "0.00000001"), ("0.5", "1"), ("1", "10"), ("0.0000000000005", "0.02"), ("25", "1e-9")]
)
@settings(deadline=None, max_examples=30)
@given(bids=SIDES, asks=SIDES)
def test_decimals_are_counted_as_okx_counts_them(
    tick: str, lot: str, bids: dict[int, int], asks: dict[int, int]
) -> None:
    about = instrument(tick, lot)
    book = book_of(about, bids, asks)
    counted = TopChecksum(about, 25, is_alternating=True).of(book)
    assert signed(counted) == LevelTexts(about).checksum(book)
    other = msgspec.structs.replace(about, tick_size=about.tick_size * 2)
    if bids or asks:
        assert TopChecksum(other, 25, is_alternating=True).of(book) != counted
