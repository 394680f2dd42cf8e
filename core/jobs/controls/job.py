"""Controls on a job as a whole: its legs together, its economics, and the capital it would bind."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from functools import partial

from core.capital.closing import closing_part
from core.jobs.controls.case import JobCase, is_missing, pool_of, room_micro
from core.jobs.controls.finding import JobFinding, judged, missing, text_of
from core.jobs.market import Closable, VenueLook
from core.jobs.rulebook import MICRO, Rulebook, usd_of
from core.types.capital import Pool
from core.types.job import JobType, Leg


def self_match(case: JobCase) -> JobFinding:
    """Refuse two legs on one order book, which venues may share: they would trade with each other."""
    books = [sight.look.book_id for sight in case.sights if sight is not None]
    twice = next((book for at, book in enumerate(books) if book in books[:at]), None)
    return judged(
        twice is None,
        "each leg on a book of its own",
        ", ".join(books) if twice is None else f"two legs on {twice}",
    )


def direction(case: JobCase) -> JobFinding:
    """Demand that the legs cancel: one underlying, and bought as much of it as sold."""
    looks = [sight.look for sight in case.sights if sight is not None]
    limit = f"at most {text_of(case.rules.jobs.hedge_tolerance_pct)} of the primary leg"
    strangers = list(dict.fromkeys(look.underlying for look in looks))
    if len(strangers) > 1:
        return judged(False, "one underlying", " and ".join(strangers))
    if len(looks) < len(case.sights):
        return missing("rules of each leg", "{}", limit)
    passed = abs(case.net_base) * 100.0 <= case.rules.hedge_tolerance_pct * case.primary_base
    return judged(passed, limit, lambda: _net_text(case))


def _net_text(case: JobCase) -> str:
    if not case.primary_base > 0.0:
        return "a primary leg of nothing"
    return f"{abs(case.net_base) * 100.0 / case.primary_base:.6g}"


def leg_notional(case: JobCase) -> JobFinding:
    largest = max(case.leg_micro)
    limit = case.rules.jobs.max_leg_notional_usd
    return JobFinding(largest <= case.rules.max_leg_micro_usd, "at most {}", limit, usd_of(largest))


def pool_room(case: JobCase) -> JobFinding:
    pool = pool_of(case.job)

    def room(venue: VenueLook) -> Decimal | None:
        return venue.room_usd(pool)

    return _fits(case, room, f"{pool} pool")


def in_flight(case: JobCase) -> JobFinding:
    return _fits(case, lambda venue: venue.in_flight_room_usd, "room for reservations in flight")


def _fits(case: JobCase, room_of: Callable[[VenueLook], Decimal | None], what: str) -> JobFinding:
    """Judge what the legs bind at each venue against what is left there; the first without room speaks."""
    told: list[tuple[str, Decimal]] = []
    for name in case.job.venues:
        venue = case.market.venues.get(name)
        room = None if venue is None else room_of(venue)
        if room is None:
            return missing(f"{what} of {name}", "{}", "room at each venue")
        if not case.venue_opening_micro(name) <= room_micro(room):
            return JobFinding(False, "at most {} left", room, partial(_amount, case, name))
        told.append((name, room))
    return JobFinding(
        True,
        "at most {}",
        lambda: ", ".join(f"{name} {text_of(room)} left" for name, room in told),
        lambda: ", ".join(_amount(case, name) for name, _ in told),
    )


def _amount(case: JobCase, venue: str) -> str:
    """Say what the legs at a venue bind, and where that is not all they are worth, or could be less, why."""
    closing = "; ".join(
        text
        for leg, sight in zip(case.job.legs, case.sights, strict=True)
        if leg.venue == venue and sight is not None and (text := _closing(leg, sight.look.closable(leg.side)))
    )
    amount = f"{venue} {text_of(usd_of(case.venue_opening_micro(venue)))}"
    return f"{amount} ({closing})" if closing else amount


def _closing(leg: Leg, closable: Closable) -> str:
    """Say what a leg closes of the account's position, and what of that is left to others."""
    closes = closing_part(leg.quantity, closable.quantity)
    left = f"running jobs and live orders may close {text_of(closable.promised)}" if closable.promised else ""
    if closes == leg.quantity or not (closes or left):
        return f"closes {text_of(closes)} of {text_of(leg.quantity)}" if closes else ""
    return f"closes {text_of(closes)} of {text_of(leg.quantity)}{': ' if left else ''}{left}"


def single_reserve(case: JobCase) -> JobFinding:
    """Judge what the legs at one venue reserve together by the share of its equity that one reservation may be.

    The capital hub asks the same: a job reserves at a venue once.
    """
    told: list[tuple[str, VenueLook]] = []
    for name in case.job.venues:
        venue = case.market.venues.get(name)
        if venue is None or venue.single_limit_usd is None:
            return missing(f"equity of {name}", "{}", "a share of each venue's equity")
        if not case.venue_opening_micro(name) <= room_micro(venue.single_limit_usd):
            limit, observed = partial(_single_limit, venue), partial(_amount, case, name)
            return JobFinding(False, "at most {}", limit, observed)
        told.append((name, venue))
    return JobFinding(
        True,
        "at most {}",
        lambda: ", ".join(f"{name} {_single_limit(venue)}" for name, venue in told),
        lambda: ", ".join(_amount(case, name) for name, _ in told),
    )


def _single_limit(venue: VenueLook) -> str:
    limit, equity = venue.single_limit_usd, venue.equity_usd
    assert limit is not None, "asked for where it is known only"
    if equity is None or not equity > 0:
        return text_of(limit)
    return f"{text_of(limit)} ({text_of(limit * 100 / equity)} % of {text_of(equity)})"


def safe_mode(case: JobCase) -> JobFinding:
    limit = "no arbitrage at a venue in safe mode"
    if pool_of(case.job) is not Pool.ARB:
        return judged(True, limit, f"{case.job.strategy_type}: not concerned")
    for name in case.job.venues:
        venue = case.market.venues.get(name)
        if venue is None:
            return missing(f"venue {name}", "{}", limit)
        if venue.is_safe_mode:
            return judged(False, limit, f"{name} is in safe mode")
    return judged(True, limit, "none in safe mode")


def venue_notional(case: JobCase) -> JobFinding:
    limit = case.rules.jobs.max_notional_per_venue_usd
    for name in case.job.venues:
        venue = case.market.venues.get(name)
        if venue is None:
            return missing(f"venue {name}", "at most {}", limit)
        if not case.venue_micro(name) <= venue_notional_room(venue, case.rules):
            running, more = venue.running_notional_usd, usd_of(case.venue_micro(name))
            return JobFinding(
                False,
                "at most {}",
                limit,
                lambda name=name, running=running, more=more: (
                    f"{name} {text_of(running + more)} ({text_of(running)} running and {text_of(more)})"
                ),
            )
    return JobFinding(True, "at most {}", limit, "within at each venue")


def venue_notional_room(venue: VenueLook, rules: Rulebook) -> float:
    """Return how much more may run at a venue, in whole millionths of a dollar."""
    if not venue.running_notional_usd.is_finite():
        return -1.0
    return rules.max_venue_micro_usd - float((venue.running_notional_usd * MICRO).to_integral_value(ROUND_CEILING))


def edge_after_costs(case: JobCase) -> JobFinding:
    """Demand that the edge pays for fees, depth-implied slippage and funding; a rebalance may lose what it says.

    The edge counts from best price to best price, so the slippage is what lies beyond the best prices.
    """
    edge = float(case.job.expected_edge_bps) + float(case.job.max_acceptable_loss_bps)
    paid = case.funding_cost_bps if case.funding_cost_bps > 0.0 else 0.0
    passed = edge >= case.costs_bps + paid
    words = "at least {} of fees, slippage and funding"
    if is_missing(case.costs_bps):
        return missing("price, fee or depth", words, "the costs")
    return JobFinding(passed, words, case.costs_bps + paid, edge)


def min_edge(case: JobCase) -> JobFinding:
    limit = case.rules.jobs.min_edge_bps[case.account.mode]
    if case.job.strategy_type is JobType.REBALANCE:
        return judged(True, "not demanded of a rebalance", case.job.expected_edge_bps)
    passed = float(case.job.expected_edge_bps) >= float(limit)
    return JobFinding(passed, "at least {}", limit, case.job.expected_edge_bps)


def funding_cost(case: JobCase) -> JobFinding:
    limit, observed = case.rules.max_funding_cost_bps, case.funding_cost_bps
    if is_missing(observed):
        return missing("funding rate of each leg", "at most {}", limit)
    return JobFinding(observed <= limit, "at most {}", limit, observed)
