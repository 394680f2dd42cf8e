"""The limits of jobs as the evaluation needs them."""

from decimal import Decimal
from functools import cached_property
from typing import Final

from core.jobs.limits import JobLimits
from core.risk.limits import RiskLimits

MICRO: Final = 1_000_000
MINUTE_NS: Final = 60_000_000_000


class Rulebook:
    """Limits of jobs and of orders, and the numbers derived from both; they do not change."""

    def __init__(self, jobs: JobLimits, risk: RiskLimits) -> None:
        self.jobs = jobs
        self.risk = risk

    @cached_property
    def blackout_ns(self) -> int:
        return max(0, int(self.jobs.blackout_minutes * MINUTE_NS))

    @cached_property
    def stale_after_ns(self) -> int:
        return self.risk.stale_after_ns

    @cached_property
    def max_leg_micro_usd(self) -> float:
        return float(self.jobs.max_leg_notional_usd * MICRO)

    @cached_property
    def max_funding_cost_bps(self) -> float:
        return float(self.jobs.max_funding_cost_bps)

    @cached_property
    def hedge_tolerance_pct(self) -> float:
        return float(self.jobs.hedge_tolerance_pct)

    @cached_property
    def least_distance_pct(self) -> float:
        return float(self.jobs.min_liquidation_distance_pct)

    @cached_property
    def max_drawdown_pct(self) -> float:
        return float(self.risk.max_drawdown_pct)

    @cached_property
    def max_venue_micro_usd(self) -> float:
        return float(self.jobs.max_notional_per_venue_usd * MICRO)


def usd_of(micro: float) -> Decimal:
    """Return whole millionths as dollars."""
    return Decimal(int(micro)) / MICRO
