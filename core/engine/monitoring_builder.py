"""Build the monitoring state from the engine's parts of this moment."""

from collections.abc import Callable
from typing import Final

from core.engine.alert_builder import AlertBuilder
from core.engine.limit_uses import LimitUses
from core.engine.parts import EngineParts
from core.engine.strategy_profits import StrategyProfits
from core.ledger.valuation import Valuation
from core.risk.halts import Cause, bearing_on, tightest
from core.state.monitoring import (
    Alert,
    GlobalState,
    JobsState,
    KillState,
    MarketState,
    MonitoringState,
    RateLimitState,
    RiskState,
    StrategyState,
    VenueCapital,
    VenueState,
)
from core.types.capital import Pool
from core.types.control import Blocker, HaltLevel

DELAYED_AFTER_MS: Final = 100.0
RECENT_COMPLETED: Final = 10
AUTOMATIC: Final = frozenset(
    {Cause.DAILY_LOSS, Cause.DRAWDOWN, Cause.ORDER_FAILURES, Cause.CONSECUTIVE_FAILURES, Cause.VENUE_FAILURES}
)


class MonitoringBuilder:
    """Read-only."""

    def __init__(
        self,
        parts: EngineParts,
        started_ns: int,
        kill_state: Callable[[], KillState | None],
        rate_limit: Callable[[str], RateLimitState | None],
    ) -> None:
        self._parts = parts
        self._alerts = AlertBuilder(parts)
        self._limits = LimitUses(parts)
        self._profits = StrategyProfits(parts.fold, parts.market, parts.clock)
        self._started_ns = started_ns
        self._kill_state = kill_state
        self._rate_limit = rate_limit

    def build(self, valuation: Valuation, *, is_starting: bool) -> MonitoringState:
        parts = self._parts
        return MonitoringState(
            global_=self._global(valuation, is_starting=is_starting),
            capital={venue: self._capital(venue, valuation) for venue in parts.desk.executions},
            venues={venue: self._venue(venue, valuation) for venue in self._venue_names()},
            jobs=self._jobs(),
            risk=self._risk(valuation),
            market=self._market(),
            strategies=self._strategies(),
            alerts=self.alerts(valuation),
            alert_sinks=parts.alerts.sinks(),
            latency=parts.statistics.stages.states(),
            kill=self._kill_state(),
            last_update=parts.clock.utc_ns(),
        )

    def look_at_limits(self, valuation: Valuation) -> None:
        """Take note of how much of every limit is used; to be called every second."""
        self._limits.look(valuation)

    def alerts(self, valuation: Valuation) -> list[Alert]:
        """Return the alerts that stand at this moment."""
        return self._alerts.build(self._standing(), valuation)

    def _standing(self) -> tuple[Blocker, ...]:
        return (*self._parts.fold.halts.blockers, *self._parts.conditions.blockers())

    def _venue_names(self) -> list[str]:
        return list(dict.fromkeys((*self._parts.desk.executions, *self._parts.market.feeds)))

    def _global(self, valuation: Valuation, *, is_starting: bool) -> GlobalState:
        parts = self._parts
        level = tightest(bearing_on(self._standing(), None, None))
        return GlobalState(
            system_status="starting" if is_starting else self._status(),
            trading_mode=parts.settings.trading_mode.value,
            risk_mode=parts.fold.risk_mode.value,
            halt_level=level.name.lower(),
            equity_usd=valuation.equity_usd,
            today_volume_usd=valuation.today_volume_usd,
            today_fees_usd=valuation.today_fees_usd,
            today_pnl_usd=valuation.day_pnl_usd,
            daily_loss_limit=self._limits.day_loss_limit_usd(valuation),
            daily_loss_used=valuation.day_loss_usd,
            active_strategies=parts.strategies.running,
            total_trades=valuation.total_trades,
            started_ns=self._started_ns,
            loop_lag_ms=parts.lag.p99_ms,
        )

    def _status(self) -> str:
        status = status_of(self._standing())
        override = self._parts.fold.overrides.active(self._parts.clock.utc_ns())
        return "manual_override" if override is not None and status != "halted" else status

    def _capital(self, venue: str, valuation: Valuation) -> VenueCapital:
        value = valuation.venue(venue)
        self._parts.capital.update_equity(venue, None if value is None else value.equity_usd)
        capital = self._parts.capital.capital_of(venue)
        hedge, arb, reserve = (capital.pool(pool) for pool in (Pool.HEDGE, Pool.ARB, Pool.RESERVE))
        return VenueCapital(
            equity=None if value is None else value.equity_usd,
            hedge_used=hedge.reserved_usd + hedge.committed_usd,
            hedge_budget=hedge.budget_usd,
            arb_used=arb.reserved_usd + arb.committed_usd,
            arb_budget=arb.budget_usd,
            reserve_size=reserve.budget_usd,
            total_in_flight=capital.in_flight_usd,
        )

    def _strategies(self) -> list[StrategyState]:
        hosted = self._parts.strategies.states()
        found = [*hosted, *self._profits.left_behind(hosted)]
        for strategy in found:
            strategy.profit = self._profits.of(strategy.name)
        return found

    def _jobs(self) -> JobsState:
        book = self._parts.fold.scheduler.book
        ended = [each.job.job_id for each in book.finished]
        return JobsState(
            running_jobs=list(book.running),
            pending_jobs_count=len(book.pending),
            completed_today=book.day.completed,
            failed_today=book.day.failed,
            recent_completed=ended[: -RECENT_COMPLETED - 1 : -1],
        )

    def _venue(self, venue: str, valuation: Valuation) -> VenueState:
        parts = self._parts
        feed, value = parts.market.feeds.get(venue), valuation.venue(venue)
        age_ns = parts.market.venue_age_ns(venue)
        return VenueState(
            feed_state="connecting" if feed is None else feed.state.value,
            feed_detail="" if feed is None else feed.detail,
            feed_age_s=None if feed is None or age_ns is None else age_ns / 1e9,
            api_latency_ms=parts.statistics.latency_ms(venue),
            open_positions_count=0 if value is None else value.open_positions,
            open_orders_count=sum(order.intent.venue == venue for order in parts.fold.orders.live()),
            funding_rates={
                key.symbol: funding.rate for key, funding in parts.market.funding.items() if key.venue == venue
            },
            concurrent_jobs_count=parts.fold.scheduler.book.running_at(venue)[0],
            safe_mode=parts.fold.capital.is_safe_mode(venue),
            reconciled=not any(b.scope == f"venue:{venue}" and b.cause == "reconciliation" for b in self._standing()),
            rate_limit=self._rate_limit(venue),
        )

    def _risk(self, valuation: Valuation) -> RiskState:
        parts = self._parts
        standing, override = self._standing(), parts.fold.overrides.active(parts.clock.utc_ns())
        latencies = ((venue, parts.statistics.latency_ms(venue)) for venue in parts.desk.executions)
        return RiskState(
            fast_markets=list(parts.fold.risk_hub.fast_markets(parts.clock.utc_ns())),
            delayed_venues=[venue for venue, ms in latencies if ms is not None and ms > DELAYED_AFTER_MS],
            consecutive_failures=parts.fold.risk_hub.consecutive_failures,
            auto_halt=any(blocker.cause in AUTOMATIC for blocker in parts.fold.halts.blockers),
            manual_override=override is not None,
            override_until_ns=None if override is None else override.until_ns,
            blockers=list(standing),
            limits=self._limits.build(valuation),
            unvalued=list(valuation.missing),
        )

    def _market(self) -> dict[str, dict[str, MarketState]]:
        states: dict[str, dict[str, MarketState]] = {}
        market, now_ns = self._parts.market, self._parts.clock.utc_ns()
        for instrument_id, book in market.books.items():
            tick = book.instrument.tick_size
            best_bid, best_ask = book.best_bid(), book.best_ask()
            bid = None if best_bid is None else tick * best_bid[0]
            ask = None if best_ask is None else tick * best_ask[0]
            trade, age_ns = market.last_trade(instrument_id), market.age_ns(instrument_id)
            rate = market.marks.asset_usd(instrument_id.venue, book.instrument.quote)
            day = market.day_prices.of(instrument_id, now_ns)
            states.setdefault(instrument_id.venue, {})[instrument_id.symbol] = MarketState(
                last=None if trade is None else tick * trade.price_ticks,
                bid=bid,
                ask=ask,
                spread=None if bid is None or ask is None else ask - bid,
                short_term_volatility=market.volatility_pct(instrument_id),
                timestamp=book.received_ns,
                age_s=None if age_ns is None else age_ns / 1e9,
                validity=market.validity(instrument_id),
                sequence=book.sequence,
                point_value_usd=None if rate is None else book.instrument.contract_size * rate.price,
                day_price=None if day is None else day.price,
                day_price_ns=None if day is None else day.at_ns,
            )
        return states


def status_of(standing: tuple[Blocker, ...]) -> str:
    """Return halted, paused or running, by the global blockers."""
    whole = [blocker for blocker in standing if blocker.scope == "global"]
    if any(blocker.level >= HaltLevel.CANCEL_ONLY for blocker in whole):
        return "halted"
    return "paused" if whole else "running"
