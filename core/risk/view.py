"""Everything a risk rule may look at, as one frozen value. None is a missing input, and refuses."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.book.book import BookState
from core.capital.look import CapitalLook
from core.risk.override import Override
from core.types.capital import Pool
from core.types.control import Blocker, HaltLevel, RiskMode, TradingMode
from core.types.instrument import Instrument, InstrumentId
from core.types.job import Leg
from core.types.order import Side


class LiveTrading(StrEnum):
    """How far live trading is switched on; only CONFIRMED sends orders to a real venue."""

    OFF = "off"
    ENABLED = "enabled"  # in the config, not confirmed by a person
    CONFIRMED = "confirmed"


class StrategyStatus(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"


class BookLook(msgspec.Struct, frozen=True, kw_only=True):
    """A book as one order would meet it; prices in the quote currency."""

    state: BookState
    age_ns: int
    execution_price: Decimal | None  # average for this quantity as a taker; None: depth does not suffice
    visible_quantity: Decimal  # of the best `liquidity_levels` levels a taker would meet


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """Position and unfilled orders of one instrument."""

    instrument_id: InstrumentId
    underlying: str
    is_contract: bool  # a perpetual stands on margin; a holding is paid in full
    position: Decimal  # signed
    buying: Decimal  # unfilled quantity of own buy orders that may live
    selling: Decimal
    unit_usd: Decimal | None  # value of quantity 1


class OwnOrder(msgspec.Struct, frozen=True):
    """An own order that may live on the book in question, whoever placed it; no price for a market order.

    A book is what orders can meet in: of several venues where these share a matching engine.
    """

    client_order_id: str
    side: Side
    limit_price: Decimal | None
    is_in_doubt: bool = False


class Funds(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue has to pay with, orders that already claim it taken off."""

    free_quote: Decimal | None  # cash in the instrument's quote
    free_base: Decimal | None  # holding of the instrument's base, less unfilled sells
    collateral_usd: Decimal | None  # margin of contracts, less cash claimed by unfilled spot buys


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent and filled lately."""

    orders_last_second: int
    messages_last_second: int  # orders, changes and cancels sent to the order's venue
    is_duplicate: bool  # the same order was sent within the window
    repeated_fills: int  # of the same strategy, instrument and side within the window


class JobLook(msgspec.Struct, frozen=True, kw_only=True):
    """What the job of an order still allows on the order's leg, as if the order itself did not exist.

    Quantities are in units of the leg's instrument, unfilled orders that may live taken off, and zero where the leg
    has no such part.
    """

    leg: Leg
    pool: Pool  # of the leg's claim
    is_running: bool
    is_frozen: bool  # an order of this leg is in doubt
    primary_left: Decimal  # of the primary leg's quantity
    unhedged: Decimal  # what this leg must still trade for what was filled of the primary leg
    naked: Decimal  # what was filled of this leg and may be given back
    overdrawn: Decimal  # what was given back of this leg beyond what was filled, and may be taken again
    claim_left_usd: Decimal


class AmendedLook(msgspec.Struct, frozen=True, kw_only=True):
    """The order that shall be amended, as it stands; the view it is part of is without it."""

    limit_price: Decimal
    quantity: Decimal  # in total
    new_quantity: Decimal  # in total
    filled_quantity: Decimal
    held_usd: Decimal  # of capital, for what is unfilled
    opened_quantity: Decimal  # of its fills, what opened exposure


class RiskView(msgspec.Struct, frozen=True, kw_only=True):
    """The world at the moment of one decision."""

    now_ns: int
    trading_mode: TradingMode
    live_trading: LiveTrading
    risk_mode: RiskMode
    halt_level: HaltLevel  # automatic halts that an active override suspends left out
    blockers: tuple[Blocker, ...]  # all that bear on the order
    instrument: Instrument | None
    is_order_id_unused: bool
    book: BookLook | None
    reference_price: Decimal | None
    window_price: Decimal | None  # mean of the volatility window
    quote_usd: Decimal | None  # dollars a unit of the quote currency is worth
    volatility_pct: float | None
    clock_offset_ms: float | None
    equity_usd: Decimal | None
    equity_age_ns: int  # of the oldest mark in it
    venue_equity_usd: Decimal | None
    day_loss_usd: Decimal | None  # positive
    drawdown_pct: Decimal | None
    unvalued: tuple[str, ...] = ()  # why one of these numbers is None
    exposures: tuple[Exposure, ...]  # of all instruments with a position or a live order
    own_orders: tuple[OwnOrder, ...]  # on this book, the oldest of an instrument first
    open_orders: int  # on all books
    funds: Funds
    recent: Recent
    strategy_status: StrategyStatus | None  # of the strategy behind the order
    capital: CapitalLook | None  # of the order's venue
    job: JobLook | None = None  # of an order that a job sends
    amended: AmendedLook | None = None  # of an amend: then the intent's quantity is what would be unfilled
    override: Override | None = None  # the newest a person granted, whether or not it has ended

    @property
    def active_override(self) -> Override | None:
        return self.override if self.override is not None and self.override.is_active(self.now_ns) else None
