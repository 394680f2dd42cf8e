"""Pre-flight: all legs are looked at before the first order of any; nothing is begun that cannot be finished.

Whether the job is worth it (edge, funding, risk) was the risk hub's question; this one is whether it can be done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from core.book.book import Book
from core.execution.exposure import in_lots
from core.execution.plan import Plan, Unfit, UnwindStep
from core.execution.prices import BPS, banded_price, book_flaw
from core.execution.primary import slice_size
from core.execution.view import LegView
from core.jobs.limits import JobLimits
from core.risk.rules.finding import Finding, at_least, at_most, judged, missing
from core.risk.verdict import Check, Hardness
from core.types.instrument import AssetType, Instrument
from core.types.job import HedgeJob, JobType, Leg
from core.types.order import Side

ZERO: Final = Decimal(0)


class Level(NamedTuple):
    price: Decimal
    quantity: Decimal


class PreflightLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One leg as pre-flight sees it; levels best first."""

    view: LegView
    taking: tuple[Level, ...]  # what an order of the leg would meet
    giving_back: tuple[Level, ...]  # what its unwind would meet
    in_doubt: tuple[str, ...] = ()  # own orders on its book that nobody knows the fate of
    room_usd: Decimal | None  # largest position more that cash, holding or margin carries
    reserve_usd: Decimal | None  # what one order can take of the venue's reserve pool
    order_budget: int | None  # orders the venue takes from now on without a pause
    closable: Decimal = Decimal(0)  # quantity of the leg that would close a position of the account


class PreflightView(msgspec.Struct, frozen=True, kw_only=True):
    now_ns: int
    legs: tuple[PreflightLeg, ...]
    limits: JobLimits
    stale_after_ns: int


@dataclass(frozen=True, slots=True)
class _Leg:
    """A leg whose inputs are all there."""

    index: int
    leg: Leg
    look: PreflightLeg
    instrument: Instrument
    touch: Decimal
    bid: Decimal
    rate: Decimal

    @property
    def unit_usd(self) -> Decimal:
        return self.instrument.notional(self.touch, self.rate)

    @property
    def needed_usd(self) -> Decimal:
        return self.unit_usd * self.leg.quantity * (1 + max(ZERO, self.instrument.taker_fee_rate))

    @property
    def draws_money(self) -> bool:
        """Tell whether the leg stands on cash or margin; a holding that is sold does not."""
        return self.instrument.asset_type is AssetType.PERPETUAL or self.leg.side is Side.BUY


@dataclass(frozen=True, slots=True)
class _Slices:
    count: int
    largest: Decimal
    smallest: Decimal


def levels_of(book: Book, side: Side, depth: int = 100) -> tuple[Level, ...]:
    """Return the levels that a taker on a side meets, best first; none of a book that is not valid."""
    bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(depth)
    ticks, lots = (ask_ticks, ask_lots) if side is Side.BUY else (bid_ticks, bid_lots)
    rules = book.instrument
    return tuple(
        Level(rules.ticks_to_price(tick), rules.lots_to_quantity(lot))
        for tick, lot in zip(ticks.tolist(), lots.tolist(), strict=True)
    )


def preflight(job: HedgeJob, view: PreflightView) -> Plan | Unfit:
    """Judge every leg and choose the way back; return the plan, or every control with its numbers."""
    checks = list(_inputs(job, view))
    if not all(check.passed for check in checks):
        return Unfit(checks=tuple(checks))
    legs = tuple(_complete(index, leg, look) for index, (leg, look) in enumerate(zip(job.legs, view.legs, strict=True)))
    slices = _slices(legs[0], view.limits)
    checks += [*_sizes(legs, slices, view.limits), *_means(legs, slices, view.limits), *_shared_funds(legs)]
    steps = [_unwind_step(job, leg, slices, view.limits) for leg in (legs if len(legs) > 2 else legs[:1])]
    checks += [check for leg, step in zip(legs, steps, strict=False) for check in _way_back(leg, step)]
    unwind = tuple(step for step in steps if step is not None)
    weights_usd = tuple(leg.leg.quantity * leg.instrument.contract_size * leg.rate for leg in legs)
    slack_usd = _slack_usd(job, legs, weights_usd)
    if job.is_edge_shown:
        checks.append(_check("edge_shown", "USD after fees", at_least(slack_usd, ZERO)))
    if not all(check.passed for check in checks):
        return Unfit(checks=tuple(checks))
    return Plan(
        touches=tuple(leg.touch for leg in legs),
        weights_usd=weights_usd,
        slack_usd=max(ZERO, slack_usd),
        contract_sizes=tuple(leg.instrument.contract_size for leg in legs),
        slice_count=slices.count,
        unwind=unwind,
        checks=tuple(checks),
    )


def _inputs(job: HedgeJob, view: PreflightView) -> Iterator[Check]:
    """Yield what has to be there before anything can be calculated."""
    yield _check("legs", "legs", judged(len(job.legs) >= 2, "at least 2", len(job.legs)))
    ids: list[str] = []
    for leg, look in zip(job.legs, view.legs, strict=True):
        instrument = look.view.instrument
        is_known = instrument is not None and instrument.id == leg.instrument_id
        yield _check("known_instrument", "", judged(is_known, "known rules", leg.instrument_id))
        if instrument is None:
            continue
        ids.append(instrument.book_id)
        flaw = book_flaw(look.view, view.now_ns, view.stale_after_ns, view.limits.hedge_bands_bps[-1])
        doubts = ", ".join(look.in_doubt[:3])
        yield _check("in_doubt", "", judged(not doubts, "no own order in doubt on the book", doubts or "none"))
        yield _check("usable_book", "", judged(flaw is None, "market open, book valid and fresh", flaw or "usable"))
        rate = look.view.quote_usd
        text = missing("known", f"dollar rate of {instrument.quote}") if rate is None else judged(True, "known", rate)
        yield _check("dollar_rate", f"USD/{instrument.quote}", text)
        yield _check("leg_quantity", "", judged(leg.quantity > 0, "above 0", leg.quantity))
    yield _check("distinct_books", "", judged(len(dict.fromkeys(ids)) == len(ids), "one book a leg", ", ".join(ids)))


def _sizes(legs: tuple[_Leg, ...], slices: _Slices, limits: JobLimits) -> Iterator[Check]:
    """Yield what lots and minimums say, also of the smallest slice and its hedges (F14)."""
    for leg in legs:
        traded = leg.instrument.floor_quantity(leg.leg.quantity)
        rest_pct = (leg.leg.quantity - traded) * 100 / leg.leg.quantity
        what = f"{_text(rest_pct)} left of {leg.leg.quantity:f} {leg.instrument.id}"
        yield _check(
            "whole_lots",
            "%",
            judged(rest_pct <= limits.hedge_tolerance_pct, f"at most {limits.hedge_tolerance_pct:f}", what),
        )
        smallest = slices.smallest if leg.index == 0 else _in_proportion(legs[0], leg, slices.smallest)
        yield from _minimums(leg, traded, "leg")
        yield from _minimums(leg, smallest, "slice")


def _minimums(leg: _Leg, quantity: Decimal, what: str) -> Iterator[Check]:
    instrument, name = leg.instrument, f"{what} of {leg.instrument.id}"
    least = max(instrument.min_quantity, instrument.order_lot)
    yield _check(f"{what}_min_quantity", "", judged(quantity >= least, f"at least {least:f}", f"{quantity:f} {name}"))
    value = instrument.notional(leg.bid, quantity)
    is_enough = value >= instrument.min_notional
    limit = f"at least {instrument.min_notional:f}"
    yield _check(f"{what}_min_notional", instrument.quote, judged(is_enough, limit, f"{_text(value)} {name}"))


def _means(legs: tuple[_Leg, ...], slices: _Slices, limits: JobLimits) -> Iterator[Check]:
    """Yield what books, accounts and rate limits can carry; legs at one venue share its budget."""
    for leg in legs:
        band, quantity = (0, slices.largest) if leg.index == 0 else (-1, leg.leg.quantity)
        worst = banded_price(leg.instrument, leg.leg.side, leg.touch, limits.hedge_bands_bps[band])
        inside = sum((x.quantity for x in leg.look.taking if (worst - x.price) * leg.leg.side.sign >= 0), ZERO)
        what = f"{inside:f} {leg.instrument.id} up to {worst:f}"
        yield _check("depth", "", judged(inside >= quantity, f"at least {quantity:f}", what))
        yield _check("funds", "USD", _enough(leg.look.room_usd, leg.needed_usd, f"cash or margin at {leg.leg.venue}"))
        orders = sum(_orders(other, limits) for other in legs if other.leg.venue == leg.leg.venue)
        budget = None if leg.look.order_budget is None else Decimal(leg.look.order_budget)
        yield _check("order_budget", "orders", _enough(budget, Decimal(orders), f"rate budget of {leg.leg.venue}"))


def _shared_funds(legs: tuple[_Leg, ...]) -> Iterator[Check]:
    """Yield what legs at one venue take of its money together: each alone would find all of it free."""
    for venue in dict.fromkeys(leg.leg.venue for leg in legs):
        drawing = [leg for leg in legs if leg.leg.venue == venue and leg.draws_money]
        if len(drawing) > 1 and all(leg.look.room_usd for leg in drawing):
            taken = sum((leg.needed_usd * 100 / leg.look.room_usd for leg in drawing if leg.look.room_usd), ZERO)
            yield _check("shared_funds", f"% of the money at {venue}", at_most(taken, Decimal(100)))


def _orders(leg: _Leg, limits: JobLimits) -> int:
    """Return the orders one slice takes where everything goes wrong."""
    return 1 + len(limits.unwind_bands_bps) if leg.index == 0 else len(limits.hedge_bands_bps)


def _way_back(leg: _Leg, step: UnwindStep | None) -> Iterator[Check]:
    instrument_id = leg.instrument.id
    if step is None:
        depth = missing("enough for the largest slice", f"depth to give {instrument_id} back")
        yield _check("unwind_depth", "", depth)
        return
    yield _check("unwind_depth", "", judged(True, "enough for the largest slice", str(step)))
    yield _check(
        "unwind_reserve", "USD", _enough(leg.look.reserve_usd, step.reserve_usd, f"reserve of {leg.leg.venue}")
    )


def _unwind_step(job: HedgeJob, leg: _Leg, slices: _Slices, limits: JobLimits) -> UnwindStep | None:
    """Return the way back of one leg, None where its book is too thin for it."""
    first = slices.largest
    quantity = (
        first
        if leg.index == 0
        else in_lots(Fraction(first) * Fraction(leg.leg.quantity) / Fraction(job.legs[0].quantity), leg.instrument)
    )
    side = leg.leg.side.opposite
    touch = leg.look.view.touch(side)
    assert touch is not None, "the book was found usable"
    worst = banded_price(leg.instrument, side, touch, limits.unwind_bands_bps[-1])
    average = _average(leg.look.giving_back, side, quantity, worst)
    if average is None:
        return None
    unit_usd = leg.instrument.contract_size * leg.rate * quantity
    fee_rate = max(ZERO, leg.instrument.taker_fee_rate)
    # What the leg closes its unwind opens again, with new capital.
    opens_usd = min(quantity, leg.look.closable) * leg.instrument.notional(max(worst, leg.touch), leg.rate)
    return UnwindStep(
        leg=leg.index,
        instrument_id=leg.instrument.id,
        side=side,
        quantity=quantity,
        cost_usd=((leg.touch - average) * leg.leg.side.sign + average * fee_rate) * unit_usd,
        reserve_usd=((leg.touch - worst) * leg.leg.side.sign + worst * fee_rate) * unit_usd + opens_usd,
    )


def _average(levels: tuple[Level, ...], side: Side, quantity: Decimal, worst: Decimal) -> Decimal | None:
    """Return the average price of a taker, None where the depth up to the worst price does not suffice."""
    left, value = quantity, ZERO
    for level in levels:
        if left <= 0 or (level.price - worst) * side.sign > 0:
            break
        taken = min(left, level.quantity)
        left, value = left - taken, value + taken * level.price
    return value / quantity if quantity > 0 and left <= 0 else None


def _slices(primary: _Leg, limits: JobLimits) -> _Slices:
    most, lot = limits.max_naked_usd / primary.unit_usd, primary.instrument.order_lot
    whole = primary.instrument.floor_quantity(primary.leg.quantity)
    largest = slice_size(whole, most, lot)
    if largest <= 0:
        return _Slices(0, ZERO, ZERO)
    count = int(-(-whole // largest))
    return _Slices(count, largest, whole - largest * (count - 1))


def _in_proportion(primary: _Leg, leg: _Leg, quantity: Decimal) -> Decimal:
    part = Fraction(quantity) / Fraction(primary.leg.quantity)
    return in_lots(part * Fraction(leg.leg.quantity), leg.instrument)


def _slack_usd(job: HedgeJob, legs: tuple[_Leg, ...], weights_usd: tuple[Decimal, ...]) -> Decimal:
    """Return how much worse than the touches the whole job may trade before fees have eaten its edge.

    An edge by the books is what these show: where they show less by now than was expected, that counts.
    """
    edge_usd = job.expected_edge_bps * job.notional_usd / BPS
    if job.is_edge_shown:
        shown = sum((-x.leg.side.sign * x.touch * w for x, w in zip(legs, weights_usd, strict=True)), ZERO)
        edge_usd = min(edge_usd, shown)
    if job.strategy_type is JobType.REBALANCE:
        edge_usd += job.max_acceptable_loss_bps * job.notional_usd / BPS
    fees = (x.instrument.taker_fee_rate * x.touch * w for x, w in zip(legs, weights_usd, strict=True))
    return edge_usd - sum(fees, ZERO)


def _complete(index: int, leg: Leg, look: PreflightLeg) -> _Leg:
    instrument, touch = look.view.instrument, look.view.touch(leg.side)
    bid, rate = look.view.best_bid, look.view.quote_usd
    assert instrument is not None, "checked before"
    assert touch is not None, "checked before"
    assert bid is not None, "checked before"
    assert rate is not None, "checked before"
    return _Leg(index, leg, look, instrument, touch, bid, rate)


def _enough(free: Decimal | None, needed: Decimal, what: str) -> Finding:
    return missing(f"at least {_text(needed)}", what) if free is None else at_least(free, needed)


def _check(rule: str, unit: str, finding: Finding) -> Check:
    return Check(
        rule=rule,
        hardness=Hardness.HARD,
        unit=unit,
        limit=finding.limit,
        observed=finding.observed,
        passed=finding.passed,
    )


def _text(value: Decimal) -> str:
    return f"{value:.8f}".rstrip("0").rstrip(".")
