"""The shape of Kraken's book updates, for the compiled reader."""

from typing import Final

from adapters.streams import message_layout as codes
from adapters.streams.message_grammar import Integer, Levels, Object, Record, Row, Steps, Text, Time
from core.book.layout import ASKS, BIDS

START: Final = b'{"channel":"book","type":"update","data":[{"symbol":"'  # as the venue begins; the name follows

_LEVEL: Final = Record({"price": Steps(codes.TICKS, codes.JSON_DECIMAL), "qty": Steps(codes.LOTS, codes.JSON_DECIMAL)})


def book_update(venue_symbol: str) -> Object:
    data = Object(
        {
            "symbol": Text(venue_symbol),
            "bids": Levels(BIDS, _LEVEL),
            "asks": Levels(ASKS, _LEVEL),
            "checksum": Integer(codes.CHECKSUM),
            "timestamp": Time(),
        },
        optional=frozenset({"timestamp"}),
    )
    return Object({"channel": Text("book"), "type": Text("update"), "data": Row([data])})
