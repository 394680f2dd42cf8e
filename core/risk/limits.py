"""Every limit of the order rules, with its default."""

from decimal import Decimal
from typing import Any

import msgspec

from core.bars.timeframe import Timeframe
from core.types.control import RiskMode
from core.types.instrument import InstrumentId


def _volatility_by_mode() -> dict[RiskMode, float]:
    return {RiskMode.CONSERVATIVE: 0.4, RiskMode.BALANCED: 0.6, RiskMode.AGGRESSIVE: 1.0}


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in the unit that their name ends with; of a pair in % and USD the one reached first counts."""

    max_position_per_trade_usd: Decimal = Decimal(2_000)
    max_leg_notional_usd: Decimal = Decimal(5_000)  # of an order that a job sends
    max_quantity: Decimal = Decimal(1_000_000)  # of one order, in units of an instrument that has no own entry below
    max_quantities: dict[str, Decimal] = {}  # by "BTC/USDT" everywhere or "BTC/USDT@sim-a"
    max_position_size_usd: Decimal = Decimal(10_000)  # sum of directional positions, hedged pairs by their net
    max_instrument_gross_usd: Decimal = Decimal(60_000)  # position and unfilled orders of one instrument
    max_instrument_net_usd: Decimal = Decimal(50_000)
    max_venue_gross_usd: Decimal = Decimal(100_000)
    max_venue_net_usd: Decimal = Decimal(75_000)  # sum of the nets of underlyings
    max_total_gross_usd: Decimal = Decimal(200_000)
    position_per_order_pct: Decimal = Decimal(5)
    concentration_pct: Decimal = Decimal(30)
    max_invested_pct: Decimal = Decimal(70)
    max_leverage: Decimal = Decimal(3)
    max_open_orders: int = 100
    price_deviation_pct: Decimal = Decimal(5)
    window_deviation_pct: Decimal = Decimal(5)  # of the price from the mean of the volatility window
    max_liquidity_share: Decimal = Decimal("0.25")
    liquidity_levels: int = 20
    volatility_window_s: float = 60.0
    max_volatility_pct: dict[RiskMode, float] = msgspec.field(default_factory=_volatility_by_mode)
    stale_after_s: float = 2.0
    max_mark_age_s: float = 60.0  # of the oldest mark that equity is made with, closed markets aside
    max_clock_offset_ms: int = 500
    stop_loss_pct: Decimal = Decimal(2)
    loss_per_trade_pct: Decimal = Decimal(1)
    loss_per_trade_usd: Decimal = Decimal(100)
    daily_loss_pct: Decimal = Decimal(3)
    daily_loss_usd: Decimal = Decimal(500)
    max_drawdown_pct: Decimal = Decimal(10)
    min_signal_confidence: Decimal = Decimal("0.5")
    order_rate_per_s: int = 10
    message_rate_per_s: int = 20  # orders, changes and cancels to one venue
    cancel_reserve_per_s: int = 5  # of these, kept for cancels and for orders that reduce or complete a hedge
    duplicate_order_window_s: float = 1.0
    repeated_execution_max: int = 20
    repeated_execution_window_s: float = 60.0
    max_order_failure_pct: Decimal = Decimal(5)
    min_order_failure_sample: int = 20
    max_venue_failure_pct: Decimal = Decimal(25)
    min_venue_failure_sample: int = 10
    max_override_s: float = 900.0
    stop_loss_enabled: bool = False
    stop_loss_by_atr: bool = False
    stop_loss_multiplier: Decimal = Decimal("1.5")  # times the average true range
    stop_loss_timeframe: Timeframe = Timeframe.M1  # of the bars that range is taken from
    take_profit_pct: Decimal = Decimal(0)  # of the entry price; 0 is off
    trailing_stop_pct: Decimal = Decimal(0)  # of the best price since the entry; 0 is off
    flatten_on_daily_loss: bool = True
    flatten_band_pct: Decimal = Decimal(2)
    restricted_symbols: tuple[str, ...] = ()  # "BTC/USDT" everywhere or "BTC/USDT@sim-a"

    def __post_init__(self) -> None:
        """Refuse a limit below zero, a missing risk mode and limits that contradict each other."""
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if isinstance(value, Decimal | int | float) and not value >= 0:
                raise ValueError(f"risk limit {name} is {value}; allowed is zero or more")
        absent = [mode.value for mode in RiskMode if mode not in self.max_volatility_pct]
        if absent:
            raise ValueError(f"risk limit max_volatility_pct has no value for {', '.join(absent)}")
        if self.trailing_stop_pct >= 100:
            raise ValueError(f"risk limit trailing_stop_pct is {self.trailing_stop_pct}; allowed is less than 100")
        too_small = {name: limit for name, limit in self.max_quantities.items() if not limit > 0}
        if too_small:
            raise ValueError(f"risk limit max_quantities is {too_small}; allowed is more than zero")
        if self.cancel_reserve_per_s >= self.message_rate_per_s:
            raise ValueError(
                f"risk limit cancel_reserve_per_s is {self.cancel_reserve_per_s}; allowed is less than"
                f" message_rate_per_s, {self.message_rate_per_s}"
            )
        if self.flatten_band_pct > self.price_deviation_pct:
            raise ValueError(
                f"risk limit flatten_band_pct is {self.flatten_band_pct}; allowed is at most price_deviation_pct,"
                f" {self.price_deviation_pct}"
            )

    @property
    def stale_after_ns(self) -> int:
        return int(self.stale_after_s * 1e9)

    def daily_loss_limit_usd(self, equity_usd: Decimal) -> Decimal:
        """Return the loss of a day that stops trading: percent of equity or amount, whichever is less."""
        return min(self.daily_loss_usd, max(Decimal(0), equity_usd) * self.daily_loss_pct / 100)

    def loss_per_trade_limit_usd(self, equity_usd: Decimal) -> Decimal:
        return min(self.loss_per_trade_usd, max(Decimal(0), equity_usd) * self.loss_per_trade_pct / 100)

    def max_quantity_of(self, instrument_id: InstrumentId) -> Decimal:
        """Return the largest quantity of one order: the instrument's own, its symbol's, or that of all."""
        everywhere = self.max_quantities.get(instrument_id.symbol, self.max_quantity)
        return self.max_quantities.get(str(instrument_id), everywhere)

    def is_restricted(self, instrument_id: InstrumentId) -> bool:
        return instrument_id.symbol in self.restricted_symbols or str(instrument_id) in self.restricted_symbols
