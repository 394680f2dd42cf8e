"""The shape of Coinbase's book updates, for the compiled reader."""

from typing import Final

from adapters.streams import message_layout as codes
from adapters.streams.message_grammar import AnyText, Integer, Levels, Object, Record, Row, SideName, Steps, Text, Time

START: Final = b'{"channel":"l2_data",'  # as the venue begins
PRODUCT: Final = b'"product_id":"'  # stands before the name

_LEVEL: Final = Record(
    {
        "side": SideName(),
        "event_time": AnyText(),
        "price_level": Steps(codes.TICKS),
        "new_quantity": Steps(codes.LOTS),
    }
)


def book_update(product_id: str) -> Object:
    event = Object(
        {"type": Text("update"), "product_id": Text(product_id), "updates": Levels(codes.EITHER_SIDE, _LEVEL)}
    )
    return Object(
        {
            "channel": Text("l2_data"),
            "client_id": AnyText(),
            "timestamp": Time(),
            "sequence_num": Integer(codes.SEQUENCE),
            "events": Row([event]),
        },
        optional=frozenset({"client_id", "timestamp"}),
    )
