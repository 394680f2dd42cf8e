"""Orders: what is wanted (`OrderIntent`) and what became of it (`Order`)."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.types.instrument import InstrumentId
from core.types.job_tag import JobTag


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"


class OrderStatus(StrEnum):
    INTENDED = "intended"  # journaled, perhaps on the wire; the venue has not answered
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    CANCELLING = "cancelling"
    IN_DOUBT = "in_doubt"  # no answer in time: may live at the venue
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def may_live(self) -> bool:
        """Tell whether the order can still be filled at the venue."""
        return self not in _FINAL


_FINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


class SelfTradePrevention(StrEnum):
    """What a venue does where two orders of one account would meet."""

    CANCEL_NEWEST = "cancel_newest"  # also called cancel taker, expire taker


SELF_TRADE_PREVENTION: Final = SelfTradePrevention.CANCEL_NEWEST
"""The resting order stays and the newcomer goes, at the venue as at the gate: both must name the same winner."""


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


class OrderIntent(msgspec.Struct, frozen=True, kw_only=True):
    """An order as somebody wants it, before risk has looked at it."""

    client_order_id: str
    venue: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    source: str = "manual"  # "manual", "strategy:<name>", "job:<id>", "protection", "flatten"
    confidence: float | None = None  # of the signal behind it, in [0, 1]
    job: JobTag | None = None  # of an order that a job sends
    created_ns: int

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)


class Order(msgspec.Struct, kw_only=True):
    """An order and its life so far; changed only by `core.orders.tracker`."""

    intent: OrderIntent
    status: OrderStatus = OrderStatus.INTENDED
    venue_order_id: str | None = None
    filled_quantity: Decimal = Decimal(0)
    filled_notional: Decimal = Decimal(0)  # Σ price·quantity of its fills, for the average price
    reason: str | None = None
    is_external: bool = False  # found at the venue, not sent by this engine
    updated_ns: int = 0

    @property
    def remaining_quantity(self) -> Decimal:
        return self.intent.quantity - self.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        return self.filled_notional / self.filled_quantity if self.filled_quantity else None


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; `fill_id` is the venue's and unique per venue."""

    fill_id: str
    client_order_id: str
    venue: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal  # paid is positive, a rebate negative, in the quote currency
    liquidity: Liquidity
    venue_ns: int
    received_ns: int

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)
