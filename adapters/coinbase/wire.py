"""Market messages of Coinbase's Advanced Trade websocket and the public products of its REST interface.

https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels,
https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/list-public-products
"""

from decimal import Decimal
from typing import Literal

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """What every message of a connection has; the venue's answer to a request it refuses has none of it."""

    channel: str = ""
    sequence_num: int | None = None
    timestamp: str = ""
    events: msgspec.Raw = msgspec.Raw(b"[]")


class LevelUpdate(msgspec.Struct, frozen=True, gc=False):
    """A level as it is from now on; the numbers stay text until they are on the grid of their instrument."""

    side: Literal["bid", "offer"]
    price_level: str
    new_quantity: str


class BookEvent(msgspec.Struct, frozen=True, gc=False):
    type: Literal["snapshot", "update"]
    product_id: str
    updates: list[LevelUpdate]


class MarketTrade(msgspec.Struct, frozen=True, gc=False):
    product_id: str
    trade_id: str
    price: Decimal
    size: Decimal
    time: str
    side: Literal["BUY", "SELL"]  # of the maker: a recorded SELL stands at the best ask of its moment


class TradesEvent(msgspec.Struct, frozen=True, gc=False):
    type: Literal["snapshot", "update"]
    trades: list[MarketTrade]


decode_message = msgspec.json.Decoder(Message).decode
decode_book_events = msgspec.json.Decoder(list[BookEvent]).decode
decode_trades_events = msgspec.json.Decoder(list[TradesEvent]).decode


class Product(msgspec.Struct, frozen=True, gc=False):
    product_id: str
    product_type: str
    base_currency_id: str
    quote_currency_id: str
    base_increment: Decimal
    quote_increment: Decimal
    base_min_size: Decimal
    quote_min_size: Decimal
    price_increment: str = ""
    price: str = ""
    status: str = ""
    alias: str = ""  # the product whose book it shares
    is_disabled: bool = False
    trading_disabled: bool = False
    view_only: bool = False

    @property
    def is_traded(self) -> bool:
        return self.status == "online" and not (self.is_disabled or self.trading_disabled or self.view_only)


class Products(msgspec.Struct, frozen=True, gc=False):
    products: list[msgspec.Raw]  # futures among them have other fields


decode_products = msgspec.json.Decoder(Products).decode
decode_product = msgspec.json.Decoder(Product).decode
