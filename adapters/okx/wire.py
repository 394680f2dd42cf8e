"""OKX's public websocket messages.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

BOOKS: Final = "books"
TRADES: Final = "trades"
MARK_PRICE: Final = "mark-price"
FUNDING_RATE: Final = "funding-rate"
PONG: Final = b"pong"


class Argument(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """What a message or a subscription is about."""

    channel: str = ""
    inst_id: str = ""
    inst_type: str = ""


class Envelope(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Any message but `pong`: data of a channel, or an event."""

    arg: Argument = Argument()
    action: Literal["snapshot", "update"] | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")
    event: str = ""
    code: str = ""
    msg: str = ""
    channel: str = ""  # of connection counts
    conn_count: str = ""


class BookLevel(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Price and size as the venue writes them; what it sends behind them is not used."""

    price: str
    size: str


class BookData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    asks: list[BookLevel]
    bids: list[BookLevel]
    ts: int
    checksum: int | None = None
    prev_seq_id: int | None = None
    seq_id: int | None = None


class TradeData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    inst_id: str
    trade_id: int
    px: Decimal
    sz: Decimal
    side: Literal["buy", "sell"]  # of the taker
    ts: int


class MarkPriceData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    inst_id: str
    mark_px: Decimal
    ts: int


class FundingRateData(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    inst_id: str
    funding_rate: Decimal
    funding_time: int  # when the running interval is settled
    next_funding_time: int | Literal[""] = ""  # and the one behind it


decode_envelope = msgspec.json.Decoder(Envelope).decode
# the venue writes whole numbers as texts
decode_books = msgspec.json.Decoder(list[BookData], strict=False).decode
decode_trades = msgspec.json.Decoder(list[TradeData], strict=False).decode
decode_mark_prices = msgspec.json.Decoder(list[MarkPriceData], strict=False).decode
decode_funding_rates = msgspec.json.Decoder(list[FundingRateData], strict=False).decode
