"""Kraken's websocket messages (version 2) and the public tables of its REST interface.

https://docs.kraken.com/api/docs/websocket-v2/book, https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

_NS_PER_S: Final = 1_000_000_000


class BookLevel(msgspec.Struct, frozen=True, gc=False):
    """Numbers of JSON, read as the decimals they are written as."""

    price: Decimal
    qty: Decimal


class BookData(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    bids: list[BookLevel]
    asks: list[BookLevel]
    checksum: int
    timestamp: str | None = None


class BookMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="book"):
    type: Literal["snapshot", "update"]
    data: list[BookData]


class TradeData(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    side: Literal["buy", "sell"]  # of the taker
    price: Decimal
    qty: Decimal
    trade_id: int
    timestamp: str


class TradeMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="trade"):
    type: Literal["snapshot", "update"]
    data: list[TradeData]


class PairData(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    base: str
    quote: str
    status: str
    price_precision: int
    qty_precision: int
    price_increment: Decimal
    qty_increment: Decimal
    qty_min: Decimal
    cost_min: Decimal


class Pairs(msgspec.Struct, frozen=True, gc=False):
    pairs: list[PairData]


class InstrumentMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="instrument"):
    data: Pairs


class TickerMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="ticker"): ...


class HeartbeatMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="heartbeat"): ...


class StatusMessage(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="status"): ...


class SubscribeResult(msgspec.Struct, frozen=True, gc=False):
    channel: str = ""
    symbol: str = ""
    depth: int | None = None


class MethodReply(msgspec.Struct, frozen=True, gc=False):
    """The answer to a request of ours."""

    method: str = ""
    success: bool = True
    error: str = ""
    result: SubscribeResult | None = None


ChannelMessage = BookMessage | TradeMessage | InstrumentMessage | TickerMessage | HeartbeatMessage | StatusMessage

decode_channel = msgspec.json.Decoder(ChannelMessage).decode
decode_reply = msgspec.json.Decoder(MethodReply).decode


class AssetPair(msgspec.Struct, frozen=True, gc=False):
    altname: str
    pair_decimals: int
    lot_decimals: int
    wsname: str = ""
    base: str = ""  # as the older interface calls it: XXBT, ZUSD
    quote: str = ""
    ordermin: Decimal = Decimal(0)
    costmin: Decimal = Decimal(0)
    tick_size: Decimal | None = None
    status: str = "online"
    fees: list[tuple[Decimal, Decimal]] = []  # traded value of 30 days, percent
    fees_maker: list[tuple[Decimal, Decimal]] = []


class AssetPairs(msgspec.Struct, frozen=True, gc=False):
    error: list[str]
    result: dict[str, AssetPair] = {}


decode_asset_pairs = msgspec.json.Decoder(AssetPairs).decode


class Moment(msgspec.Struct, frozen=True):
    unixtime: int


class TimeAnswer(msgspec.Struct, frozen=True):
    result: Moment


_decode_time = msgspec.json.Decoder(TimeAnswer).decode


def server_ns(body: bytes) -> int:
    """Return the time that the venue tells."""
    return _decode_time(body).result.unixtime * _NS_PER_S
