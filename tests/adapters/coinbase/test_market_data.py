"""Coinbase's market messages: what they do to books, and that nothing they hold raises."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.coinbase.dialect import CoinbaseDialect
from adapters.coinbase.instruments import instrument_of, read_products
from adapters.coinbase.level_texts import LevelTexts
from adapters.coinbase.market_data import CoinbaseMarketData
from adapters.coinbase.wire import LevelUpdate, decode_product
from adapters.replay.check import check_recording
from adapters.streams.level_grid import LevelGrid
from adapters.streams.market_data import MessageError
from core.book.book import BookState
from core.types.instrument import Instrument
from core.types.order import Side
from tests.recordings import needs_recordings, recording
from tests.venues.market_sink import RecordingSink, best

MOMENT = "2026-04-07T14:30:01.123456789Z"
NAUTILUS = "coinbase/nautechsystems+nautilus_trader/coinbase__"


def instrument(product_id: str = "BTC-USD", **changes: object) -> Instrument:
    base, quote = product_id.split("-")
    row = {
        "product_id": product_id, "product_type": "SPOT", "base_currency_id": base, "quote_currency_id": quote,
        "base_increment": "0.00000001", "quote_increment": "0.01", "base_min_size": "0.00000001",
        "quote_min_size": "1", "price_increment": "0.01", "status": "online",
    }  # fmt: skip
    return instrument_of(decode_product(json.dumps(row | changes)))


class Market:
    def __init__(self, *product_ids: str) -> None:
        self.sink = RecordingSink()
        self.resynced: list[str] = []
        self.handler = CoinbaseMarketData(
            self.sink, [instrument(name) for name in product_ids or ("BTC-USD",)], resync=self.resynced.append
        )
        self.sequence = 0

    def send(self, channel: str, events: list, *, sequence: int | None = None) -> None:
        self.sequence = self.sequence if sequence is None else sequence
        text = {"channel": channel, "timestamp": MOMENT, "sequence_num": self.sequence, "events": events}
        self.sequence += 1
        self.handler.handle(json.dumps(text).encode(), 1)

    def book(self, kind: str, *levels: tuple[str, str, str], product_id: str = "BTC-USD") -> None:
        updates = [{"side": s, "price_level": p, "new_quantity": q, "event_time": MOMENT} for s, p, q in levels]
        self.send("l2_data", [{"type": kind, "product_id": product_id, "updates": updates}])

    def state(self, product_id: str = "BTC-USD") -> BookState:
        return self.sink.books[product_id].state


def test_a_snapshot_begins_a_book_and_updates_set_and_remove_levels() -> None:
    market = Market()
    market.book("snapshot", ("bid", "99.99", "1.50000000"), ("offer", "100", "2"), ("bid", "99.98", "3"))
    market.book("update", ("bid", "99.99", "0"), ("offer", "100.00", "0.12345678"))
    book = market.sink.books["BTC-USD"]
    assert best(book) == (("99.98", "3.000"), ("100.00", "0.123"))
    assert book.venue_ns == 1_775_572_201_123_456_789
    assert (book.lots_at(Side.BUY, 9999), market.handler.market.symbols["BTC-USD"].updates) == (0, 2)


@pytest.mark.parametrize("sequence", [1, 3, 0, 100])
def test_any_number_but_the_next_one_makes_every_book_unreadable_at_that_message(sequence: int) -> None:
    market = Market("BTC-USD", "ETH-USD")
    for name in ("BTC-USD", "ETH-USD"):
        market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"), product_id=name)
    market.send("heartbeats", [], sequence=sequence)
    assert (market.state(), market.state("ETH-USD")) == (BookState.INVALID, BookState.INVALID)
    assert market.resynced == ["BTC-USD", "ETH-USD"]
    assert [symbol.gaps for symbol in market.handler.market.symbols.values()] == [1, 1]
    market.book("update", ("bid", "98", "1"))
    assert market.state() is BookState.INVALID
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    assert (market.state(), market.state("ETH-USD")) == (BookState.VALID, BookState.INVALID)


def test_channels_and_products_that_were_not_asked_for_are_counted_and_change_nothing() -> None:
    market = Market()
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    market.send("status", [{"type": "snapshot", "products": []}])
    market.send("candles", [{"type": "snapshot", "candles": [{"product_id": "BTC-USD"}]}])
    market.book("update", ("bid", "98", "1"), product_id="DOGE-USD")
    market.handler.handle(b'{"type":"error","message":"rate limit exceeded"}', 1)
    market.book("update", ("bid", "98", "1"))
    assert market.state() is BookState.VALID
    assert (market.handler.market.ignored, market.handler.market.malformed) == (4, 0)


def test_a_new_connection_counts_anew() -> None:
    market = Market()
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    market.handler.market.connection_lost("closed", 2)
    market.send("subscriptions", [], sequence=0)
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    assert market.state() is BookState.VALID
    assert market.handler.market.symbols["BTC-USD"].gaps == 0


@pytest.mark.parametrize(
    "level",
    [("bid", "99.999", "1"), ("bid", "0", "1"), ("bid", "-1", "1"), ("bid", "99", "1e3"), ("bid", "NaN", "1"),
     ("bid", "99,1", "1"), ("bid", "", "1"), ("bid", "99", "1.123456789"), ("bid", "1" * 30, "1"), ("bid", "9 ", "1")],
)  # fmt: skip
def test_a_level_that_is_no_number_on_the_grid_makes_its_book_unreadable_and_no_other(level) -> None:
    market = Market("BTC-USD", "ETH-USD")
    for name in ("BTC-USD", "ETH-USD"):
        market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"), product_id=name)
    market.book("update", ("offer", "101", "1"), level)
    assert (market.state(), market.state("ETH-USD")) == (BookState.INVALID, BookState.VALID)
    assert market.handler.market.malformed == 1


def test_an_unreadable_message_makes_every_book_unreadable_and_the_next_number_is_no_second_gap() -> None:
    market = Market("BTC-USD", "ETH-USD")
    for name in ("BTC-USD", "ETH-USD"):
        market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"), product_id=name)
    market.handler.handle(b'{"channel":"l2_data","sequence_num":2', 1)
    assert market.state() is market.state("ETH-USD") is BookState.INVALID
    market.sequence = 3
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    market.send("heartbeats", [], sequence=4)
    assert market.state() is BookState.VALID
    assert market.handler.market.malformed == 1


def test_trades_are_told_oldest_first_with_the_makers_side_and_those_before_the_subscription_are_not() -> None:
    market = Market()
    rows = [
        {"trade_id": str(n), "product_id": "BTC-USD", "price": "100.01", "size": "0.5", "side": side, "time": MOMENT}
        for n, side in ((12, "SELL"), (11, "BUY"))
    ]
    market.send("market_trades", [{"type": "snapshot", "trades": rows}])
    assert market.sink.trades == []
    market.send("market_trades", [{"type": "update", "trades": rows}])
    assert [(t.trade_id, t.price_ticks, t.quantity_lots, t.buyer_is_maker) for t in market.sink.trades] == [
        (11, 10001, 50_000_000, True),
        (12, 10001, 50_000_000, False),
    ]
    assert market.sink.trades[0].venue_ns == 1_775_572_201_123_456_789


decimals = st.decimals(min_value=0, max_value=10**8, places=8, allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.sampled_from(["bid", "offer"]), decimals, decimals), max_size=30))
def test_the_compiled_reading_of_levels_equals_exact_decimals(levels) -> None:
    rules = instrument(quote_increment="0.00000001", price_increment="0.00000001")
    updates = [LevelUpdate(side, f"{price:f}", f"{size:f}") for side, price, size in levels]
    exact = [[(price, size) for side, price, size in levels if side == wanted] for wanted in ("bid", "offer")]
    if any(price <= 0 for _, price, _ in levels):
        with pytest.raises(MessageError):
            LevelTexts(rules).sides(updates)
        return
    for found, expected in zip(LevelTexts(rules).sides(updates), exact, strict=True):
        ticks, lots = LevelGrid(rules).arrays(expected)
        assert (found[0].tolist(), found[1].tolist()) == (ticks.tolist(), lots.tolist())


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
fields = st.sampled_from(
    ["channel", "sequence_num", "events", "type", "product_id", "updates", "side", "price_level", "new_quantity",
     "trades", "trade_id", "price", "size", "time", "timestamp"]
)  # fmt: skip
known = st.sampled_from(["l2_data", "market_trades", "snapshot", "update", "BTC-USD", "bid", "1", "0.5", "BUY", MOMENT])
documents = st.recursive(
    leaves | known,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(fields, inner, max_size=6),
    max_leaves=20,
)


@given(st.lists(st.binary(max_size=40) | documents.map(lambda value: json.dumps(value).encode()), max_size=6))
def test_no_message_raises(messages) -> None:
    market = Market()
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    for message in messages:
        market.handler.handle(message, 2)


@given(events=st.lists(documents, max_size=3), channel=st.sampled_from(["l2_data", "market_trades"]))
def test_no_event_of_a_known_channel_raises(events, channel) -> None:
    market = Market()
    market.book("snapshot", ("bid", "99", "1"), ("offer", "100", "1"))
    market.send(channel, events)


def test_one_odd_product_hides_no_other() -> None:
    good = {
        "product_id": "BTC-USD", "product_type": "SPOT", "base_currency_id": "BTC", "quote_currency_id": "USD",
        "base_increment": "0.00000001", "quote_increment": "0.01", "base_min_size": "0.0001", "quote_min_size": "1",
        "status": "online",
    }  # fmt: skip
    odd = [{}, good | {"base_increment": "NaN"}, good | {"price_increment": "x"}, good | {"base_increment": None}]
    off = [good | {"product_id": "A-USD", "trading_disabled": True}, good | {"product_id": "B-USD", "status": ""}]
    found = read_products(json.dumps({"products": [*odd, good, *off]}).encode())
    assert [(i.symbol, i.min_quantity, i.min_notional) for i in found.values()] == [
        ("BTC/USD", Decimal("0.0001"), Decimal(1))
    ]


@needs_recordings
def test_recorded_messages_are_understood() -> None:
    product = recording(f"{NAUTILUS}http_product.json").read_bytes()
    (rules,) = read_products(b'{"products":[' + product + b"]}").values()
    assert (str(rules.tick_size), str(rules.lot_size), rules.symbol) == ("0.01", "1E-8", "BTC/USD")
    market = Market()
    for name in ("subscriptions", "l2_data_update", "market_trades", "heartbeats", "ticker"):
        market.handler.handle(recording(f"{NAUTILUS}ws_{name}.json").read_bytes(), 1)
        market.handler.market.sequence = None  # the files are of different connections
    assert market.handler.market.malformed == 0
    assert [trade.trade_id for trade in market.sink.trades] == [995098700, 995098701]
    assert market.handler.market.symbols["BTC-USD"].updates == 1


def recorded_lines(count: int) -> list[str]:
    """Return a recording as text: a snapshot, then changes; a snapshot again near its end."""

    def line(n: int, events: list) -> str:
        text = {"channel": "l2_data", "timestamp": MOMENT, "sequence_num": n, "events": events}
        return f"{1_775_572_201_000_000_000 + n} {json.dumps(text)}\n"

    levels = [("bid", "99.98", "1"), ("offer", "100.02", "1.5")]
    rows = [{"side": s, "price_level": p, "new_quantity": q} for s, p, q in levels]
    snapshot = [{"type": "snapshot", "product_id": "BTC-USD", "updates": rows}]
    change = [{"type": "update", "product_id": "BTC-USD", "updates": rows[:1]}]
    return [line(n, snapshot if n in {0, count - 3} else change) for n in range(count)]


def test_a_line_missing_from_a_recording_is_a_gap_at_that_message_mended_by_the_next_snapshot(tmp_path: Path) -> None:
    lines = recorded_lines(20)
    for name, kept in (("whole", lines), ("gap", lines[:7] + lines[8:]), ("open", lines[:7] + lines[8:15])):
        (tmp_path / name).write_text("".join(kept))
    found = {name: check_recording(tmp_path / name, "coinbase") for name in ("whole", "gap", "open")}
    symbols = {name: report.symbols["BTC/USD"] for name, report in found.items()}
    assert [(s.gaps, s.state) for s in symbols.values()] == [(0, "valid"), (1, "valid"), (1, "invalid")]
    assert "message 8 of the connection does not continue: 7 was to come" in symbols["open"].reason
    assert [report.is_clean for report in found.values()] == [True, False, False]
    assert found["whole"].inferred
    assert (symbols["whole"].tick_size, symbols["whole"].lot_size) == ("0.01", "0.1")


def test_requests_name_each_product_once() -> None:
    both = [instrument("BTC-USD"), instrument("BTC-USDC", alias="BTC-USD")]
    subscriptions = [json.loads(message) for message in CoinbaseDialect().subscriptions(both)]
    assert [(m["channel"], m.get("product_ids")) for m in subscriptions] == [
        ("heartbeats", None),
        ("level2", ["BTC-USD"]),
        ("market_trades", ["BTC-USD"]),
    ]
