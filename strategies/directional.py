"""What strategies that hold one instrument long, flat or short have in common."""

from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from pydantic import Field

from strategies.api import Bar, Fill, InstrumentId, Order, Strategy, StrategyContext, StrategyParameters
from strategies.exposure import Aim, Exposure, ExposureKeeper


class Direction(StrEnum):
    LONG_ONLY = "long_only"
    LONG_SHORT = "long_short"


class DirectionalParameters(StrategyParameters):
    notional_usd: Decimal = Field(default=Decimal(1000), gt=0, description="size of a position in US dollars")
    direction: Direction = Field(default=Direction.LONG_ONLY, description="long_only or long_short")


P = TypeVar("P", bound=DirectionalParameters)


class DirectionalStrategy(Strategy[P]):
    """Decide an exposure at each bar; orders, late fills and sizes are taken care of.

    An entry is decided once and not chased: where it is refused, the next one needs a new cause. An exit is decided at
    each bar until the position is flat.
    """

    Parameters = DirectionalParameters

    def __init__(self, name: str, parameters: P) -> None:
        super().__init__(name, parameters)
        self._keepers: dict[InstrumentId, ExposureKeeper] = {}

    def on_start(self, ctx: StrategyContext) -> None:
        for instrument_id in self.instruments:
            self._keepers[instrument_id] = ExposureKeeper(self.rules(instrument_id))
            series = ctx.bars(instrument_id, self.timeframe)
            ready = 0 if series is None else len(series)
            if ready < self.history_bars:
                ctx.log(
                    f"{instrument_id}: warming up with {ready} bars of {self.timeframe}; "
                    f"after {self.history_bars} the indicators no longer depend on where they began"
                )

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        """Take a bar, first of all trusting the engine about which orders are still open."""
        if bar.instrument_id in self._keepers:
            self._keepers[bar.instrument_id].forget_ended(ctx)
        super().handle_bar(ctx, bar)

    def on_fill(self, ctx: StrategyContext, fill: Fill) -> None:
        if fill.instrument_id in self._keepers:
            self._keepers[fill.instrument_id].take_fill(ctx)

    def on_order(self, ctx: StrategyContext, order: Order) -> None:
        if order.intent.instrument_id in self._keepers:
            self._keepers[order.intent.instrument_id].take_order(ctx, order)

    def on_stop(self, ctx: StrategyContext) -> None:
        """Cancel what is open; the position stays, as its owner may want."""
        for instrument_id in self.instruments:
            for order in ctx.open_orders(instrument_id):
                ctx.cancel(order.intent.client_order_id)

    @property
    def may_short(self) -> bool:
        return self.parameters.direction is Direction.LONG_SHORT

    def close_of(self, bar: Bar) -> Decimal:
        return self.rules(bar.instrument_id).ticks_to_price(bar.close_ticks)

    def held(self, ctx: StrategyContext, instrument_id: InstrumentId, price: Decimal) -> Exposure:
        return self._keepers[instrument_id].held(ctx, price)

    def go(
        self,
        ctx: StrategyContext,
        instrument_id: InstrumentId,
        exposure: Exposure,
        *,
        price: Decimal,
        confidence: float,
        reason: str,
    ) -> None:
        """Go for an exposure; no effect where it is held already or an order is under way."""
        aim = Aim(
            exposure=exposure,
            notional_usd=self.parameters.notional_usd,
            price=price,
            confidence=confidence,
            reason=reason,
        )
        self._keepers[instrument_id].aim(ctx, aim)
