"""Ask the order gate about the first order of each leg before anything of a job is bound or sent.

The hub judges jobs, the gate orders, and some rules are the gate's alone (concentration, what is invested, what a venue
or an instrument may hold). A leg that it would refuse is known before the first one is filled.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from core.engine.risk_views import RiskViews
from core.execution.plan import Plan
from core.execution.prices import banded_price
from core.jobs.controls.case import pool_of
from core.jobs.limits import JobLimits
from core.risk.gate import RiskGate
from core.risk.verdict import Refused
from core.risk.view import JobLook, RiskView
from core.types.capital import Claim
from core.types.instrument import Instrument, InstrumentId
from core.types.job import HedgeJob
from core.types.job_tag import JobTag, LegRole
from core.types.order import OrderIntent, OrderType, TimeInForce

ZERO: Final = Decimal(0)


class JobRehearsal:
    """Judges orders that are not sent: nothing of it is journaled, and the gate judges them again when they are."""

    def __init__(
        self,
        views: RiskViews,
        gate: RiskGate,
        limits: JobLimits,
        instrument_of: Callable[[InstrumentId], Instrument | None],
        is_passing: Callable[[str], bool],
    ) -> None:
        self._views = views
        self._gate = gate
        self._limits = limits
        self._instrument_of = instrument_of
        self._is_passing = is_passing  # by client order id: gone within a round trip, so that a job waits for it

    def refusal(self, job: HedgeJob, plan: Plan, claims: Sequence[Claim], now_ns: int) -> str | None:
        """Say which leg the gate would refuse and why, None where it would let all of them out."""
        for at, (leg, claim) in enumerate(zip(job.legs, claims, strict=True)):
            instrument = self._instrument_of(leg.instrument_id)
            if instrument is None:
                return f"leg {at} ({leg.instrument_id}): instrument unknown"
            intent = self._first_order(job, plan, at, instrument, now_ns)
            look = JobLook(
                leg=leg,
                pool=pool_of(job),
                is_running=True,
                is_frozen=False,
                primary_left=leg.quantity if at == 0 else ZERO,
                unhedged=ZERO if at == 0 else leg.quantity,
                naked=ZERO,
                overdrawn=ZERO,
                claim_left_usd=claim.amount_usd,
            )
            verdict = self._gate.decide(intent, self._view(intent, look))
            if isinstance(verdict, Refused):
                return f"leg {at} ({leg.instrument_id}): {verdict.reason}"
        return None

    def _view(self, intent: OrderIntent, look: JobLook) -> RiskView:
        view = self._views.view_for(intent)
        resting = tuple(own for own in view.own_orders if not self._is_passing(own.client_order_id))
        return msgspec.structs.replace(view, job=look, own_orders=resting)

    def _first_order(self, job: HedgeJob, plan: Plan, at: int, instrument: Instrument, now_ns: int) -> OrderIntent:
        leg = job.legs[at]
        role = LegRole.PRIMARY if at == 0 else LegRole.HEDGE
        return OrderIntent(
            client_order_id=f"rehearsal-{job.job_id}-{at}",
            venue=leg.venue,
            symbol=leg.symbol,
            side=leg.side,
            order_type=OrderType.LIMIT,
            quantity=instrument.floor_quantity(leg.quantity / plan.slice_count),
            limit_price=banded_price(instrument, leg.side, plan.touches[at], self._limits.hedge_bands_bps[0]),
            time_in_force=TimeInForce.IOC,
            source=f"job:{job.job_id}",
            job=JobTag(job_id=job.job_id, strategy=job.strategy, leg=at, role=role),
            created_ns=now_ns,
        )
