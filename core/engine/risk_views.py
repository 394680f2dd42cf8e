"""Put together, for one intent, everything the risk gate may look at."""

from collections.abc import Callable

from core.engine.fold import EngineFold
from core.ledger.valuation import Valuation
from core.ledger.valuing import value_ledger
from core.market.market import Market
from core.ports.clock import Clock
from core.risk.case import strategy_of
from core.risk.limits import RiskLimits
from core.risk.recent import RecentActivity
from core.risk.view import LiveTrading, RiskView, StrategyStatus
from core.risk.view_builder import Surroundings, ViewBuilder
from core.types.control import HaltLevel, TradingMode
from core.types.order import OrderIntent


class RiskViews:
    """Build views from the fold and the market of this moment."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        market: Market,
        limits: RiskLimits,
        recent: RecentActivity,
        trading_mode: TradingMode,
        live_trading: LiveTrading,
        strategy_status: Callable[[str], StrategyStatus | None],
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._market = market
        self._trading_mode = trading_mode
        self._live_trading = live_trading
        self._strategy_status = strategy_status
        self._builder = ViewBuilder(
            limits=limits,
            ledger=fold.ledger,
            orders=fold.orders,
            halts=fold.halts,
            recent=recent,
            marks=market.marks,
        )
        self.clock_offset_ms: float | None = 0.0  # sim, replay and paper run on this engine's own clock

    def valuation(self) -> Valuation:
        """Value the account at the marks of this moment."""
        return value_ledger(self._fold.ledger, self._market.marks, self._clock.utc_ns())

    def still_open_for(self, intent: OrderIntent) -> bool:
        """Tell whether the halt levels of this moment let an approved order out."""
        level = self._fold.halts.level(intent.venue, strategy_of(intent))
        if level is HaltLevel.NORMAL:
            return True
        if intent.source == "flatten":
            return intent.reduce_only
        return level is HaltLevel.REDUCE_ONLY and intent.reduce_only

    def view_for(self, intent: OrderIntent) -> RiskView:
        instrument_id = intent.instrument_id
        mark = self._market.marks.mark(instrument_id) if self._market.is_fresh(instrument_id) else None
        strategy = strategy_of(intent)
        now_ns = self._clock.utc_ns()
        around = Surroundings(
            now_ns=now_ns,
            trading_mode=self._trading_mode,
            live_trading=self._live_trading,
            risk_mode=self._fold.risk_mode,
            book=self._market.books.get(instrument_id),
            reference_price=None if mark is None else mark.price,
            volatility_pct=self._market.volatility_pct(instrument_id),
            clock_offset_ms=self.clock_offset_ms,
            strategy_status=None if strategy is None else self._strategy_status(strategy),
        )
        return self._builder.view(intent, self.valuation(), around)
