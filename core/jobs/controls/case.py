"""One job before the risk hub: its legs as the market shows them, and what several controls need to know."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from core.jobs.controls.leg import LegSight, sight_of
from core.jobs.market import AccountLook, JobMarket, number
from core.jobs.rulebook import MICRO, Rulebook
from core.jobs.scores import (
    distance_score,
    final_score,
    leg_micro_usd,
    opening_micro_usd,
    room_score,
    safety_score,
    volume_score,
)
from core.types.capital import Pool
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType, Leg
from core.types.order import Side

_BPS: Final = 10_000.0
NO_ROOM: Final = -1.0  # of a room that is not known: nothing fits


class JobCase(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes in whole millionths of a dollar, costs in bps of the primary leg; NaN where an input is missing."""

    job: HedgeJob
    account: AccountLook
    market: JobMarket
    rules: Rulebook
    sights: tuple[LegSight | None, ...]
    leg_micro: tuple[float, ...]
    opening_micro: tuple[float, ...]  # of that, what binds capital: what closes a position does not
    net_base: float  # signed, of the underlying
    primary_base: float
    costs_bps: float  # fees and slippage of all legs
    funding_cost_bps: float  # paid at the next settlements, negative where received
    funding: float  # the scores behind safety
    volatility: float
    latency: float
    leverage: float

    def venue_micro(self, venue: str) -> float:
        """Return what the legs at one venue are worth together."""
        return self._at(venue, self.leg_micro)

    def venue_opening_micro(self, venue: str) -> float:
        """Return what the legs at one venue bind together."""
        return self._at(venue, self.opening_micro)

    def closes(self) -> dict[tuple[InstrumentId, Side], float]:
        """Return the quantities that the legs count on to close, by instrument and side of the order."""
        return {
            (leg.instrument_id, leg.side): min(abs(signed_quantity(leg)), closable_quantity(sight, leg.side))
            for leg, sight, micro, opening in zip(
                self.job.legs, self.sights, self.leg_micro, self.opening_micro, strict=True
            )
            if opening < micro
        }

    def _at(self, venue: str, amounts: tuple[float, ...]) -> float:
        return sum((micro for leg, micro in zip(self.job.legs, amounts, strict=True) if leg.venue == venue), 0.0)


class LegParts(msgspec.Struct, frozen=True):
    """Numbers of an instrument that jobs are weighed with; those of the compiled form come from here too."""

    unit_micro_usd: float
    contract_size: float
    fee_bps: float
    funding_bps: float  # paid by who is long
    volatility: float
    latency: float
    leverage: float


NOTHING_KNOWN: Final = LegParts(math.nan, math.nan, math.nan, math.nan, 0.0, 0.0, 0.0)


def parts_of(sight: LegSight | None) -> LegParts:
    """Work out the numbers of an instrument; nothing is known of one whose numbers are none."""
    if sight is None:
        return NOTHING_KNOWN
    try:
        return _parts(sight)
    except (ArithmeticError, ValueError):
        return NOTHING_KNOWN


def _parts(sight: LegSight) -> LegParts:
    look, rules = sight.look, sight.rules
    unit = number(look.unit_usd) * MICRO
    return LegParts(
        unit if math.isfinite(unit) else math.nan,
        float(look.contract_size),
        number(look.taker_fee_rate) * _BPS,
        number(look.funding_rate) * _BPS if look.pays_funding else 0.0,
        room_score(number(look.volatility_pct), rules.risk.max_volatility_pct[sight.account.mode]),
        room_score(number(sight.venue.latency_p95_ms), rules.jobs.max_latency_ms),
        distance_score(number(look.liquidation_distance_pct), rules.least_distance_pct) if look.pays_funding else 1.0,
    )


def open_case(job: HedgeJob, market: JobMarket, rules: Rulebook) -> JobCase:
    """Weigh a job; the compiled pass does the same steps in the same order, so that both agree to the last bit."""
    sights = tuple(sight_of(leg.instrument_id, market, rules) for leg in job.legs)
    notional = notional_micro(job)
    micro: list[float] = []
    opening: list[float] = []
    net = primary = costs = funding = 0.0
    volatility = latency = leverage = 1.0
    for leg, sight in zip(job.legs, sights, strict=True):
        parts = parts_of(sight)
        signed = signed_quantity(leg)
        quantity = abs(signed)
        micro.append(leg_micro_usd(quantity, parts.unit_micro_usd, notional))
        opening.append(opening_micro_usd(micro[-1], quantity, closable_quantity(sight, leg.side)))
        base = quantity * parts.contract_size
        if len(micro) == 1:
            primary = base
        weight = 1.0 if len(micro) == 1 else _ratio(base, primary)
        depth = None if sight is None else (sight.look.asks if signed > 0.0 else sight.look.bids)
        slippage = math.inf if depth is None else depth.slippage_bps(quantity)
        net += base if signed > 0.0 else -base
        costs += weight * (parts.fee_bps + slippage)
        funding += weight * parts.funding_bps if signed > 0.0 else -(weight * parts.funding_bps)
        volatility = min(volatility, parts.volatility)
        latency = min(latency, parts.latency)
        leverage = min(leverage, parts.leverage)
    return JobCase(
        job=job,
        account=market.account,
        market=market,
        rules=rules,
        sights=sights,
        leg_micro=tuple(micro),
        opening_micro=tuple(opening),
        net_base=net,
        primary_base=primary,
        costs_bps=costs,
        funding_cost_bps=funding,
        funding=room_score(funding, rules.max_funding_cost_bps),
        volatility=volatility,
        latency=latency,
        leverage=leverage,
    )


def closable_quantity(sight: LegSight | None, side: Side) -> float:
    """Return what a leg of a side may count on to close; nothing where that is not known."""
    if sight is None:
        return 0.0
    found = sight.look.closable(side).quantity
    return float(found) if found.is_finite() and found > 0 else 0.0


def is_missing(value: float) -> bool:
    return math.isnan(value)


def _ratio(base: float, primary: float) -> float:
    """Divide as compiled code does: nothing is raised."""
    if primary == 0.0:
        return math.inf if base > 0.0 else math.nan
    return base / primary


class Scores(msgspec.Struct, frozen=True):
    safety: float
    volume: float
    final: float


def scores_of(case: JobCase) -> Scores:
    """Score a case; formulas and weights are in `core.jobs.scores`."""
    account, rules = case.account, case.rules
    safety = safety_score(
        case.funding,
        case.volatility,
        case.latency,
        case.leverage,
        drawdown_score(account, rules),
        failures_score(account, rules),
    )
    volume = volume_score(notional_share(case.job, rules), target_gap(account, rules))
    return Scores(safety, volume, final_score(safety, volume, rules.jobs.safety_weight[account.mode]))


def drawdown_score(account: AccountLook, rules: Rulebook) -> float:
    return room_score(number(account.drawdown_pct), rules.max_drawdown_pct)


def failures_score(account: AccountLook, rules: Rulebook) -> float:
    return room_score(float(account.consecutive_failures), float(rules.jobs.max_consecutive_failures))


def target_gap(account: AccountLook, rules: Rulebook) -> float:
    """Return how much of the daily volume target is still to be traded, in [0, 1]."""
    return room_score(float(account.volume_today_usd), float(rules.jobs.daily_volume_target_usd))


def notional_share(job: HedgeJob, rules: Rulebook) -> float:
    """Return a job's notional as part of the largest allowed, in [0, 1]."""
    return 1.0 - room_score(notional_micro(job), rules.max_leg_micro_usd)


def notional_micro(job: HedgeJob) -> float:
    return float((job.notional_usd * MICRO).to_integral_value(ROUND_CEILING))


def signed_quantity(leg: Leg) -> float:
    return float(leg.quantity) * leg.side.sign


def pool_of(job: HedgeJob) -> Pool:
    return Pool.ARB if job.strategy_type is JobType.ARB else Pool.HEDGE


def room_micro(room_usd: Decimal | None) -> float:
    """Return a room in whole millionths, rounded down; one that is not known takes nothing."""
    if room_usd is None or not room_usd.is_finite():
        return NO_ROOM
    return float((room_usd * MICRO).to_integral_value(ROUND_FLOOR))
