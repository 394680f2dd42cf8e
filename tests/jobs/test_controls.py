"""Each control refuses what it is there for, tells its numbers, and refuses as well where its input is missing."""

import msgspec
import pytest

from core.book.book import BookState
from core.jobs.columns import PendingColumns
from core.jobs.controls.table import CONTROLS, OnFailure, names_in
from core.jobs.evaluation import evaluate
from core.jobs.market import NO_DEPTH, Closable, JobMarket
from core.jobs.rulebook import Rulebook
from core.jobs.selection import ObjectSelector, Selector
from core.jobs.verdict import JobDecision, JobVerdict
from core.jobs.warm_up import compiled_selector
from core.risk.limits import RiskLimits
from core.risk.verdict import UNKNOWN, Hardness
from core.risk.view import LiveTrading
from core.types.control import HaltLevel, RiskMode, TradingMode
from core.types.instrument import InstrumentId
from core.types.job import HedgeJob, JobType
from core.types.order import Side
from tests.jobs.making import (
    BTC_BINANCE,
    BTC_OKX,
    LIMITS,
    MINUTE_NS,
    NOW_NS,
    RULES,
    SECOND_NS,
    D,
    depth,
    instrument,
    job,
    leg,
    market,
    perpetual,
    with_account,
    with_look,
    with_venue,
)

NAN = float("nan")
PERP_OKX = InstrumentId("okx", "BTC/USDT:USDT")
BASIS = (leg(BTC_BINANCE, Side.BUY, D("0.02")), leg(PERP_OKX, Side.SELL, D("0.02")))


def basis_market(**changes: object) -> JobMarket:
    return market(instruments=(instrument(BTC_BINANCE), perpetual(PERP_OKX, **changes)))


def basis_job(**changes: object) -> HedgeJob:
    return job(1_000, **{"legs": BASIS, **changes})


def failures(verdict: JobVerdict) -> list[str]:
    return [check.rule for check in verdict.failed]


def observed(verdict: JobVerdict, rule: str) -> str:
    return next(check.observed for check in verdict.checks if check.rule == rule)


def test_an_ordinary_job_passes_every_control():
    verdict = evaluate(job(), market(), RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.ACCEPTED, [])
    assert [check.rule for check in verdict.checks] == [control.name for control in CONTROLS]


def test_hard_controls_come_first():
    hardness = [control.hardness for control in CONTROLS]
    assert hardness == sorted(hardness, key=lambda each: each is Hardness.SOFT)


@pytest.mark.parametrize(
    ("rule", "at", "seen"),
    [
        ("mode_gate", with_account(market(), trading_mode=TradingMode.LIVE), "live, live trading off"),
        (
            "mode_gate",
            with_account(market(), trading_mode=TradingMode.LIVE, live_trading=LiveTrading.ENABLED),
            "live, live trading enabled",
        ),
        ("halt_level", with_account(market(), halt_level=HaltLevel.REDUCE_ONLY), "REDUCE_ONLY"),
        ("venue_halt", with_venue(market(), "okx", halt_level=HaltLevel.CANCEL_ONLY), "okx CANCEL_ONLY"),
        (
            "strategy_halt",
            with_account(market(), strategy_halts={"hedged_volume": HaltLevel.HALTED}),
            "hedged_volume HALTED",
        ),
        ("day_loss", with_account(market(), day_loss_usd=D(500)), "500"),
        ("day_loss", with_account(market(), day_loss_usd=None), f"{UNKNOWN}no equity and profit of the day"),
        ("day_loss", with_account(market(), day_loss_limit_usd=None), f"{UNKNOWN}no equity and profit of the day"),
        ("reconciled", with_venue(market(), "okx", is_reconciled=False), "okx not yet"),
        ("market_hours", with_look(market(), BTC_OKX, is_open=False), "BTC/USDT@okx closed"),
        (
            "fresh_book",
            with_look(market(), BTC_OKX, book_age_ns=3 * SECOND_NS),
            "BTC/USDT@okx valid, 3.000 s old",
        ),
        (
            "fresh_book",
            with_look(market(), BTC_OKX, book_state=BookState.INVALID),
            "BTC/USDT@okx invalid, 0.100 s old",
        ),
        ("priced", with_look(market(), BTC_OKX, unit_usd=D(0)), "BTC/USDT@okx unit 0 USD, fee 0.00005"),
        ("equity_known", with_venue(market(), "okx", equity_usd=D(0)), "okx 0"),
        ("equity_known", with_venue(market(), "okx", equity_usd=None), f"{UNKNOWN}no equity of the venue of okx"),
        ("pool_room", with_venue(market(), "okx", hedge_room_usd=None), f"{UNKNOWN}no hedge pool of okx"),
        ("single_reserve", with_venue(market(), "okx", single_limit_usd=None), f"{UNKNOWN}no equity of okx"),
        (
            "in_flight",
            with_venue(market(), "okx", in_flight_room_usd=None),
            f"{UNKNOWN}no room for reservations in flight of okx",
        ),
        ("latency", with_venue(market(), "okx", latency_p95_ms=501.0), "okx 501"),
        ("latency", with_venue(market(), "okx", latency_p95_ms=None), f"{UNKNOWN}no latency yet of okx"),
        ("latency", with_venue(market(), "okx", latency_p95_ms=NAN), "okx nan"),
        ("volatility", with_look(market(), BTC_OKX, volatility_pct=0.61), "BTC/USDT@okx 0.61"),
        (
            "volatility",
            with_look(market(), BTC_OKX, volatility_pct=None),
            f"{UNKNOWN}no volatility yet of BTC/USDT@okx",
        ),
        ("spread_widening", with_look(market(), BTC_OKX, spread_bps=3.1), "BTC/USDT@okx 3.1 where 1 is usual"),
        (
            "spread_widening",
            with_look(market(), BTC_OKX, usual_spread_bps=None),
            f"{UNKNOWN}no usual spread yet of BTC/USDT@okx",
        ),
        (
            "fast_market",
            with_account(market(), fast_markets=("BTC/USDT",)),
            "BTC/USDT@binance on the list, BTC/USDT@okx on the list",
        ),
        ("drawdown", with_account(market(), drawdown_pct=10.5), "10.5"),
        ("drawdown", with_account(market(), drawdown_pct=None), f"{UNKNOWN}no drawdown"),
        ("consecutive_failures", with_account(market(), consecutive_failures=3), "3"),
    ],
)
def test_what_may_pass_makes_a_job_wait(rule, at, seen):
    verdict = evaluate(job(), at, RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.WAITING, [rule])
    assert observed(verdict, rule) == seen


def test_missing_price_fee_or_depth_refuse():
    for change, rules in (
        ({"unit_usd": None}, ["priced"]),
        ({"taker_fee_rate": None}, ["priced", "edge_after_costs"]),
        ({"bids": NO_DEPTH}, ["edge_after_costs"]),
    ):
        verdict = evaluate(job(), with_look(market(), BTC_OKX, **change), RULES)
        assert (verdict.decision, failures(verdict)) == (JobDecision.WAITING, rules)


def test_an_unknown_instrument_makes_a_job_wait_and_never_drops_it():
    at = msgspec.structs.replace(market(), instruments={BTC_BINANCE: instrument(BTC_BINANCE)})
    verdict = evaluate(job(), at, RULES)
    assert verdict.decision is JobDecision.WAITING
    assert failures(verdict)[:2] == ["known_instrument", "direction"]


def test_legs_that_share_a_matching_engine_are_refused():
    at = with_look(with_look(market(), BTC_OKX, book_id="engine"), BTC_BINANCE, book_id="engine")
    verdict = evaluate(job(), at, RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.REFUSED, ["self_match"])
    assert observed(verdict, "self_match") == "two legs on engine"


@pytest.mark.parametrize(
    ("sold", "passes"), [("0.0202", True), ("0.02021", False), ("0.0198", True), ("0.0197", False)]
)
def test_legs_must_cancel_within_the_tolerance(sold, passes):
    legs = (leg(BTC_BINANCE, Side.BUY, D("0.02")), leg(BTC_OKX, Side.SELL, D(sold)))
    verdict = evaluate(job(1_000, legs=legs), market(), RULES)
    assert failures(verdict) == ([] if passes else ["direction"])
    assert verdict.decision is (JobDecision.ACCEPTED if passes else JobDecision.REFUSED)


def test_contracts_count_by_what_they_hold_of_the_underlying():
    legs = (leg(BTC_BINANCE, Side.BUY, D("0.02")), leg(PERP_OKX, Side.SELL, D(2)))
    assert failures(evaluate(basis_job(legs=legs), basis_market(), RULES))[0] == "direction"
    small = basis_market(contract_size=D("0.01"), unit_usd=D(500))
    assert failures(evaluate(basis_job(legs=legs), small, RULES)) == []


def test_two_underlyings_are_no_hedge():
    at = with_look(market(), BTC_OKX, underlying="ETH")
    verdict = evaluate(job(), at, RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.REFUSED, ["direction"])
    assert observed(verdict, "direction") == "BTC and ETH"


def test_a_leg_above_the_largest_notional_is_refused_whatever_the_job_declares():
    at = with_venue(market(), "okx", single_limit_usd=D(10_000))
    at = with_venue(at, "binance", single_limit_usd=D(10_000))
    modest = msgspec.structs.replace(job(5_001), notional_usd=D(10))
    verdict = evaluate(modest, at, RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.REFUSED, ["leg_notional"])
    assert observed(verdict, "leg_notional") == "5001"


def test_a_restricted_symbol_is_refused():
    rules = Rulebook(LIMITS, RiskLimits(restricted_symbols=("BTC/USDT@okx",)))
    verdict = evaluate(job(), market(), rules)
    assert (verdict.decision, failures(verdict)) == (JobDecision.REFUSED, ["restricted"])


def test_the_edge_must_pay_for_fees_and_what_the_depth_implies():
    """Fees of 0.5 bps a leg; 0.06 BTC beyond 0.03 at the best price costs 10 bps, so 5 bps on a side in the mean."""
    thin = depth(step=50.0, quantity=0.03)
    at = with_look(market(), BTC_BINANCE, asks=thin)
    assert failures(evaluate(job(3_000, "6"), at, RULES)) == []
    verdict = evaluate(job(3_000, "5.99"), at, RULES)
    assert (verdict.decision, failures(verdict)) == (JobDecision.WAITING, ["edge_after_costs"])
    check = next(each for each in verdict.checks if each.rule == "edge_after_costs")
    assert (check.observed, check.limit) == ("5.99", "at least 6 of fees, slippage and funding")


def test_a_depth_that_does_not_suffice_refuses():
    at = with_look(market(), BTC_BINANCE, asks=depth(quantity=0.001))
    verdict = evaluate(job(3_000, "4"), at, RULES)
    assert failures(verdict) == ["edge_after_costs"]


def test_a_rebalance_may_lose_what_it_says_and_no_more():
    costly = with_look(market(), BTC_OKX, taker_fee_rate=D("0.001"))
    for allowed, fails in ((D("10.5"), []), (D("10.4"), ["edge_after_costs"])):
        wanted = job(edge="0", strategy_type=JobType.REBALANCE, max_acceptable_loss_bps=allowed)
        assert failures(evaluate(wanted, costly, RULES)) == fails


@pytest.mark.parametrize(("rate", "passes"), [(-0.0004, True), (-0.0006, False), (0.01, True)])
def test_funding_to_be_paid_is_limited_and_counts_as_cost(rate, passes):
    """The perpetual is sold: a negative rate is paid by who is short."""
    verdict = evaluate(basis_job(expected_edge_bps=D(50)), basis_market(funding_rate=rate), RULES)
    assert failures(verdict) == ([] if passes else ["funding_cost"])
    thin = evaluate(basis_job(expected_edge_bps=D("4.5")), basis_market(funding_rate=-0.0004), RULES)
    assert failures(thin) == ["edge_after_costs"]


def test_a_perpetual_without_a_funding_rate_refuses():
    verdict = evaluate(basis_job(), basis_market(funding_rate=None), RULES)
    assert failures(verdict) == ["funding_cost"]
    assert observed(verdict, "funding_cost") == f"{UNKNOWN}no funding rate of each leg"


@pytest.mark.parametrize(
    ("settles_ns", "passes"),
    [(NOW_NS + 5 * MINUTE_NS, True), (NOW_NS + 5 * MINUTE_NS - 1, False), (NOW_NS - 1, False), (None, False)],
)
def test_no_job_near_a_settlement(settles_ns, passes):
    verdict = evaluate(basis_job(), basis_market(next_settlement_ns=settles_ns), RULES)
    assert failures(verdict) == ([] if passes else ["blackout"])


@pytest.mark.parametrize(("distance", "passes"), [(10.0, True), (9.99, False), (None, False), (NAN, False)])
def test_a_leg_near_its_liquidation_refuses(distance, passes):
    verdict = evaluate(basis_job(), basis_market(liquidation_distance_pct=distance), RULES)
    assert failures(verdict) == ([] if passes else ["liquidation_distance"])


def test_a_control_that_fails_to_judge_refuses():
    broken = with_account(market(), strategy_halts=None)
    verdict = evaluate(job(), broken, RULES)
    assert failures(verdict) == ["strategy_halt"]
    assert observed(verdict, "strategy_halt").startswith(UNKNOWN)


def test_legs_at_one_venue_are_judged_together():
    perp = InstrumentId("okx", "BTC/USDT:USDT")
    legs = (leg(BTC_OKX, Side.BUY, D("0.03")), leg(perp, Side.SELL, D("0.03")))
    at = market(instruments=(instrument(BTC_OKX), perpetual(perp)))
    assert failures(evaluate(job(1_500, legs=legs), with_venue(at, "okx", in_flight_room_usd=D(3_000)), RULES)) == []
    verdict = evaluate(job(1_500, legs=legs), with_venue(at, "okx", in_flight_room_usd=D(2_999)), RULES)
    assert failures(verdict) == ["in_flight"]
    assert observed(verdict, "in_flight") == "okx 3000"


@pytest.mark.parametrize("selector", [ObjectSelector(RULES), compiled_selector(RULES)])
def test_legs_at_one_venue_are_one_reservation_as_the_capital_hub_has_it(selector: Selector):
    perp = InstrumentId("okx", "BTC/USDT:USDT")
    legs = (leg(BTC_OKX, Side.BUY, D("0.0302")), leg(perp, Side.SELL, D("0.0302")))
    at = market(instruments=(instrument(BTC_OKX), perpetual(perp)))
    verdict = evaluate(job(1_510, legs=legs), at, RULES)
    assert failures(verdict) == ["single_reserve"]
    assert observed(verdict, "single_reserve") == "okx 3020"
    columns = PendingColumns(RULES)
    columns.add(job(1_510, legs=legs), 0)
    assert selector.select(columns, at, {}) == []
    assert names_in(int(columns.masks[0])) == ("single_reserve",)


def test_volume_makes_nothing_acceptable():
    for notional in (500, 3_000):
        of = with_account(market(), volume_today_usd=D(0))
        assert evaluate(job(notional, "2.9"), of, RULES).decision is JobDecision.REFUSED


def test_what_drops_is_stated_in_the_table():
    dropping = {control.name for control in CONTROLS if control.on_failure is OnFailure.DROP}
    assert dropping == {"self_match", "direction", "leg_notional", "restricted", "min_edge"}


def test_the_modes_ask_for_their_own_edge():
    for mode, least in ((RiskMode.CONSERVATIVE, "5"), (RiskMode.BALANCED, "3"), (RiskMode.AGGRESSIVE, "1.5")):
        calm = with_account(market(), mode=mode)
        assert failures(evaluate(job(edge=least), calm, RULES)) == []
        assert failures(evaluate(job(edge=str(D(least) - D("0.01"))), calm, RULES)) == ["min_edge"]


# what closes a position ------------------------------------------------------------------------------------


def full(closes: str, promised: str = "0") -> JobMarket:
    """Return a market without any pool room where the first leg, which buys at binance, may close a position."""
    of = with_look(market(), BTC_BINANCE, closing_buys=Closable(D(closes), D(promised)))
    of = with_look(of, BTC_OKX, closing_sells=Closable(D("0.06")))
    return with_venue(with_venue(of, "binance", hedge_room_usd=D(0)), "okx", hedge_room_usd=D(0))


def test_a_job_that_closes_all_it_trades_needs_no_room_in_a_pool_and_says_so():
    verdict = evaluate(job(), full("0.1"), RULES)
    assert verdict.decision is JobDecision.ACCEPTED
    assert observed(verdict, "pool_room") == "binance 0 (closes 0.06 of 0.06), okx 0 (closes 0.06 of 0.06)"


@pytest.mark.parametrize(
    ("closes", "promised", "seen"),
    [
        ("0", "0", "binance 3000"),
        ("0.02", "0", "binance 2000 (closes 0.02 of 0.06)"),
        ("0", "0.06", "binance 3000 (closes 0 of 0.06: running jobs and live orders may close 0.06)"),
        ("0.02", "0.04", "binance 2000 (closes 0.02 of 0.06: running jobs and live orders may close 0.04)"),
    ],
)
def test_what_a_job_opens_needs_room_and_what_keeps_it_from_closing_is_told(closes: str, promised: str, seen: str):
    verdict = evaluate(job(), full(closes, promised), RULES)
    assert failures(verdict) == ["pool_room"]
    assert observed(verdict, "pool_room") == seen


def test_what_a_job_reserves_is_what_it_opens_and_what_it_trades_counts_in_full():
    of = with_venue(full("0.1"), "binance", single_limit_usd=D(0), in_flight_room_usd=D(0))
    assert evaluate(job(), of, RULES).decision is JobDecision.ACCEPTED
    assert failures(evaluate(job(6_000), full("0.2"), RULES)) == ["leg_notional", "pool_room"]
    of = with_venue(full("0.1"), "binance", running_notional_usd=D(47_001))
    assert failures(evaluate(job(), of, RULES)) == ["venue_notional"]
