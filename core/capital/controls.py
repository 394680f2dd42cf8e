"""The controls on a reservation, each with its numbers; all of them hard. A missing input refuses."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from core.capital.venue_capital import VenueCapital
from core.ledger.position import EXACT
from core.risk.verdict import UNKNOWN, Check, Hardness
from core.types.capital import Pool

_CENT: Final = Decimal("0.01")


class Wish(NamedTuple):
    """What shall be bound at one venue; `held_before_usd` is held there by the same owner already."""

    pool: Pool
    amount_usd: Decimal | None  # None: unknown or negative, or zero of what does not close a position
    held_before_usd: Decimal = Decimal(0)


def judge(capital: VenueCapital, wish: Wish) -> Iterator[Check]:
    """Apply every control, whatever the ones before it found."""
    yield equity_known(capital)
    yield safe_mode(capital, wish)
    yield single_reserve(capital, wish)
    yield in_flight(capital, wish)
    yield pool_room(capital, wish)


def equity_known(capital: VenueCapital) -> Check:
    is_known = capital.equity_usd is not None
    observed = f"{capital.venue} {_floor(capital.equity_usd)}" if is_known else f"{UNKNOWN}no equity of {capital.venue}"
    return _check("equity_known", "", "above zero", observed, passed=is_known)


def safe_mode(capital: VenueCapital, wish: Wish) -> Check:
    """Refuse the arb pool where a venue is in safe mode."""
    mode = "in safe mode" if capital.safe_mode else "not in safe mode"
    observed = f"{capital.venue} {mode}, {wish.pool} pool"
    passed = not capital.safe_mode or wish.pool is not Pool.ARB
    return _check("safe_mode", "", "hedge and reserve pools only", observed, passed=passed)


def single_reserve(capital: VenueCapital, wish: Wish) -> Check:
    """Bound one reservation: all that one owner or job holds at the venue."""
    limit = _percent_text(capital, capital.limits.max_single_reserve_pct, capital.single_limit_usd)
    return _at_most(capital, "single_reserve", wish, wish.held_before_usd, (limit, capital.single_limit_usd), "")


def in_flight(capital: VenueCapital, wish: Wish) -> Check:
    """Bound all reservations at the venue together, this one included."""
    limit = _percent_text(capital, capital.limits.max_total_notional_pct, capital.in_flight_limit_usd)
    before = capital.in_flight_usd
    return _at_most(capital, "in_flight", wish, before, (limit, capital.in_flight_limit_usd), " in flight")


def pool_room(capital: VenueCapital, wish: Wish) -> Check:
    """Bound what is reserved and committed of one pool, this one included, by the pool's budget."""
    pool = capital.pool(wish.pool)
    limit = _percent_text(capital, EXACT.scaleb(pool.share, 2), pool.budget_usd)
    if pool.unvalued and wish.amount_usd != 0:
        observed = f"{UNKNOWN}no value of {', '.join(pool.unvalued)}"
        return _check("pool_room", "USD", limit, observed, passed=False)
    before = EXACT.add(pool.reserved_usd, pool.committed_usd)
    return _at_most(capital, "pool_room", wish, before, (limit, pool.budget_usd), f" of the {wish.pool} pool")


def _at_most(
    capital: VenueCapital, rule: str, wish: Wish, before: Decimal, limit: tuple[str, Decimal | None], what: str
) -> Check:
    limit_text, limit_usd = limit
    if wish.amount_usd is None:
        return _check(rule, "USD", limit_text, f"{UNKNOWN}no positive amount at {capital.venue}", passed=False)
    if not wish.amount_usd:  # it closes and takes nothing: what others hold beyond a limit must not keep it from that
        return _check(rule, "USD", limit_text, f"{capital.venue} 0{what}: it only closes", passed=True)
    if limit_usd is None:
        return _check(rule, "USD", limit_text, f"{UNKNOWN}no equity of {capital.venue}", passed=False)
    observed = EXACT.add(before, wish.amount_usd)
    passed = observed <= limit_usd
    number = _floor(observed) if passed else _ceiling(observed)  # rounded to its own side of the limit
    sum_text = f" = {_floor(before)} + {_floor(wish.amount_usd)}" if before else ""
    return _check(rule, "USD", limit_text, f"{capital.venue} {number}{what}{sum_text}", passed=passed)


def _check(rule: str, unit: str, limit: str, observed: str, *, passed: bool) -> Check:
    return Check(rule=rule, hardness=Hardness.HARD, unit=unit, limit=limit, observed=observed, passed=passed)


def _percent_text(capital: VenueCapital, percent: Decimal, limit_usd: Decimal | None) -> str:
    share = f"{_plain(percent)} % of "
    if limit_usd is None:
        return f"{share}equity"
    return f"{share}{_floor(capital.equity_usd)} = {_floor(limit_usd)}"


def _floor(amount: Decimal | None) -> str:
    return "unknown" if amount is None else _plain(amount.quantize(_CENT, ROUND_FLOOR, EXACT))


def _ceiling(amount: Decimal) -> str:
    return _plain(amount.quantize(_CENT, ROUND_CEILING, EXACT))


def _plain(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
