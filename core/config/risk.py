"""[risk]: every limit of the order rules. A limit can be made tighter at will; the hard ones cannot be switched off."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from core.bars.timeframe import Timeframe
from core.config.section import (
    Amount,
    Count,
    Number,
    Percent,
    PositiveShare,
    Seconds,
    Section,
    Share,
    Switch,
    Text,
    Usd,
)
from core.types.control import RiskMode

LossPerTradePercent = Annotated[Number, Field(gt=0, le=2)]
Leverage = Annotated[Number, Field(ge=1, le=100)]
EdgeBps = Annotated[Number, Field(ge=0)]
TrailingPercent = Annotated[Number, Field(ge=0, lt=100)]
Positive = Annotated[Number, Field(gt=0)]
OffsetMs = Annotated[int, Field(strict=True, ge=1, le=60_000)]


MIN_EDGE: Final = "least expected edge of a job after fees and slippage"
MAX_VOLATILITY: Final = "short-term volatility above which no new risk is taken, in %"
SAFETY_WEIGHT: Final = "weight of safety against volume in a job's final score"


class RiskModeConfig(Section):
    """What one risk mode asks of a job or a signal."""

    min_edge_bps: EdgeBps = Field(description=MIN_EDGE)
    max_volatility_pct: Percent = Field(description=MAX_VOLATILITY)
    safety_weight: Share = Field(description=SAFETY_WEIGHT)


class ConservativeConfig(RiskModeConfig):
    min_edge_bps: EdgeBps = Field(default=Decimal("5"), description=MIN_EDGE)
    max_volatility_pct: Percent = Field(default=Decimal("0.4"), description=MAX_VOLATILITY)
    safety_weight: Share = Field(default=Decimal("0.80"), description=SAFETY_WEIGHT)


class BalancedConfig(RiskModeConfig):
    min_edge_bps: EdgeBps = Field(default=Decimal("3"), description=MIN_EDGE)
    max_volatility_pct: Percent = Field(default=Decimal("0.6"), description=MAX_VOLATILITY)
    safety_weight: Share = Field(default=Decimal("0.65"), description=SAFETY_WEIGHT)


class AggressiveConfig(RiskModeConfig):
    min_edge_bps: EdgeBps = Field(default=Decimal("1.5"), description=MIN_EDGE)
    max_volatility_pct: Percent = Field(default=Decimal("1"), description=MAX_VOLATILITY)
    safety_weight: Share = Field(default=Decimal("0.55"), description=SAFETY_WEIGHT)


class RiskModesConfig(Section):
    conservative: ConservativeConfig = Field(default=ConservativeConfig(), description="the safest mode")
    balanced: BalancedConfig = Field(default=BalancedConfig(), description="the mode of a first start")
    aggressive: AggressiveConfig = Field(default=AggressiveConfig(), description="the riskiest mode")


class RiskConfig(Section):
    mode: RiskMode = Field(default=RiskMode.BALANCED, description="risk mode at the first start")

    max_position_per_trade_usd: Usd = Field(
        default=Decimal(2000), description="largest value of a manual or single-leg order"
    )
    max_leg_notional_usd: Usd = Field(default=Decimal(5000), description="largest value of one leg of a hedge job")
    max_quantity: Positive = Field(
        default=Decimal(1_000_000), description="largest quantity of one order, in units, where none is named below"
    )
    max_quantities: dict[Text, Positive] = Field(
        default={}, description='the same by symbol (everywhere) or SYMBOL@venue, e.g. { "BTC/USDT" = 1 }'
    )
    max_position_size_usd: Usd = Field(
        default=Decimal(10_000), description="largest sum of all directional positions; hedged pairs count by their net"
    )
    max_instrument_gross_usd: Usd = Field(
        default=Decimal(60_000), description="largest position and unfilled orders of one instrument, added up"
    )
    max_instrument_net_usd: Usd = Field(
        default=Decimal(50_000), description="largest position that one instrument's orders can lead to"
    )
    max_venue_gross_usd: Usd = Field(
        default=Decimal(100_000), description="largest sum of all positions at one venue, whichever side"
    )
    max_venue_net_usd: Usd = Field(
        default=Decimal(75_000), description="largest sum at one venue of what each underlying is long or short"
    )
    max_total_gross_usd: Usd = Field(
        default=Decimal(200_000), description="largest sum of all positions everywhere, whichever side"
    )
    position_per_order_pct: Percent = Field(default=Decimal(5), description="largest order in % of the portfolio")
    concentration_pct: Percent = Field(default=Decimal(30), description="largest symbol in % of total equity")
    max_invested_pct: Percent = Field(default=Decimal(70), description="largest invested share in % of total equity")
    max_leverage: Leverage = Field(default=Decimal(3), description="largest leverage of a position")
    max_open_orders: Count = Field(default=100, description="most live orders at one time")

    price_deviation_pct: Percent = Field(
        default=Decimal(5), description="farthest an order's price may lie from the reference price, in %"
    )
    window_deviation_pct: Percent = Field(
        default=Decimal(5), description="farthest it may lie from the mean price of volatility_window_s, in %"
    )
    max_liquidity_share: PositiveShare = Field(
        default=Decimal("0.25"), description="largest share of the visible depth one order may take"
    )
    liquidity_levels: Count = Field(default=20, description="levels of the book that count as visible depth")
    volatility_window_s: Seconds = Field(default=60.0, description="window of the short-term volatility")
    stale_after_s: Seconds = Field(default=2.0, description="market data older than this is not traded on")
    max_mark_age_s: Seconds = Field(
        default=60.0, description="oldest mark price that equity is made with; markets that are closed aside"
    )
    max_clock_offset_ms: OffsetMs = Field(default=500, description="largest clock difference to a venue")

    stop_loss_pct: Percent = Field(default=Decimal(2), description="stop loss of a position, in % of its entry price")
    loss_per_trade_pct: LossPerTradePercent = Field(
        default=Decimal(1), description="largest loss of one trade in % of equity, whichever limit comes first"
    )
    loss_per_trade_usd: Usd = Field(
        default=Decimal(100), description="largest loss of one trade, whichever limit comes first"
    )
    daily_loss_pct: Percent = Field(
        default=Decimal(3), description="largest loss of a UTC day in % of equity, whichever limit comes first"
    )
    daily_loss_usd: Usd = Field(
        default=Decimal(500), description="largest loss of a UTC day, whichever limit comes first"
    )
    max_drawdown_pct: Percent = Field(default=Decimal(10), description="largest fall of equity from its peak, in %")

    min_signal_confidence: Share = Field(default=Decimal("0.5"), description="least confidence of a strategy's signal")
    order_rate_per_s: Count = Field(default=10, description="most orders a second")
    message_rate_per_s: Count = Field(default=20, description="most orders, changes and cancels a second to one venue")
    cancel_reserve_per_s: Count = Field(
        default=5, description="of these, kept for cancels and for orders that reduce or complete a hedge"
    )
    duplicate_order_window_s: Seconds = Field(
        default=1.0, description="an equal order within this time is taken for a duplicate and refused"
    )
    repeated_execution_max: Count = Field(
        default=20, description="most fills of one strategy, instrument and side within the window below"
    )
    repeated_execution_window_s: Seconds = Field(default=60.0, description="window of the rule above")
    max_order_failure_pct: Percent = Field(
        default=Decimal(5), description="share of failed orders above which trading pauses until a person resumes"
    )
    min_order_failure_sample: Count = Field(
        default=20, description="orders that must have been sent before the share above counts"
    )
    max_venue_failure_pct: Percent = Field(
        default=Decimal(25), description="share of failed or unanswered orders that pauses one venue until a resume"
    )
    min_venue_failure_sample: Count = Field(
        default=10, description="orders that must have been sent to the venue before its share counts"
    )
    max_override_s: Seconds = Field(default=900.0, description="longest a manual override may last")
    stop_loss_enabled: Switch = Field(
        default=False, description="close a position that has lost stop_loss_pct of its entry price"
    )
    stop_loss_by_atr: Switch = Field(
        default=False, description="stop at a multiple of the average true range where that is nearer"
    )
    stop_loss_multiplier: Positive = Field(default=Decimal("1.5"), description="the multiple")
    stop_loss_timeframe: Timeframe = Field(
        default=Timeframe.M1, description="bars that the average true range is taken from, over 14 of them"
    )
    take_profit_pct: Amount = Field(
        default=Decimal(0), description="close a position that has gained so much of its entry price; 0 is off"
    )
    trailing_stop_pct: TrailingPercent = Field(
        default=Decimal(0), description="close a position that has given back so much of its best price; 0 is off"
    )
    flatten_on_daily_loss: Switch = Field(
        default=True, description="close all positions reduce-only when the day's loss limit is reached"
    )
    flatten_band_pct: Percent = Field(
        default=Decimal(2), description="how far from the mid a flattening order may trade; ≤ price_deviation_pct"
    )
    restricted_symbols: tuple[Text, ...] = Field(
        default=(), description="never traded: symbols (everywhere) or SYMBOL@venue"
    )

    modes: RiskModesConfig = Field(default=RiskModesConfig(), description="what the risk modes mean")
