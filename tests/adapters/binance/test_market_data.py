"""One handler for everything Binance sends: right facts out, nothing wrong kept."""

import json
from decimal import Decimal

import pytest

from adapters.binance.instruments import read_instruments, with_finer_grid
from adapters.binance.market import BinanceMarket
from adapters.binance.market_data import BinanceMarketData
from adapters.binance.synchroniser import SnapshotAction
from adapters.instrument_selection import UnknownSymbolError, select_instruments
from core.book.book import BookState
from core.types.instrument import AssetType
from tests.adapters.binance.messages import exchange_information
from tests.venues.market_sink import RecordingSink, best

USDM, SPOT = BinanceMarket.USDM, BinanceMarket.SPOT


class Followed:
    """A handler of one symbol with what it reported."""

    def __init__(self, market: BinanceMarket = USDM) -> None:
        self.sink = RecordingSink()
        self.requests: list[str] = []
        instruments = read_instruments(market, exchange_information(market)).values()
        self.data = BinanceMarketData(market, self.sink, instruments, request_snapshot=self.requests.append)
        self.symbol = self.data.symbols["BTCUSDT"]
        self.book = self.symbol.book

    def snapshot(
        self, update_id: int, bids: object = (("100.0", "1"),), asks: object = (("100.1", "2"),)
    ) -> SnapshotAction:
        raw = json.dumps({"lastUpdateId": update_id, "bids": bids, "asks": asks}).encode()
        return self.data.handle_snapshot("BTCUSDT", raw, 5).action

    def depth(self, previous: int, last: int, bids: object = (), asks: object = ()) -> None:
        ids = {"U": previous + 1, "u": last, "pu": previous}
        self.send("depth@100ms", {"e": "depthUpdate", "E": 7, "T": 6, "s": "BTCUSDT", **ids, "b": bids, "a": asks})

    def send(self, channel: str, data: object) -> None:
        message = {"stream": f"btcusdt@{channel}", "data": data}
        self.data.handle(json.dumps(message, separators=(",", ":")).encode(), 9)


def test_instruments_carry_the_rules_of_the_venue_on_a_grid_for_what_lies_between() -> None:
    (instrument,) = read_instruments(USDM, exchange_information(USDM)).values()
    assert (instrument.symbol, instrument.asset_type) == ("BTC/USDT:USDT", AssetType.PERPETUAL)
    assert (instrument.order_tick, instrument.order_lot) == (Decimal("0.1"), Decimal("0.001"))
    assert (instrument.min_quantity, instrument.min_notional) == (Decimal("0.002"), Decimal(100))
    assert instrument.floor_quantity(Decimal("0.0029999")) == Decimal("0.002")
    assert instrument.floor_price(Decimal("100.19")) == Decimal("100.1")
    assert instrument.funding_interval_s == 8 * 3600
    (spot,) = read_instruments(SPOT, exchange_information(SPOT)).values()
    assert (spot.symbol, spot.asset_type, spot.funding_interval_s) == ("BTC/USDT", AssetType.CRYPTO_SPOT, None)


def test_a_finer_grid_changes_what_books_hold_and_not_what_orders_keep_to() -> None:
    (instrument,) = read_instruments(USDM, exchange_information(USDM)).values()
    finer = with_finer_grid(instrument, 3, 2)
    assert (finer.tick_size, finer.order_tick) == (Decimal("0.001"), Decimal("0.1"))
    assert finer.lot_size == instrument.lot_size


def test_an_unknown_symbol_is_named_with_its_venue() -> None:
    listed = read_instruments(SPOT, exchange_information(SPOT))
    assert select_instruments(listed, ["BTC/USDT"], "binance") == select_instruments(listed, ["BTCUSDT"], "binance")
    with pytest.raises(
        UnknownSymbolError, match="binance: symbol 'OLD/USDT' is not traded there; for example: BTC/USDT"
    ):
        select_instruments(listed, ["OLD/USDT"], "binance")


def test_a_snapshot_is_asked_for_once_and_the_book_becomes_valid_with_the_buffered_diffs() -> None:
    followed = Followed()
    followed.depth(10, 12, bids=[["100.0", "3"]])
    followed.depth(12, 15, asks=[["100.1", "0"], ["100.2", "5"]])
    assert followed.requests == ["BTCUSDT"]
    assert followed.book.state is BookState.SYNCING
    assert followed.snapshot(11) is SnapshotAction.APPLY
    assert followed.book.state is BookState.VALID
    assert best(followed.book) == (("100.0", "3.000"), ("100.2", "5.000"))
    assert followed.book.sequence == 15


def test_a_gap_makes_the_book_unreadable_within_the_message_and_a_snapshot_mends_it() -> None:
    followed = Followed()
    followed.snapshot(10)
    followed.depth(10, 11)
    followed.depth(12, 14, bids=[["100.0", "7"]])
    assert followed.book.state is BookState.INVALID
    assert followed.book.best_bid() is None
    assert followed.requests == ["BTCUSDT"]
    assert followed.snapshot(11) is SnapshotAction.REFUSE
    assert followed.book.best_bid() is None
    assert followed.snapshot(12) is SnapshotAction.APPLY
    assert best(followed.book)[0] == ("100.0", "7.000")
    assert (followed.symbol.gaps, followed.symbol.resyncs, followed.symbol.refused_snapshots) == (1, 1, 1)


@pytest.mark.parametrize(
    "levels",
    [[["100.05x", "1"]], [["-1", "1"]], [["NaN", "1"]], [["100.0", "0.0000001"]], [["100.05", "1"]], [["100.0"]]],
)
def test_a_level_that_cannot_be_read_makes_the_book_unreadable(levels: object) -> None:
    followed = Followed()
    followed.snapshot(10)
    followed.depth(10, 11, bids=levels)
    assert followed.book.state is BookState.INVALID
    assert followed.data.malformed == 1
    assert followed.requests == ["BTCUSDT"]
    assert followed.snapshot(11) is SnapshotAction.APPLY


def test_a_message_written_as_the_venue_never_does_breaks_no_book() -> None:
    followed = Followed()
    followed.snapshot(10)
    followed.depth(10, 11, bids=[["100.0", "3"]])
    ids = b'{"e":"depthUpdate","E":7,"T":6,"s":"BTC\\u0055SDT","U":12,"u":12,"pu":11,'
    followed.data.handle(b'{"stream":"btcusdt@depth@100ms","data":' + ids + b'"b":[["100.0","4"]],"a":[]}}', 9)
    followed.depth(12, 13, asks=[["100.1", "5"]])
    assert best(followed.book) == (("100.0", "4.000"), ("100.1", "5.000"))
    assert (followed.data.malformed, followed.symbol.gaps, followed.requests) == (0, 0, [])


def test_json_nested_too_deep_is_counted_and_not_raised() -> None:
    followed = Followed()
    for start in (b'{"stream":"btcusdt@depth@100ms","data":', b'{"stream":"btcusdt@trade","data":', b'{"data":'):
        followed.data.handle(start + 100_000 * b"[", 9)
    assert followed.data.malformed == 3


def test_a_crossed_book_is_unreadable_and_synchronised_anew() -> None:
    followed = Followed()
    followed.snapshot(10)
    followed.depth(10, 11, bids=[["100.1", "1"]])
    assert followed.book.state is BookState.INVALID
    assert followed.requests == ["BTCUSDT"]
    assert followed.snapshot(12, bids=[["100.2", "1"]]) is SnapshotAction.APPLY
    assert followed.book.state is BookState.INVALID
    assert followed.snapshot(13) is SnapshotAction.APPLY
    assert followed.book.state is BookState.VALID


def test_an_off_grid_or_unreadable_snapshot_is_refused() -> None:
    followed = Followed()
    assert followed.snapshot(10, bids=[["100.05", "1"]]) is SnapshotAction.REFUSE
    assert followed.data.handle_snapshot("BTCUSDT", b"<html>", 1).action is SnapshotAction.REFUSE
    assert followed.book.best_bid() is None


def test_a_lost_connection_leaves_no_ghost_levels() -> None:
    followed = Followed()
    followed.snapshot(10, bids=[["100.0", "1"], ["99.0", "4"]])
    followed.data.connection_lost("closed", 6)
    assert followed.book.state is BookState.INVALID
    followed.depth(20, 21)
    followed.snapshot(20, bids=[["98.0", "1"]])
    assert followed.book.top(10)[0].tolist() == [980]


def test_trades_pass_through_with_their_ids_and_those_made_outside_the_book_do_not() -> None:
    followed = Followed()
    trade = {
        "e": "trade",
        "E": 3,
        "T": 2,
        "s": "BTCUSDT",
        "t": 77,
        "p": "100.10",
        "q": "0.005",
        "X": "MARKET",
        "m": True,
    }
    for change in ({}, {}, {"t": 75}, {"X": "INSURANCE_FUND"}, {"X": "NA", "p": "0", "q": "0"}):
        followed.send("trade", trade | change)
    assert [t.trade_id for t in followed.sink.trades] == [77, 77, 75]
    first = followed.sink.trades[0]
    instrument = followed.symbol.instrument
    assert instrument.ticks_to_price(first.price_ticks) == Decimal("100.1")
    assert instrument.lots_to_quantity(first.quantity_lots) == Decimal("0.005")
    assert (first.buyer_is_maker, first.venue_ns, first.received_ns) == (True, 2_000_000, 9)
    assert followed.data.malformed == 0


def test_trades_are_not_counted_twice_where_a_recording_has_both_channels() -> None:
    followed = Followed()
    trade = {"s": "BTCUSDT", "p": "100.1", "q": "1", "T": 1, "m": False}
    followed.send("aggTrade", trade | {"a": 5})
    followed.send("trade", trade | {"t": 9})
    followed.send("aggTrade", trade | {"a": 6})
    assert [t.trade_id for t in followed.sink.trades] == [5, 6]


@pytest.mark.parametrize("change", [{"p": "-1"}, {"p": "0"}, {"q": "0"}, {"p": "NaN"}, {"p": "1e5"}, {"t": "x"}])
def test_a_trade_that_cannot_be_true_is_counted_and_dropped(change: dict[str, object]) -> None:
    followed = Followed()
    trade = {"s": "BTCUSDT", "t": 1, "p": "100.1", "q": "1", "T": 1, "m": False}
    followed.send("trade", trade | change)
    assert (followed.sink.trades, followed.data.malformed) == ([], 1)


def test_mark_price_and_funding_are_reported() -> None:
    followed = Followed()
    mark = {"s": "BTCUSDT", "E": 1, "p": "100.5", "i": "100.4", "r": "-0.0001", "T": 28_800_000}
    followed.send("markPrice@1s", mark)
    followed.send("markPrice@1s", mark | {"p": "nan"})
    (reported,), (funding,) = followed.sink.marks, followed.sink.funding
    assert (reported.mark, reported.index) == (100.5, 100.4)
    assert (funding.rate, funding.interval_s, funding.next_funding_ns) == (-0.0001, 28_800, 28_800 * 10**9)
    assert followed.data.malformed == 1


def test_a_contract_that_expires_has_a_mark_and_no_funding() -> None:
    followed = Followed()
    followed.send("markPrice@1s", {"s": "BTCUSDT", "E": 1, "p": "100.5", "P": "0", "r": "", "T": 0})
    (reported,) = followed.sink.marks
    assert (reported.mark, reported.index) == (100.5, None)
    assert (followed.sink.funding, followed.data.malformed) == ([], 0)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"stream":"', b'{"stream":"btcusdt@depth"}', b"\xff\xfe", b"[]", b"null", b'{"result":null,"id":1}'],
)
def test_whatever_arrives_nothing_is_raised(raw: bytes) -> None:
    followed = Followed()
    followed.data.handle(raw, 1)
    assert followed.data.malformed + followed.data.ignored == 1
