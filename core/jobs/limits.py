"""Every limit of jobs: their evaluation, their number, and how their legs are executed."""

from decimal import Decimal

import msgspec

from core.types.control import RiskMode


def _edge_by_mode() -> dict[RiskMode, Decimal]:
    return {RiskMode.CONSERVATIVE: Decimal(5), RiskMode.BALANCED: Decimal(3), RiskMode.AGGRESSIVE: Decimal("1.5")}


def _weight_by_mode() -> dict[RiskMode, float]:
    return {RiskMode.CONSERVATIVE: 0.80, RiskMode.BALANCED: 0.65, RiskMode.AGGRESSIVE: 0.55}


class JobLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits in the unit that their name ends with."""

    min_edge_bps: dict[RiskMode, Decimal] = msgspec.field(default_factory=_edge_by_mode)
    safety_weight: dict[RiskMode, float] = msgspec.field(default_factory=_weight_by_mode)
    max_leg_notional_usd: Decimal = Decimal(5_000)
    tick_s: float = 2.0
    max_pending: int = 10_000
    max_running: int = 50
    max_running_per_venue: int = 10
    max_notional_per_venue_usd: Decimal = Decimal(50_000)
    blackout_minutes: float = 5.0  # no job within this long of a funding settlement of one of its legs
    max_funding_cost_bps: Decimal = Decimal(5)  # what both legs together may pay at their next settlements
    max_latency_ms: float = 500.0  # p95 from order to fill at a venue
    max_spread_widening: float = 3.0  # spread now over its usual one
    min_liquidation_distance_pct: Decimal = Decimal(10)
    max_consecutive_failures: int = 3
    daily_volume_target_usd: Decimal = Decimal(100_000)
    hedge_tolerance_pct: Decimal = Decimal(1)  # net of the legs over the primary leg
    max_naked_usd: Decimal = Decimal(2_500)  # filled or perhaps filled, and not hedged: size
    max_naked_age_s: float = 3.0  # and age, until it is given back
    hedge_bands_bps: tuple[Decimal, ...] = (Decimal(5), Decimal(20), Decimal(50))  # beyond the touch, rung by rung
    unwind_bands_bps: tuple[Decimal, ...] = (Decimal(10), Decimal(50), Decimal(200))
