"""What a strategy is written with.

A strategy is a class with typed parameters and callbacks. It declares instruments, a timeframe and indicators; the
indicators are warmed up from history before `on_start` and updated before `on_bar`. It reads and trades through the
context only, so the same class runs in backtest, replay, paper and live. It uses no clock, no chance and no threads.

    @register_strategy("follow")
    class Follow(Strategy[StrategyParameters]):
        Parameters = StrategyParameters

        def on_bar(self, ctx, bar):
            ctx.submit(Signal(instrument_id=bar.instrument_id, side=Side.BUY, notional_usd=Decimal(100),
                              confidence=0.6, reason="a bar closed"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from core.bars.bar import Bar, as_floats
from core.bars.timeframe import Timeframe
from core.indicators.spec import IndicatorKind, IndicatorSpec, Source
from core.ports.strategy import BookReader, StrategyContext
from core.types.instrument import Instrument, InstrumentId
from core.types.job import EdgeSource, JobEnd, JobProposal, JobType, Leg
from core.types.market import Trade
from core.types.order import Fill, Order, OrderStatus, OrderType, Side
from core.types.signal import Signal
from strategies.parameters import ParameterError, StrategyParameters
from strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.indicators.indicator_set import IndicatorSet

__all__ = [
    "Bar", "BookReader", "EdgeSource", "Fill", "IndicatorKind", "IndicatorSpec", "Instrument", "InstrumentId",
    "JobEnd", "JobProposal", "JobType", "Leg", "Order", "OrderStatus", "OrderType", "ParameterError", "Side", "Signal",
    "Source", "Strategy", "StrategyContext", "StrategyParameters", "Timeframe", "Trade", "register_strategy",
]  # fmt: skip

P = TypeVar("P", bound=StrategyParameters)


class Strategy(Generic[P]):
    """Base of all strategies: override callbacks named ``on_…``; the engine calls the ones named ``handle_…``."""

    Parameters: type[StrategyParameters] = StrategyParameters

    def __init__(self, name: str, parameters: P) -> None:
        self.name = name
        self.parameters = parameters
        self._indicators: dict[InstrumentId, IndicatorSet] = {}
        self._instruments: dict[InstrumentId, Instrument] = {}
        self._newest_ns: dict[InstrumentId, int] = {}  # start of the newest bar handled
        self._corrected: dict[InstrumentId, None] = {}  # indicators that have read a bar corrected since

    # what the strategy declares --------------------------------------------------------------------

    @property
    def instruments(self) -> tuple[InstrumentId, ...]:
        return self.parameters.instruments

    @property
    def timeframe(self) -> Timeframe:
        return self.parameters.timeframe

    @property
    def history_bars(self) -> int:
        """Return how many bars of history the indicators want, and one to compare with."""
        return 1 + max((spec.settled_bars for spec in self.indicator_specs().values()), default=0)

    def indicator_specs(self) -> Mapping[str, IndicatorSpec]:
        """Return the indicators wanted of every instrument, by name."""
        return {}

    # callbacks ---------------------------------------------------------------------------------------

    def on_start(self, ctx: StrategyContext) -> None: ...

    def on_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        """Take a closed bar, each once and in order; the indicators include it."""

    def on_bar_corrected(self, ctx: StrategyContext, bar: Bar) -> None:
        """Take a bar that was handled before and has changed; indicators follow at the next bar."""

    def on_trade(self, ctx: StrategyContext, trade: Trade) -> None: ...

    def on_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None: ...

    def on_fill(self, ctx: StrategyContext, fill: Fill) -> None: ...

    def on_order(self, ctx: StrategyContext, order: Order) -> None: ...

    def on_job(self, ctx: StrategyContext, end: JobEnd) -> None: ...

    def on_stop(self, ctx: StrategyContext) -> None: ...

    # what callbacks read -----------------------------------------------------------------------------

    def indicators(self, instrument_id: InstrumentId) -> IndicatorSet:
        """Return the indicators of a declared instrument, at its newest bar."""
        return self._indicators[instrument_id]

    def rules(self, instrument_id: InstrumentId) -> Instrument:
        """Return the rules of a declared instrument."""
        return self._instruments[instrument_id]

    # what the engine calls (core.ports.strategy.RunningStrategy) --------------------------------------

    @property
    def wants_trades(self) -> bool:
        return _overrides(self, "on_trade")

    @property
    def wants_books(self) -> bool:
        return _overrides(self, "on_book")

    def parameter_texts(self) -> dict[str, str]:
        return self.parameters.texts()

    def prepare(self) -> None:
        if self.indicator_specs():
            from core.indicators.warm_up import warm_up_sets  # noqa: PLC0415  # brings the compiler in

            warm_up_sets()

    def handle_start(self, ctx: StrategyContext) -> None:
        for instrument_id in self.instruments:
            instrument = ctx.instrument(instrument_id)
            if instrument is None:
                raise ParameterError(f"strategy {self.name!r}: instrument {instrument_id} is not known to any venue")
            self._instruments[instrument_id] = instrument
            self._add_indicators(instrument_id)
            series = ctx.bars(instrument_id, self.timeframe)
            newest = None if series is None else series.last()
            if newest is not None:
                self._rebuild(ctx, instrument_id, newest.open_ns)
        self.on_start(ctx)

    def handle_bar(self, ctx: StrategyContext, bar: Bar) -> None:
        instrument_id = bar.instrument_id
        newest_ns = self._newest_ns.get(instrument_id, -1)
        if bar.timeframe is not self.timeframe or instrument_id not in self._instruments:
            return
        if bar.open_ns <= newest_ns:
            if bar.revision:
                self._corrected[instrument_id] = None
                self.on_bar_corrected(ctx, bar)
            return
        if instrument_id in self._corrected:
            self._rebuild(ctx, instrument_id, newest_ns)
        if (indicators := self._indicators.get(instrument_id)) is not None:
            indicators.update(*as_floats(bar, self._instruments[instrument_id]))
        self._newest_ns[instrument_id] = bar.open_ns
        self.on_bar(ctx, bar)

    def handle_trade(self, ctx: StrategyContext, trade: Trade) -> None:
        self.on_trade(ctx, trade)

    def handle_book(self, ctx: StrategyContext, instrument_id: InstrumentId) -> None:
        self.on_book(ctx, instrument_id)

    def handle_fill(self, ctx: StrategyContext, fill: Fill) -> None:
        self.on_fill(ctx, fill)

    def handle_order(self, ctx: StrategyContext, order: Order) -> None:
        self.on_order(ctx, order)

    def handle_job(self, ctx: StrategyContext, end: JobEnd) -> None:
        self.on_job(ctx, end)

    def handle_stop(self, ctx: StrategyContext) -> None:
        self.on_stop(ctx)

    def _rebuild(self, ctx: StrategyContext, instrument_id: InstrumentId, newest_ns: int) -> None:
        """Compute the indicators anew from the bars kept, up to the newest one handled."""
        self._corrected.pop(instrument_id, None)
        self._newest_ns[instrument_id] = newest_ns
        series = ctx.bars(instrument_id, self.timeframe)
        indicators = self._indicators.get(instrument_id)
        if series is None or indicators is None:
            return
        count = int(series.open_times_ns().searchsorted(newest_ns, side="right"))
        indicators.reset()
        indicators.run(series.columns()[:, :count])

    def _add_indicators(self, instrument_id: InstrumentId) -> None:
        if specs := self.indicator_specs():
            from core.indicators.indicator_set import IndicatorSet  # noqa: PLC0415  # brings the compiler in

            self._indicators[instrument_id] = IndicatorSet(specs)


def _overrides(strategy: object, callback: str) -> bool:
    return getattr(type(strategy), callback) is not getattr(Strategy, callback)
