"""Binance's messages as they are on the wire, spot and USD-M alike.

Field names follow the venue's one-letter keys by `rename`; prices and quantities stay the venue's decimal strings
until they are put on the instrument's integer grid.
"""

from typing import Annotated, Final

import msgspec

LATEST_MS: Final = (2**63 - 1) // 1_000_000  # whose nanoseconds fit 64 bits
LARGEST_ID: Final = 10**18 - 1  # any number of 18 digits fits 64 bits

Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
UpdateId = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_ID)]
_BookMilliseconds = Annotated[int, msgspec.Meta(ge=0, le=LATEST_MS)]


class Level(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """Price and quantity, and perhaps the empty list that Binance once sent behind them.

    Anything else there is no level: of three numbers nobody knows which two were meant.
    """

    price: str
    quantity: str
    nothing: tuple[()] = ()


class DepthUpdate(msgspec.Struct, frozen=True, gc=False):
    """A diff of the book; `previous_update_id` is there on USD-M only."""

    event: str = msgspec.field(name="e")
    symbol: str = msgspec.field(name="s")
    event_ms: _BookMilliseconds = msgspec.field(name="E")
    first_update_id: UpdateId = msgspec.field(name="U")
    last_update_id: UpdateId = msgspec.field(name="u")
    bids: list[Level] = msgspec.field(name="b")
    asks: list[Level] = msgspec.field(name="a")
    previous_update_id: Annotated[int, msgspec.Meta(ge=-1, le=LARGEST_ID)] = msgspec.field(name="pu", default=-1)
    transaction_ms: _BookMilliseconds | None = msgspec.field(name="T", default=None)


class DepthSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The REST book; spot gives no time."""

    last_update_id: UpdateId = msgspec.field(name="lastUpdateId")
    bids: list[Level]
    asks: list[Level]
    event_ms: int = msgspec.field(name="E", default=0)


class BookTicker(msgspec.Struct, frozen=True, gc=False):
    symbol: str = msgspec.field(name="s")
    update_id: UpdateId = msgspec.field(name="u")
    bid_price: str = msgspec.field(name="b")
    bid_quantity: str = msgspec.field(name="B")
    ask_price: str = msgspec.field(name="a")
    ask_quantity: str = msgspec.field(name="A")


class TradeEvent(msgspec.Struct, frozen=True, gc=False):
    """One public trade; USD-M marks trades that were not made in the book by `execution_type`."""

    symbol: str = msgspec.field(name="s")
    trade_id: int = msgspec.field(name="t")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    trade_ms: Milliseconds = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    execution_type: str = msgspec.field(name="X", default="MARKET")


class AggregateTrade(msgspec.Struct, frozen=True, gc=False):
    """Fills of one taker order at one price."""

    symbol: str = msgspec.field(name="s")
    trade_id: int = msgspec.field(name="a")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    trade_ms: Milliseconds = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")


class MarkPriceUpdate(msgspec.Struct, frozen=True, gc=False):
    """Mark and index price of a contract with the funding rate of the running interval.

    A contract that expires has no funding: its rate is empty and its next time 0. COIN-M tells no index.
    """

    symbol: str = msgspec.field(name="s")
    event_ms: Milliseconds = msgspec.field(name="E")
    mark_price: str = msgspec.field(name="p")
    funding_rate: str = msgspec.field(name="r")
    next_funding_ms: Milliseconds = msgspec.field(name="T")
    index_price: str = msgspec.field(name="i", default="0")


class Candle(msgspec.Struct, frozen=True, gc=False):
    open_ms: Milliseconds = msgspec.field(name="t")
    close_ms: Milliseconds = msgspec.field(name="T")
    interval: str = msgspec.field(name="i")
    open: str = msgspec.field(name="o")
    high: str = msgspec.field(name="h")
    low: str = msgspec.field(name="l")
    close: str = msgspec.field(name="c")
    volume: str = msgspec.field(name="v")
    trades: int = msgspec.field(name="n")
    is_closed: bool = msgspec.field(name="x")


class Kline(msgspec.Struct, frozen=True, gc=False):
    symbol: str = msgspec.field(name="s")
    event_ms: Milliseconds = msgspec.field(name="E")
    candle: Candle = msgspec.field(name="k")


class Filter(msgspec.Struct, frozen=True, rename="camel"):
    """One rule of a symbol; which fields are there depends on `filter_type`."""

    filter_type: str
    tick_size: str | None = None
    step_size: str | None = None
    min_qty: str | None = None
    min_notional: str | None = None  # spot
    notional: str | None = None  # USD-M


class SymbolInformation(msgspec.Struct, frozen=True, rename="camel"):
    symbol: str
    base_asset: str
    quote_asset: str
    filters: list[Filter]
    status: str | None = None
    contract_status: str | None = None  # COIN-M, in place of `status`
    margin_asset: str | None = None  # contracts
    contract_type: str | None = None  # contracts


class ExchangeInformation(msgspec.Struct, frozen=True, rename="camel"):
    server_time: Milliseconds
    symbols: list[SymbolInformation]


class FundingInformation(msgspec.Struct, frozen=True, rename="camel"):
    """Symbols whose funding differs from the usual eight hours."""

    symbol: str
    funding_interval_hours: int


class _DepthEnvelope(msgspec.Struct, frozen=True, gc=False):
    data: DepthUpdate


decode_depth_update = msgspec.json.Decoder(DepthUpdate).decode
decode_depth_envelope = msgspec.json.Decoder(_DepthEnvelope).decode
decode_depth_snapshot = msgspec.json.Decoder(DepthSnapshot).decode
decode_exchange_information = msgspec.json.Decoder(ExchangeInformation).decode
decode_funding_information = msgspec.json.Decoder(list[FundingInformation]).decode
