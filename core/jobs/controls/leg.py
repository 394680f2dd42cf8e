"""Controls on the instrument of a leg. What they say is the same for every job that trades it.

Each has two halves. The first decides; it is asked of every instrument at every tick, and a missing input does not pass
(nor does NaN: a comparison with it is false). The second tells limit and observation to a reader.
"""

from decimal import Decimal
from typing import Final

import msgspec

from core.book.book import BookState
from core.jobs.controls.finding import text_of
from core.jobs.market import AccountLook, InstrumentLook, JobMarket, VenueLook
from core.jobs.rulebook import MINUTE_NS, Rulebook
from core.risk.verdict import UNKNOWN
from core.types.instrument import InstrumentId

LimitAndObserved = tuple[str, str]
_INFINITY: Final = Decimal("Infinity")
_VALID: Final = BookState.VALID
_NO_MARGIN: Final = ("not needed: holds no margin", "-")
_NO_FUNDING: Final = ("not needed: pays no funding", "-")


class LegSight(msgspec.Struct, frozen=True):
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


def known_instrument(leg: LegSight) -> bool:
    return 0 < leg.look.contract_size < _INFINITY


def tell_instrument(leg: LegSight) -> LimitAndObserved:
    return "known rules", f"contract size {leg.look.contract_size}"


def unrestricted(leg: LegSight) -> bool:
    listed = leg.rules.risk.restricted_symbols
    return not listed or not leg.rules.risk.is_restricted(leg.instrument_id)


def tell_restriction(leg: LegSight) -> LimitAndObserved:
    return "not on the restricted list", "not on the list" if unrestricted(leg) else "on the list"


def far_from_liquidation(leg: LegSight) -> bool:
    distance = leg.look.liquidation_distance_pct
    return not leg.look.pays_funding or (distance is not None and distance >= leg.rules.least_distance_pct)


def tell_distance(leg: LegSight) -> LimitAndObserved:
    if not leg.look.pays_funding:
        return _NO_MARGIN
    limit = text_of(leg.rules.least_distance_pct)
    return f"at least {limit}", _number(leg.look.liquidation_distance_pct, "liquidation price")


def market_open(leg: LegSight) -> bool:
    return leg.look.is_open


def tell_hours(leg: LegSight) -> LimitAndObserved:
    return "market open", "open" if leg.look.is_open else "closed"


def fresh_book(leg: LegSight) -> bool:
    return leg.look.book_state is _VALID and 0 <= leg.look.book_age_ns <= leg.rules.stale_after_ns


def tell_book(leg: LegSight) -> LimitAndObserved:
    limit = f"valid and at most {leg.rules.risk.stale_after_s:g} s old"
    return limit, f"{leg.look.book_state}, {leg.look.book_age_ns / 1e9:.3f} s old"


def priced(leg: LegSight) -> bool:
    """Demand the value of a unit and the fee: without them no cost and no size is known."""
    unit, fee = leg.look.unit_usd, leg.look.taker_fee_rate
    return unit is not None and fee is not None and 0 < unit < _INFINITY and fee.is_finite()


def tell_price(leg: LegSight) -> LimitAndObserved:
    unit, fee = leg.look.unit_usd, leg.look.taker_fee_rate
    if unit is None or fee is None:
        return "price and fee known", f"{UNKNOWN}no {'price in dollars' if unit is None else 'taker fee'}"
    return "price and fee known", f"unit {unit:f} USD, fee {fee:f}"


def clear_of_settlement(leg: LegSight) -> bool:
    """Keep away from the next settlement; one that is past and not renewed is not known."""
    settles_ns = leg.look.next_settlement_ns
    return not leg.look.pays_funding or (
        settles_ns is not None and settles_ns - leg.account.now_ns >= leg.rules.blackout_ns
    )


def tell_settlement(leg: LegSight) -> LimitAndObserved:
    if not leg.look.pays_funding:
        return _NO_FUNDING
    settles_ns = leg.look.next_settlement_ns
    left = None if settles_ns is None else (settles_ns - leg.account.now_ns) / MINUTE_NS
    return f"at least {leg.rules.jobs.blackout_minutes:g}", _number(left, "time of the next settlement")


def calm(leg: LegSight) -> bool:
    observed = leg.look.volatility_pct
    return observed is not None and 0.0 <= observed <= leg.rules.risk.max_volatility_pct[leg.account.mode]


def tell_volatility(leg: LegSight) -> LimitAndObserved:
    limit = text_of(leg.rules.risk.max_volatility_pct[leg.account.mode])
    return f"at most {limit}", _number(leg.look.volatility_pct, "volatility yet")


def usual_spread(leg: LegSight) -> bool:
    spread, usual = leg.look.spread_bps, leg.look.usual_spread_bps
    if spread is None or usual is None:
        return False
    return usual > 0.0 and 0.0 <= spread <= leg.rules.jobs.max_spread_widening * usual


def tell_spread(leg: LegSight) -> LimitAndObserved:
    spread, usual = leg.look.spread_bps, leg.look.usual_spread_bps
    limit = f"at most {leg.rules.jobs.max_spread_widening:g} times the usual"
    if spread is None or usual is None:
        return limit, f"{UNKNOWN}no {'spread' if spread is None else 'usual spread yet'}"
    return limit, f"{text_of(spread)} where {text_of(usual)} is usual"


def slow_market(leg: LegSight) -> bool:
    listed = leg.account.fast_markets
    return not listed or (leg.instrument_id.symbol not in listed and str(leg.instrument_id) not in listed)


def tell_speed(leg: LegSight) -> LimitAndObserved:
    return "not on the fast-market list", "not on the list" if slow_market(leg) else "on the list"


def _number(value: float | None, what: str) -> str:
    return f"{UNKNOWN}no {what}" if value is None else text_of(value)
