"""Put an engine together from ports; the only place that knows how its parts are connected."""

import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from core.capital.hub import CapitalHub
from core.capital.point_value import point_value
from core.control.commands import Kill
from core.engine.account_reads import AccountReads
from core.engine.alarm_desk import AlarmDesk
from core.engine.alert_delivery import AlertDelivery
from core.engine.amend_desk import AmendDesk
from core.engine.bar_store import BarStore
from core.engine.chart_studies import ChartStudies
from core.engine.console_desk import ConsoleDesk
from core.engine.engine import Engine
from core.engine.engine_log import EngineLog
from core.engine.feed_watch import FeedWatch
from core.engine.first_comparisons import FirstComparisons
from core.engine.fold import EngineFold
from core.engine.ground import Ground
from core.engine.health_watch import HealthWatch
from core.engine.held_assembly import connect_held
from core.engine.held_desk import HeldDesk
from core.engine.job_assembly import connect_jobs
from core.engine.job_desk import JobDesk
from core.engine.job_looks import JobLooks
from core.engine.kill_switch import no_wish
from core.engine.order_desk import OrderDesk
from core.engine.order_movements import OrderMovements
from core.engine.own_clearance import OwnClearance
from core.engine.parts import EngineParts
from core.engine.passing_conditions import PassingConditions
from core.engine.pnl_curve import PnlCurve
from core.engine.price_alert_desk import PriceAlertDesk
from core.engine.protection import ProtectionWatch
from core.engine.protective_close import ProtectiveClose
from core.engine.pump import EventPump
from core.engine.queue_watch import QueueWatch
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.engine.settings import EngineSettings
from core.engine.statistics import LagMeter, SendStatistics
from core.engine.strategy_host import StrategyHost
from core.engine.tasks import TaskGroup
from core.jobs.rulebook import Rulebook
from core.market.market import Market
from core.ports.alert_sink import AlertRoute
from core.ports.clock import Clock
from core.ports.history import BarHistory
from core.ports.ids import IdSource
from core.ports.journal import Journal
from core.ports.randomness import NoRandomness, Randomness
from core.ports.strategy import RunningStrategy
from core.ports.time_budget import Budget
from core.ports.venue import ExecutionVenue, Feed
from core.risk.gate import RiskGate
from core.state.monitoring import RateLimitState, no_rate_limit
from core.types.order import Order

_log = logging.getLogger(__name__)


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
    alert_routes: Sequence[AlertRoute] = ()
    randomness: Randomness = NoRandomness()  # spreads repeated deliveries of alerts
    rate_limit: Callable[[str], RateLimitState | None] = no_rate_limit  # of a venue by its name
    kill_wish: Callable[[], Kill | None] = no_wish  # of somebody who cannot ask the engine, such as a kill file


def assemble(settings: EngineSettings, ports: EnginePorts) -> Engine:
    """Build an engine and restore its state from the journal; raise JournalError where that cannot be read."""
    log = EngineLog(ports.clock)
    pump, tasks = EventPump(ports.clock, ports.call_soon), TaskGroup(log)
    parts = _connect_parts(settings, ports, pump, tasks, log)
    return Engine(
        parts=parts,
        pump=pump,
        health=HealthWatch(parts),
        tasks=tasks,
        feeds=ports.feeds(),
        executions=ports.executions(),
        make_strategy=ports.make_strategy,
        kill_wish=ports.kill_wish,
        rate_limit=ports.rate_limit,
        engine_id=f"run-{parts.fold.run + 1}",
    )


def _connect_parts(
    settings: EngineSettings, ports: EnginePorts, pump: EventPump, tasks: TaskGroup, log: EngineLog
) -> EngineParts:
    ground = _lay_ground(settings, ports, pump, tasks, log)
    market, fold = ground.market, ground.fold
    bars = BarStore(market, ports.history)
    feed_watch = FeedWatch(bars, log)
    market.on_feed(feed_watch.changed)
    strategies = _make_strategies(ground, ports, bars)
    capital = _make_capital(ground)
    reads = AccountReads()
    views = _make_views(ground, strategies, capital, reads)
    clearance = OwnClearance(fold=fold, market=market, book_id=views.book_id, limits=settings.limits)
    desk = _make_desk(
        ground,
        views,
        clearance,
        on_order=lambda order: _order_changed(order, queues, strategies, held, protection, jobs),
    )
    queues = QueueWatch(market, fold.orders)
    desk.when_sent(queues.on_sent)
    amends = _make_amends(ground, views, desk, reads)
    strategies.connect(desk, amends)
    protection = _make_protection(ground, views, desk, bars, reads)
    jobs = connect_jobs(
        ground,
        views=views,
        desk=desk,
        strategies=strategies,
        capital=capital,
        reads=reads,
        call_soon=ports.call_soon,
        run_blocking=ports.run_blocking,
    )
    held = connect_held(ground, views=views, desk=desk, clearance=clearance, reads=reads, call_soon=ports.call_soon)
    return EngineParts(
        settings=settings,
        clock=ground.clock,
        ids=ground.ids,
        log=log,
        market=market,
        feed_watch=feed_watch,
        bars=bars,
        fold=fold,
        recorder=ground.recorder,
        views=views,
        recent=ground.recent,
        conditions=ground.conditions,
        desk=desk,
        amends=amends,
        strategies=strategies,
        jobs=jobs,
        held=held,
        protection=protection,
        queues=queues,
        alerts=AlertDelivery(ports.alert_routes, ground.clock, ports.randomness, ground.log),
        alarms=AlarmDesk(clock=ground.clock, fold=fold, recorder=ground.recorder),
        price_alerts=PriceAlertDesk(clock=ground.clock, fold=fold, market=market, recorder=ground.recorder),
        capital=capital,
        consoles=_make_consoles(ground, views),
        account_reads=reads,
        first_comparisons=FirstComparisons(),
        statistics=ground.statistics,
        lag=LagMeter(),
        studies=ChartStudies(ports.run_blocking, tasks, log),
        pnl_curve=PnlCurve(),
    )


def _lay_ground(
    settings: EngineSettings, ports: EnginePorts, pump: EventPump, tasks: TaskGroup, log: EngineLog
) -> Ground:
    """Make what everything else stands on, with the state restored from the journal."""
    market = _make_market(settings, ports.clock, pump)
    rules = Rulebook(settings.jobs, settings.limits)
    fold = EngineFold(market.instruments.get, settings.risk_mode, rules)
    market.on_instrument(fold.ledger.instrument_known)
    restore(fold, ports.journal)
    return Ground(
        settings=settings,
        rules=rules,
        clock=ports.clock,
        ids=ports.make_ids(fold.run + 1),
        log=log,
        tasks=tasks,
        market=market,
        fold=fold,
        recorder=Recorder(ports.journal, fold, log, OrderMovements(ports.clock)),
        conditions=PassingConditions(ports.clock),
        recent=RecentOrders(settings.limits),
        statistics=SendStatistics(
            lambda venue, ms: fold.risk_hub.update_exchange_latency(venue, ms, ports.clock.utc_ns())
        ),
    )


def _make_views(ground: Ground, strategies: StrategyHost, capital: CapitalHub, reads: AccountReads) -> RiskViews:
    return RiskViews(
        clock=ground.clock,
        fold=ground.fold,
        market=ground.market,
        settings=ground.settings,
        recent=ground.recent,
        conditions=ground.conditions,
        strategy_status=strategies.status,
        capital=capital,
        look_at_job=JobLooks(ground.fold, reads).look,
    )


def _make_strategies(ground: Ground, ports: EnginePorts, bars: BarStore) -> StrategyHost:
    return StrategyHost(
        clock=ground.clock,
        ids=ground.ids,
        fold=ground.fold,
        market=ground.market,
        bars=bars,
        recorder=ground.recorder,
        log=ground.log,
        budget=ports.budget,
        run_blocking=ports.run_blocking,
    )


def _make_desk(
    ground: Ground, views: RiskViews, clearance: OwnClearance, on_order: Callable[[Order], None]
) -> OrderDesk:
    return OrderDesk(
        clock=ground.clock,
        recorder=ground.recorder,
        orders=ground.fold.orders,
        gate=RiskGate(ground.settings.limits),
        views=views,
        clearance=clearance,
        statistics=ground.statistics,
        recent=ground.recent,
        log=ground.log,
        in_doubt_after_s=ground.settings.in_doubt_after_s,
        spawn=ground.tasks.hold,
        on_order=on_order,
    )


def _make_capital(ground: Ground) -> CapitalHub:
    point_usd = point_value(ground.market.instruments.get, ground.market.marks)
    return CapitalHub(ground.fold.capital, ground.settings.capital, ground.recorder.fold_now, point_usd)


def _make_consoles(ground: Ground, views: RiskViews) -> ConsoleDesk:
    return ConsoleDesk(
        clock=ground.clock,
        fold=ground.fold,
        recorder=ground.recorder,
        conditions=ground.conditions,
        valuation=views.valuation,
        picture_lives_s=ground.settings.picture_lives_s,
    )


def _make_amends(ground: Ground, views: RiskViews, desk: OrderDesk, reads: AccountReads) -> AmendDesk:
    return AmendDesk(
        clock=ground.clock,
        ids=ground.ids,
        recorder=ground.recorder,
        orders=ground.fold.orders,
        market=ground.market,
        gate=RiskGate(ground.settings.limits),
        views=views,
        recent=ground.recent,
        desk=desk,
        reads=reads,
        facts=lambda: ground.fold.applied,
        spawn=ground.tasks.hold,
    )


def _make_protection(
    ground: Ground, views: RiskViews, desk: OrderDesk, bars: BarStore, reads: AccountReads
) -> ProtectionWatch:
    closing = ProtectiveClose(
        clock=ground.clock,
        fold=ground.fold,
        market=ground.market,
        recorder=ground.recorder,
        desk=desk,
        views=views,
        accounts=reads,
        next_order_id=ground.ids.next_order_id,
        log=ground.log,
        limits=ground.settings.limits,
    )
    return ProtectionWatch(
        clock=ground.clock,
        fold=ground.fold,
        market=ground.market,
        bars=bars,
        recorder=ground.recorder,
        limits=ground.settings.limits,
        closing=closing,
    )


def _order_changed(
    order: Order,
    queues: QueueWatch,
    strategies: StrategyHost,
    held: HeldDesk,
    protection: ProtectionWatch,
    jobs: JobDesk,
) -> None:
    held.on_order(order)  # first: what protects a position goes before what may open one
    strategies.on_order(order)
    protection.on_order(order)
    jobs.on_order(order)
    queues.on_order(order)


def _make_market(settings: EngineSettings, clock: Clock, pump: EventPump) -> Market:
    return Market(
        clock,
        stale_after_ns=settings.limits.stale_after_ns,
        volatility_window_s=settings.limits.volatility_window_s,
        on_trade=pump.publish_trade,
        on_book=pump.publish_book,
    )


def restore(fold: EngineFold, journal: Journal) -> None:
    """Fold the newest snapshot and every row after it; raise JournalError where the journal is damaged.

    A snapshot in the form of another version only saves time, so it is passed over: the rows hold everything.
    """
    sequence = 0
    snapshot = journal.load_snapshot()
    if snapshot is not None:
        try:
            fold.restore(snapshot[1])
            sequence = snapshot[0]
        except msgspec.DecodeError as error:
            _log.warning("the snapshot at row %d is of another version: folding every row (%s)", snapshot[0], error)
    for row in journal.rows(sequence):
        fold.apply(row.fact)
