"""Everything a risk rule may look at, as one frozen value. None is a missing input, and refuses."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from core.book.book import BookState
from core.types.control import Blocker, HaltLevel, RiskMode, TradingMode
from core.types.instrument import Instrument, InstrumentId
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
    """An own order on the book in question that may live; no price for a market order."""

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
    is_duplicate: bool  # the same order was sent within the window
    repeated_fills: int  # of the same strategy, instrument and side within the window


class RiskView(msgspec.Struct, frozen=True, kw_only=True):
    """The world at the moment of one decision."""

    now_ns: int
    trading_mode: TradingMode
    live_trading: LiveTrading
    risk_mode: RiskMode
    halt_level: HaltLevel
    blockers: tuple[Blocker, ...]  # behind the halt level
    instrument: Instrument | None
    is_order_id_unused: bool
    book: BookLook | None
    reference_price: Decimal | None
    quote_usd: Decimal | None  # dollars a unit of the quote currency is worth
    volatility_pct: float | None
    clock_offset_ms: float | None
    equity_usd: Decimal | None
    equity_age_ns: int  # of the oldest mark in it
    venue_equity_usd: Decimal | None
    day_loss_usd: Decimal | None  # positive
    drawdown_pct: Decimal | None
    exposures: tuple[Exposure, ...]  # of all instruments with a position or a live order
    own_orders: tuple[OwnOrder, ...]  # on this book
    open_orders: int  # on all books
    funds: Funds
    recent: Recent
    strategy_status: StrategyStatus | None  # of the strategy behind the order
