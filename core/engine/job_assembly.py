"""Put together what jobs need, over the parts that orders already have."""

from collections.abc import Awaitable, Callable

from core.capital.hub import CapitalHub
from core.engine.account_reads import AccountReads
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.job_desk import JobDesk
from core.engine.job_market_builder import JobMarketBuilder
from core.engine.job_preflight import JobPreflight
from core.engine.job_runner import JobRunner
from core.engine.leg_means import LegMeans
from core.engine.order_desk import OrderDesk
from core.engine.passing_conditions import PassingConditions
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.engine.settings import EngineSettings
from core.engine.strategy_host import StrategyHost
from core.engine.tasks import TaskGroup
from core.jobs.rulebook import Rulebook
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource


def connect_jobs(
    *,
    settings: EngineSettings,
    rules: Rulebook,
    clock: Clock,
    ids: IdSource,
    log: EngineLog,
    market: Market,
    fold: EngineFold,
    recorder: Recorder,
    views: RiskViews,
    desk: OrderDesk,
    recent: RecentOrders,
    conditions: PassingConditions,
    strategies: StrategyHost,
    capital: CapitalHub,
    reads: AccountReads,
    tasks: TaskGroup,
    call_soon: Callable[[Callable[[], None]], object],
    run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
) -> JobDesk:
    """Build the job desk and let strategies submit to it."""
    runner = JobRunner(
        clock=clock,
        ids=ids,
        fold=fold,
        market=market,
        recorder=recorder,
        views=views,
        desk=desk,
        accounts=reads,
        limits=settings.jobs,
        stale_after_ns=settings.limits.stale_after_ns,
        on_finished=lambda run, fact: jobs.finished(run, fact),  # noqa: PLW0108 - the desk comes after its runner
    )
    means = LegMeans(market=market, views=views, recent=recent, limits=settings.limits)
    jobs = JobDesk(
        clock=clock,
        fold=fold,
        recorder=recorder,
        log=log,
        views=views,
        markets=JobMarketBuilder(
            fold=fold, market=market, settings=settings, capital=capital, conditions=conditions, reads=reads
        ),
        capital=capital,
        runner=runner,
        preflight=JobPreflight(
            clock=clock, market=market, means=means, runner=runner, capital=capital, settings=settings
        ),
        rules=rules,
        tell=strategies.on_job,
        call_soon=call_soon,
        spawn=tasks.spawn,
        run_blocking=run_blocking,
    )
    strategies.connect_jobs(jobs)
    return jobs
