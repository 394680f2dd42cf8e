"""Orders and trades of the accounts."""

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from core.types.order import Side

if TYPE_CHECKING:
    from adapters.sim.binance_protocol.accounts import Account


class Status(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def is_open(self) -> bool:
        return self in {Status.NEW, Status.PARTIALLY_FILLED}


class Execution(StrEnum):
    """What an event of the user stream is about."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    AMENDMENT = "AMENDMENT"
    REPLACED = "REPLACED"
    TRADE_PREVENTION = "TRADE_PREVENTION"


class Stp(StrEnum):
    """Who gives way where two orders of one account would meet."""

    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A new order as asked for; a market order has no price."""

    symbol: str
    side: Side
    order_type: str
    time_in_force: str
    quantity: Decimal
    price: Decimal | None
    client_order_id: str
    reduce_only: bool = False
    quote_quantity: Decimal | None = None  # spot market orders by what they cost
    stp: Stp = Stp.EXPIRE_MAKER
    answer: str = ""

    @property
    def is_market(self) -> bool:
        return self.order_type == "MARKET"

    @property
    def is_post_only(self) -> bool:
        return self.order_type == "LIMIT_MAKER" or self.time_in_force == "GTX"

    @property
    def rests(self) -> bool:
        return not self.is_market and self.time_in_force not in {"IOC", "FOK"}


class AccountTrade(msgspec.Struct, frozen=True, kw_only=True):
    trade_id: int
    symbol: str
    order_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool
    realised: Decimal
    at_ms: int

    @property
    def quote_quantity(self) -> Decimal:
        return self.price * self.quantity


class VenueOrder(msgspec.Struct, kw_only=True, eq=False):
    """An order the venue has taken; its id is also its id in the matching book."""

    order_id: int
    account: "Account"
    request: OrderRequest
    price: Decimal  # 0 of a market order
    quantity: Decimal
    created_ms: int
    updated_ms: int
    status: Status = Status.NEW
    executed: Decimal = Decimal(0)
    quote_executed: Decimal = Decimal(0)
    held: Decimal = Decimal(0)  # of spot balances
    trades: list[AccountTrade] = msgspec.field(default_factory=list[AccountTrade])
    cancel_id: str = ""  # client id of the request that cancelled it

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.executed

    @property
    def average_price(self) -> Decimal:
        return self.quote_executed / self.executed if self.executed else Decimal(0)
