"""OKX's market messages, one by one: what proves a book and what breaks it."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.okx.instruments import inferred_instrument, read_instruments
from adapters.okx.market_data import OkxMarketData
from adapters.replay.check import check_recording
from core.book.book import BookState
from core.types.instrument import AssetType
from tests.adapters.okx.messages import ASKS, BIDS, books, checksum, instruments, snapshot, update
from tests.recordings import needs_recordings, recording
from tests.venues.market_sink import RecordingSink, best
from tests.venues.okx.listing import SWAP_ROWS

UNI = "okx/bmoscon+cryptofeed/OKX.ws.1.0.UNI-USD-SWAP"
D = Decimal


class Handled:
    """A handler of everything that is listed, and what it did."""

    def __init__(self) -> None:
        self.sink = RecordingSink()
        self.resynced: list[str] = []
        self.data = OkxMarketData(self.sink, instruments().values(), resync=self.resynced.append)
        self.compared: list[bool] = []
        self.data.market.observer = self

    def checksum_compared(self, instrument_id, sequence: int, *, is_equal: bool) -> None:
        self.compared.append(is_equal)

    def take(self, *messages: bytes) -> "Handled":
        for message in messages:
            self.data.handle(message, 1_652_459_226_000_000_000)
        return self

    @property
    def symbol(self):
        return self.data.market.symbols["BTC-USDT"]

    @property
    def state(self) -> BookState:
        return self.symbol.book.state


def test_instruments_are_named_and_counted_in_contracts() -> None:
    listed = instruments()
    found = {i.symbol: (i.asset_type, i.base, i.quote, i.contract_size, i.is_inverse) for i in listed.values()}
    assert found == {
        "BTC/USDT": (AssetType.CRYPTO_SPOT, "BTC", "USDT", D(1), False),
        "OKB/USDT": (AssetType.CRYPTO_SPOT, "OKB", "USDT", D(1), False),
        "BTC/USDT:USDT": (AssetType.PERPETUAL, "BTC", "USDT", D("0.01"), False),
        "UNI/USD:UNI": (AssetType.PERPETUAL, "UNI", "USD", D(10), True),
    }
    assert listed["BTC-USDT-SWAP"].notional(D(50000), D(3)) == D(1500)


def test_a_contract_of_something_else_is_not_listed() -> None:
    odd = [SWAP_ROWS[0] | {"ctValCcy": "USDT"}, SWAP_ROWS[0] | {"state": "suspend"}]
    assert read_instruments(json.dumps({"code": "0", "data": odd}).encode()) == {}
    with pytest.raises(ValueError, match="50011"):
        read_instruments(b'{"code":"50011","msg":"Rate limit reached","data":[]}')


def test_a_book_follows_its_chain_of_ids() -> None:
    handled = Handled().take(
        snapshot(),
        update([["100.1", "0"]], [], 10, 15),
        update([], [], 15, 15),  # nothing has changed for a minute
        update([["100.1", "4"]], [], 15, 3),  # the venue counts anew
        update([["100.1", "5"]], [], 3, 4),
    )
    assert handled.state is BookState.VALID
    assert best(handled.symbol.book) == (("100.1", "5.000"), ("100.2", "1.000"))
    assert (handled.symbol.updates, handled.symbol.gaps, handled.compared) == (5, 0, [])


@pytest.mark.parametrize(
    "broken",
    [
        update([], [], 11, 15),
        update([], [], -1, 15),
        update([], [], 9, 10),
        books("update", [], []),
    ],
)
def test_a_message_that_does_not_continue_makes_the_book_unreadable_at_once(broken: bytes) -> None:
    handled = Handled().take(snapshot(), broken)
    assert (handled.state, handled.symbol.gaps, handled.resynced) == (BookState.INVALID, 1, ["BTC-USDT"])
    handled.take(update([], [], 15, 16))
    assert (handled.state, handled.resynced) == (BookState.INVALID, ["BTC-USDT"])
    handled.take(snapshot(seqId=40), update([["100.1", "9"]], [], 40, 41))
    assert (handled.state, best(handled.symbol.book)[0]) == (BookState.VALID, ("100.1", "9.000"))


def test_the_checksum_is_over_the_venues_own_texts() -> None:
    bids = [["100.10", "3.000"], *BIDS[1:]]  # the same numbers in other words
    first = books("snapshot", bids, ASKS, checksum=checksum(bids, ASKS))
    second = books("update", [["100", "0"]], [["100.25", "1"]], checksum=0)
    assert checksum(bids, ASKS) != checksum(BIDS, ASKS)
    handled = Handled().take(first)
    assert (handled.state, handled.compared) == (BookState.VALID, [True])
    # of a message without ids a checksum of 0 is one like every other
    handled.take(books("update", [["99.9", "1"]], [], checksum=0))
    assert (handled.state, handled.compared) == (BookState.INVALID, [True, False])
    assert "checksum is 0 at the venue" in handled.symbol.book.reason
    assert handled.take(second).state is BookState.INVALID


def test_a_checksum_that_is_carried_beside_ids_counts_too() -> None:
    handled = Handled().take(snapshot(checksum=checksum(BIDS, ASKS)))
    assert handled.compared == [True]
    handled.take(update([["100.1", "4"]], [], 10, 11, checksum=12345))
    assert (handled.state, handled.compared, handled.resynced) == (BookState.INVALID, [True, False], ["BTC-USDT"])


@pytest.mark.parametrize(
    "level", [["1e2", "1"], ["NaN", "1"], ["100.123", "1"], ["0", "1"], ["100", "-1"], ["1_0", "1"], ["100"], [100, 1]]
)
def test_a_level_that_cannot_be_one_is_refused_at_once(level: list[str]) -> None:
    raw = json.dumps(
        {"arg": {"channel": "books", "instId": "BTC-USDT"}, "action": "update",
         "data": [{"bids": [level], "asks": [], "ts": "1", "prevSeqId": 10, "seqId": 11}]}
    ).encode()  # fmt: skip
    handled = Handled().take(snapshot(), raw)
    assert (handled.state, handled.data.market.malformed) == (BookState.INVALID, 1)


def test_levels_behind_the_depth_of_the_channel_are_dropped() -> None:
    bids = [[f"{100 - n / 10:.1f}", "1"] for n in range(400)]
    handled = Handled().take(books("snapshot", bids, ASKS, prevSeqId=-1, seqId=1), update([["100.1", "2"]], [], 1, 2))
    bid_ticks, *_ = handled.symbol.book.top(1000)
    assert (len(bid_ticks), bid_ticks[-1]) == (400, 602)


def test_trades_marks_and_funding_are_told() -> None:
    handled = Handled().take(
        b'{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"130639474",'
        b'"px":"42219.9","sz":"0.12","side":"sell","ts":"1630048897897","count":"3"}]}',
        b'{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP",'
        b'"markPx":"42310.6","ts":"1630049139746"}]}',
        b'{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"fundingRate":"0.0001875391284828",'
        b'"fundingTime":"1700726400000","instId":"BTC-USDT-SWAP","nextFundingTime":"1700755200000"}]}',
    )
    (trade,), (mark,), (funding,) = handled.sink.trades, handled.sink.marks, handled.sink.funding
    assert (trade.trade_id, trade.price_ticks, trade.quantity_lots, trade.buyer_is_maker) == (
        130639474,
        422199,
        12,
        True,
    )
    assert (mark.mark, mark.index) == (42310.6, None)
    assert (funding.rate, funding.interval_s) == (0.0001875391284828, 8 * 3600)
    assert funding.next_funding_ns == 1_700_726_400_000_000_000


def test_events_are_said_and_break_nothing(caplog) -> None:
    handled = Handled().take(
        snapshot(),
        b"pong",
        b'{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
        b'{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"abcd1234"}',
        b'{"event":"error","code":"60012","msg":"Invalid request","connId":"a4d3ae55"}',
        b'{"event":"notice","code":"64008","msg":"The connection will soon be closed","connId":"a4d3ae55"}',
        b'{"event":"channel-conn-count-error","channel":"books","connCount":"30","connId":"a4d3ae55"}',
        b'{"arg":{"channel":"books","instId":"ETH-USDT"},"action":"update","data":[]}',
        b'{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{}]}',
    )
    assert (handled.state, handled.data.market.malformed, handled.data.market.ignored) == (BookState.VALID, 0, 8)
    assert re.findall(r"60012|64008|connection.*closed|books 30", caplog.text)
    assert "channel-conn-count orders" not in caplog.text


@needs_recordings
def test_every_message_of_a_recorded_session_has_the_venues_checksum() -> None:
    report = check_recording(recording(UNI), "okx")
    assert (report.checks.checksum.compared, report.checks.checksum.mismatched) == (93, 0)
    assert (report.malformed, report.symbols["UNI/USD:UNI"].gaps, report.symbols["UNI/USD:UNI"].state) == (
        0,
        0,
        "valid",
    )


def book_lines(lines: list[bytes]) -> list[int]:
    return [n for n, line in enumerate(lines) if b'"action":' in line]


@needs_recordings
@pytest.mark.parametrize("message", [0, 1, 40, 92])
def test_one_flipped_digit_in_a_best_level_is_found_at_that_very_message(tmp_path: Path, message: int) -> None:
    lines = recording(UNI).read_bytes().splitlines(keepends=True)
    at = book_lines(lines)[message]
    flipped = flip_near_touch(lines[at])
    (tmp_path / "flipped").write_bytes(b"".join([*lines[:at], flipped, *lines[at + 1 :]]))
    report = check_recording(tmp_path / "flipped", "okx")
    symbol, checks = report.symbols["UNI/USD:UNI"], report.checks.checksum
    assert (checks.compared, checks.mismatched) == (message + 1, 1)
    assert checks.first_mismatch == f"UNI/USD:UNI@okx at book message {message + 1}"
    assert (symbol.state, report.is_clean) == ("invalid", False)
    # the next snapshot brings it back
    later, _, _ = lines[-1].partition(b": ")
    _, _, first = lines[book_lines(lines)[0]].partition(b": ")
    after = [*lines[:at], flipped, *lines[at + 1 :], later + b": " + first]
    (tmp_path / "again").write_bytes(b"".join(after))
    again = check_recording(tmp_path / "again", "okx").symbols["UNI/USD:UNI"]
    assert (again.state, again.resyncs) == ("valid", 1)


def flip_near_touch(line: bytes) -> bytes:
    """Change the last digit of a size that is among the best 25 levels: the first level a message names is."""
    found = re.search(rb'\[\["[0-9.]+","([0-9]+)"', line)
    assert found is not None
    at = found.end(1) - 1
    return line[:at] + (b"1" if line[at : at + 1] != b"1" else b"2") + line[at + 1 :]


@given(
    frames=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(["arg", "event", "data", "channel", "instId", "action", "bids", "asks", "ts"]),
                        inner | st.sampled_from(["books", "trades", "mark-price", "BTC-USDT", "snapshot", "update"]),
                        max_size=5,
                    )
                ),
                max_leaves=15,
            ).map(lambda value: json.dumps(value).encode()),
            st.sampled_from([snapshot(), update([], [], 10, 11), update([["100.1", "1"]], [], 11, 12)]),
        ),
        max_size=6,
    )
)
def test_no_frame_raises(frames: list[bytes]) -> None:
    FUZZED.take(*frames)


FUZZED = Handled()


@pytest.mark.parametrize(
    ("venue_symbol", "symbol"),
    [
        ("BTC-USDT", "BTC/USDT"),
        ("UNI-USD-SWAP", "UNI/USD:UNI"),
        ("BTC-USDT-SWAP", "BTC/USDT:USDT"),
        ("BTC-USD-211231", "BTC/USD:BTC-211231"),
        ("BTC-USDT-211231", "BTC/USDT:USDT-211231"),
        ("BTC-USD-211231-50000-C", None),
        ("BTC", None),
        ("BTC-", None),
    ],
)
def test_a_recording_without_rules_names_its_markets(venue_symbol: str, symbol: str | None) -> None:
    found = inferred_instrument(venue_symbol, Decimal("0.1"), Decimal(1))
    assert (None if found is None else found.symbol) == symbol
