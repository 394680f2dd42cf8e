"""What the engine is told from outside, already checked."""

from decimal import Decimal

import msgspec

from core.risk.limits import RiskLimits
from core.risk.view import LiveTrading
from core.types.control import RiskMode, TradingMode


class PoolShares(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue's equity is split; the shares sum to one."""

    hedge: Decimal = Decimal("0.7")
    arb: Decimal = Decimal("0.2")
    reserve: Decimal = Decimal("0.1")


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    trading_mode: TradingMode = TradingMode.PAPER
    live_trading: LiveTrading = LiveTrading.OFF
    risk_mode: RiskMode = RiskMode.BALANCED  # of the first start; later the journal knows
    limits: RiskLimits = RiskLimits()
    pools: PoolShares = PoolShares()
    in_doubt_after_s: float = 5.0
    snapshot_every_s: int = 30
