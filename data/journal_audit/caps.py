"""Caps: what claims capital was promised it once, gives it back once, and holds nothing when all is flat."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, Final, cast

from data.journal_audit.amount import ZERO, add, amount, multiply, plain
from data.journal_audit.finding import Body, Finding, Row
from data.journal_audit.money import Money
from data.journal_audit.orders import Life, Orders
from data.journal_audit.symbols import Book

CAPS: Final = "caps"
Pool = tuple[str, str]
"""Venue and pool."""

Claimed = tuple[Pool, Decimal, Decimal]
"""Pool, value of quantity 1, and the quantity that opens exposure."""


class Caps:
    """A `Check`; runs after `Orders` has taken the row."""

    def __init__(self, orders: Orders, money: Money) -> None:
        self._orders = orders
        self._money = money
        self._jobs: dict[str, list[tuple[Pool, Decimal]]] = {}
        self._owners: dict[str, list[tuple[Pool, Decimal, int]]] = {}
        self._order_claims: dict[str, Claimed] = {}
        self._amends: dict[str, tuple[int, Claimed, Claimed]] = {}  # number, the claim before, the claim asked for
        self._peaks: dict[Pool, Decimal] = {}

    def take(self, row: Row) -> Iterator[Finding]:
        match row.kind:
            case "JobStarted":
                yield from self._job_started(row)
            case "JobFinished":
                if self._jobs.pop(str(row.body["job_id"]), None) is None:
                    yield Finding(row.sequence, CAPS, f"job {row.body['job_id']} gives back what it never claimed")
            case "CapitalReserved":
                yield from self._reserved(row)
            case "CapitalReleased":
                if self._owners.pop(str(row.body["owner"]), None) is None:
                    yield Finding(row.sequence, CAPS, f"{row.body['owner']!r} gives back what it never claimed")
            case "OrderIntended":
                yield from self._order_claimed(row)
            case "OrderAmendAsked":
                yield from self._amend_claimed(row)
            case "OrderAmended" | "OrderAmendRefused":
                self._amend_settled(row)
            case _:
                return
        for pool, bound in self._bound().items():
            self._peaks[pool] = max(bound, self._peaks.get(pool, ZERO))

    def _job_started(self, row: Row) -> Iterator[Finding]:
        job_id = str(row.body["job_id"])
        if job_id in self._jobs:
            yield Finding(row.sequence, CAPS, f"job {job_id} claims a second time")
        self._jobs[job_id] = [_claim(each) for each in cast("list[Body]", row.body["claims"])]
        yield from (self._negative(row, f"job {job_id}", claim) for claim in self._jobs[job_id] if claim[1] < 0)

    def _reserved(self, row: Row) -> Iterator[Finding]:
        owner = str(row.body["owner"])
        claim = _claim(row.body["claim"])
        self._owners.setdefault(owner, []).append((*claim, row.sequence))
        if claim[1] < 0:
            yield self._negative(row, repr(owner), claim)

    def _order_claimed(self, row: Row) -> Iterator[Finding]:
        claim: Any = row.body.get("claim")
        life = self._orders.get(str(row.body["intent"]["client_order_id"]))
        if claim is None or life is None or life.sequence != row.sequence:
            return
        what = f"order {life.client_order_id}"
        pool, unit, opening = (life.book[0], str(claim["pool"])), amount(claim, "unit_usd"), _opening(claim)
        self._order_claims[life.client_order_id] = (pool, unit, opening)
        if unit < 0 or opening < 0:
            yield self._negative(row, what, (pool, multiply(unit, opening)))
        if opening > life.quantity:
            text = f"{what} claims for {plain(opening)}, more than its quantity {plain(life.quantity)}"
            yield Finding(row.sequence, CAPS, text)
        if opening and life.reduce_only:
            yield Finding(row.sequence, CAPS, f"{what} is reduce-only and claims for {plain(opening)}")

    def _amend_claimed(self, row: Row) -> Iterator[Finding]:
        """Count the worse of both claims until the amend is settled."""
        claim: Any = row.body.get("claim")
        life = self._orders.get(str(row.body["client_order_id"]))
        if claim is None or life is None:
            return
        name, what = life.client_order_id, f"amend {row.body['number']} of order {life.client_order_id}"
        asked = ((life.book[0], str(claim["pool"])), amount(claim, "unit_usd"), _opening(claim))
        if asked[1] < 0 or asked[2] < 0:
            yield self._negative(row, what, (asked[0], multiply(asked[1], asked[2])))
        if asked[2] > amount(row.body, "quantity"):
            text = f"{what} claims for {plain(asked[2])}, more than its quantity {plain(amount(row.body, 'quantity'))}"
            yield Finding(row.sequence, CAPS, text)
        before = self._order_claims.get(name, (asked[0], ZERO, ZERO))
        self._order_claims[name] = (before[0], max(before[1], asked[1]), max(before[2], asked[2]))
        self._amends[name] = (int(row.body["number"]), before, asked)

    def _amend_settled(self, row: Row) -> None:
        name = str(row.body["client_order_id"])
        number, before, asked = self._amends.get(name, (0, None, None))
        life = self._orders.get(name)
        if before is None or asked is None or life is None or life.terms.asked is not None:
            return
        del self._amends[name]
        holds = row.kind == "OrderAmended" and int(row.body["number"]) >= number
        self._order_claims[name] = asked if holds else before

    def _negative(self, row: Row, what: str, claim: tuple[Pool, Decimal]) -> Finding:
        return Finding(row.sequence, CAPS, f"{what} claims {plain(claim[1])} USD of {claim[0][1]}@{claim[0][0]}")

    def _bound(self) -> dict[Pool, Decimal]:
        """Return what jobs, live orders outside of jobs and owners bind at this row."""
        bound: dict[Pool, Decimal] = {}
        for claims in self._jobs.values():
            for pool, usd in claims:
                bound[pool] = add(bound.get(pool, ZERO), usd)
        for pool, usd, _ in chain.from_iterable(self._owners.values()):
            bound[pool] = add(bound.get(pool, ZERO), usd)
        for life in self._orders.all_live():
            claim = self._order_claims.get(life.client_order_id)
            if claim is not None and life.job is None:
                bound[claim[0]] = add(bound.get(claim[0], ZERO), multiply(claim[1], _unfilled(claim[2], life)))
        return bound

    def finish(self) -> Iterator[Finding]:
        is_quiet = not self._jobs and not any(True for _ in self._orders.all_live())
        if not is_quiet or not self._money.is_flat:
            return
        for owner, held in self._owners.items():
            for pool, usd, sequence in held:
                text = f"{owner!r} still holds {plain(usd)} USD of {_named(pool)}, and nothing runs and all is flat"
                yield Finding(sequence, CAPS, text)

    def summary(self) -> dict[str, object]:
        return {
            "claimed_usd": {_named(pool): plain(usd) for pool, usd in self._bound().items() if usd},
            "most_claimed_usd": {_named(pool): plain(usd) for pool, usd in self._peaks.items() if usd},
        }


def _claim(body: Body) -> tuple[Pool, Decimal]:
    return (str(body["venue"]), str(body["pool"])), amount(body, "amount_usd")


def _opening(claim: Body) -> Decimal:
    return amount(claim, "opening_quantity")


def _unfilled(opening: Decimal, life: Life) -> Decimal:
    return max(ZERO, min(opening, life.quantity - life.filled))


def _named(pool: Book) -> str:
    return f"{pool[1]}@{pool[0]}"
