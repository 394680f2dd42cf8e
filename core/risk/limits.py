"""Every limit of the order rules, with its default."""

from decimal import Decimal
from typing import Any

import msgspec

from core.types.control import RiskMode
from core.types.instrument import InstrumentId


def _volatility_by_mode() -> dict[RiskMode, float]:
    return {RiskMode.CONSERVATIVE: 0.4, RiskMode.BALANCED: 0.6, RiskMode.AGGRESSIVE: 1.0}


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in the unit that their name ends with; of a pair in % and USD the one reached first counts."""

    max_position_per_trade_usd: Decimal = Decimal(2_000)
    max_position_size_usd: Decimal = Decimal(10_000)  # sum of directional positions, hedged pairs by their net
    position_per_order_pct: Decimal = Decimal(5)
    concentration_pct: Decimal = Decimal(30)
    max_invested_pct: Decimal = Decimal(70)
    max_leverage: Decimal = Decimal(3)
    max_open_orders: int = 100
    price_deviation_pct: Decimal = Decimal(5)
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
    duplicate_order_window_s: float = 1.0
    repeated_execution_max: int = 20
    repeated_execution_window_s: float = 60.0
    max_order_failure_pct: Decimal = Decimal(5)
    min_order_failure_sample: int = 20
    flatten_on_daily_loss: bool = True
    flatten_band_pct: Decimal = Decimal(2)
    restricted_symbols: tuple[str, ...] = ()  # "BTC/USDT" everywhere or "BTC/USDT@sim-a"

    def __post_init__(self) -> None:
        """Refuse a limit below zero, a missing risk mode and a flatten band outside the price collar."""
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if isinstance(value, Decimal | int | float) and not value >= 0:
                raise ValueError(f"risk limit {name} is {value}; allowed is zero or more")
        absent = [mode.value for mode in RiskMode if mode not in self.max_volatility_pct]
        if absent:
            raise ValueError(f"risk limit max_volatility_pct has no value for {', '.join(absent)}")
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

    def is_restricted(self, instrument_id: InstrumentId) -> bool:
        return instrument_id.symbol in self.restricted_symbols or str(instrument_id) in self.restricted_symbols
