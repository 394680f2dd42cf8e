"""The compiled reader of depthUpdate against typed messages, on good, bad and recorded input."""

import gzip
import json
import os
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.binance import depth_layout as notes
from adapters.binance.depth import DepthDecoder, describe
from core.book.book import Book, BookState
from core.types.instrument import Instrument
from tests.book.instruments import instrument

TICK, LOT = Decimal("0.10"), Decimal("0.001")


class DepthUpdate(msgspec.Struct):
    """The message as its documentation describes it."""

    event_ms: int = msgspec.field(name="E")
    first_update_id: int = msgspec.field(name="U")
    last_update_id: int = msgspec.field(name="u")
    bids: list[tuple[str, str]] = msgspec.field(name="b")
    asks: list[tuple[str, str]] = msgspec.field(name="a")
    transaction_ms: int | None = msgspec.field(name="T", default=None)
    previous_update_id: int = msgspec.field(name="pu", default=-1)


class Combined(msgspec.Struct):
    data: DepthUpdate


def columns(about: Instrument, levels: list[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    ticks = [about.price_to_ticks(Decimal(price)) for price, _ in levels]
    lots = [about.quantity_to_lots(Decimal(size)) for _, size in levels]
    return np.array(ticks, np.int64), np.array(lots, np.int64)


def apply_typed(book: Book, raw: bytes, received_ns: int) -> DepthUpdate:
    update = (
        msgspec.json.decode(raw, type=Combined).data
        if b'"stream"' in raw
        else msgspec.json.decode(raw, type=DepthUpdate)
    )
    venue_ms = update.event_ms if update.transaction_ms is None else update.transaction_ms
    book.apply_delta(
        *columns(book.instrument, update.bids),
        *columns(book.instrument, update.asks),
        sequence=update.last_update_id,
        venue_ns=venue_ms * 1_000_000,
        received_ns=received_ns,
    )
    return update


def full(book: Book) -> list[object]:
    return [
        book.state,
        book.reason,
        book.sequence,
        book.venue_ns,
        book.received_ns,
        *(c.tolist() for c in book.top(20_000)),
    ]


def empty_book(about: Instrument | None = None) -> Book:
    book, none = Book(about or instrument()), np.zeros(0, np.int64)
    book.apply_snapshot(none, none, none, none, sequence=0, venue_ns=0, received_ns=0)
    return book


def message(bids: list[list[str]], asks: list[list[str]], **changes: object) -> dict[str, object]:
    update = {"e": "depthUpdate", "E": 1723161256299, "T": 1723161256298, "s": "BTCUSDT", "U": 5123107832006}
    return update | {"u": 5123107837557, "pu": 5123107831937, "b": bids, "a": asks} | changes


def encoded(update: dict[str, object], *, is_combined: bool = True, separators: tuple[str, str] = (",", ":")) -> bytes:
    wrapped = {"stream": "btcusdt@depth@100ms", "data": update} if is_combined else update
    return json.dumps(wrapped, separators=separators).encode()


def texts(step: Decimal, largest: int, smallest: int) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(smallest, largest), st.integers(0, 6)).map(lambda x: f"{x[0] * step:f}" + "0" * x[1])


levels = st.lists(st.tuples(texts(TICK, 10**8, 1), texts(LOT, 10**9, 0)).map(list), max_size=30)
updates = st.builds(message, levels, levels)
forms = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: \r")])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(updates, st.booleans(), forms), min_size=1, max_size=5))
def test_both_forms_of_a_message_give_the_same_book(messages) -> None:
    decoder = DepthDecoder(instrument())
    compiled, typed = empty_book(), empty_book()
    for received_ns, (update, is_combined, separators) in enumerate(messages):
        raw = encoded(update, is_combined=is_combined, separators=separators)
        assert decoder.decode(raw) == 0
        decoder.apply_to(compiled, received_ns)
        apply_typed(typed, raw, received_ns)
        assert full(compiled) == full(typed)


@settings(max_examples=100, deadline=None)
@given(updates, st.randoms(use_true_random=False), st.booleans())
def test_keys_are_taken_in_any_order_and_unknown_ones_skipped(update, random, is_combined) -> None:
    unknown = {
        "x": None,
        "st": {"b": [["1", "2"]], "u": [1, {"a": "}]"}]},
        "q": 'a "quote" \\',
        "longer_than_any": [-1.5e3],
        "m": True,
    }
    items = list((update | unknown).items())
    random.shuffle(items)
    decoder, compiled, typed = DepthDecoder(instrument()), empty_book(), empty_book()
    raw = encoded(dict(items), is_combined=is_combined)
    assert decoder.decode(raw) == 0
    decoder.apply_to(compiled, 1)
    apply_typed(typed, raw, 1)
    assert full(compiled) == full(typed)


def test_identifiers_and_times_are_there_before_the_message_is_applied() -> None:
    decoder = DepthDecoder(instrument())
    assert decoder.decode(encoded(message([], []))) == 0
    assert (decoder.first_update_id, decoder.last_update_id) == (5123107832006, 5123107837557)
    assert (decoder.previous_update_id, decoder.venue_ns) == (5123107831937, 1723161256298_000_000)
    spot = message([], [])
    del spot["T"], spot["pu"]
    assert decoder.decode(encoded(spot, is_combined=False)) == 0
    assert (decoder.previous_update_id, decoder.venue_ns) == (-1, 1723161256299_000_000)


def test_a_message_larger_than_any_before_is_read_whole() -> None:
    decoder, book = DepthDecoder(instrument()), empty_book()
    bids = [[f"{ticks * TICK}", "1.000"] for ticks in range(1, 20_001)]
    assert decoder.decode(encoded(message(bids, []))) == 0
    decoder.apply_to(book, 1)
    assert len(book.top(30_000)[0]) == 20_000


def test_the_shortest_levels_fit() -> None:
    decoder, book = DepthDecoder(instrument("1", "1")), empty_book(instrument("1", "1"))
    raw = encoded(message([["1", "1"]] * 30_000, []))
    assert decoder.decode(raw) == 0
    decoder.apply_to(book, 1)
    assert book.best_bid() == (1, 1)


@pytest.mark.parametrize("is_combined", [True, False])
def test_a_message_cut_short_anywhere_is_refused(is_combined) -> None:
    decoder = DepthDecoder(instrument())
    raw = encoded(message([["61800.10", "0.5"], ["61800.0", "1"]], [["61800.20", "0.000"]]), is_combined=is_combined)
    for length in range(len(raw)):
        assert decoder.decode(raw) == 0
        assert decoder.decode(raw[:length]) != 0, raw[:length]
    assert decoder.decode(raw + b"}") != 0
    assert decoder.decode(raw + raw) != 0


@settings(max_examples=1_500, deadline=None)
@given(st.data())
def test_a_damaged_message_is_refused_or_read_as_it_stands(data) -> None:
    raw = bytearray(encoded(message([["61800.10", "0.5"], ["61800.0", "1"]], [["61800.20", "0.000"]])))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(
            st.one_of(st.integers(0, 255), st.sampled_from(b'0123456789[]{}",:.-e'))
        )
    decoder, compiled, typed = DepthDecoder(instrument()), empty_book(), empty_book()
    if decoder.decode(bytes(raw)) == 0:
        decoder.apply_to(compiled, 1)
        try:
            apply_typed(typed, bytes(raw), 1)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return  # the damage lies in a part that nobody needs
        assert full(compiled) == full(typed)
    else:
        decoder.apply_to(compiled, 7)
        assert (compiled.state, compiled.received_ns) == (BookState.INVALID, 7)
        assert compiled.reason.startswith("message refused: ")


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_at_all_upset_it(raw) -> None:
    assert DepthDecoder(instrument()).decode(raw) != 0


@pytest.mark.parametrize(
    ("level", "error"),
    [
        (["61800.15", "1"], notes.PRICE_OFF_GRID),
        (["61800.1000000000001", "1"], notes.PRICE_OFF_GRID),
        (["NaN", "1"], notes.PRICE_NOT_DECIMAL),
        (["-61800.1", "1"], notes.PRICE_NOT_DECIMAL),
        (["6.1e4", "1"], notes.PRICE_NOT_DECIMAL),
        (["0.0", "1"], notes.PRICE_NOT_DECIMAL),
        (["", "1"], notes.PRICE_NOT_DECIMAL),
        (["61800.", "1"], notes.PRICE_NOT_DECIMAL),
        (["123456789012345678.1", "1"], notes.PRICE_TOO_LARGE),
        (["61800.1", "0.0001"], notes.SIZE_OFF_GRID),
        (["61800.1", "-1"], notes.SIZE_NOT_DECIMAL),
        (["61800.1", "Infinity"], notes.SIZE_NOT_DECIMAL),
        (["61800.1", "1 "], notes.SIZE_NOT_DECIMAL),
        (["61800.1", "1234567890123456.000"], notes.SIZE_TOO_LARGE),
        (["61800.1"], notes.MALFORMED),
        ([], notes.MALFORMED),
    ],
)
def test_a_number_off_the_grid_is_refused_and_its_book_becomes_invalid(level, error) -> None:
    for bids, asks in (([["61800.1", "1"], level], []), ([], [level])):
        decoder, book = DepthDecoder(instrument()), empty_book()
        assert decoder.decode(encoded(message(bids, asks))) == error
        decoder.apply_to(book, 3)
        assert (book.state, book.reason) == (BookState.INVALID, describe(error))


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (encoded(message([], [], s="ETHUSDT")), notes.WRONG_SYMBOL),
        (encoded(message([], [], s="BTCUSDTX")), notes.WRONG_SYMBOL),
        (encoded(message([], [], s="BTCUSD")), notes.WRONG_SYMBOL),
        (encoded(message([], [], e="trade")), notes.NOT_DEPTH),
        (encoded(message([], [], e="depthUpdates")), notes.NOT_DEPTH),
        (
            b'{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":1,"s":"BTCUSDT","b":"1.0","B":"2","a":"1.1","A":"3"}}',
            notes.NOT_DEPTH,
        ),
        (b'{"result":null,"id":1}', notes.MISSING_KEY),
        (b'{"u":1,"s":"BTCUSDT","b":"1.0","B":"2","a":"1.1","A":"3"}', notes.MALFORMED),
        (b"", notes.MALFORMED),
        (b"[]", notes.MALFORMED),
        (b"{}", notes.MALFORMED),
        (encoded(message([], [], U=-1)), notes.MALFORMED),
        (encoded(message([], [], u=1.5)), notes.MALFORMED),
        (encoded(message([], [], u=10**18)), notes.MALFORMED),
        (encoded(message([], [], u="5")), notes.MALFORMED),
        (encoded(message([[61800.1, 1]], [])), notes.MALFORMED),
        (encoded(message([], [])).replace(b'"a":[]', b'"b":[]'), notes.MALFORMED),
        (encoded(message([], [])).replace(b'"U":', b'"u":'), notes.MALFORMED),
    ],
)
def test_what_is_not_this_books_depth_is_refused(raw, error) -> None:
    assert DepthDecoder(instrument()).decode(raw) == error


@pytest.mark.parametrize("key", ["e", "E", "s", "U", "u", "b", "a"])
def test_a_message_without_a_needed_key_is_refused(key) -> None:
    update = message([["61800.1", "1"]], [])
    del update[key]
    assert DepthDecoder(instrument()).decode(encoded(update)) == notes.MISSING_KEY


def test_the_empty_list_behind_a_size_in_old_messages_is_passed_over() -> None:
    decoder, book = DepthDecoder(instrument()), empty_book()
    assert decoder.decode(encoded(message([["61800.1", "0.5", []]], []))) == 0
    decoder.apply_to(book, 1)
    assert book.best_bid() == (618_001, 500)


@pytest.mark.parametrize("level", [["1", "61800.1", "0.5"], ["61800.1", "0.5", [1]], ["61800.1", "0.5", [], []], ["1"]])
def test_of_anything_else_than_two_numbers_nobody_knows_which_were_meant(level: list[object]) -> None:
    decoder = DepthDecoder(instrument())
    assert decoder.decode(encoded(message([level], []))) == notes.MALFORMED


def test_a_view_of_a_frame_is_read_as_bytes_are() -> None:
    raw = b"__" + encoded(message([["61800.1", "0.5"]], [])) + b"__"
    assert DepthDecoder(instrument()).decode(memoryview(raw)[2:-2]) == 0


def test_a_book_that_lacks_a_snapshot_takes_nothing() -> None:
    decoder, book = DepthDecoder(instrument()), Book(instrument())
    assert decoder.decode(encoded(message([["61800.1", "0.5"]], []))) == 0
    decoder.apply_to(book, 1)
    assert (book.state, book.sequence) == (BookState.SYNCING, 0)


def test_a_symbol_or_grid_that_cannot_be_held_is_named() -> None:
    with pytest.raises(ValueError, match="44 bytes"):
        DepthDecoder(instrument(symbol="A" * 44))
    with pytest.raises(ValueError, match="tick size of BTC/USDT:USDT@binanceusdm is 0"):
        DepthDecoder(instrument(tick="0"))


RECORDED = [
    ("examples__usdm__btcusdt_20240808.gz", "BTCUSDT", "0.10", "0.001"),
    # sizes of orders that have been resting since the lot was smaller are no multiples of the lot of that day
    ("examples__spot__ethusdt_20240808.gz", "ETHUSDT", "0.01", "0.00001"),
]


@pytest.mark.skipif("SERAPHIM_RECORDINGS" not in os.environ, reason="SERAPHIM_RECORDINGS names no folder of recordings")
@pytest.mark.parametrize(("file", "symbol", "tick", "lot"), RECORDED)
def test_both_forms_give_the_same_book_on_recorded_messages(file, symbol, tick, lot) -> None:
    about = instrument(tick, lot, symbol=symbol)
    decoder, compiled, typed = DepthDecoder(about), Book(about), Book(about)
    applied = 0
    with gzip.open(Path(os.environ["SERAPHIM_RECORDINGS"], "history/nkaz001+hftbacktest", file)) as lines:
        for line in lines:
            received, _, raw = line.rstrip().partition(b" ")
            if b'"lastUpdateId"' in raw and compiled.state is BookState.SYNCING:
                rest = json.loads(raw)
                snapshot_id = rest["lastUpdateId"]
                both = *columns(about, rest["bids"]), *columns(about, rest["asks"])
                for book in (compiled, typed):
                    book.apply_snapshot(*both, sequence=snapshot_id, venue_ns=0, received_ns=int(received))
            if b'"depthUpdate"' not in raw:
                continue
            assert decoder.decode(raw) == 0
            if compiled.state is BookState.SYNCING or decoder.last_update_id <= snapshot_id:
                continue
            decoder.apply_to(compiled, int(received))
            update = apply_typed(typed, raw, int(received))
            assert (decoder.first_update_id, decoder.previous_update_id) == (
                update.first_update_id,
                update.previous_update_id,
            )
            assert [c.tolist() for c in compiled.top(20)] == [c.tolist() for c in typed.top(20)]
            applied += 1
    assert applied > 3_000
    assert compiled.state is BookState.VALID
    assert full(compiled) == full(typed)
