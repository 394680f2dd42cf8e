"""Put together what jobs need, over the parts that orders already have."""

from collections.abc import Awaitable, Callable

from core.capital.hub import CapitalHub
from core.engine.account_reads import AccountReads
from core.engine.ground import Ground
from core.engine.job_desk import JobDesk
from core.engine.job_market_builder import JobMarketBuilder
from core.engine.job_preflight import JobPreflight
from core.engine.job_rehearsal import JobRehearsal
from core.engine.job_runner import JobRunner
from core.engine.leg_means import LegMeans
from core.engine.order_desk import OrderDesk
from core.engine.passing_orders import ends_by_itself
from core.engine.risk_views import RiskViews
from core.engine.strategy_host import StrategyHost
from core.risk.gate import RiskGate


def connect_jobs(
    ground: Ground,
    *,
    views: RiskViews,
    desk: OrderDesk,
    strategies: StrategyHost,
    capital: CapitalHub,
    reads: AccountReads,
    call_soon: Callable[[Callable[[], None]], object],
    run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
) -> JobDesk:
    """Build the job desk and let strategies submit to it."""
    settings, clock, fold, market = ground.settings, ground.clock, ground.fold, ground.market
    runner = JobRunner(
        clock=clock,
        ids=ground.ids,
        fold=fold,
        market=market,
        recorder=ground.recorder,
        log=ground.log,
        views=views,
        desk=desk,
        accounts=reads,
        limits=settings.jobs,
        stale_after_ns=settings.limits.stale_after_ns,
        on_finished=lambda run, fact: jobs.finished(run, fact),  # noqa: PLW0108 - the desk comes after its runner
    )
    means = LegMeans(market=market, views=views, recent=ground.recent, limits=settings.limits)
    jobs = JobDesk(
        clock=clock,
        fold=fold,
        recorder=ground.recorder,
        log=ground.log,
        views=views,
        markets=JobMarketBuilder(
            fold=fold,
            market=market,
            settings=settings,
            capital=capital,
            conditions=ground.conditions,
            reads=reads,
            strategy_status=strategies.status,
        ),
        capital=capital,
        runner=runner,
        preflight=JobPreflight(
            clock=clock, market=market, means=means, runner=runner, capital=capital, settings=settings
        ),
        rehearsal=JobRehearsal(
            views,
            RiskGate(settings.limits),
            settings.jobs,
            market.instruments.get,
            lambda order_id: (order := fold.orders.get(order_id)) is not None and ends_by_itself(order),
        ),
        rules=ground.rules,
        tell=strategies.on_job,
        call_soon=call_soon,
        spawn=ground.tasks.spawn,
        run_blocking=run_blocking,
    )
    strategies.connect_jobs(jobs)
    return jobs
