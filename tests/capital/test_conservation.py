"""Capital over random legal histories, against a naive recomputation and against the ledger."""

from decimal import Decimal
from fractions import Fraction

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from core.capital.book import CapitalBook
from core.capital.limits import CapitalLimits
from core.capital.verdict import CapitalVerdict
from core.journal.facts import JobFinished, JobStarted
from core.types.capital import Pool
from core.types.job import JobOutcome, JobType
from core.types.order import OrderStatus
from tests.capital.desk import Desk, decoded, encoded, filled, hedge, refolded, status, tag
from tests.capital.desk import claimed as intended
from tests.capital.history import TRADED, History, Step
from tests.capital.naive import Naive
from tests.orders.making import D, instrument

VENUES = ("sim-a", "sim-b")
ROUNDING = Fraction(1, 10**12)  # the book cuts each division at 1e-18

unhurried = settings(max_examples=150, deadline=None)
numbers = st.integers(0, 40)
steps = st.lists(st.tuples(st.integers(0, 17), numbers, numbers, numbers), min_size=20, max_size=60)


def grown(history: list[Step], *, unit: Decimal | None = None) -> History:
    made = History(unit=unit)
    for step in history:
        made.step(step)
    return made


def bound(book: CapitalBook, venue: str, pool: Pool) -> Fraction:
    """Add up what positions bind; the generated instruments have contract size one and trade in dollars."""
    found = [position.bound[pool] for position in book.committed(venue) if pool in position.bound]
    return sum((Fraction(each.usd) + Fraction(each.points) for each in found), Fraction(0))


@unhurried
@given(steps)
def test_the_book_equals_a_naive_recomputation_from_the_facts(history: list[Step]) -> None:
    desk = grown(history).desk
    naive = Naive(desk.facts)
    for venue in VENUES:
        for pool in Pool:
            reserved = Fraction(desk.book.reserved_usd(venue, pool))
            assert abs(reserved - naive.reserved(venue, pool)) < ROUNDING
            assert abs(bound(desk.book, venue, pool) - naive.total("position", venue, pool)) < ROUNDING


@unhurried
@given(steps)
def test_the_committed_quantity_is_the_ledgers(history: list[Step]) -> None:
    desk = grown(history).desk
    for each in TRADED:
        position = desk.book.position(each.id)
        assert (position.quantity if position else D(0)) == desk.ledger.quantity(each.id)


@unhurried
@given(steps)
def test_at_one_price_what_is_committed_is_exactly_the_exposure(history: list[Step]) -> None:
    desk = grown(history, unit=D(128)).desk
    for venue in VENUES:
        exposure = sum(abs(Fraction(desk.ledger.quantity(each.id))) for each in TRADED if each.venue == venue) * 128
        committed = sum((bound(desk.book, venue, pool) for pool in Pool), Fraction(0))
        assert abs(committed - exposure) < ROUNDING


@unhurried
@given(steps)
def test_no_holder_ever_holds_less_than_nothing(history: list[Step]) -> None:
    made = History()
    for step in history:
        made.step(step)
        state = made.desk.book.to_state()
        assert all(leg.free_usd >= 0 for job in state.jobs for leg in job.legs)
        assert all(each.drawn_usd >= 0 and each.own_usd >= 0 for each in state.live_orders)
        assert all(each.drawn_usd == 0 == each.own_usd for each in state.final_orders)
        assert all(each.usd >= 0 and each.points >= 0 for one in state.positions for each in one.bound.values())
        assert all(made.desk.book.reserved_usd(venue, pool) >= 0 for venue in VENUES for pool in Pool)


@unhurried
@given(steps)
def test_a_live_order_holds_what_it_can_still_open_at_its_worst_price(history: list[Step]) -> None:
    desk = grown(history).desk
    for order in desk.orders.live():
        reserve = desk.book.order(order.intent.client_order_id)
        if reserve is None:  # external
            continue
        unopened = Fraction(reserve.claim.opening_quantity) - Fraction(reserve.opened_quantity)
        left = max(Fraction(0), min(unopened, Fraction(order.remaining_quantity)))
        assert Fraction(reserve.held_usd) == Fraction(reserve.claim.unit_usd) * left


@unhurried
@given(steps)
def test_everything_is_exactly_zero_when_all_has_ended(history: list[Step]) -> None:
    made = grown(history)
    made.end()
    book = made.desk.book
    assert [book.reserved_usd(venue, pool) for venue in VENUES for pool in Pool] == [0] * 6
    assert [position for venue in VENUES for position in book.committed(venue)] == []
    state = book.to_state()
    assert (state.jobs, state.owners, state.live_orders) == ([], [], [])
    assert all(not each.bound and each.unpriced_quantity == 0 for each in state.positions)


@unhurried
@given(steps, numbers)
def test_a_snapshot_and_the_tail_give_what_all_facts_give_byte_for_byte(history: list[Step], cut: int) -> None:
    facts = grown(history).desk.facts
    place = cut % (len(facts) + 1)
    head = refolded(facts[:place])
    head.book.restore(decoded(encoded(head.book)).to_state())
    head.tell(*facts[place:])
    assert encoded(head.book) == encoded(refolded(facts).book)


def test_what_a_book_has_saved_it_no_longer_changes() -> None:
    desk = Desk()
    desk.tell(intended(quantity=D(4)), filled("f1", quantity=D(1)))
    state = desk.book.to_state()
    saved = msgspec.json.encode(state, order="deterministic")
    other = CapitalBook()
    other.restore(state)
    desk.tell(filled("f2", quantity=D(2)))
    assert msgspec.json.encode(state, order="deterministic") == saved == encoded(other)


# caps --------------------------------------------------------------------------------------------------

BINANCE, OKX = instrument(venue="sim-a"), instrument(venue="sim-b")
EQUITY = {"sim-a": D(50_000), "sim-b": D(30_000)}
wishes = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3_500), st.integers(0, 3_500)), min_size=20, max_size=60)


class Caps:
    """A hub that is asked for everything at once, with orders and fills that stay within what it granted."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.running: list[str] = []
        self._count = 0
        self.tell_equity()

    def tell_equity(self) -> None:
        for venue, equity in EQUITY.items():
            self.desk.hub.update_equity(venue, equity)

    def step(self, kind: int, a: int, b: int) -> None:
        self._count += 1
        match kind:
            case 0 | 1 | 2:
                self._job(JobType.ARB if kind == 2 else JobType.HEDGE, a, b)
            case 3:
                self.desk.hub.reserve_for_arb(VENUES[a % 2], f"n{b % 5}", D(a), now_ns=1)
            case 4:
                self.desk.hub.reserve_for_hedge(VENUES[a % 2], f"n{b % 5}", D(a), now_ns=1)
            case 5:
                self._trade(a, b)
            case _:
                self.desk.crash()

    def _job(self, kind: JobType, a: int, b: int) -> None:
        job = hedge(f"j{self._count}", VENUES, kind)

        def started(verdict: CapitalVerdict) -> JobStarted:
            claims = verdict.claims
            return JobStarted(at_ns=1, job_id=job.job_id, claims=claims, checks=(), safety=1.0, volume=1.0, final=1.0)

        closes = [D(a % 5) / 4, D(b % 5) / 4]  # of a contract: none, some or all of each leg
        if self.desk.hub.reserve_for_job(job, [D(a), D(b)], started, closes).is_granted:
            self.running.append(job.job_id)

    def _trade(self, a: int, b: int) -> None:
        """Trade some of a leg's claim, and end the job now and then."""
        if not self.running:
            return
        job_id = self.running[a % len(self.running)]
        legs = self.desk.book.job_legs(job_id)
        assert legs is not None
        leg = a % 2
        quantity = min(legs[leg].free_usd, D(b + 1)) / 100
        if quantity:
            order_id = f"o{self._count}"
            of = (BINANCE, OKX)[leg]
            self.desk.tell(intended(order_id, of, quantity=quantity, pool=legs[leg].pool, job=tag(job_id, leg)))
            self.desk.tell(filled(order_id, order_id, of, quantity=quantity / 2))
            if b % 2:
                self.desk.tell(status(OrderStatus.CANCELLED, order_id))
        if b % 3 == 0:
            self.running.remove(job_id)
            zero, end = D(0), JobOutcome.COMPLETED
            self.desk.tell(
                JobFinished(
                    at_ns=2, job_id=job_id, outcome=end, reason="", pnl_usd=zero, volume_usd=zero, fees_usd=zero
                )
            )


@unhurried
@given(wishes)
def test_no_cap_is_ever_exceeded_by_what_the_hub_granted(history: list[tuple[int, int, int]]) -> None:
    caps, limits = Caps(), CapitalLimits()
    for kind, a, b in history:
        caps.step(kind, a, b)
        for venue, equity in EQUITY.items():
            assert caps.desk.book.in_flight_usd(venue) <= equity * limits.max_total_notional_pct / 100
            for pool in Pool:
                in_pool = Fraction(caps.desk.book.reserved_usd(venue, pool)) + bound(caps.desk.book, venue, pool)
                assert in_pool <= Fraction(equity) * Fraction(limits.pools.of(pool))


@unhurried
@given(st.lists(st.tuples(st.integers(1, 3_500), st.integers(1, 3_500)), min_size=50, max_size=50), st.integers(0, 50))
def test_fifty_jobs_reserving_at_once_with_a_crash_in_between_stay_within_every_cap(
    amounts: list[tuple[int, int]], crash_at: int
) -> None:  # F34
    caps, limits = Caps(), CapitalLimits()
    for number, (a, b) in enumerate(amounts):
        if number == crash_at:
            caps.desk = recovered(caps.desk)
            caps.tell_equity()
        caps.step(number % 2 * 2, a, b)
        for venue, equity in EQUITY.items():
            assert caps.desk.book.in_flight_usd(venue) <= equity * limits.max_total_notional_pct / 100
            assert caps.desk.book.reserved_usd(venue, Pool.ARB) <= equity * limits.pools.arb
    naive = Naive(caps.desk.facts)
    for venue in VENUES:
        for pool in Pool:
            assert Fraction(caps.desk.book.reserved_usd(venue, pool)) == naive.reserved(venue, pool)


def recovered(desk: Desk) -> Desk:
    """Start again from the journal alone: a new hub over the fold of the facts."""
    again = refolded(desk.facts)
    assert encoded(again.book) == encoded(desk.book)
    return again
