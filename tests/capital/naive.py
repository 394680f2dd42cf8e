"""Capital recomputed the naive way: one purse of rational numbers per holder, money only ever moved between purses.

Shares nothing with the book but the order tracker's word on whether an order can still be filled.
"""

from fractions import Fraction
from typing import NamedTuple

from core.journal.facts import (
    AnyFact,
    CapitalReleased,
    CapitalReserved,
    JobFinished,
    JobStarted,
    OrderFilled,
    OrderIntended,
    PositionAdopted,
)
from core.orders.tracker import OrderTracker
from core.types.capital import Pool
from core.types.job_tag import LegRole
from core.types.order import Order, OrderStatus


class Purse(NamedTuple):
    holder: str  # "job j1 0", "order o1", "name x", "position BTC@sim-a"
    venue: str
    pool: Pool
    is_drawn: bool = False  # of an order: taken from its leg


class Naive:
    def __init__(self, facts: list[AnyFact]) -> None:
        self.purses: dict[Purse, Fraction] = {}
        self.quantity: dict[str, Fraction] = {}
        self._unit: dict[str, Fraction] = {}
        self._opened: dict[str, Fraction] = {}
        self._intended: dict[str, OrderIntended] = {}
        self._legs: dict[str, JobStarted] = {}
        self._tracker = OrderTracker()
        self._seen: set[tuple[str, str]] = set()
        for fact in facts:
            self._apply(fact)

    def total(self, kind: str, venue: str, pool: Pool) -> Fraction:
        found = (p for p in self.purses if (p.holder.split()[0], p.venue, p.pool) == (kind, venue, pool))
        return sum((self.purses[purse] for purse in found), Fraction(0))

    def reserved(self, venue: str, pool: Pool) -> Fraction:
        return sum((self.total(kind, venue, pool) for kind in ("job", "order", "name")), Fraction(0))

    def _apply(self, fact: AnyFact) -> None:
        self._tracker.apply(fact)
        match fact:
            case JobStarted():
                self._legs[fact.job_id] = fact
                for place, claim in enumerate(fact.claims):
                    self._put(Purse(f"job {fact.job_id} {place}", claim.venue, claim.pool), Fraction(claim.amount_usd))
            case JobFinished():
                for place in range(len(self._legs.pop(fact.job_id).claims)):
                    self._drop(f"job {fact.job_id} {place}")
            case CapitalReserved():
                claim = fact.claim
                self._put(Purse(f"name {fact.owner}", claim.venue, claim.pool), Fraction(claim.amount_usd))
            case CapitalReleased():
                self._drop(f"name {fact.owner}")
            case OrderIntended():
                self._intended[fact.intent.client_order_id] = fact
            case OrderFilled():
                self._filled(fact)
            case PositionAdopted():
                self._adopted(fact)
            case _:
                pass
        for client_order_id in self._intended:
            order = self._tracker.get(client_order_id)
            if order is not None:
                self._hold(client_order_id, self._wanted(order))

    def _wanted(self, order: Order) -> Fraction:
        is_awaited = order.status is OrderStatus.FILLED and order.remaining_quantity > 0
        claim = self._intended[order.intent.client_order_id].claim
        if claim is None or not (order.status.may_live or is_awaited):
            return Fraction(0)
        unopened = Fraction(claim.opening_quantity) - self._opened.get(order.intent.client_order_id, Fraction(0))
        return Fraction(claim.unit_usd) * max(Fraction(0), min(unopened, Fraction(order.remaining_quantity)))

    def _hold(self, client_order_id: str, wanted: Fraction) -> None:
        leg, drawn, own = self._purses_of(client_order_id)
        missing = wanted - self._in(drawn) - self._in(own)
        if missing > 0:
            from_leg = min(missing, self._in(leg)) if leg else Fraction(0)
            self._put(drawn, from_leg)
            self._put(own, missing - from_leg)
            if leg:
                self._put(leg, -from_leg)
        elif missing < 0:
            from_own = min(-missing, self._in(own))
            self._put(own, -from_own)
            self._put(drawn, missing + from_own)
            if leg:
                self._put(leg, -missing - from_own)

    def _purses_of(self, client_order_id: str) -> tuple[Purse | None, Purse, Purse]:
        fact = self._intended[client_order_id]
        intent, tag = fact.intent, fact.intent.job
        pool = fact.claim.pool if fact.claim else Pool.ARB
        leg = None
        if tag is not None and tag.role is not LegRole.UNWIND and tag.job_id in self._legs:
            claim = self._legs[tag.job_id].claims[tag.leg]
            leg = Purse(f"job {tag.job_id} {tag.leg}", claim.venue, claim.pool)
        drawn_pool = Pool.HEDGE if tag is not None else pool  # every generated job holds the hedge pool
        holder = f"order {client_order_id}"
        return leg, Purse(holder, intent.venue, drawn_pool, is_drawn=True), Purse(holder, intent.venue, pool)

    def _filled(self, fact: OrderFilled) -> None:
        fill = fact.fill
        if (fill.venue, fill.fill_id) in self._seen:
            return
        self._seen.add((fill.venue, fill.fill_id))
        key = str(fill.instrument_id)
        opened = self._trade(key, fill.venue, Fraction(fill.quantity) * fill.side.sign)
        intended = self._intended.get(fill.client_order_id)
        claim = intended.claim if intended else None
        if claim is None:
            self._unit[key] = Fraction(fill.price)
            self._put(Purse(f"position {key}", fill.venue, Pool.ARB), opened * Fraction(fill.price))
            return
        self._unit[key] = Fraction(claim.unit_usd)
        before = self._opened.get(fill.client_order_id, Fraction(0))
        self._opened[fill.client_order_id] = before + opened
        _, drawn, own = self._purses_of(fill.client_order_id)
        amount = opened * Fraction(claim.unit_usd)
        self._hold(fill.client_order_id, max(amount, self._in(drawn) + self._in(own)))
        from_drawn = min(amount, self._in(drawn))
        for purse, part in ((drawn, from_drawn), (own, amount - from_drawn)):
            self._put(purse, -part)
            self._put(Purse(f"position {key}", fill.venue, purse.pool), part)

    def _adopted(self, fact: PositionAdopted) -> None:
        key = f"{fact.symbol}@{fact.venue}"
        change = Fraction(fact.quantity) - self.quantity.get(key, Fraction(0))
        opened = self._trade(key, fact.venue, change)
        if fact.price is not None:
            self._unit[key] = Fraction(fact.price)
        elif key not in self._unit and fact.average_price > 0:
            self._unit[key] = Fraction(fact.average_price)
        self._put(Purse(f"position {key}", fact.venue, Pool.ARB), opened * self._unit[key])

    def _trade(self, key: str, venue: str, signed: Fraction) -> Fraction:
        held = self.quantity.get(key, Fraction(0))
        closing = min(abs(held), abs(signed)) if held * signed < 0 else Fraction(0)
        for pool in Pool:
            purse = Purse(f"position {key}", venue, pool)
            if closing:
                self._put(purse, -self._in(purse) * closing / abs(held))
        self.quantity[key] = held + signed
        return abs(signed) - closing

    def _in(self, purse: Purse) -> Fraction:
        return self.purses.get(purse, Fraction(0))

    def _put(self, purse: Purse, amount: Fraction) -> None:
        self.purses[purse] = self._in(purse) + amount
        assert self.purses[purse] >= 0, purse

    def _drop(self, holder: str) -> None:
        for purse in [each for each in self.purses if each.holder == holder]:
            del self.purses[purse]
