"""The shape of Hyperliquid's book messages, each of them a snapshot, for the compiled reader."""

from typing import Final

from adapters.hyperliquid.wire import LATEST_MS
from adapters.streams import message_layout as codes
from adapters.streams.message_grammar import AnyCount, Integer, Levels, Object, Record, Row, Steps, Text
from core.book.layout import ASKS, BIDS

START: Final = b'{"channel":"l2Book","data":{"coin":"'  # as the venue begins; the name follows

_LEVEL: Final = Record({"px": Steps(codes.TICKS), "sz": Steps(codes.LOTS), "n": AnyCount()})


def book_snapshot(coin: str) -> Object:
    sides = Row([Levels(BIDS, _LEVEL, is_ordered=True), Levels(ASKS, _LEVEL, is_ordered=True)])
    time = Integer(codes.VENUE_MS, largest=LATEST_MS)
    return Object({"channel": Text("l2Book"), "data": Object({"coin": Text(coin), "time": time, "levels": sides})})
