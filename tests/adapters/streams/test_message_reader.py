"""The compiled reader of messages: what it understands, and what it leaves to others."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.streams import message_layout as codes
from adapters.streams.iso_time import iso_to_ns
from adapters.streams.message_grammar import AnyCount, AnyText, Integer, Levels, Object, Record, Steps, Text, Time
from adapters.streams.message_reader import MessageReader, reader_of
from core.book.layout import ASKS, BIDS
from tests.adapters.streams.making import BTC

LEVEL = Record({"p": Steps(codes.TICKS), "q": Steps(codes.LOTS, codes.JSON_DECIMAL)})
MESSAGE = Object(
    {"name": Text("BTC"), "n": Integer(codes.SEQUENCE, largest=1_000), "bids": Levels(BIDS, LEVEL),
     "about": Object({"x": AnyText(), "y": AnyCount()}), "asks": Levels(ASKS, LEVEL, is_ordered=True)},
    optional=frozenset({"about", "bids"}),
)  # fmt: skip
READER = MessageReader(BTC, MESSAGE)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
TIMES = MessageReader(BTC, Object({"at": Time()}))


SHORT = MessageReader(
    BTC, Object({"q": Levels(BIDS, Record({"p": Steps(codes.TICKS), "q": Steps(codes.LOTS, codes.SHORT_DECIMAL)}))})
)


def levels() -> list[list[int]]:
    notes = READER.notes
    return [READER.batch[notes[n + 1] : notes[n + 1] + 2 * notes[n]].tolist() for n in (0, 2)]


def test_fields_may_stand_in_any_order() -> None:
    asks = b'"asks":[{"p":"1.5","q":2},{"p":"1.6","q":0.5}]'
    for raw in (
        b'{"name":"BTC","n":-7,"bids":[{"p":"1.10","q":1.0}],"about":{"x":"","y":3},' + asks + b"}",
        b'{"about":{"y":0,"x":"a b"},' + asks + b',"bids":[{"p":"001.1","q":1}],"n":-7,"name":"BTC"}',
    ):
        assert READER.read(raw)
        assert levels() == [[11, 10**8], [15, 2 * 10**8, 16, 5 * 10**7]]
        assert READER.notes[codes.SEQUENCE] == -7
    assert READER.read(b'{"n":1,"name":"BTC","asks":[]}')
    assert levels() == [[], []]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b'{"n":1,"name":"BTC"}', b'{"n":1,"name":"ETH","asks":[]}', b'{"n":1,"name":"BTC","asks":[]',
        b'{"n":1,"name":"BTC","asks":[]}}', b'{"n":1,"name":"BTC","asks":[]} ', b'{"n":1, "name":"BTC","asks":[]}',
        b'{"n":1,"name":"BTC","asks":[],"more":1}', b'{"n":1,"n":1,"name":"BTC","asks":[]}',
        b'{"n":1001,"name":"BTC","asks":[]}', b'{"n":01,"name":"BTC","asks":[]}', b'{"n":-0,"name":"BTC","asks":[]}',
        b'{"n":1.0,"name":"BTC","asks":[]}', b'{"n":"1","name":"BTC","asks":[]}', b'{"n":1,"name":"BTC","asks":[],}',
        b'{"n":1,"name":"BTC","asks":[{"p":"1.6","q":1},{"p":"1.5","q":1}]}',
        b'{"n":1,"name":"BTC","asks":[{"p":"1","q":0}]}',
        b'{"n":1,"name":"BTC","asks":[{"p":"0","q":1}]}', b'{"n":1,"name":"BTC","asks":[{"p":"1.05","q":1}]}',
        b'{"n":1,"name":"BTC","asks":[{"p":"1","q":01}]}', b'{"n":1,"name":"BTC","asks":[{"p":"1","q":1e0}]}',
        b'{"n":1,"name":"BTC","asks":[{"q":1,"p":"1"}]}', b'{"n":1,"name":"BTC","asks":[{"p":1,"q":1}]}',
        b'{"n":1,"name":"BTC","asks":[{"p":"1234567890123456789","q":1}]}', b'{"n":1,"name":"BTC","asks":[,]}',
        b'{"n":1,"name":"BTC","asks":[],"about":{"x":"\\u0041","y":1}}',
        b'{"n":1,"name":"BTC","asks":[],"about":{"x":"\xc3\xa9","y":1}}',
        b'{"n":1,"name":"BTC","asks":[],"about":{"x":""}}', b'{"n":1,"name":"BTC","asks":[],"about":{"x":"\0","y":1}}',
    ],
)  # fmt: skip
def test_what_has_another_shape_is_left_to_others(raw: bytes) -> None:
    assert not READER.read(raw)


def test_a_number_whose_text_matters_has_no_needless_zero() -> None:
    for number in ("0", "0.5", "10", "100.01", "0.00000001", "20000000"):
        assert SHORT.read(f'{{"q":[{{"p":"1.50","q":"{number}"}}]}}'.encode()), number
    for number in ("00", "0.0", "0.50", "010", "10.0", "100.010", "00.5", "", ".5", "5."):
        assert not SHORT.read(f'{{"q":[{{"p":"1.50","q":"{number}"}}]}}'.encode()), number


def test_a_message_cut_short_anywhere_is_left_to_others() -> None:
    raw = b'{"name":"BTC","n":7,"bids":[{"p":"1.10","q":1.0}],"about":{"x":"abc","y":3},"asks":[{"p":"1.5","q":2}]}'
    for length in range(len(raw)):
        assert READER.read(raw)
        assert not READER.read(raw[:length]), raw[:length]


def test_a_message_larger_than_any_before_is_read_whole_and_a_huge_one_left_to_others() -> None:
    many = b",".join(b'{"p":"%d","q":1}' % number for number in range(1, 8_001))
    assert READER.read(b'{"n":1,"name":"BTC","asks":[' + many + b"]}")
    assert levels()[1][-2:] == [80_000, 10**8]
    assert not READER.read(b'{"n":1,"name":"BTC","asks":[' + b",".join([many] * 3) + b"]}")


@given(
    st.datetimes(FIRST.replace(tzinfo=None), FIRST.replace(tzinfo=None, year=2199), timezones=st.just(UTC)),
    st.none() | st.text("0123456789", min_size=1, max_size=9),
)
def test_moments_are_read_as_objects_read_them(moment: datetime, fraction: str | None) -> None:
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{'' if fraction is None else '.' + fraction}Z"
    assert TIMES.read(f'{{"at":"{text}"}}'.encode())
    assert TIMES.notes[codes.VENUE_NS] == iso_to_ns(text)


def test_every_day_of_some_years_is_counted_right() -> None:
    for first in (FIRST, FIRST.replace(year=2000), FIRST.replace(year=2099, month=6)):
        for days in range(500):
            text = f"{first + timedelta(days=days):%Y-%m-%d}T00:00:00Z"
            assert TIMES.read(f'{{"at":"{text}"}}'.encode())
            assert TIMES.notes[codes.VENUE_NS] == iso_to_ns(text)


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z",
        "2023-04-31T00:00:00Z", "2100-02-29T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z",
        "2023-01-01T00:00:60Z", "2023-01-01 00:00:00Z", "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z",
        "2023-01-01T00:00:00.1234567890Z", "2023-01-01T00:00:00+00:00", "2023-1-01T00:00:00Z", "",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_left_to_others(text: str) -> None:
    assert not TIMES.read(f'{{"at":"{text}"}}'.encode())


def test_an_instrument_that_compiled_code_cannot_hold_has_no_reader() -> None:
    assert reader_of(msgspec.structs.replace(BTC, venue_symbol='a"b'), MESSAGE) is None
    assert reader_of(msgspec.structs.replace(BTC, venue_symbol="é"), MESSAGE) is None
    assert reader_of(msgspec.structs.replace(BTC, tick_size=Decimal("1e-18")), MESSAGE) is None
    assert reader_of(BTC, MESSAGE) is not None
