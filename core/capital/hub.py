"""The capital hub: the one authority over what a venue's money may be bound to."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Final

from core.capital.book import CapitalBook
from core.capital.closing import leg_claim
from core.capital.controls import Wish, judge
from core.capital.limits import CapitalLimits
from core.capital.look import CapitalLook
from core.capital.point_value import PointValue
from core.capital.state import PositionCapital
from core.capital.venue_capital import PoolCapital, VenueCapital
from core.capital.verdict import CapitalVerdict
from core.journal.facts import AnyFact, CapitalReleased, CapitalReserved, JobStarted, ResultRecorded
from core.ledger.position import EXACT, ZERO
from core.risk.verdict import UNKNOWN, Check, Hardness
from core.state.desk import CapitalView, PoolView
from core.types.capital import Claim, Pool
from core.types.job import HedgeJob, JobType, Leg, VenueResult

_POOL_OF_JOB: Final = {JobType.HEDGE: Pool.HEDGE, JobType.ARB: Pool.ARB, JobType.REBALANCE: Pool.HEDGE}


class CapitalHub:
    """Judge and record reservations; all it knows besides the book is equity.

    A grant is the fact it records: `record` must fold it into the book before it returns, so that the next
    question already sees it.
    """

    def __init__(
        self, book: CapitalBook, limits: CapitalLimits, record: Callable[[AnyFact], None], point_usd: PointValue
    ) -> None:
        self._book = book
        self._limits = limits
        self._record = record
        self._point_usd = point_usd
        self._equity_usd: dict[str, Decimal | None] = {}

    # equity and results ----------------------------------------------------------------------------

    def update_equity(self, venue: str, equity_usd: Decimal | None) -> None:
        """Take over what a venue's account is worth now; None, or no number, where that is not known."""
        is_number = equity_usd is not None and equity_usd.is_finite()
        self._equity_usd[venue] = equity_usd if is_number else None

    def record_pnl(self, venue: str, pnl_usd: Decimal, volume_usd: Decimal, fees_usd: Decimal, now_ns: int) -> None:
        """Record something for the day that no job tells of; what jobs come to is booked with their ends.

        Raises ValueError, with nothing recorded, for what is no number.
        """
        if not all(each.is_finite() for each in (pnl_usd, volume_usd, fees_usd)):
            raise ValueError(f"result of {venue} is not a number: {pnl_usd}, {volume_usd}, {fees_usd}")
        result = VenueResult(venue=venue, pnl_usd=pnl_usd, volume_usd=volume_usd, fees_usd=fees_usd)
        self._record(ResultRecorded(at_ns=now_ns, result=result))

    # reservations under a free name ----------------------------------------------------------------

    def reserve_for_hedge(self, venue: str, owner: str, amount_usd: Decimal, now_ns: int) -> CapitalVerdict:
        """Set dollars of the hedge pool aside under a name, or say why not."""
        return self._set_aside(Pool.HEDGE, venue, owner, amount_usd, now_ns)

    def reserve_for_arb(self, venue: str, owner: str, amount_usd: Decimal, now_ns: int) -> CapitalVerdict:
        """Set dollars of the arb pool aside under a name, or say why not."""
        return self._set_aside(Pool.ARB, venue, owner, amount_usd, now_ns)

    def release(self, owner: str, now_ns: int) -> None:
        """Free everything set aside under a name; nothing happens for a name that holds nothing."""
        if self._book.has_owner(owner):
            self._record(CapitalReleased(at_ns=now_ns, owner=owner))

    def _set_aside(self, pool: Pool, venue: str, owner: str, amount_usd: Decimal, now_ns: int) -> CapitalVerdict:
        wish = Wish(pool, _positive(amount_usd), self._book.owner_usd(owner, venue))
        checks = tuple(judge(self.capital_of(venue), wish))
        if not all(check.passed for check in checks):
            return CapitalVerdict(checks=checks)
        claim = Claim(venue=venue, pool=pool, amount_usd=amount_usd)
        self._record(CapitalReserved(at_ns=now_ns, owner=owner, claim=claim))
        return CapitalVerdict(checks=checks, claims=(claim,))

    # jobs ------------------------------------------------------------------------------------------

    def can_reserve_for_job(
        self, job: HedgeJob, leg_notionals_usd: Sequence[Decimal], closes: Sequence[Decimal] = ()
    ) -> CapitalVerdict:
        """Judge all legs of a job; those on one venue together. Nothing is reserved.

        Both are index-aligned with the legs: what each is worth, and the quantity of it that closes a position, for
        which nothing is bound. Nobody else may count on closing the same.
        """
        checks = [_has_no_claims_yet(job, self._book)]
        closing = tuple(closes) or (ZERO,) * len(job.legs)
        if not job.legs or not len(job.legs) == len(leg_notionals_usd) == len(closing):
            checks.append(_every_leg_has_an_amount(job, leg_notionals_usd))
            return CapitalVerdict(checks=tuple(checks))
        if any(closing):
            checks.append(_closes_no_more_than_its_legs(job, closing))
        pool = _POOL_OF_JOB[job.strategy_type]
        claims = [
            _claim_of(leg, pool, usd, quantity)
            for leg, usd, quantity in zip(job.legs, leg_notionals_usd, closing, strict=True)
        ]
        for venue in job.venues:
            total = _sum([claim for leg, claim in zip(job.legs, claims, strict=True) if leg.venue == venue])
            checks.extend(judge(self.capital_of(venue), Wish(pool, total)))
        if not all(check.passed for check in checks):
            return CapitalVerdict(checks=tuple(checks))
        return CapitalVerdict(checks=tuple(checks), claims=tuple(claim for claim in claims if claim is not None))

    def reserve_for_job(
        self,
        job: HedgeJob,
        leg_notionals_usd: Sequence[Decimal],
        started: Callable[[CapitalVerdict], JobStarted],
        closes: Sequence[Decimal] = (),
    ) -> CapitalVerdict:
        """Reserve all legs of a job or none, and record its start: the fact that `started` makes of the grant.

        Raises ValueError, with nothing recorded, when that fact names another job or other claims, and RuntimeError
        when recording it did not fold it: a later question would then promise the same dollars again.
        """
        verdict = self.can_reserve_for_job(job, leg_notionals_usd, closes)
        if verdict.is_granted:
            fact = started(verdict)
            if (fact.job_id, fact.claims) != (job.job_id, verdict.claims):
                raise ValueError(f"start of job {job.job_id} says {fact.job_id} with {fact.claims}")
            self._record(fact)
            if self._book.job_legs(job.job_id) is None:
                raise RuntimeError(f"the start of job {job.job_id} was recorded and not folded into the book")
        return verdict

    # reading ---------------------------------------------------------------------------------------

    def look(self, venue: str) -> CapitalLook:
        """Return what the order gate may know of a venue's capital."""
        return self.capital_of(venue).look()

    def capital_of(self, venue: str) -> VenueCapital:
        """Return the venue's capital in numbers."""
        equity_usd = self._equity_usd.get(venue)
        usable = equity_usd if equity_usd is not None and equity_usd > 0 else None
        return VenueCapital(
            venue=venue,
            equity_usd=usable,
            pools=tuple(self._pool_capital(venue, pool, usable) for pool in Pool),
            in_flight_usd=self._book.in_flight_usd(venue),
            limits=self._limits,
            safe_mode=self._book.is_safe_mode(venue),
        )

    def current_snapshot(self) -> list[CapitalView]:
        """Return every venue that has an equity, a result or anything bound, sorted by name."""
        venues = (*self._equity_usd, *self._book.venues(), *self._book.day.venues())
        return [self._view(venue) for venue in sorted(dict.fromkeys(venues))]

    def _pool_capital(self, venue: str, pool: Pool, equity_usd: Decimal | None) -> PoolCapital:
        share = self._limits.pools.of(pool)
        valued = [(position, self._bound_usd(position, pool)) for position in self._book.committed(venue)]
        return PoolCapital(
            pool=pool,
            share=share,
            budget_usd=None if equity_usd is None else EXACT.multiply(equity_usd, share),
            reserved_usd=self._book.reserved_usd(venue, pool),
            committed_usd=reduce(EXACT.add, (usd for _, usd in valued if usd is not None), ZERO),
            unvalued=tuple(str(position.instrument_id) for position, usd in valued if usd is None),
        )

    def _bound_usd(self, position: PositionCapital, pool: Pool) -> Decimal | None:
        """Return what a position binds of a pool, None while its value is not known."""
        if pool is Pool.ARB and position.unpriced_quantity:
            return None
        bound = position.bound.get(pool)
        if bound is None or not bound.points:
            return bound.usd if bound else ZERO
        point_usd = self._point_usd(position.instrument_id)
        return None if point_usd is None else EXACT.fma(bound.points, point_usd, bound.usd)

    def _view(self, venue: str) -> CapitalView:
        capital, day = self.capital_of(venue), self._book.day.of(venue)
        pools = [
            PoolView(
                pool=each.pool,
                budget_usd=each.budget_usd,
                reserved_usd=each.reserved_usd,
                committed_usd=each.committed_usd,
                free_usd=each.free_usd,
            )
            for each in capital.pools
        ]
        return CapitalView(
            venue=venue,
            equity_usd=self._equity_usd.get(venue),
            pools=pools,
            in_flight_usd=capital.in_flight_usd,
            in_flight_limit_usd=capital.in_flight_limit_usd,
            single_limit_usd=capital.single_limit_usd,
            safe_mode=capital.safe_mode,
            today_pnl_usd=day.pnl_usd,
            today_volume_usd=day.volume_usd,
            today_fees_usd=day.fees_usd,
        )


def _has_no_claims_yet(job: HedgeJob, book: CapitalBook) -> Check:
    holds = book.job_legs(job.job_id) is not None
    observed = f"job {job.job_id} {'holds capital already' if holds else 'holds none'}"
    return _fact_check("reserved_once", "a job reserves once", observed, passed=not holds)


def _every_leg_has_an_amount(job: HedgeJob, leg_notionals_usd: Sequence[Decimal]) -> Check:
    observed = f"{UNKNOWN}{len(leg_notionals_usd)} amounts for {len(job.legs)} legs"
    return _fact_check("leg_amounts", "one amount a leg", observed, passed=False)


def _fact_check(rule: str, limit: str, observed: str, *, passed: bool) -> Check:
    return Check(rule=rule, hardness=Hardness.HARD, unit="", limit=limit, observed=observed, passed=passed)


def _positive(amount: Decimal) -> Decimal | None:
    return amount if amount.is_finite() and amount > 0 else None


def _claim_of(leg: Leg, pool: Pool, leg_usd: Decimal, closes: Decimal) -> Claim | None:
    """Return what a leg claims, None where its value or what it closes is no such quantity."""
    if _positive(leg_usd) is None or not _is_part(closes, leg.quantity):
        return None
    return leg_claim(leg.venue, pool, leg_usd, leg.quantity, closes)


def _closes_no_more_than_its_legs(job: HedgeJob, closes: Sequence[Decimal]) -> Check:
    passed = all(_is_part(each, leg.quantity) for leg, each in zip(job.legs, closes, strict=True))
    told = ((leg, each) for leg, each in zip(job.legs, closes, strict=True) if each)
    observed = ", ".join(f"{leg.instrument_id} {each:f} of {leg.quantity:f}" for leg, each in told)
    return _fact_check("closes", "a part of the leg, which binds nothing", observed, passed=passed)


def _is_part(part: Decimal, whole: Decimal) -> bool:
    return part.is_finite() and 0 <= part <= whole


def _sum(claims: Sequence[Claim | None]) -> Decimal | None:
    """Add claims; None where one of them is unknown."""
    known = [claim.amount_usd for claim in claims if claim is not None]
    return reduce(EXACT.add, known, ZERO) if len(known) == len(claims) else None
