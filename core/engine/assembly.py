"""Put an engine together from ports; the only place that knows how its parts are connected."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from core.engine.bar_store import BarStore
from core.engine.engine import Engine
from core.engine.engine_log import EngineLog
from core.engine.event_intake import fill_view
from core.engine.fold import EngineFold
from core.engine.health_watch import HealthWatch
from core.engine.order_desk import OrderDesk
from core.engine.parts import EngineParts
from core.engine.passing_conditions import PassingConditions
from core.engine.pnl_curve import PnlCurve
from core.engine.pump import EventPump
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.engine.settings import EngineSettings
from core.engine.statistics import LagMeter, SendStatistics
from core.engine.strategy_host import StrategyHost
from core.engine.tasks import TaskGroup
from core.journal.facts import OrderFilled
from core.market.market import Market
from core.orders.outcome import Applied
from core.ports.clock import Clock
from core.ports.history import BarHistory
from core.ports.ids import IdSource
from core.ports.journal import Journal, JournalError
from core.ports.strategy import RunningStrategy
from core.ports.time_budget import Budget
from core.ports.venue import ExecutionVenue, Feed
from core.risk.gate import RiskGate
from core.state.desk import FillView

KEPT_FILLS: Final = 1_000


class EnginePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything nondeterministic or slow that an engine is given."""

    clock: Clock
    journal: Journal
    make_ids: Callable[[int], IdSource]  # from the number of this run
    history: BarHistory
    budget: Budget
    run_blocking: Callable[[Callable[[], None]], Awaitable[None]]
    call_soon: Callable[[Callable[[], None]], object]
    feeds: Callable[[], Sequence[Feed]]
    executions: Callable[[], Sequence[ExecutionVenue]]
    make_strategy: Callable[[str, dict[str, str]], RunningStrategy]


def assemble(settings: EngineSettings, ports: EnginePorts) -> Engine:
    """Build an engine and restore its state from the journal; raise JournalError where that cannot be read."""
    clock, log = ports.clock, EngineLog(ports.clock)
    pump = EventPump(clock, ports.call_soon)
    market = Market(
        clock,
        stale_after_ns=settings.limits.stale_after_ns,
        volatility_window_s=settings.limits.volatility_window_s,
        on_trade=pump.publish_trade,
        on_book=pump.publish_book,
    )
    fold = EngineFold(market.instruments.get, settings.risk_mode)
    market.on_instrument(fold.ledger.instrument_known)
    recent_fills: deque[FillView] = deque(maxlen=KEPT_FILLS)
    restore(fold, ports.journal, recent_fills)
    ids = ports.make_ids(fold.run + 1)
    recorder = Recorder(ports.journal, fold, log)
    conditions, recent = PassingConditions(clock), RecentOrders(settings.limits)
    statistics, pnl_curve, bars = SendStatistics(), PnlCurve(), BarStore(market, ports.history)
    strategies = StrategyHost(
        clock=clock,
        ids=ids,
        fold=fold,
        market=market,
        bars=bars,
        recorder=recorder,
        log=log,
        budget=ports.budget,
        run_blocking=ports.run_blocking,
    )
    views = RiskViews(
        clock=clock,
        fold=fold,
        market=market,
        limits=settings.limits,
        recent=recent,
        trading_mode=settings.trading_mode,
        live_trading=settings.live_trading,
        conditions=conditions,
        strategy_status=strategies.status,
    )
    tasks = TaskGroup(log)
    desk = OrderDesk(
        clock=clock,
        recorder=recorder,
        orders=fold.orders,
        gate=RiskGate(settings.limits),
        views=views,
        statistics=statistics,
        recent=recent,
        log=log,
        in_doubt_after_s=settings.in_doubt_after_s,
        spawn=tasks.hold,
        on_order=strategies.on_order,
    )
    strategies.connect(desk)
    parts = EngineParts(
        settings=settings,
        clock=clock,
        ids=ids,
        log=log,
        market=market,
        bars=bars,
        fold=fold,
        recorder=recorder,
        views=views,
        recent=recent,
        conditions=conditions,
        desk=desk,
        strategies=strategies,
        statistics=statistics,
        lag=LagMeter(),
        pnl_curve=pnl_curve,
        recent_fills=recent_fills,
    )
    health = HealthWatch(
        clock=clock,
        fold=fold,
        recorder=recorder,
        limits=settings.limits,
        recent=recent,
        statistics=statistics,
        pnl_curve=pnl_curve,
    )
    return Engine(
        parts=parts,
        pump=pump,
        health=health,
        tasks=tasks,
        feeds=ports.feeds(),
        executions=ports.executions(),
        make_strategy=ports.make_strategy,
        engine_id=f"run-{fold.run + 1}",
    )


def restore(fold: EngineFold, journal: Journal, recent_fills: deque[FillView]) -> None:
    """Fold the newest snapshot and every row after it; raise JournalError where the journal is damaged."""
    sequence = 0
    snapshot = journal.load_snapshot()
    if snapshot is not None:
        sequence, state = snapshot
        try:
            fold.restore(state)
        except msgspec.DecodeError as error:
            raise JournalError(f"the snapshot at row {sequence} cannot be read: {error}") from error
    for row in journal.rows(sequence):
        outcome = fold.apply(row.fact)
        if isinstance(row.fact, OrderFilled) and isinstance(outcome.orders, Applied):
            recent_fills.append(fill_view(row.fact.fill, outcome.orders.order.intent.source))
