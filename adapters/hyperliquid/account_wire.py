"""Hyperliquid's messages about an account, over REST and the private stream."""

from decimal import Decimal

import msgspec

from adapters.hyperliquid.wire import Milliseconds


class AccountFill(msgspec.Struct, frozen=True, rename="camel"):
    """One execution. `trade_id` is a hash of both order ids: only with coin and time it is unique."""

    coin: str
    side: str
    crossed: bool  # we took
    price: Decimal = msgspec.field(name="px")
    quantity: Decimal = msgspec.field(name="sz")
    fee: Decimal
    time_ms: Milliseconds = msgspec.field(name="time")
    number: int = msgspec.field(name="oid")
    trade_id: int = msgspec.field(name="tid")
    cloid: str | None = None


class FundingDelta(msgspec.Struct, frozen=True):
    coin: str
    amount: Decimal = msgspec.field(name="usdc")
    rate: str = msgspec.field(name="fundingRate")


class FundingRow(msgspec.Struct, frozen=True):
    """Funding over REST."""

    time_ms: Milliseconds = msgspec.field(name="time")
    delta: FundingDelta


class FundingNews(FundingDelta, frozen=True, kw_only=True):
    """Funding over the stream."""

    time_ms: Milliseconds = msgspec.field(name="time")


class OpenOrder(msgspec.Struct, frozen=True, rename="camel"):
    """A resting order as `frontendOpenOrders` shows it; `quantity` is what it began with, `left` what of it is left."""

    coin: str
    side: str
    price: Decimal = msgspec.field(name="limitPx")
    left: Decimal = msgspec.field(name="sz")
    quantity: Decimal = msgspec.field(name="origSz")
    number: int = msgspec.field(name="oid")
    timestamp: Milliseconds
    reduce_only: bool = False
    tif: str | None = None
    cloid: str | None = None


class OrderUpdate(msgspec.Struct, frozen=True, rename="camel"):
    """What became of an order, over the stream or as the answer to `orderStatus`."""

    order: OpenOrder
    status: str
    status_timestamp: Milliseconds


class OrderStatusAnswer(msgspec.Struct, frozen=True):
    status: str  # order, unknownOid
    order: OrderUpdate | None = None


class Position(msgspec.Struct, frozen=True, rename="camel"):
    coin: str
    quantity: Decimal = msgspec.field(name="szi")
    unrealized_pnl: Decimal
    entry_price: Decimal | None = msgspec.field(name="entryPx", default=None)


class AssetPosition(msgspec.Struct, frozen=True):
    position: Position


class MarginSummary(msgspec.Struct, frozen=True, rename="camel"):
    account_value: Decimal


class ClearinghouseState(msgspec.Struct, frozen=True, rename="camel"):
    """What one dex holds for an account."""

    asset_positions: list[AssetPosition]
    margin_summary: MarginSummary
    withdrawable: Decimal
    time_ms: Milliseconds = msgspec.field(name="time", default=10**14)  # of when it is; untold is taken for now


class SpotBalance(msgspec.Struct, frozen=True):
    coin: str
    total: Decimal
    hold: Decimal


class SpotState(msgspec.Struct, frozen=True):
    balances: list[SpotBalance]


class FillNews(msgspec.Struct, frozen=True, rename="camel"):
    fills: list[AccountFill]
    is_snapshot: bool = False


class FundingsNews(msgspec.Struct, frozen=True, rename="camel"):
    fundings: list[FundingNews]
    is_snapshot: bool = False


class RoleOwner(msgspec.Struct, frozen=True):
    user: str | None = None


class Role(msgspec.Struct, frozen=True):
    """What an address is at the venue: user, agent (of `data.user`), vault, subAccount or missing."""

    role: str
    data: RoleOwner | None = None


decode_fills = msgspec.json.Decoder(list[AccountFill]).decode
decode_fundings = msgspec.json.Decoder(list[FundingRow]).decode
decode_open_orders = msgspec.json.Decoder(list[OpenOrder]).decode
decode_order_status = msgspec.json.Decoder(OrderStatusAnswer).decode
decode_clearinghouse = msgspec.json.Decoder(ClearinghouseState).decode
decode_spot_state = msgspec.json.Decoder(SpotState).decode
decode_order_updates = msgspec.json.Decoder(list[OrderUpdate]).decode
decode_fill_news = msgspec.json.Decoder(FillNews).decode
decode_funding_news = msgspec.json.Decoder(FundingsNews).decode
decode_role = msgspec.json.Decoder(Role).decode
decode_text = msgspec.json.Decoder(str).decode
