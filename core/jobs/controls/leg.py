"""Controls on one leg: its instrument and its venue. What they say is the same for every job that trades there."""

from decimal import Decimal
from typing import NamedTuple

from core.book.book import BookState
from core.jobs.controls.finding import JobFinding, at_least, at_most, judged, missing
from core.jobs.market import AccountLook, InstrumentLook, JobMarket, VenueLook
from core.jobs.rulebook import MINUTE_NS, Rulebook
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId


class LegSight(NamedTuple):
    """One instrument as the controls see it."""

    instrument_id: InstrumentId
    look: InstrumentLook
    venue: VenueLook
    account: AccountLook
    rules: Rulebook


def sight_of(instrument_id: InstrumentId, market: JobMarket, rules: Rulebook) -> LegSight | None:
    """Return what there is to see of an instrument, None where it or its venue is not known now."""
    look, venue = market.instruments.get(instrument_id), market.venues.get(instrument_id.venue)
    return None if look is None or venue is None else LegSight(instrument_id, look, venue, market.account, rules)


def known_instrument(leg: LegSight) -> JobFinding:
    size = leg.look.contract_size
    return judged(size.is_finite() and size > 0, "known rules", lambda: f"contract size {size}")


def restricted(leg: LegSight) -> JobFinding:
    is_listed = leg.rules.risk.is_restricted(leg.instrument_id)
    return judged(not is_listed, "not on the restricted list", "on the list" if is_listed else "not on the list")


def venue_halt(leg: LegSight) -> JobFinding:
    return judged(leg.venue.halt_level is HaltLevel.NORMAL, "NORMAL", leg.venue.halt_level.name)


def reconciled(leg: LegSight) -> JobFinding:
    return judged(leg.venue.is_reconciled, "reconciled", "yes" if leg.venue.is_reconciled else "not yet")


def liquidation_distance(leg: LegSight) -> JobFinding:
    if not leg.look.pays_funding:
        return judged(True, "not needed: holds no margin", "-")
    return at_least(leg.look.liquidation_distance_pct, leg.rules.least_distance_pct, "liquidation price")


def market_hours(leg: LegSight) -> JobFinding:
    return judged(leg.look.is_open, "market open", "open" if leg.look.is_open else "closed")


def fresh_book(leg: LegSight) -> JobFinding:
    state, age_ns, most_ns = leg.look.book_state, leg.look.book_age_ns, leg.rules.risk.stale_after_ns
    passed = state is BookState.VALID and 0 <= age_ns <= most_ns
    limit = f"valid and at most {leg.rules.risk.stale_after_s:g} s old"
    return judged(passed, limit, lambda: f"{state}, {age_ns / 1e9:.3f} s old")


def priced(leg: LegSight) -> JobFinding:
    """Demand the value of a unit and the fee: without them no cost and no size is known."""
    unit, fee = leg.look.unit_usd, leg.look.taker_fee_rate
    if unit is None or fee is None:
        return missing("price in dollars" if unit is None else "taker fee", "{}", "price and fee known")
    return judged(
        unit.is_finite() and unit > 0 and fee.is_finite(),
        "price and fee known",
        lambda: f"unit {unit:f} USD, fee {fee:f}",
    )


def equity_known(leg: LegSight) -> JobFinding:
    equity = leg.venue.equity_usd
    if equity is None:
        return missing("equity of the venue", "{}", "above 0")
    return JobFinding(equity > 0, "above {}", Decimal(0), equity)


def venue_jobs(leg: LegSight) -> JobFinding:
    limit, running = leg.rules.jobs.max_running_per_venue, leg.venue.running_jobs
    return judged(0 <= running < limit, f"at most {limit}", f"{running} running and this one")


def blackout(leg: LegSight) -> JobFinding:
    """Keep away from the next settlement; one that is past and not renewed is not known."""
    limit = leg.rules.jobs.blackout_minutes
    if not leg.look.pays_funding:
        return judged(True, "not needed: pays no funding", "-")
    if leg.look.next_settlement_ns is None:
        return missing("time of the next settlement", "at least {}", limit)
    left_ns = leg.look.next_settlement_ns - leg.account.now_ns
    return JobFinding(left_ns >= max(0, leg.rules.blackout_ns), "at least {}", limit, left_ns / MINUTE_NS)


def latency(leg: LegSight) -> JobFinding:
    return at_most(leg.venue.latency_p95_ms, leg.rules.jobs.max_latency_ms, "latency yet")


def volatility(leg: LegSight) -> JobFinding:
    return at_most(leg.look.volatility_pct, leg.rules.risk.max_volatility_pct[leg.account.mode], "volatility yet")


def spread_widening(leg: LegSight) -> JobFinding:
    limit, spread, usual = leg.rules.jobs.max_spread_widening, leg.look.spread_bps, leg.look.usual_spread_bps
    if spread is None or usual is None:
        return missing("spread" if spread is None else "usual spread yet", "at most {}", limit)
    if not usual > 0:
        return JobFinding(False, "at most {}", limit, f"usual spread {usual:g} bps")
    return at_most(spread / usual, limit, "spread")


def fast_market(leg: LegSight) -> JobFinding:
    listed = leg.account.fast_markets
    is_fast = leg.instrument_id.symbol in listed or str(leg.instrument_id) in listed
    return judged(not is_fast, "not on the fast-market list", "on the list" if is_fast else "not on the list")
