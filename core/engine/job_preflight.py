"""Put together what pre-flight looks at: both ways through each leg's book, and the means to go them."""

from core.capital.hub import CapitalHub
from core.engine.job_runner import JobRunner
from core.engine.leg_means import LegMeans
from core.engine.settings import EngineSettings
from core.execution.plan import Plan, Unfit
from core.execution.preflight import PreflightLeg, PreflightView, levels_of, preflight
from core.execution.view import LegView
from core.market.market import Market
from core.ports.clock import Clock
from core.types.capital import Pool
from core.types.job import HedgeJob, Leg


class JobPreflight:
    """Look at every leg of a job before the first order of any."""

    def __init__(
        self,
        *,
        clock: Clock,
        market: Market,
        means: LegMeans,
        runner: JobRunner,
        capital: CapitalHub,
        settings: EngineSettings,
    ) -> None:
        self._clock = clock
        self._market = market
        self._means = means
        self._runner = runner
        self._capital = capital
        self._settings = settings

    def plan(self, job: HedgeJob) -> Plan | Unfit:
        """Return the plan of a job, or why it cannot be done."""
        now_ns = self._clock.utc_ns()
        views = self._runner.leg_views(job.legs, job)
        legs = tuple(self._leg(leg, view) for leg, view in zip(job.legs, views, strict=True))
        limits, stale_after_ns = self._settings.jobs, self._settings.limits.stale_after_ns
        return preflight(job, PreflightView(now_ns=now_ns, legs=legs, limits=limits, stale_after_ns=stale_after_ns))

    def _leg(self, leg: Leg, view: LegView) -> PreflightLeg:
        book = self._market.books.get(leg.instrument_id)
        reserve = self._capital.look(leg.venue)
        return PreflightLeg(
            view=view,
            taking=() if book is None else levels_of(book, leg.side),
            giving_back=() if book is None else levels_of(book, leg.side.opposite),
            in_doubt=self._means.in_doubt(leg.instrument_id),
            room_usd=self._means.room_usd(leg.instrument_id, leg.side),
            reserve_usd=(
                None if reserve.equity_usd is None else min(reserve.free_usd[Pool.RESERVE], reserve.single_limit_usd)
            ),
            order_budget=self._means.order_budget(leg.venue, self._clock.monotonic_ns()),
            closable=self._means.closable(leg.instrument_id, leg.side),
        )
