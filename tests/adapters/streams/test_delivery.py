"""A fault of what listens to a feed is not taken for a message of the venue that cannot be read."""

import json
from typing import Any

import pytest

from adapters.hyperliquid.market_data import MarketData
from adapters.streams.delivery import DeliveryError
from bench.venue_books import BookSink, Handler, handler_of, instrument_of

MOMENT = "2026-04-07T14:30:01.123456Z"
TRADES: dict[str, dict[str, Any]] = {
    "kraken": {
        "channel": "trade", "type": "update",
        "data": [{"symbol": "BTC/USD", "side": "buy", "price": 100.1, "qty": 0.5, "ord_type": "limit", "trade_id": 1,
                  "timestamp": MOMENT}],
    },
    "okx": {
        "arg": {"channel": "trades", "instId": "BTC-USDT"},
        "data": [{"instId": "BTC-USDT", "tradeId": "1", "px": "100.1", "sz": "0.5", "side": "buy",
                  "ts": "1652459225505"}],
    },
    "coinbase": {
        "channel": "market_trades", "timestamp": MOMENT, "sequence_num": 0,
        "events": [{"type": "update", "trades": [{"trade_id": "1", "product_id": "BTC-USD", "price": "100.1",
                                                  "size": "0.5", "side": "BUY", "time": MOMENT}]}],
    },
    "hyperliquid": {
        "channel": "trades",
        "data": [{"coin": "BTC", "side": "B", "px": "100.1", "sz": "0.5", "time": 1652459225505, "hash": "0x0",
                  "tid": 1, "users": ["0x0", "0x1"]}],
    },
}  # fmt: skip
FAULTS = (ZeroDivisionError("a bar"), ValueError("a bar"), RecursionError("a bar"))


class BrokenSink(BookSink):
    def __init__(self, fault: Exception | None) -> None:
        super().__init__()
        self.fault = fault
        self.trades = 0

    def trade(self, trade: object) -> None:
        self.trades += 1
        if self.fault is not None:
            raise self.fault


def malformed(handler: Handler) -> int:
    return handler.malformed if isinstance(handler, MarketData) else handler.market.malformed


@pytest.mark.parametrize("venue", TRADES)
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_fault_of_ours_is_raised_and_not_counted_as_an_unreadable_message(venue: str, fault: Exception) -> None:
    message = json.dumps(TRADES[venue]).encode()
    sink = BrokenSink(fault)
    handler = handler_of(venue, instrument_of(venue), sink)
    with pytest.raises(DeliveryError, match="a bar"):
        handler.handle(message, 1_652_459_225_600_000_000)
    assert (sink.trades, malformed(handler)) == (1, 0)


@pytest.mark.parametrize("venue", TRADES)
def test_the_same_message_is_told_where_nothing_is_at_fault(venue: str) -> None:
    sink = BrokenSink(None)
    handler = handler_of(venue, instrument_of(venue), sink)
    handler.handle(json.dumps(TRADES[venue]).encode(), 1_652_459_225_600_000_000)
    assert (sink.trades, malformed(handler)) == (1, 0)
