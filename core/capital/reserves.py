"""What is in flight: dollars set aside for jobs, for live orders and under free names."""

from collections.abc import Iterator
from copy import copy
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from typing import Final

import msgspec

from core.capital.state import JobReserve, LegReserve, OrderReserve, OwnerReserve
from core.ledger.position import EXACT, ZERO
from core.types.capital import Claim, OrderClaim, Pool
from core.types.job_tag import LegRole
from core.types.order import Order, OrderIntent, OrderStatus

KEPT_FINAL_ORDERS: Final = 1_000
"""Orders that ended and may still be filled late or turn out to live; as many as the order tracker remembers."""


class AmendedTerms(StrEnum):
    """What became of the terms that an amend asked for."""

    HOLD = "hold"
    REFUSED = "refused"


class Reserves:
    """Every dollar in flight has one holder: the leg of a job, an order, or a free name."""

    def __init__(self) -> None:
        self._jobs: dict[str, list[LegReserve]] = {}
        self._owners: dict[str, tuple[Claim, ...]] = {}
        self._live: dict[str, OrderReserve] = {}
        self._final: dict[str, OrderReserve] = {}  # oldest first
        self._in_flight: dict[str, dict[Pool, Decimal]] = {}

    # reading ---------------------------------------------------------------------------------------

    def in_flight_usd(self, venue: str, pool: Pool) -> Decimal:
        return self._in_flight.get(venue, {}).get(pool, ZERO)

    def venues(self) -> Iterator[str]:
        return (venue for venue, pools in self._in_flight.items() if any(pools.values()))

    def job_legs(self, job_id: str) -> tuple[LegReserve, ...] | None:
        """Return what a running job may still bind, leg by leg; None for a job that does not run."""
        legs = self._jobs.get(job_id)
        return None if legs is None else tuple(copy(leg) for leg in legs)

    def owner_usd(self, owner: str, venue: str) -> Decimal:
        claims = (claim for claim in self._owners.get(owner, ()) if claim.venue == venue)
        return reduce(EXACT.add, (claim.amount_usd for claim in claims), ZERO)

    def has_owner(self, owner: str) -> bool:
        return owner in self._owners

    def order(self, client_order_id: str) -> OrderReserve | None:
        """Return what an order holds and has opened; None for one without a claim, or forgotten."""
        return self._live.get(client_order_id) or self._final.get(client_order_id)

    # folding ---------------------------------------------------------------------------------------

    def start_job(self, job_id: str, claims: tuple[Claim, ...]) -> None:
        """Hold the claims of a job, one a leg; a job that runs already keeps what it has."""
        if job_id in self._jobs:
            return
        legs = [LegReserve(venue=each.venue, pool=each.pool, free_usd=_usable(each.amount_usd)) for each in claims]
        self._jobs[job_id] = legs
        for leg in legs:
            self._move(leg.venue, leg.pool, leg.free_usd)

    def finish_job(self, job_id: str) -> None:
        """Free what no order of the job holds; what its live orders hold stays theirs until they end."""
        for leg in self._jobs.pop(job_id, ()):
            self._move(leg.venue, leg.pool, leg.free_usd.copy_negate())

    def set_aside(self, owner: str, claim: Claim) -> None:
        amount_usd = _usable(claim.amount_usd)
        if amount_usd:
            self._owners[owner] = (*self._owners.get(owner, ()), claim)
            self._move(claim.venue, claim.pool, amount_usd)

    def release(self, owner: str) -> None:
        for claim in self._owners.pop(owner, ()):
            self._move(claim.venue, claim.pool, claim.amount_usd.copy_negate())

    def intend(self, intent: OrderIntent, claim: OrderClaim) -> None:
        """Know an order by its claim; `settle` reserves for it."""
        if not (_usable(claim.unit_usd) and _usable(claim.opening_quantity) == claim.opening_quantity):
            return
        tag = intent.job
        may_draw = tag is not None and tag.role is not LegRole.UNWIND
        self._live[intent.client_order_id] = OrderReserve(
            client_order_id=intent.client_order_id,
            venue=intent.venue,
            claim=claim,
            job_id=tag.job_id if tag is not None and may_draw else None,
            leg=tag.leg if tag is not None and may_draw else 0,
            drawn_pool=claim.pool,
        )

    def ask_amend(self, intent: OrderIntent, claim: OrderClaim | None) -> None:
        """Know the claim of other terms that were asked for; until they are settled the order holds the worse."""
        if claim is None:
            return
        reserve = self.order(intent.client_order_id)
        if reserve is None:
            self.intend(intent, msgspec.structs.replace(claim, opening_quantity=ZERO))
            reserve = self.order(intent.client_order_id)
        if reserve is None or not (_usable(claim.unit_usd) and claim.opening_quantity.is_finite()):
            return
        reserve.before, reserve.asked = reserve.claim, claim
        reserve.claim = msgspec.structs.replace(
            reserve.claim,
            unit_usd=max(reserve.claim.unit_usd, claim.unit_usd),
            opening_quantity=max(reserve.claim.opening_quantity, claim.opening_quantity),
        )

    def settle_amend(self, order: Order, terms: AmendedTerms) -> None:
        """Hold one claim again, once the order's amend is no longer open."""
        reserve = self.order(order.intent.client_order_id)
        if reserve is None or reserve.before is None or reserve.asked is None or order.pending_amend is not None:
            return
        reserve.claim = reserve.asked if terms is AmendedTerms.HOLD else reserve.before
        reserve.before = reserve.asked = None

    def take(self, reserve: OrderReserve, opened_quantity: Decimal) -> tuple[tuple[Pool, Decimal], ...]:
        """Take out what a fill has opened and return it by pool; a fill of more than is held binds all the same."""
        amount_usd = EXACT.multiply(reserve.claim.unit_usd, opened_quantity)
        if amount_usd > reserve.held_usd:
            self._hold(reserve, amount_usd)
        drawn = min(reserve.drawn_usd, amount_usd)
        own = EXACT.subtract(amount_usd, drawn)
        reserve.opened_quantity = EXACT.add(reserve.opened_quantity, opened_quantity)
        self._give(reserve, drawn, own)
        return ((reserve.drawn_pool, drawn), (reserve.claim.pool, own))

    def settle(self, order: Order) -> None:
        """Hold what the order can still open: no more after a fill or its end, again when it turns out to live."""
        client_order_id = order.intent.client_order_id
        reserve = self.order(client_order_id)
        if reserve is None:
            return
        left = _left_to_open(order, reserve)
        self._hold(reserve, EXACT.multiply(reserve.claim.unit_usd, left))
        if _can_still_fill(order):
            self._final.pop(client_order_id, None)
            self._live.setdefault(client_order_id, reserve)
        elif self._live.pop(client_order_id, None) is not None:
            self._final[client_order_id] = reserve
            if len(self._final) > KEPT_FINAL_ORDERS:
                del self._final[next(iter(self._final))]

    def _hold(self, reserve: OrderReserve, wanted_usd: Decimal) -> None:
        """Bring what an order holds to an amount: from its leg first, and the leg's last back."""
        missing = EXACT.subtract(wanted_usd, reserve.held_usd)
        leg = self._leg_of(reserve)
        if missing > 0:
            drawn = min(missing, leg.free_usd) if leg else ZERO
            if leg and drawn:
                reserve.drawn_pool = leg.pool
                reserve.drawn_usd = EXACT.add(reserve.drawn_usd, drawn)
                leg.free_usd = EXACT.subtract(leg.free_usd, drawn)
            own = EXACT.subtract(missing, drawn)
            reserve.own_usd = EXACT.add(reserve.own_usd, own)
            self._move(reserve.venue, reserve.claim.pool, own)
        elif missing < 0:
            surplus = missing.copy_negate()
            own = min(surplus, reserve.own_usd)
            drawn = EXACT.subtract(surplus, own)
            self._give(reserve, drawn, own)
            if leg and drawn:
                leg.free_usd = EXACT.add(leg.free_usd, drawn)
                self._move(leg.venue, leg.pool, drawn)

    def _give(self, reserve: OrderReserve, drawn: Decimal, own: Decimal) -> None:
        reserve.drawn_usd = EXACT.subtract(reserve.drawn_usd, drawn)
        reserve.own_usd = EXACT.subtract(reserve.own_usd, own)
        self._move(reserve.venue, reserve.drawn_pool, drawn.copy_negate())
        self._move(reserve.venue, reserve.claim.pool, own.copy_negate())

    def _leg_of(self, reserve: OrderReserve) -> LegReserve | None:
        legs = self._jobs.get(reserve.job_id, []) if reserve.job_id is not None else []
        if not 0 <= reserve.leg < len(legs) or legs[reserve.leg].venue != reserve.venue:
            return None
        return legs[reserve.leg]

    def _move(self, venue: str, pool: Pool, amount_usd: Decimal) -> None:
        pools = self._in_flight.setdefault(venue, {})
        pools[pool] = EXACT.add(pools.get(pool, ZERO), amount_usd)

    # snapshots -------------------------------------------------------------------------------------

    def jobs_state(self) -> list[JobReserve]:
        return [JobReserve(job_id=job_id, legs=[copy(leg) for leg in self._jobs[job_id]]) for job_id in self._jobs]

    def owners_state(self) -> list[OwnerReserve]:
        return [OwnerReserve(owner=owner, claims=claims) for owner, claims in self._owners.items()]

    def orders_state(self) -> tuple[list[OrderReserve], list[OrderReserve]]:
        """Copy what live orders hold, and what is remembered of final ones."""
        return [copy(each) for each in self._live.values()], [copy(each) for each in self._final.values()]

    def restore(
        self,
        jobs: list[JobReserve],
        owners: list[OwnerReserve],
        live: list[OrderReserve],
        final: list[OrderReserve],
    ) -> None:
        """Become what was saved; what is in flight is added up again."""
        self._jobs = {job.job_id: [copy(leg) for leg in job.legs] for job in jobs}
        self._owners = {each.owner: each.claims for each in owners}
        self._live = {each.client_order_id: copy(each) for each in live}
        self._final = {each.client_order_id: copy(each) for each in final}
        self._in_flight = {}
        for venue, pool, amount_usd in self.entries():
            self._move(venue, pool, amount_usd)

    def entries(self) -> Iterator[tuple[str, Pool, Decimal]]:
        """Yield every amount in flight: venue, pool, dollars."""
        for legs in self._jobs.values():
            yield from ((leg.venue, leg.pool, leg.free_usd) for leg in legs)
        for claims in self._owners.values():
            yield from ((claim.venue, claim.pool, claim.amount_usd) for claim in claims)
        for held in self._live.values():
            yield held.venue, held.drawn_pool, held.drawn_usd
            yield held.venue, held.claim.pool, held.own_usd


def _left_to_open(order: Order, reserve: OrderReserve) -> Decimal:
    if not _can_still_fill(order):
        return ZERO
    unopened = EXACT.subtract(reserve.claim.opening_quantity, reserve.opened_quantity)
    return max(ZERO, min(unopened, order.remaining_quantity))


def _can_still_fill(order: Order) -> bool:
    """Tell whether an order may live, or is reported filled and its fills have not all come (F10)."""
    return order.status.may_live or (order.status is OrderStatus.FILLED and order.remaining_quantity > 0)


def _usable(amount: Decimal) -> Decimal:
    """Return an amount that can be reserved; zero for one that is no amount."""
    return amount if amount.is_finite() and amount > 0 else ZERO
