"""Orders: what is wanted (`OrderIntent`) and what became of it (`Order`)."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.types.held_tag import HeldTag
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


FLATTEN: Final = "flatten"


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
    source: str = "manual"  # or strategy:<name>, job:<id>, protection, flatten, flatten:<name of a strategy>
    confidence: float | None = None  # of the signal behind it, in [0, 1]
    job: JobTag | None = None  # of an order that a job sends
    held: HeldTag | None = None  # of an order that is sent for a held one
    replaces: str | None = None  # client order id of the one it was cancelled for, where a venue cannot amend
    created_ns: int

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)

    @property
    def is_flattening(self) -> bool:
        """Tell whether a halt at FLATTEN sends it, for the whole account or for one strategy."""
        return self.source == FLATTEN or self.source.startswith(f"{FLATTEN}:")


class AmendState(StrEnum):
    ASKED = "asked"  # journaled, perhaps on the wire; the venue has not answered
    IN_DOUBT = "in_doubt"  # no answer in time: either terms may hold


class SaidEnd(msgspec.Struct, frozen=True, kw_only=True):
    """An end that the venue reported while an amend was open: of the order, or of what the amend replaced (F08)."""

    status: OrderStatus
    venue_order_id: str | None


class PendingAmend(msgspec.Struct, frozen=True, kw_only=True):
    """Terms that were asked for and not answered; `quantity` is the order's total, what is filled included."""

    number: int  # of the order's amends, from 1
    limit_price: Decimal
    quantity: Decimal
    state: AmendState = AmendState.ASKED
    said_end: SaidEnd | None = None


class Order(msgspec.Struct, kw_only=True):
    """An order and its life so far; changed only by `core.orders.tracker`.

    `intent` holds the terms that are known to hold: an amend that the venue confirmed is in them. While one is open,
    everything that counts what the order may do takes the worse of these and the new ones.
    """

    intent: OrderIntent
    status: OrderStatus = OrderStatus.INTENDED
    venue_order_id: str | None = None
    filled_quantity: Decimal = Decimal(0)
    filled_notional: Decimal = Decimal(0)  # Σ price·quantity of its fills, for the average price
    reason: str | None = None
    is_external: bool = False  # found at the venue, not sent by this engine
    updated_ns: int = 0
    pending_amend: PendingAmend | None = None
    amends: int = 0  # asked for so far
    former_venue_ids: tuple[str, ...] = ()  # the newest that the venue gave up for another, oldest first

    @property
    def possible_quantity(self) -> Decimal:
        """Return the most that may be filled in all."""
        pending = self.pending_amend
        return self.intent.quantity if pending is None else max(self.intent.quantity, pending.quantity)

    @property
    def remaining_quantity(self) -> Decimal:
        """Return the most that may still be filled."""
        return self.possible_quantity - self.filled_quantity

    @property
    def possible_prices(self) -> tuple[Decimal | None, ...]:
        """Return every limit price that may hold at the venue; None is a market order's."""
        pending, price = self.pending_amend, self.intent.limit_price
        return (price,) if pending is None or pending.limit_price == price else (price, pending.limit_price)

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether nobody knows if the order lives, or on which terms."""
        pending = self.pending_amend
        is_amend_in_doubt = pending is not None and pending.state is AmendState.IN_DOUBT
        return self.status is OrderStatus.IN_DOUBT or (is_amend_in_doubt and self.status.may_live)

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
    trade_id: int | None = None  # of the public trade it was, where the venue numbers both alike

    @property
    def instrument_id(self) -> InstrumentId:
        return InstrumentId(self.venue, self.symbol)
