"""Mean reversion: buy below the lower Bollinger band when RSI says oversold, sell at the middle of the bands.

A long is left at the middle band, above the RSI's upper threshold, or `stop_loss_pct` below its average cost; after a
stop the close has to come back between the bands before the next entry. Shorts (``direction = long_short``) mirror it.

Confidence of an entry is ``0.5 + 0.25 * min(1, distance beyond the band / deviation) + 0.25 * (distance of the RSI
beyond its threshold / distance of the threshold to the end of the scale)``.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from strategies.api import Bar, IndicatorKind, IndicatorSpec, InstrumentId, StrategyContext, register_strategy
from strategies.directional import DirectionalParameters, DirectionalStrategy
from strategies.exposure import Exposure


class BollingerRsiParameters(DirectionalParameters):
    length: int = Field(default=20, ge=2, le=2000, description="bars of the bands")
    width: float = Field(default=2.0, gt=0, le=10, description="half width of the bands in deviations")
    rsi_length: int = Field(default=14, ge=2, le=1000, description="changes the RSI looks at")
    oversold: float = Field(default=30.0, gt=0, lt=100, description="RSI below which to buy")
    overbought: float = Field(default=70.0, gt=0, lt=100, description="RSI above which to sell")
    stop_loss_pct: Decimal = Field(default=Decimal(2), gt=0, lt=100, description="loss that ends a trade, in percent")

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        if self.oversold >= self.overbought:
            raise ValueError(f"oversold = {self.oversold} is not allowed: less than overbought ({self.overbought})")
        return self


class _Reading(NamedTuple):
    """The indicators at a bar; a short reads them upside down."""

    close: float
    middle: float
    upper: float
    lower: float
    rsi: float


@register_strategy("bollinger_rsi")
class BollingerRsi(DirectionalStrategy[BollingerRsiParameters]):
    """Revert to the mean: buy oversold below the lower Bollinger band, sell at the middle, stop at a fixed loss."""

    Parameters = BollingerRsiParameters

    def __init__(self, name: str, parameters: BollingerRsiParameters) -> None:
        super().__init__(name, parameters)
        self._stopped_out: dict[InstrumentId, Exposure] = {}  # the side that lost, until the close is back in the bands
        self._stop_tried: dict[InstrumentId, None] = {}  # between bars a stop is sent once, not at every book
        self._first_close: dict[InstrumentId, Decimal] = {}  # stands in for an entry price nobody knows

    def indicator_specs(self) -> Mapping[str, IndicatorSpec]:
        return {
            "bands": IndicatorSpec(IndicatorKind.BOLLINGER, self.parameters.length, width=self.parameters.width),
            "rsi": IndicatorSpec(IndicatorKind.RSI, self.parameters.rsi_length),
        }

    def on_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        price = self.close_of(bar)
        self._first_close.setdefault(bar.instrument_id, price)
        self._stop_tried.pop(bar.instrument_id, None)
        if self._stop(ctx, bar.instrument_id, price):
            return
        indicators = self.indicators(bar.instrument_id)
        if not indicators.is_warm:
            return
        now = _Reading(
            float(price), indicators.value("bands.middle"), indicators.value("bands.upper"),
            indicators.value("bands.lower"), indicators.value("rsi"),
        )  # fmt: skip
        held = self.held(ctx, bar.instrument_id, price)
        if held is Exposure.FLAT:
            self._enter(ctx, bar.instrument_id, price, now)
        else:
            self._leave(ctx, bar.instrument_id, price, now, held)

    def on_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        """Watch the stop between bars, at the price the position can be closed at."""
        if instrument_id in self._stop_tried:
            return
        position = ctx.position(instrument_id)
        book = ctx.book(instrument_id) if position else None
        if book is None:
            return
        best = book.best_bid() if position > 0 else book.best_ask()
        if best is not None and self._stop(ctx, instrument_id, self.rules(instrument_id).ticks_to_price(best[0])):
            self._stop_tried[instrument_id] = None

    def _stop(self, ctx: StrategyContext, instrument_id: InstrumentId, price: Decimal) -> bool:
        """Close a position whose loss has reached the limit, and say whether it has."""
        held = self.held(ctx, instrument_id, price)
        entry = ctx.entry_price(instrument_id) or self._first_close.get(instrument_id)
        if held is Exposure.FLAT or entry is None:
            return False
        loss = entry - price if held is Exposure.LONG else price - entry
        if loss * 100 < entry * self.parameters.stop_loss_pct:
            return False
        self._stopped_out[instrument_id] = held
        reason = f"stop loss: {price} against an entry at {entry:.8g}"
        self.go(ctx, instrument_id, Exposure.FLAT, price=price, confidence=1.0, reason=reason)
        return True

    def _enter(self, ctx: StrategyContext, instrument_id: InstrumentId, price: Decimal, now: _Reading) -> None:
        limits = self.parameters
        if now.close < now.lower:
            side, beyond, rsi_share = (
                Exposure.LONG,
                now.lower - now.close,
                (limits.oversold - now.rsi) / limits.oversold,
            )
        elif now.close > now.upper and self.may_short:
            side, beyond = Exposure.SHORT, now.close - now.upper
            rsi_share = (now.rsi - limits.overbought) / (100 - limits.overbought)
        else:
            if now.lower <= now.close <= now.upper:
                self._stopped_out.pop(instrument_id, None)
            return
        if rsi_share <= 0 or self._stopped_out.get(instrument_id) is side:
            return
        deviation = (now.upper - now.middle) / limits.width
        confidence = 0.5 + 0.25 * min(1.0, beyond / deviation) + 0.25 * min(1.0, rsi_share)
        band = "lower" if side is Exposure.LONG else "upper"
        reason = f"close {price} beyond the {band} band {getattr(now, band):.8g}, RSI {now.rsi:.1f}"
        self.go(ctx, instrument_id, side, price=price, confidence=confidence, reason=reason)

    def _leave(
        self, ctx: StrategyContext, instrument_id: InstrumentId, price: Decimal, now: _Reading, held: Exposure
    ) -> None:
        if held is Exposure.LONG:
            is_done = now.close >= now.middle or now.rsi > self.parameters.overbought
        else:
            is_done = now.close <= now.middle or now.rsi < self.parameters.oversold
        if is_done:
            reason = f"close {price} back at the middle {now.middle:.8g} or RSI {now.rsi:.1f} beyond its threshold"
            self.go(ctx, instrument_id, Exposure.FLAT, price=price, confidence=1.0, reason=reason)
