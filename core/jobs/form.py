"""Is a job one at all? What is asked before a job joins the pending ones, whatever the market."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.jobs.columns import MAX_LEGS
from core.risk.verdict import Check, Hardness
from core.types.job import MAX_TTL_S, HedgeJob, JobType

MAX_EDGE_BPS: Final = Decimal(10_000)
MAX_ACCEPTABLE_LOSS_BPS: Final = Decimal(100)
MAX_AMOUNT: Final = Decimal(10) ** 12
MIN_AMOUNT: Final = Decimal(10) ** -18  # what is less is nothing to a market, and zero to a float
NS_PER_S: Final = 1_000_000_000


def form_checks(job: HedgeJob, now_ns: int) -> tuple[Check, ...]:
    """Return one failed check for everything that is wrong with a job's form, none for a sound one."""
    return tuple(
        Check(rule="job_form", hardness=Hardness.HARD, unit="", limit=limit, observed=observed, passed=False)
        for limit, observed in _faults(job, now_ns)
    )


def _faults(job: HedgeJob, now_ns: int) -> Iterator[tuple[str, str]]:
    if not job.job_id or not job.strategy or not job.symbol:
        yield "job id, strategy and symbol", f"{job.job_id!r}, {job.strategy!r}, {job.symbol!r}"
    if not 2 <= len(job.legs) <= MAX_LEGS:
        yield f"2 to {MAX_LEGS} legs", f"{len(job.legs)} legs"
    for leg in job.legs:
        if not _is_amount(leg.quantity):
            yield f"quantity from {MIN_AMOUNT} to {MAX_AMOUNT:f}", f"{leg.instrument_id} {leg.quantity}"
    if len({leg.instrument_id for leg in job.legs}) < len(job.legs):
        yield "each leg on an instrument of its own", ", ".join(str(leg.instrument_id) for leg in job.legs)
    if len({leg.side for leg in job.legs}) == 1:
        yield "legs that buy and legs that sell", f"all {job.legs[0].side}"
    if not _is_amount(job.notional_usd):
        yield f"notional from {MIN_AMOUNT} to {MAX_AMOUNT:f}", str(job.notional_usd)
    if not (job.est_volume_usd.is_finite() and 0 <= job.est_volume_usd <= MAX_AMOUNT):
        yield f"volume from 0 to {MAX_AMOUNT:f}", str(job.est_volume_usd)
    if not (job.expected_edge_bps.is_finite() and abs(job.expected_edge_bps) <= MAX_EDGE_BPS):
        yield f"edge within {MAX_EDGE_BPS} bps", str(job.expected_edge_bps)
    loss = job.max_acceptable_loss_bps
    most = MAX_ACCEPTABLE_LOSS_BPS if job.strategy_type is JobType.REBALANCE else Decimal(0)
    if not (loss.is_finite() and 0 <= loss <= most):
        yield f"acceptable loss of a {job.strategy_type} from 0 to {most} bps", str(loss)
    if not job.created_ns < job.expires_ns:
        yield "expiry after creation", f"{job.expires_ns} after {job.created_ns}"
    elif job.expires_ns <= now_ns:
        yield "expiry ahead", f"{(now_ns - job.expires_ns) / 1e9:.3f} s ago"
    elif job.expires_ns - now_ns > MAX_TTL_S * NS_PER_S:
        yield f"expiry within {MAX_TTL_S:g} s", f"in {(job.expires_ns - now_ns) // NS_PER_S} s"


def _is_amount(value: Decimal) -> bool:
    return value.is_finite() and MIN_AMOUNT <= value <= MAX_AMOUNT
