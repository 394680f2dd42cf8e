"""[jobs]: the scheduler of multi-leg jobs, what a job must be like, and how its legs are executed."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from core.config.section import Amount, Count, Number, Percent, Seconds, Section, Usd

Bps = Annotated[Number, Field(gt=0, le=1000)]
Minutes = Annotated[float, Field(ge=0, le=240)]
LatencyMs = Annotated[float, Field(gt=0, le=60_000)]
Multiple = Annotated[float, Field(gt=1, le=1000)]
Bands = Annotated[tuple[Bps, ...], Field(min_length=1, max_length=10)]


class JobsConfig(Section):
    tick_s: Seconds = Field(default=2.0, description="time between two looks at the pending jobs")
    max_pending: Count = Field(default=10_000, description="most jobs that wait at one time")
    max_running: Count = Field(default=50, description="most jobs that run at one time")
    max_running_per_venue: Count = Field(default=10, description="most running jobs with a leg at one venue")
    max_notional_per_venue_usd: Usd = Field(
        default=Decimal(50_000), description="largest notional of running jobs at one venue"
    )
    blackout_minutes: Minutes = Field(
        default=5.0, description="no job starts within this time of a funding settlement of one of its legs"
    )
    max_funding_cost_bps: Amount = Field(
        default=Decimal(5), description="most that the legs together may pay at their next funding settlements"
    )
    max_latency_ms: LatencyMs = Field(
        default=500.0, description="slowest venue a job may use: 95 % of its orders are answered within"
    )
    max_spread_widening: Multiple = Field(
        default=3.0, description="widest spread of a leg, as a multiple of its usual one"
    )
    min_liquidation_distance_pct: Percent = Field(
        default=Decimal(10), description="nearest a leg's price may be to its liquidation"
    )
    max_consecutive_failures: Count = Field(
        default=3, description="failed jobs in a row that stop new ones until a person resumes"
    )
    daily_volume_target_usd: Usd = Field(
        default=Decimal(100_000), description="volume of a day that ranks jobs; it never makes one acceptable"
    )
    hedge_tolerance_pct: Percent = Field(
        default=Decimal(1), description="largest part of the primary leg that the other legs may leave unhedged"
    )
    max_naked_usd: Usd = Field(
        default=Decimal(2_500), description="largest part of a job that may be filled without its hedge"
    )
    max_naked_age_s: Seconds = Field(
        default=3.0, description="longest it may be so; then it is given back from the reserve pool"
    )
    hedge_bands_bps: Bands = Field(
        default=(Decimal(5), Decimal(20), Decimal(50)),
        description="how far beyond the best price a hedge may trade, attempt by attempt; rising",
    )
    unwind_bands_bps: Bands = Field(
        default=(Decimal(10), Decimal(50), Decimal(200)),
        description="the same for giving a leg back; rising",
    )

    @model_validator(mode="after")
    def _bands_rise(self) -> "JobsConfig":
        for name in ("hedge_bands_bps", "unwind_bands_bps"):
            bands: tuple[Decimal, ...] = getattr(self, name)
            if list(bands) != sorted(bands):
                raise ValueError(f"{name} = {[float(band) for band in bands]}, each must be at least the one before")
        return self
