"""The shape of OKX's book updates, for the compiled reader."""

from typing import Final

from adapters.okx.wire import BOOKS
from adapters.streams import message_layout as codes
from adapters.streams.message_grammar import AnyText, Integer, Levels, Object, Row, Steps, Text
from core.book.layout import ASKS, BIDS

START: Final = b'{"arg":{"channel":"books","instId":"'  # as the venue begins; the name follows

# Price, size, a feature of the past, the number of orders. The checksum is over the texts of the first two, so that
# only the shortest will do.
_LEVEL: Final = Row(
    [Steps(codes.TICKS, codes.SHORT_DECIMAL), Steps(codes.LOTS, codes.SHORT_DECIMAL), Text("0"), AnyText()]
)


def book_update(venue_symbol: str) -> Object:
    data = Object(
        {
            "asks": Levels(ASKS, _LEVEL),
            "bids": Levels(BIDS, _LEVEL),
            "ts": Integer(codes.VENUE_MS, is_text=True),
            "checksum": Integer(codes.CHECKSUM),
            "seqId": Integer(codes.SEQUENCE),
            "prevSeqId": Integer(codes.PREVIOUS),
        },
        optional=frozenset({"checksum", "seqId", "prevSeqId"}),
    )
    argument = Object({"channel": Text(BOOKS), "instId": Text(venue_symbol)})
    return Object({"arg": argument, "action": Text("update"), "data": Row([data])})
