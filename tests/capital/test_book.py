from core.capital.reserves import KEPT_FINAL_ORDERS
from core.journal.facts import (
    AnyFact,
    CapitalReleased,
    CapitalReserved,
    JobFinished,
    JobStarted,
    OrderAdopted,
    OrderIntended,
    SafeModeSet,
)
from core.types.capital import Claim, Pool
from core.types.job import JobOutcome
from core.types.job_tag import LegRole
from core.types.order import OrderStatus, Side
from tests.capital.desk import Desk, adopted, claimed, decoded, encoded, filled, refolded, status, tag
from tests.orders.making import PERP, D, intent


def started(job_id: str = "j1", amount: int = 1000) -> JobStarted:
    claims = tuple(Claim(venue=venue, pool=Pool.HEDGE, amount_usd=D(amount)) for venue in ("sim-a", "sim-b"))
    return JobStarted(at_ns=1, job_id=job_id, claims=claims, checks=(), safety=1.0, volume=1.0, final=1.0)


def finished(job_id: str = "j1") -> JobFinished:
    zero = D(0)
    outcome = JobOutcome.COMPLETED
    return JobFinished(at_ns=9, job_id=job_id, outcome=outcome, reason="", pnl_usd=zero, volume_usd=zero, fees_usd=zero)


def desk(*facts: AnyFact) -> Desk:
    made = Desk()
    made.tell(*facts)
    return made


# orders ------------------------------------------------------------------------------------------------


def test_an_order_reserves_what_it_may_open_from_its_pool() -> None:
    assert desk(claimed(opening=D(4))).reserved() == {Pool.ARB: D(400)}


def test_an_order_without_a_claim_reserves_nothing_and_its_fill_binds_the_arb_pool_at_its_price() -> None:
    made = desk(
        OrderIntended(at_ns=1, intent=intent(quantity=D(2)), checks=()), filled("f1", quantity=D(2), price=D(99))
    )
    assert (made.reserved(), made.committed()) == ({}, {Pool.ARB: D(198)})


def test_a_fill_turns_reserved_into_committed_at_the_claims_value() -> None:
    made = desk(claimed(), filled("f1", quantity=D(4), price=D(90)))
    assert (made.reserved(), made.committed()) == ({Pool.ARB: D(600)}, {Pool.ARB: D(400)})


def test_the_same_fill_told_twice_commits_once() -> None:
    made = desk(claimed(), *(filled("f1", quantity=D(4)) for _ in range(3)))
    assert (made.reserved(), made.committed()) == ({Pool.ARB: D(600)}, {Pool.ARB: D(400)})


def test_a_closing_fill_gives_back_in_proportion_to_each_pool() -> None:
    made = desk(
        claimed("o1", pool=Pool.HEDGE, quantity=D(6)),
        filled("f1", "o1", quantity=D(6)),
        claimed("o2", pool=Pool.ARB, quantity=D(2)),
        filled("f2", "o2", quantity=D(2)),
        claimed("o3", side=Side.SELL, quantity=D(4), opening=D(0)),
        filled("f3", "o3", quantity=D(4), side=Side.SELL),
    )
    assert made.committed() == {Pool.HEDGE: D(300), Pool.ARB: D(100)}
    assert made.reserved() == {}


def test_closing_in_odd_parts_leaves_no_dust() -> None:
    made = desk(claimed(unit=D("33.333333333333333333"), quantity=D(3)), filled("f1", quantity=D(3)))
    for number, part in enumerate((D("0.7"), D("1.1"), D("1.2"))):
        order_id = f"s{number}"
        made.tell(
            claimed(order_id, side=Side.SELL, quantity=part, opening=D(0)),
            filled(order_id, order_id, quantity=part, side=Side.SELL),
        )
    assert made.committed() == {}


def test_a_fill_through_zero_closes_the_old_and_commits_the_new_side() -> None:
    made = desk(
        claimed("o1", pool=Pool.HEDGE, quantity=D(3)),
        filled("f1", "o1", quantity=D(3)),
        claimed("o2", side=Side.SELL, quantity=D(5), opening=D(2), unit=D(110)),
    )
    assert made.reserved() == {Pool.ARB: D(220)}
    made.tell(filled("f2", "o2", quantity=D(5), side=Side.SELL))
    position = made.book.position(PERP.id)
    assert position is not None
    assert (made.reserved(), made.committed(), position.quantity) == ({}, {Pool.ARB: D(220)}, D(-2))


def test_what_a_fill_closes_unexpectedly_is_not_held_any_longer() -> None:
    made = desk(claimed("o1", quantity=D(10)))
    made.tell(adopted(D(-8), D(100)), filled("f1", "o1", quantity=D(8)))
    assert (made.reserved(), made.committed()) == ({Pool.ARB: D(200)}, {})


def test_the_end_of_an_order_frees_what_it_still_held() -> None:
    for end in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        made = desk(claimed(), filled("f1", quantity=D(4)), status(end))
        assert (made.reserved(), made.committed()) == ({}, {Pool.ARB: D(400)})
    assert desk(claimed(), status(OrderStatus.REJECTED)).reserved() == {}


def test_an_order_in_doubt_and_one_whose_fills_are_awaited_keep_their_reservation() -> None:
    for state in (OrderStatus.IN_DOUBT, OrderStatus.FILLED, OrderStatus.CANCELLING):
        assert desk(claimed(), status(state)).reserved() == {Pool.ARB: D(1000)}


def test_a_fill_after_the_cancel_still_commits() -> None:
    made = desk(claimed(), status(OrderStatus.CANCELLED), filled("f1", quantity=D(4)))
    assert (made.reserved(), made.committed()) == ({}, {Pool.ARB: D(400)})


def test_a_rejected_order_that_turns_out_to_live_is_reserved_for_again() -> None:
    made = desk(claimed(), status(OrderStatus.REJECTED), status(OrderStatus.OPEN))
    assert made.reserved() == {Pool.ARB: D(1000)}
    made = desk(claimed(), filled("f1", quantity=D(4)), status(OrderStatus.CANCELLED))
    made.tell(OrderAdopted(at_ns=5, intent=intent(quantity=D(10)), venue_order_id="v1"))
    assert (made.reserved(), made.committed()) == ({Pool.ARB: D(600)}, {Pool.ARB: D(400)})
    made.tell(status(OrderStatus.CANCELLED))
    assert made.reserved() == {}


def test_an_external_order_reserves_nothing_and_its_fills_commit() -> None:
    made = desk(OrderAdopted(at_ns=1, intent=intent("x1", quantity=D(5)), venue_order_id="v1"))
    assert made.reserved() == {}
    made.tell(filled("f1", "x1", quantity=D(5), price=D(101)))
    assert made.committed() == {Pool.ARB: D(505)}


def test_a_fill_of_an_unheard_order_commits_at_once_and_not_again_when_the_order_shows_up() -> None:
    made = desk(filled("f1", "x1", quantity=D(5)))
    assert made.committed() == {Pool.ARB: D(500)}
    made.tell(OrderAdopted(at_ns=1, intent=intent("x1", quantity=D(8)), venue_order_id="v1"))
    assert made.committed() == {Pool.ARB: D(500)}


def test_a_fill_of_more_than_the_order_commits_what_the_ledger_booked() -> None:
    made = desk(claimed(quantity=D(3)), filled("f1", quantity=D(5)))
    assert (made.reserved(), made.committed()) == ({Pool.ARB: D(300)}, {Pool.ARB: D(500)})
    assert made.ledger.quantity(PERP.id) == D(5)


def test_a_claim_that_is_no_amount_reserves_nothing_and_breaks_nothing() -> None:
    for broken in (D("NaN"), D("Infinity"), D(-1)):
        made = desk(claimed(unit=broken), claimed("o2", opening=broken), filled("f1", quantity=D(1)))
        assert (made.reserved(), made.committed()) == ({}, {Pool.ARB: D(100)})


def test_memory_of_final_orders_is_bounded_and_a_forgotten_ones_fill_commits_at_its_price() -> None:
    made = Desk()
    for number in range(KEPT_FINAL_ORDERS + 2):
        made.tell(claimed(f"o{number}", pool=Pool.HEDGE), status(OrderStatus.CANCELLED, f"o{number}"))
    assert len(made.book.to_state().final_orders) == KEPT_FINAL_ORDERS
    made.tell(filled("f1", "o0", quantity=D(1), price=D(97)))
    assert made.committed() == {Pool.ARB: D(97)}


# jobs --------------------------------------------------------------------------------------------------


def test_a_job_holds_its_claims_at_every_venue_and_frees_them_at_its_end() -> None:
    made = desk(started())
    assert (made.reserved("sim-a"), made.reserved("sim-b")) == ({Pool.HEDGE: D(1000)}, {Pool.HEDGE: D(1000)})
    made.tell(finished())
    assert (made.reserved("sim-a"), made.reserved("sim-b")) == ({}, {})


def test_orders_of_a_job_draw_on_their_legs_claim_and_only_the_excess_is_their_own() -> None:
    made = desk(started(), claimed("o1", quantity=D(8), pool=Pool.RESERVE, job=tag()))
    assert made.reserved() == {Pool.HEDGE: D(1000)}
    made.tell(claimed("o2", quantity=D(3), pool=Pool.RESERVE, job=tag(role=LegRole.HEDGE)))
    assert made.reserved() == {Pool.HEDGE: D(1000), Pool.RESERVE: D(100)}
    made.tell(filled("f2", "o2", quantity=D(3)))
    assert made.reserved() == {Pool.HEDGE: D(800)}
    assert made.committed() == {Pool.HEDGE: D(200), Pool.RESERVE: D(100)}


def test_an_order_gives_its_own_reservation_back_before_what_it_drew() -> None:
    made = desk(started(amount=300), claimed("o1", quantity=D(8), pool=Pool.RESERVE, job=tag()))
    assert made.reserved() == {Pool.HEDGE: D(300), Pool.RESERVE: D(500)}
    made.tell(adopted(D(-4), D(100)), filled("f1", "o1", quantity=D(4)))
    assert made.reserved() == {Pool.HEDGE: D(300), Pool.RESERVE: D(100)}


def test_an_unwind_never_draws_on_the_claim() -> None:
    made = desk(started(), claimed("o1", quantity=D(2), pool=Pool.RESERVE, job=tag(role=LegRole.UNWIND)))
    assert made.reserved() == {Pool.HEDGE: D(1000), Pool.RESERVE: D(200)}


def test_an_order_of_another_venue_or_leg_does_not_draw() -> None:
    for stray in (tag(leg=1), tag(leg=7), tag(leg=-1), tag(job_id="other")):
        made = desk(started(), claimed("o1", quantity=D(2), job=stray))
        assert made.reserved() == {Pool.HEDGE: D(1000), Pool.ARB: D(200)}


def test_what_a_job_order_left_unfilled_returns_to_its_leg() -> None:
    made = desk(
        started(), claimed("o1", quantity=D(8), job=tag()), filled("f1", "o1", quantity=D(3)),
        status(OrderStatus.CANCELLED),
    )  # fmt: skip
    assert (made.reserved(), made.committed()) == ({Pool.HEDGE: D(700)}, {Pool.HEDGE: D(300)})
    legs = made.book.job_legs("j1")
    assert legs is not None
    assert [leg.free_usd for leg in legs] == [D(700), D(1000)]


def test_a_finished_job_leaves_what_its_order_in_doubt_holds_until_that_is_final() -> None:
    made = desk(started(), claimed("o1", quantity=D(4), job=tag()), status(OrderStatus.IN_DOUBT), finished())
    assert (made.reserved("sim-a"), made.reserved("sim-b")) == ({Pool.HEDGE: D(400)}, {})
    made.tell(filled("f1", "o1", quantity=D(1)))
    assert (made.reserved(), made.committed()) == ({Pool.HEDGE: D(300)}, {Pool.HEDGE: D(100)})
    made.tell(status(OrderStatus.CANCELLED))
    assert (made.reserved(), made.committed()) == ({}, {Pool.HEDGE: D(100)})


def test_a_late_fill_of_a_job_order_takes_from_the_leg_while_the_job_runs() -> None:
    made = desk(started(), claimed("o1", quantity=D(4), job=tag()), status(OrderStatus.CANCELLED))
    made.tell(filled("f1", "o1", quantity=D(4)))
    assert (made.reserved(), made.committed()) == ({Pool.HEDGE: D(600)}, {Pool.HEDGE: D(400)})


def test_a_job_started_twice_holds_its_claims_once() -> None:
    assert desk(started(), started(amount=5000)).reserved() == {Pool.HEDGE: D(1000)}


# adoptions, names, safe mode ---------------------------------------------------------------------------


def test_adoption_scales_down_in_proportion_and_binds_a_surplus_in_the_arb_pool() -> None:
    made = desk(claimed(pool=Pool.HEDGE), filled("f1", quantity=D(10)), adopted(D(4), D(120)))
    assert made.committed() == {Pool.HEDGE: D(400)}
    made.tell(adopted(D(6), D(120)))
    assert made.committed() == {Pool.HEDGE: D(400), Pool.ARB: D(240)}
    made.tell(adopted(D(-1), D(120)))
    assert made.committed() == {Pool.ARB: D(120)}
    made.tell(adopted(D(0), None))
    assert made.committed() == {}


def test_adoption_without_a_price_uses_the_last_known_value() -> None:
    made = desk(claimed(pool=Pool.HEDGE, unit=D(105)), filled("f1", quantity=D(2)), adopted(D(3), None, average=D(90)))
    assert made.committed() == {Pool.HEDGE: D(210), Pool.ARB: D(105)}
    assert desk(adopted(D(2), None, average=D(90))).committed() == {Pool.ARB: D(180)}


def test_what_was_adopted_without_any_price_is_valued_with_the_next_one() -> None:
    made = desk(adopted(D(2), None))
    position = made.book.position(PERP.id)
    assert position is not None
    assert (position.unpriced_quantity, made.committed()) == (D(2), {})
    made.tell(filled("f1", "x", quantity=D(1), price=D(50)))
    assert (position.unpriced_quantity, made.committed()) == (D(0), {Pool.ARB: D(150)})


def test_a_name_holds_what_was_set_aside_under_it_until_it_is_released() -> None:
    made = Desk()
    for pool in (Pool.HEDGE, Pool.ARB):
        made.tell(CapitalReserved(at_ns=1, owner="x", claim=Claim(venue="sim-a", pool=pool, amount_usd=D(70))))
    assert made.reserved() == {Pool.HEDGE: D(70), Pool.ARB: D(70)}
    made.tell(CapitalReleased(at_ns=2, owner="y"))
    assert made.reserved() == {Pool.HEDGE: D(70), Pool.ARB: D(70)}
    made.tell(CapitalReleased(at_ns=2, owner="x"))
    assert made.reserved() == {}


def test_safe_mode_is_kept_per_venue() -> None:
    made = desk(SafeModeSet(at_ns=1, venue="sim-a", is_on=True, who="me", reason="slow"))
    assert (made.book.is_safe_mode("sim-a"), made.book.is_safe_mode("sim-b")) == (True, False)
    assert decoded(encoded(made.book)).is_safe_mode("sim-a")
    made.tell(SafeModeSet(at_ns=1, venue="sim-a", is_on=False, who="me", reason="well again"))
    assert not made.book.is_safe_mode("sim-a")


def test_sums_are_exact_far_beyond_the_default_precision() -> None:
    unit = D("98765.4321098765432109876543")
    made = desk(claimed(unit=unit, quantity=D("12345678.901234567")), filled("f1", quantity=D("0.000000001")))
    assert made.committed() == {Pool.ARB: D("0.0000987654321098765432109876543")}
    assert made.reserved() == {Pool.ARB: D("1219326311370.2177655829903762978204544185338")}
    made.tell(status(OrderStatus.CANCELLED), adopted(D(0), None))
    assert (made.reserved(), made.committed()) == ({}, {})


def test_refolding_the_facts_gives_the_same_bytes() -> None:
    made = desk(started(), claimed("o1", quantity=D(4), job=tag()), filled("f1", "o1", quantity=D(3)), finished())
    assert encoded(refolded(made.facts).book) == encoded(made.book)
