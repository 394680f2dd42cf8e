"""Jobs on a real engine in virtual time: venues with funding, what they earned there, and the capital they bind."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from core.capital.limits import CapitalLimits
from core.engine.settings import EngineSettings
from core.io.virtual_loop import VirtualLoop
from core.jobs.limits import JobLimits
from core.journal.facts import JobCorrected, JobDropped, JobFinished, JobMoved, JobStarted
from core.ports.journal import Journal
from core.ports.strategy import RunningStrategy
from core.risk.limits import RiskLimits
from core.risk.verdict import Check
from core.types.instrument import Instrument
from core.types.job import HedgeJob, JobType, Leg
from core.types.job_tag import LegRole
from core.types.market import FundingRate
from core.types.order import OrderIntent, Side
from tests.engine.rig import PERP, WARM_UP_S, EngineRig

NS = 1_000_000_000
ZERO = Decimal(0)


def leg(venue: str, side: Side, quantity: str = "20", symbol: str = PERP) -> Leg:
    return Leg(venue=venue, symbol=symbol, side=side, quantity=Decimal(quantity))


class JobRig(EngineRig):
    """An engine over `v1` and `v2` that takes jobs; each contract is worth about 100 dollars."""

    def __init__(
        self,
        loop: VirtualLoop,
        venues: Sequence[str | tuple[str, Sequence[Instrument]]] = ("v1", "v2"),
        *,
        journal: Journal | None = None,
        jobs: JobLimits | None = None,
        limits: RiskLimits | None = None,
        capital: CapitalLimits | None = None,
        world: "EngineRig | None" = None,
        **more: Any,
    ) -> None:
        settings = EngineSettings(
            version="0", limits=limits or RiskLimits(), jobs=jobs or JobLimits(), capital=capital or CapitalLimits()
        )
        super().__init__(loop, venues, journal=journal, world=world, settings=settings, **more)
        self._job_ids = world._job_ids if isinstance(world, JobRig) else count(1)

    async def start(self, *strategies: RunningStrategy, warm_up_s: float = WARM_UP_S) -> "JobRig":
        await self.engine.connect()
        self.tell_funding()
        self.heartbeat.start()
        await self.engine.trade(strategies)
        await self.elapse(warm_up_s)
        return self

    def tell_funding(self, rate: float = 0.0001) -> None:
        """Say of every contract what it pays, eight hours ahead."""
        now_ns = self.clock.utc_ns()
        for instrument_id in list(self.engine.parts.market.instruments):
            self.engine.parts.market.funding_rate(
                FundingRate(instrument_id, rate, 28_800, now_ns + 28_800 * NS, now_ns)
            )

    # jobs ------------------------------------------------------------------------------------------------

    def job(self, *legs: Leg, **more: Any) -> HedgeJob:
        """Return a job that buys on v1 and sells on v2 unless told otherwise, worth it by 20 bps."""
        now_ns = self.clock.utc_ns()
        found = legs or (leg("v1", Side.BUY), leg("v2", Side.SELL))
        fields: dict[str, Any] = {
            "job_id": f"j{next(self._job_ids)}", "strategy_type": JobType.HEDGE, "strategy": "manual",
            "symbol": "BTC/USDT", "legs": found, "notional_usd": found[0].quantity * 100,
            "expected_edge_bps": Decimal(20), "est_volume_usd": found[0].quantity * 200,
            "created_ns": now_ns, "expires_ns": now_ns + 600 * NS,
        }  # fmt: skip
        return HedgeJob(**(fields | more))

    def submit(self, *legs: Leg, **more: Any) -> HedgeJob:
        """Submit a job that must be taken."""
        job = self.job(*legs, **more)
        failed = self.try_submit(job)
        assert failed == (), failed
        return job

    def try_submit(self, job: HedgeJob) -> tuple[Check, ...]:
        return self.engine.parts.jobs.submit(job)

    async def until(self, what: Callable[[], object], patience_s: float = 60.0, step_s: float = 0.1) -> None:
        """Let time pass until something is so; fail where it does not come."""
        for _ in range(int(patience_s / step_s)):
            if what():
                return
            await self.elapse(step_s)
        raise AssertionError(f"did not come within {patience_s:g} s:\n{self.log()[-4000:]}")

    async def end_of(self, job: HedgeJob, patience_s: float = 60.0) -> JobFinished:
        await self.until(lambda: self.ends(job), patience_s)
        (end,) = self.ends(job)
        return end

    def corrections(self, job: HedgeJob) -> list[JobCorrected]:
        return [fact for fact in self.facts(JobCorrected) if fact.job_id == job.job_id]

    async def correction_of(self, job: HedgeJob, patience_s: float = 60.0) -> JobCorrected:
        """Return the first end after the first end."""
        await self.until(lambda: self.corrections(job), patience_s)
        return self.corrections(job)[0]

    def ends(self, job: HedgeJob) -> list[JobFinished]:
        return [fact for fact in self.facts(JobFinished) if fact.job_id == job.job_id]

    def drops(self, job: HedgeJob) -> list[JobDropped]:
        return [fact for fact in self.facts(JobDropped) if fact.job_id == job.job_id]

    def is_started(self, job: HedgeJob) -> bool:
        return any(fact.job_id == job.job_id for fact in self.facts(JobStarted))

    def phases(self, job: HedgeJob) -> list[str]:
        return [fact.phase.value for fact in self.facts(JobMoved) if fact.job_id == job.job_id]

    def is_idle(self) -> bool:
        """Tell whether no job runs and no order may live."""
        return not len(self.fold.runs) and not self.fold.orders.live_count

    # truth of the venues -----------------------------------------------------------------------------------

    def sent(self, role: LegRole | None = None, since: int = 0) -> list[OrderIntent]:
        """Return what reached venues for jobs."""
        intents = [each for venue in self.venues.values() for each in venue.submitted]
        return [x for x in intents if x.job and (role is None or x.job.role is role) and x.created_ns >= since]

    def held(self) -> dict[str, Decimal]:
        """Return what the venues hold, without what is flat."""
        found: dict[str, Decimal] = {}
        for name, venue in self.venues.items():
            for symbol, quantity in venue.positions.items():
                if quantity:
                    found[name if symbol == PERP else f"{symbol}@{name}"] = quantity
        return found

    def true_result(self, job: HedgeJob) -> tuple[Decimal, Decimal, Decimal]:
        """Return what a job earned after fees, traded and paid, in dollars, by the fills of the venues alone."""
        earned = traded = paid = ZERO
        for venue in self.venues.values():
            for fill in venue.fills:
                intent = venue.orders[fill.client_order_id].intent
                if intent.job is None or intent.job.job_id != job.job_id:
                    continue
                value = fill.price * fill.quantity
                earned, traded, paid = earned - fill.side.sign * value - fill.fee, traded + value, paid + fill.fee
        return earned, traded, paid

    # capital ---------------------------------------------------------------------------------------------

    def in_flight(self) -> dict[str, Decimal]:
        """Return what is reserved by venue, without what is zero."""
        book = self.fold.capital
        return {name: book.in_flight_usd(name) for name in self.venues if book.in_flight_usd(name)}

    def committed(self) -> dict[str, Decimal]:
        """Return the quantities that bind capital by venue."""
        return {each.venue: each.quantity for name in self.venues for each in self.fold.capital.committed(name)}


def refolded(rig: EngineRig) -> bytes:
    """Fold the whole journal anew."""
    from core.engine.fold import EngineFold
    from core.jobs.rulebook import Rulebook

    parts = rig.engine.parts
    rules = Rulebook(rig.settings.jobs, rig.settings.limits)
    fold = EngineFold(parts.market.instruments.get, rig.settings.risk_mode, rules)
    for row in rig.journal.rows(0):
        fold.apply(row.fact)
    return fold.to_bytes()
