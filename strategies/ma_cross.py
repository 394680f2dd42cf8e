"""Moving-average cross: long when the fast average crosses above the slow one, out when it is below.

Confidence is ``0.5 + 0.5 * min(1, |change of (fast - slow) over the bar| / deviation of the last `slow` closes)``: a
cross at a crawl is worth 0.5, one that moves by a whole deviation in one bar 1.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from strategies.api import Bar, IndicatorKind, IndicatorSpec, StrategyContext, register_strategy
from strategies.directional import DirectionalParameters, DirectionalStrategy
from strategies.exposure import Exposure


class AverageKind(StrEnum):
    SMA = "sma"
    EMA = "ema"


_KINDS = {AverageKind.SMA: IndicatorKind.SMA, AverageKind.EMA: IndicatorKind.EMA}


class MaCrossParameters(DirectionalParameters):
    fast: int = Field(default=10, ge=1, le=1000, description="bars of the fast average")
    slow: int = Field(default=30, ge=2, le=2000, description="bars of the slow average, more than fast")
    kind: AverageKind = Field(default=AverageKind.SMA, description="sma or ema")

    @model_validator(mode="after")
    def _slow_is_slower(self) -> Self:
        if self.slow <= self.fast:
            raise ValueError(f"slow = {self.slow} is not allowed: more than fast ({self.fast})")
        return self


@register_strategy("ma_cross")
class MaCross(DirectionalStrategy[MaCrossParameters]):
    """Follow the trend: enter where a fast moving average crosses a slow one, leave where it crosses back."""

    Parameters = MaCrossParameters

    def indicator_specs(self) -> Mapping[str, IndicatorSpec]:
        kind = _KINDS[self.parameters.kind]
        return {
            "fast": IndicatorSpec(kind, self.parameters.fast),
            "slow": IndicatorSpec(kind, self.parameters.slow),
            "deviation": IndicatorSpec(IndicatorKind.DEVIATION, self.parameters.slow),
        }

    def on_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        averages = self.indicators(bar.instrument_id)
        if not (averages.is_warm and averages.was_warm):
            return
        gap = averages.value("fast") - averages.value("slow")
        gap_before = averages.previous("fast") - averages.previous("slow")
        exposure = self._decide(self.held(ctx, bar.instrument_id, self.close_of(bar)), gap, gap_before)
        if exposure is None:
            return
        self.go(
            ctx,
            bar.instrument_id,
            exposure,
            price=self.close_of(bar),
            confidence=_confidence(gap - gap_before, averages.value("deviation")),
            reason=f"{self._averages} {'above' if gap > 0 else 'below'} by {abs(gap):.6g}",
        )

    @property
    def _averages(self) -> str:
        return f"{self.parameters.kind} {self.parameters.fast}/{self.parameters.slow}"

    def _decide(self, held: Exposure, gap: float, gap_before: float) -> Exposure | None:
        """Return where to go at this bar, None to stay. Entries need the cross itself, exits only its side."""
        if gap > 0 >= gap_before:
            return Exposure.LONG
        if gap < 0 <= gap_before and self.may_short:
            return Exposure.SHORT
        is_wrong = (held is Exposure.LONG and gap < 0) or (held is Exposure.SHORT and gap > 0)
        return Exposure.FLAT if is_wrong else None


def _confidence(change: float, deviation: float) -> float:
    return 0.5 + 0.5 * min(1.0, abs(change) / deviation) if deviation > 0 else 0.5
