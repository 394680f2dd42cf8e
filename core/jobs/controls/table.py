"""The table of job controls, hard ones first. A new control is one function and one line here."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from core.jobs.controls import account, job, leg, venue
from core.jobs.controls.case import JobCase
from core.jobs.controls.finding import JobFinding
from core.jobs.controls.leg import LegSight, LimitAndObserved
from core.jobs.controls.venue import VenueSight
from core.jobs.market import AccountLook
from core.jobs.rulebook import Rulebook
from core.risk.verdict import Hardness


class OnFailure(StrEnum):
    """What becomes of a pending job that fails."""

    DROP = "drop"  # will not pass before the job expires: dropped at once
    WAIT = "wait"  # may pass: the job waits until it expires


class OfAccount(NamedTuple):
    judge: Callable[[AccountLook, Rulebook], JobFinding]


class OfStrategy(NamedTuple):
    judge: Callable[[AccountLook, str], JobFinding]


class OfLeg(NamedTuple):
    """Judges the instrument of a leg, once a tick for all jobs that trade it."""

    passes: Callable[[LegSight], bool]
    tell: Callable[[LegSight], LimitAndObserved]


class OfVenue(NamedTuple):
    """Judges the venue of a leg, once a tick for all jobs that trade there."""

    judge: Callable[[VenueSight], JobFinding]


class OfJob(NamedTuple):
    """Has a compiled twin in `core.jobs.judging`; a test holds both to the same verdicts."""

    judge: Callable[[JobCase], JobFinding]


class Control(NamedTuple):
    name: str
    unit: str
    hardness: Hardness
    on_failure: OnFailure
    what: OfAccount | OfStrategy | OfVenue | OfLeg | OfJob


HARD, SOFT = Hardness.HARD, Hardness.SOFT
DROP, WAIT = OnFailure.DROP, OnFailure.WAIT

CONTROLS: Final[tuple[Control, ...]] = (
    Control("known_instrument", "", HARD, WAIT, OfLeg(leg.known_instrument, leg.tell_instrument)),
    Control("self_match", "", HARD, DROP, OfJob(job.self_match)),
    Control("direction", "%", HARD, DROP, OfJob(job.direction)),
    Control("leg_notional", "USD", HARD, DROP, OfJob(job.leg_notional)),
    Control("restricted", "", HARD, DROP, OfLeg(leg.unrestricted, leg.tell_restriction)),
    Control("mode_gate", "", HARD, WAIT, OfAccount(account.mode_gate)),
    Control("halt_level", "", HARD, WAIT, OfAccount(account.halt_level)),
    Control("venue_halt", "", HARD, WAIT, OfVenue(venue.venue_halt)),
    Control("strategy_halt", "", HARD, WAIT, OfStrategy(account.strategy_halt)),
    Control("day_loss", "USD", HARD, WAIT, OfAccount(account.day_loss)),
    Control("liquidation_distance", "%", HARD, WAIT, OfLeg(leg.far_from_liquidation, leg.tell_distance)),
    Control("reconciled", "", HARD, WAIT, OfVenue(venue.reconciled)),
    Control("market_hours", "", HARD, WAIT, OfLeg(leg.market_open, leg.tell_hours)),
    Control("fresh_book", "", HARD, WAIT, OfLeg(leg.fresh_book, leg.tell_book)),
    Control("priced", "", HARD, WAIT, OfLeg(leg.priced, leg.tell_price)),
    Control("equity_known", "USD", HARD, WAIT, OfVenue(venue.equity_known)),
    Control("pool_room", "USD", HARD, WAIT, OfJob(job.pool_room)),
    Control("single_reserve", "USD", HARD, WAIT, OfJob(job.single_reserve)),
    Control("in_flight", "USD", HARD, WAIT, OfJob(job.in_flight)),
    Control("safe_mode", "", HARD, WAIT, OfJob(job.safe_mode)),
    Control("running_jobs", "jobs", HARD, WAIT, OfAccount(account.running_jobs)),
    Control("venue_jobs", "jobs", HARD, WAIT, OfVenue(venue.venue_jobs)),
    Control("venue_notional", "USD", HARD, WAIT, OfJob(job.venue_notional)),
    Control("edge_after_costs", "bps", HARD, WAIT, OfJob(job.edge_after_costs)),
    Control("min_edge", "bps", SOFT, DROP, OfJob(job.min_edge)),
    Control("funding_cost", "bps", SOFT, WAIT, OfJob(job.funding_cost)),
    Control("blackout", "min", SOFT, WAIT, OfLeg(leg.clear_of_settlement, leg.tell_settlement)),
    Control("latency", "ms", SOFT, WAIT, OfVenue(venue.latency)),
    Control("volatility", "%", SOFT, WAIT, OfLeg(leg.calm, leg.tell_volatility)),
    Control("spread_widening", "bps", SOFT, WAIT, OfLeg(leg.usual_spread, leg.tell_spread)),
    Control("fast_market", "", SOFT, WAIT, OfLeg(leg.slow_market, leg.tell_speed)),
    Control("drawdown", "%", SOFT, WAIT, OfAccount(account.drawdown)),
    Control("consecutive_failures", "jobs", SOFT, WAIT, OfAccount(account.consecutive_failures)),
)

BIT: Final = {control.name: 1 << at for at, control in enumerate(CONTROLS)}
"""Where a control's failure stands in a mask."""

SOFT_BITS: Final = sum(BIT[control.name] for control in CONTROLS if control.hardness is SOFT)
DROP_BITS: Final = sum(BIT[control.name] for control in CONTROLS if control.on_failure is DROP)
LEG_BITS: Final = sum(BIT[control.name] for control in CONTROLS if isinstance(control.what, OfLeg))
VENUE_BITS: Final = sum(BIT[control.name] for control in CONTROLS if isinstance(control.what, OfVenue))


def names_in(mask: int) -> tuple[str, ...]:
    """Return the controls whose bits are set, in the order of the table."""
    return tuple(control.name for control in CONTROLS if mask & BIT[control.name])
