"""Nothing is begun that cannot be finished: what pre-flight refuses, with which numbers, and what it plans."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.book.book import BookState
from core.execution.plan import Plan, Unfit
from core.execution.preflight import Level, preflight
from core.jobs.limits import JobLimits
from core.types.instrument import AssetType, InstrumentId, MarketHours
from core.types.job import EdgeSource, JobType
from core.types.order import Side
from tests.engine.venues import perpetual
from tests.execution.scripted import Quote, Script, a_job, a_leg

D = Decimal


def failed(found: Unfit) -> dict[str, tuple[str, str]]:
    return {check.rule: (check.observed, check.limit) for check in found.checks if not check.passed}


def scene(**second: object) -> Script:
    """Return a script whose second leg has other rules."""
    script = Script()
    script.rules[1] = perpetual("sim-b", **second)
    return script


def test_a_plan_says_slices_prices_and_the_way_back():
    plan = Script().plan
    assert plan is not None
    assert plan.touches == (D("99.9"), D("100.1"))
    assert plan.weights_usd == (D(40), D(40))
    assert plan.slice_count == 2
    (step,) = plan.unwind
    assert (step.leg, step.side, step.quantity) == (0, Side.BUY, D(20))
    # bought back at the ask with its fee; at the worst 200 bps above it
    assert step.cost_usd == 20 * (D("0.2") + D("100.1") * D("0.0005"))
    assert step.reserve_usd == 20 * (D("102.1") - D("99.9") + D("102.1") * D("0.0005"))
    assert plan.unwind_text.startswith("buy 20.00 BTC/USDT:USDT@sim-a, expected cost 5.00 USD")


def test_slack_is_the_expected_edge_after_the_fees_of_all_legs():
    plan = Script(a_job(expected_edge_bps=D(20))).plan
    assert plan is not None
    assert plan.slack_usd == D(4_000) * 20 / 10_000 - D("0.0005") * 40 * (D("99.9") + D("100.1"))


@pytest.mark.parametrize("changes", [{"strategy_type": JobType.ARB}, {"edge_source": EdgeSource.BOOKS}])
def test_a_job_whose_edge_has_gone_from_the_books_that_showed_it_is_refused(changes: dict[str, Any]):
    """Volume alone is worth nothing: a hedge that its books show to lose by now must not begin."""
    job = a_job(**changes)
    script = Script()
    found = preflight(job, script.preflight_view())
    assert isinstance(found, Unfit)
    assert failed(found) == {"edge_shown": ("-12", "at least 0")}


def test_unknown_instruments_are_refused():
    script = Script()
    script.rules[1] = perpetual("sim-c")
    assert failed(script.unfit())["known_instrument"] == ("BTC/USDT:USDT@sim-b", "known rules")


def test_legs_that_meet_in_one_order_book_are_refused():
    script = Script()
    script.rules = [perpetual(venue, matching_book="one engine") for venue in ("sim-a", "sim-b")]
    assert failed(script.unfit()) == {"distinct_books": ("one engine, one engine", "one book a leg")}


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        (Quote(received_ns=0), "book stale"),
        (Quote(state=BookState.INVALID), "book invalid"),
        (Quote(bid=D("100.1"), ask=D("99.9")), "book crossed"),
        (Quote(bid=D(0)), "book has an empty side"),
        (Quote(bid=D("97.5"), ask=D("102.5")), "spread of 500.0 bps is wider than 50 bps"),
    ],
)
def test_a_book_that_gives_no_price_is_refused_by_name(quote: Quote, why: str):
    script = Script()
    script.quotes[1] = quote
    assert failed(script.unfit())["usable_book"][0] == f"BTC/USDT:USDT@sim-b: {why}"


def test_a_closed_market_is_refused():
    script = scene(market_hours=MarketHours(calendar="XNYS", always_open=False))
    assert failed(script.unfit())["usable_book"][0] == "BTC/USDT:USDT@sim-b: market closed"


def test_f14_a_slice_whose_hedge_is_below_the_minimum_is_refused():
    assert failed(scene(min_quantity=D(21)).unfit()) == {
        "slice_min_quantity": ("20.00 slice of BTC/USDT:USDT@sim-b", "at least 21")
    }
    assert failed(scene(min_notional=D(2_500)).unfit()) == {
        "slice_min_notional": ("1998 slice of BTC/USDT:USDT@sim-b", "at least 2500")
    }


def test_f14_lots_that_would_leave_too_much_of_a_leg_are_refused():
    found = scene(order_lot_size=D(3))
    assert failed(found.unfit()) == {"whole_lots": ("2.5 left of 40 BTC/USDT:USDT@sim-b", "at most 1")}


def test_a_naked_cap_below_one_lot_is_refused():
    script = Script()
    script.limits = JobLimits(max_naked_usd=D("0.5"))
    assert "slice_min_quantity" in failed(script.unfit())


@pytest.mark.parametrize("leg", [0, 1])
def test_depth_within_the_band_has_to_suffice(leg: int):
    script = Script()
    view = script.preflight_view()
    far = Level(D("97"), D(1_000)) if leg == 0 else Level(D("103"), D(1_000))
    near = Level(script.quotes[leg].bid if leg == 0 else script.quotes[leg].ask, D(5))
    legs = list(view.legs)
    legs[leg] = msgspec.structs.replace(legs[leg], taking=(near, far))
    found = preflight(script.job, msgspec.structs.replace(view, legs=tuple(legs)))
    assert isinstance(found, Unfit)
    (observed, limit), *_ = [value for rule, value in failed(found).items() if rule == "depth"]
    assert observed.startswith("5 BTC/USDT:USDT@sim-")
    assert limit == ("at least 20.00" if leg == 0 else "at least 40")


def test_the_way_back_needs_depth_and_reserve():
    script = Script()
    view = script.preflight_view()
    thin = msgspec.structs.replace(view.legs[0], giving_back=(Level(D("100.1"), D(19)),))
    found = preflight(script.job, msgspec.structs.replace(view, legs=(thin, view.legs[1])))
    assert isinstance(found, Unfit)
    assert list(failed(found)) == ["unwind_depth"]
    assert failed(script.unfit(reserve_usd=D(40))) == {"unwind_reserve": ("40", "at least 45.021")}


def test_giving_back_what_closed_a_position_takes_the_reserve_for_opening_it_again():
    """The first slice is 20 contracts; bought back at up to 102.1 each, 15 of them would be a new position."""
    found = failed(Script().unfit(closable=D(15), reserve_usd=D(1_576)))
    assert found == {"unwind_reserve": ("1576", "at least 1576.521")}
    script = Script()
    plan = preflight(script.job, script.preflight_view(closable=D(15), reserve_usd=D(1_577)))
    assert isinstance(plan, Plan)


def test_funds_and_rate_budgets_are_asked_for_and_unknown_ones_refuse():
    assert "funds" in failed(Script().unfit(room_usd=D(4_000)))
    assert failed(Script().unfit(order_budget=3)) == {"order_budget": ("3", "at least 4")}
    nothing_known = failed(Script().unfit(room_usd=None, order_budget=None, reserve_usd=None))
    assert {observed for observed, _ in nothing_known.values()} == {
        "unknown: no cash or margin at sim-b",
        "unknown: no rate budget of sim-b",
        "unknown: no reserve of sim-a",
    }


def test_two_legs_at_one_venue_share_its_rate_budget():
    legs = (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY), a_leg("sim-b", Side.BUY))
    script = Script(
        a_job(legs=legs), rules=[perpetual("sim-a"), perpetual("sim-b"), perpetual("sim-b", matching_book="x")]
    )
    assert failed(script.unfit(order_budget=5))["order_budget"] == ("5", "at least 6")


def test_legs_at_one_venue_share_its_money():
    """Each alone finds enough; the second could not be hedged once the first has taken its part."""
    legs = (a_leg("sim-b", Side.SELL), a_leg("sim-b", Side.BUY))
    rules = [perpetual("sim-b"), perpetual("sim-b", matching_book="x")]
    needed = 40 * D("1.0005") * (D("99.9") + D("100.1"))
    assert "shared_funds" not in failed(Script(a_job(legs=legs), rules=rules).unfit(room_usd=needed, order_budget=6))
    found = failed(Script(a_job(legs=legs), rules=rules).unfit(room_usd=needed - 1))
    assert found["shared_funds"] == ("100.01", "at most 100")
    holding = [perpetual("sim-b", asset_type=AssetType.CRYPTO_SPOT), perpetual("sim-b", matching_book="x")]
    script = Script(a_job(legs=legs), rules=holding)
    assert isinstance(preflight(script.job, script.preflight_view(room_usd=needed - 1)), Plan)


def test_a_missing_dollar_rate_refuses():
    script = Script()
    view = script.preflight_view()
    blind = msgspec.structs.replace(view.legs[1], view=msgspec.structs.replace(view.legs[1].view, quote_usd=None))
    found = preflight(script.job, msgspec.structs.replace(view, legs=(view.legs[0], blind)))
    assert isinstance(found, Unfit)
    assert list(failed(found)) == ["dollar_rate"]
    assert found.reason.startswith("cannot be judged: dollar_rate")


def test_three_legs_have_a_way_back_each():
    legs = (a_leg("sim-a", Side.SELL), a_leg("sim-b", Side.BUY, "20"), a_leg("sim-c", Side.BUY, "20"))
    plan = Script(a_job(legs=legs)).plan
    assert isinstance(plan, Plan)
    assert [(step.instrument_id, step.quantity) for step in plan.unwind] == [
        (InstrumentId(f"sim-{name}", "BTC/USDT:USDT"), quantity) for name, quantity in (("a", 20), ("b", 10), ("c", 10))
    ]
