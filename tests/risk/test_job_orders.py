"""Orders of jobs at the gate: whose they are, how much they may do, what they bind, and when they are let out."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.risk.case import strategy_of
from core.risk.verdict import Approved
from core.risk.view import JobLook, StrategyStatus
from core.types.capital import OrderClaim, Pool
from core.types.control import HaltLevel
from core.types.job_tag import LegRole
from core.types.order import OrderIntent, SelfTradePrevention, Side
from tests.orders.making import D
from tests.risk.scene import (
    LIMITS,
    blocker,
    book,
    buy,
    capital,
    check,
    decide,
    failed,
    holding,
    job,
    of_job,
    override,
    own,
    recent,
    sell,
    view,
)

COMPLETING = (LegRole.HEDGE, LegRole.UNWIND)
TROUBLED = {
    "halt_level": HaltLevel.REDUCE_ONLY,
    "blockers": (blocker("pause"), blocker("order_failures"), blocker("venue_failures", scope="venue:sim-a")),
    "equity_usd": None,
    "day_loss_usd": D(9_999),
    "drawdown_pct": D(50),
    "volatility_pct": None,
    "window_price": None,
    "clock_offset_ms": None,
    "open_orders": 100,
    "strategy_status": StrategyStatus.STOPPED,
    "book": book(visible_quantity=D(1)),
    "recent": recent(orders_last_second=99, messages_last_second=19, is_duplicate=True, repeated_fills=99),
}


def claim_of(order: OrderIntent, seen: object) -> OrderClaim | None:
    verdict = decide(order, seen)  # a view
    assert isinstance(verdict, Approved), verdict.reason
    return verdict.claim


# whose it is ----------------------------------------------------------------------------------------------


def test_an_order_of_a_job_belongs_to_the_jobs_strategy() -> None:
    assert strategy_of(of_job(LegRole.HEDGE)) == "ma"
    assert strategy_of(of_job(LegRole.HEDGE, strategy="manual")) is None
    assert strategy_of(buy(source="strategy:ma")) == "ma"
    assert strategy_of(buy()) is None


def test_each_role_passes_where_all_is_well() -> None:
    for role in LegRole:
        assert failed(of_job(role), view(job=job())) == []


def test_a_primary_wants_its_strategy_running_and_needs_no_confidence() -> None:
    assert failed(of_job(LegRole.PRIMARY), view(job=job(), strategy_status=StrategyStatus.STOPPED)) == [
        "strategy_running"
    ]
    by_hand = of_job(LegRole.PRIMARY, strategy="manual")
    assert failed(by_hand, view(job=job(), strategy_status=None)) == []


def test_equal_slices_of_a_job_are_no_duplicates() -> None:
    assert failed(of_job(LegRole.PRIMARY), view(job=job(), recent=recent(is_duplicate=True))) == []


def test_a_leg_may_be_larger_than_a_single_order() -> None:
    deep = book(visible_quantity=D(1_000))
    large = {"job": job(primary_left=D(50), claim_left_usd=D(5_000)), "equity_usd": D(200_000), "book": deep}
    assert LIMITS.max_position_per_trade_usd == 2_000
    assert failed(of_job(LegRole.PRIMARY, 50), view(**large)) == []
    assert failed(buy(50), view(**large)) == ["order_value"]


# completing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", COMPLETING)
def test_what_was_begun_is_completed_where_new_risk_is_stopped_up_to_the_jobs_open_quantity(role: LegRole) -> None:
    seen = view(job=job(unhedged=D(3), naked=D(3)), **TROUBLED)
    assert failed(of_job(role, 3), seen) == []
    assert "halt_level" in failed(of_job(role, "3.001"), seen)
    assert check(of_job(role, 3), seen, "volatility").observed == "exempt: completes a hedge"


@pytest.mark.parametrize("role", COMPLETING)
def test_completing_needs_a_readable_book_and_crosses_no_own_order(role: LegRole) -> None:
    order = of_job(role)
    resting = own(Side.BUY if role is LegRole.UNWIND else Side.SELL, D(100))
    assert failed(order, view(job=job(), book=book(age_ns=10**12))) == ["fresh_book"]
    assert failed(order, view(job=job(), own_orders=(resting,))) == ["self_cross"]


def test_what_was_given_back_too_much_is_taken_again_on_its_own_leg_and_no_more() -> None:
    seen = view(job=job(naked=D(0), overdrawn=D(3)), **TROUBLED)
    assert failed(of_job(LegRole.UNWIND, 3, side=Side.BUY), seen) == []
    assert "halt_level" in failed(of_job(LegRole.UNWIND, "3.001", side=Side.BUY), seen)
    assert "child_quantity" in failed(of_job(LegRole.UNWIND, 1, side=Side.SELL), seen)
    assert "child_quantity" in failed(of_job(LegRole.UNWIND, 1, side=Side.BUY), view(job=job()))


def test_a_primary_is_new_risk() -> None:
    assert "halt_level" in failed(of_job(LegRole.PRIMARY), view(job=job(), **TROUBLED))


@pytest.mark.parametrize("level", [HaltLevel.CANCEL_ONLY, HaltLevel.HALTED, HaltLevel.FLATTEN])
@pytest.mark.parametrize("role", list(LegRole))
def test_in_stricter_levels_no_job_goes_on(level: HaltLevel, role: LegRole) -> None:
    assert "halt_level" in failed(of_job(role), view(job=job(), halt_level=level, override=override()))


_quantities = st.integers(0, 40).map(lambda n: Decimal(n) / 2)
_looks = st.builds(
    job,
    is_running=st.booleans(),
    is_frozen=st.booleans(),
    primary_left=_quantities,
    unhedged=_quantities,
    naked=_quantities,
    overdrawn=_quantities,
    claim_left_usd=st.sampled_from([D(0), D(500), D(5_000)]),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(HaltLevel).filter(lambda level: level is not HaltLevel.NORMAL),
    st.sampled_from(LegRole),
    st.integers(1, 40).map(lambda n: Decimal(n) / 2),
    st.sampled_from(Side),
    _looks,
    st.integers(-10, 10).map(Decimal),
    st.sampled_from([None, override(), override(until_s=1_000)]),
)
def test_under_a_halt_a_job_does_nothing_but_complete_and_in_reduce_only_alone(
    level: HaltLevel,
    role: LegRole,
    quantity: Decimal,
    side: Side,
    look: JobLook,
    position: Decimal,
    lifted: object,
) -> None:
    seen = view(halt_level=level, job=look, exposures=holding(position), override=lifted)
    verdict = decide(of_job(role, quantity, side=side), seen)
    if not isinstance(verdict, Approved):
        return
    assert level is HaltLevel.REDUCE_ONLY
    assert look.is_running
    assert not look.is_frozen
    unwind = look.overdrawn if side is look.leg.side else look.naked
    open_quantity = {LegRole.PRIMARY: look.primary_left, LegRole.HEDGE: look.unhedged, LegRole.UNWIND: unwind}
    assert quantity <= open_quantity[role]
    reduces = abs(position + quantity * side.sign) == abs(position) - quantity
    assert role is not LegRole.PRIMARY or reduces


# what an order binds --------------------------------------------------------------------------------------


def test_an_order_binds_what_it_may_open_at_its_worst_price() -> None:
    assert claim_of(buy(2, limit_price=D(103)), view()) == OrderClaim(
        pool=Pool.ARB, unit_usd=D(103), opening_quantity=D(2)
    )
    assert claim_of(buy(3, limit_price=D(99)), view(exposures=holding(D(-1)))) == OrderClaim(
        pool=Pool.ARB, unit_usd=D(100), opening_quantity=D(2)
    )
    assert claim_of(sell(2), view(exposures=holding(D(5)))) == OrderClaim(
        pool=Pool.ARB, unit_usd=D(100), opening_quantity=D(0)
    )


def test_a_reducing_order_goes_without_capital_and_without_a_dollar_rate() -> None:
    nothing = capital(equity_usd=None, free_usd={}, single_limit_usd=D(0), in_flight_room_usd=D(0), safe_mode=True)
    seen = view(exposures=holding(D(5)), capital=nothing, quote_usd=None)
    assert claim_of(sell(2), seen) is None


@pytest.mark.parametrize(
    ("role", "pool"), [(LegRole.PRIMARY, Pool.HEDGE), (LegRole.HEDGE, Pool.RESERVE), (LegRole.UNWIND, Pool.RESERVE)]
)
def test_each_role_is_paid_from_its_pool(role: LegRole, pool: Pool) -> None:
    claim = claim_of(of_job(role), view(job=job()))
    assert claim is not None
    assert claim.pool is pool


def test_within_its_legs_claim_an_order_needs_no_room_and_beyond_it_only_for_the_rest() -> None:
    full = capital(
        free_usd={Pool.HEDGE: D(0), Pool.ARB: D(0), Pool.RESERVE: D(50)},
        single_limit_usd=D(50),
        in_flight_room_usd=D(50),
    )
    for role in (LegRole.PRIMARY, LegRole.HEDGE):
        assert failed(of_job(role), view(job=job(claim_left_usd=D(100)), capital=full)) == []
    assert failed(of_job(LegRole.HEDGE), view(job=job(claim_left_usd=D(50)), capital=full)) == []
    beyond = failed(of_job(LegRole.HEDGE), view(job=job(claim_left_usd=D("49.99")), capital=full))
    assert beyond == ["capital_pool", "single_reserve", "in_flight"]
    assert failed(of_job(LegRole.PRIMARY), view(job=job(claim_left_usd=D(99)), capital=full)) == ["capital_pool"]


def test_safe_mode_stops_the_arb_pool_and_lets_hedges_and_unwinds_through() -> None:
    safe = capital(safe_mode=True)
    assert failed(buy(), view(capital=safe)) == ["capital_pool"]
    assert check(buy(), view(capital=safe), "capital_pool").observed == "arb pool"
    for role in LegRole:
        assert failed(of_job(role), view(job=job(), capital=safe)) == []
    arb = job(pool=Pool.ARB)
    assert failed(of_job(LegRole.PRIMARY), view(job=arb, capital=safe)) == ["capital_pool"]
    assert failed(of_job(LegRole.HEDGE), view(job=arb, capital=safe)) == []


def test_a_refusal_by_capital_says_pool_and_numbers() -> None:
    seen = view(capital=capital(free_usd={Pool.ARB: D(60)}))
    assert check(buy(), seen, "capital_pool").limit == "at most 60 free in the arb pool"
    assert check(buy(), seen, "capital_pool").observed == "100"


def test_every_approved_order_says_how_a_venue_keeps_it_from_meeting_an_own_one() -> None:
    verdict = decide(buy(), view())
    assert isinstance(verdict, Approved)
    assert verdict.self_trade_prevention is SelfTradePrevention.CANCEL_NEWEST
