"""Each rule by itself: what it refuses, and that it refuses where its input is missing."""

import pytest

from core.book.book import BookState
from core.risk.rules.finding import missing
from core.risk.table import RULES
from core.risk.verdict import Check, Hardness, Refused, reasons_of
from core.risk.view import LiveTrading, OwnOrder, RiskView, StrategyStatus
from core.types.capital import Pool
from core.types.control import HaltLevel, TradingMode
from core.types.instrument import MarketHours
from core.types.job_tag import JobTag, LegRole
from core.types.order import OrderIntent, OrderType, Side, TimeInForce
from tests.orders.making import SPOT, STOCK, D, instrument, intent
from tests.risk.scene import (
    LIMITS,
    SECOND_NS,
    blocker,
    book,
    buy,
    capital,
    check,
    decide,
    exposure,
    failed,
    funds,
    holding,
    job,
    of_job,
    own,
    recent,
    sell,
    view,
)

MARKET = {"order_type": OrderType.MARKET, "limit_price": None}
ETH = instrument("ETH/USDT:USDT")
INVERSE = instrument("BTC/USD:BTC", base="BTC", quote="USD")
SHUT = instrument(market_hours=MarketHours(calendar="XNYS", always_open=False, sessions=((0, 1), (2**62, 2**63 - 1))))
LARGE = (*holding(D(30)), *holding(D(38), ETH, underlying="ETH"))
NO_RESERVE = {Pool.HEDGE: D(70_000), Pool.ARB: D(20_000), Pool.RESERVE: D("99.99")}
POOLS = ("capital_pool", "single_reserve", "in_flight")
UNPRICED = (view(quote_usd=None), view(exposures=holding(D(1), ETH, unit_usd=None)))
STRATEGY = {"source": "strategy:ma", "confidence": 0.8}


def test_an_ordinary_order_passes_every_rule() -> None:
    assert failed(buy(), view()) == []
    assert failed(buy(**MARKET), view()) == []
    assert failed(buy(**STRATEGY), view()) == []
    assert failed(intent(of=SPOT), view(instrument=SPOT)) == []


REFUSED: list[tuple[str, OrderIntent, RiskView]] = [
    ("known_instrument", buy(), view(instrument=ETH)),
    ("known_instrument", intent(of=INVERSE), view(instrument=INVERSE)),
    ("order_form", buy(limit_price=None), view()),
    ("order_form", buy(order_type=OrderType.MARKET), view()),
    ("order_form", buy(0), view()),
    ("order_form", buy(-1), view()),
    ("order_form", buy(limit_price=D(0)), view()),
    ("order_form", buy(post_only=True, time_in_force=TimeInForce.IOC), view()),
    ("order_form", buy(confidence=1.5), view()),
    ("known_source", buy(source="somebody"), view()),
    ("known_source", buy(source="strategy:"), view()),
    ("unused_order_id", buy(), view(is_order_id_unused=False)),
    ("unused_order_id", buy(client_order_id=""), view()),
    ("price_grid", buy(limit_price=D("100.05")), view()),
    ("quantity_grid", buy("1.0005"), view()),
    ("min_quantity", buy(1), view(instrument=instrument(min_quantity=D(2)))),
    ("min_notional", buy("0.099"), view()),
    ("mode_gate", buy(), view(trading_mode=TradingMode.LIVE, live_trading=LiveTrading.OFF)),
    ("mode_gate", buy(), view(trading_mode=TradingMode.LIVE, live_trading=LiveTrading.ENABLED)),
    ("halt_level", buy(), view(halt_level=HaltLevel.REDUCE_ONLY)),
    ("reduce_only_truth", sell(reduce_only=True), view()),
    ("reduce_only_truth", sell(2, reduce_only=True), view(exposures=holding(D(1)))),
    ("reduce_only_truth", buy(1, reduce_only=True), view(exposures=holding(D(1)))),
    ("reduce_only_truth", sell(1, reduce_only=True), view(exposures=holding(D(1), selling=D("0.5")))),
    ("self_cross", buy(), view(own_orders=(own(Side.SELL, D(100)),))),
    ("self_cross", sell(), view(own_orders=(own(Side.BUY, D(100)),))),
    ("self_cross", buy(**MARKET), view(own_orders=(own(Side.SELL, D(150)),))),
    ("self_cross", buy(), view(own_orders=(own(Side.SELL, None),))),
    ("in_doubt", buy(), view(own_orders=(OwnOrder("o1", Side.BUY, D(90), is_in_doubt=True),))),
    ("price_collar", buy(limit_price=D("105.1")), view()),
    ("price_collar", sell(limit_price=D("94.9")), view()),
    ("price_collar", buy(**MARKET), view(book=book(execution_price=D("105.1")))),
    ("fresh_book", buy(), view(book=book(age_ns=LIMITS.stale_after_ns + 1))),
    ("fresh_book", buy(), view(book=book(state=BookState.INVALID))),
    ("fresh_book", buy(), view(book=book(state=BookState.SYNCING))),
    ("fresh_book", buy(), view(book=book(age_ns=-1))),
    ("market_hours", buy(), view(instrument=SHUT)),
    ("capital", buy(), view(funds=funds(collateral_usd=D(33)))),
    ("capital", intent(of=SPOT), view(instrument=SPOT, funds=funds(free_quote=D("100.04")))),
    ("capital", intent(of=SPOT, side=Side.SELL), view(instrument=SPOT, funds=funds(free_base=D("0.999")))),
    ("order_rate", buy(), view(recent=recent(orders_last_second=10))),
    ("duplicate_order", buy(), view(recent=recent(is_duplicate=True))),
    ("strategy_running", buy(**STRATEGY), view(strategy_status=StrategyStatus.STOPPED)),
    ("strategy_running", buy(**STRATEGY), view(strategy_status=StrategyStatus.FAILED)),
    ("open_orders", buy(), view(open_orders=100)),
    ("clock_offset", buy(), view(clock_offset_ms=-500.5)),
    ("equity_known", buy(), view(equity_age_ns=61 * SECOND_NS)),
    ("day_loss", buy(), view(day_loss_usd=D(500))),
    ("day_loss", buy(), view(day_loss_usd=D(300), equity_usd=D(10_000))),
    ("drawdown", buy(), view(drawdown_pct=D(10))),
    ("order_value", buy("20.001"), view()),
    ("order_share", buy(10), view(equity_usd=D(19_000))),
    ("directional_sum", buy(1), view(exposures=holding(D("99.5")))),
    ("directional_sum", buy(1), view(exposures=(exposure(buying=D("99.5")),))),
    ("directional_sum", buy(1), view(exposures=(exposure(ETH, underlying="ETH", position=D("-99.5")),))),
    ("concentration", buy(10), view(exposures=holding(D(25)), equity_usd=D(11_000))),
    (
        "invested_share",
        buy(10),
        view(exposures=(*holding(D(30)), *holding(D(38), ETH, underlying="ETH")), equity_usd=D(11_000)),
    ),
    ("leverage", buy(10), view(exposures=holding(D(30)), venue_equity_usd=D(1_300))),
    ("leverage", buy(), view(venue_equity_usd=D(0))),
    ("trade_loss", buy(11), view(equity_usd=D(2_100))),
    ("liquidity", buy(1), view(book=book(visible_quantity=D("3.9")))),
    ("volatility", buy(), view(volatility_pct=0.61)),
    ("volatility", buy(), view(volatility_pct=float("nan"))),
    ("confidence", buy(source="strategy:ma", confidence=0.49), view()),
    ("repeated_execution", buy(**STRATEGY), view(recent=recent(repeated_fills=20))),
    ("known_source", buy(job=JobTag(job_id="j1", strategy="ma", leg=0, role=LegRole.PRIMARY)), view()),
    ("known_source", of_job(LegRole.PRIMARY, source="job:other"), view(job=job())),
    ("known_source", of_job(LegRole.PRIMARY, strategy=""), view(job=job())),
    ("halt_level", of_job(LegRole.PRIMARY), view(job=job(), halt_level=HaltLevel.REDUCE_ONLY)),
    ("reconciled", buy(), view(blockers=(blocker("reconciliation", HaltLevel.CANCEL_ONLY, "venue:sim-a"),))),
    ("child_quantity", of_job(LegRole.PRIMARY, 2), view(job=job(primary_left=D("1.999")))),
    ("child_quantity", of_job(LegRole.HEDGE, 2), view(job=job(unhedged=D("1.999")))),
    ("child_quantity", of_job(LegRole.UNWIND, 2), view(job=job(naked=D("1.999")))),
    ("child_quantity", of_job(LegRole.HEDGE), view(job=job(unhedged=D(-1)))),
    ("child_quantity", of_job(LegRole.HEDGE), view(job=job(is_running=False))),
    ("child_quantity", of_job(LegRole.HEDGE), view(job=job(is_frozen=True))),
    ("child_quantity", of_job(LegRole.HEDGE, side=Side.SELL), view(job=job())),
    ("child_quantity", of_job(LegRole.UNWIND, side=Side.BUY), view(job=job())),
    ("child_quantity", of_job(LegRole.PRIMARY), view(job=job(SPOT))),
    ("capital_pool", buy(), view(capital=capital(free_usd={Pool.ARB: D("99.99")}))),
    ("capital_pool", buy(), view(capital=capital(safe_mode=True))),
    ("capital_pool", of_job(LegRole.PRIMARY), view(job=job(pool=Pool.ARB), capital=capital(safe_mode=True))),
    ("capital_pool", of_job(LegRole.HEDGE), view(job=job(claim_left_usd=D(0)), capital=capital(free_usd=NO_RESERVE))),
    ("capital_pool", of_job(LegRole.UNWIND), view(job=job(), capital=capital(free_usd=NO_RESERVE))),
    ("single_reserve", buy(), view(capital=capital(single_limit_usd=D("99.99")))),
    ("in_flight", buy(), view(capital=capital(in_flight_room_usd=D("99.99")))),
    ("message_rate", buy(), view(recent=recent(messages_last_second=15))),
    ("message_rate", of_job(LegRole.HEDGE), view(job=job(), recent=recent(messages_last_second=20))),
    ("venue_breaker", buy(), view(blockers=(blocker("venue_failures", scope="venue:sim-a"),))),
    ("auto_halt", buy(), view(blockers=(blocker("order_failures"),))),
    ("auto_halt", buy(), view(blockers=(blocker("consecutive_failures"),))),
    ("window_collar", buy(limit_price=D("104.9")), view(window_price=D("99.9"))),
    ("window_collar", sell(limit_price=D("95.1")), view(window_price=D("100.2"))),
    ("window_collar", buy(**MARKET), view(window_price=D("1000"))),
    ("max_quantity", buy("1000000.001", limit_price=D("0.1")), view(reference_price=D("0.1"))),
    ("order_value", of_job(LegRole.PRIMARY, "50.001"), view(job=job(primary_left=D(100)))),
    ("instrument_gross", buy(), view(exposures=(exposure(position=D(200), buying=D(200), selling=D("199.5")),))),
    ("instrument_net", buy(), view(exposures=(exposure(position=D(300), buying=D("199.5")),))),
    ("venue_gross", buy(), view(exposures=(exposure(ETH, position=D("-999.5")),))),
    ("venue_net", buy(), view(exposures=(exposure(ETH, underlying="ETH", position=D("-749.5")),))),
    ("total_gross", buy(), view(exposures=(exposure(STOCK, underlying="NVDA", position=D("1999.5")),))),
]

MISSING: list[tuple[str, OrderIntent, RiskView]] = [
    *((rule, buy(), view(instrument=None)) for rule in ("known_instrument", "price_grid", "quantity_grid")),
    *((rule, buy(), view(instrument=None)) for rule in ("min_quantity", "min_notional", "market_hours", "capital")),
    ("min_notional", buy(**MARKET), view(reference_price=None)),
    ("price_collar", buy(), view(reference_price=None)),
    ("price_collar", buy(**MARKET), view(book=book(execution_price=None))),
    ("price_collar", buy(**MARKET), view(book=None)),
    ("fresh_book", buy(), view(book=None)),
    ("capital", buy(), view(funds=funds(collateral_usd=None))),
    ("capital", intent(of=SPOT), view(instrument=SPOT, funds=funds(free_quote=None))),
    ("capital", intent(of=SPOT), view(instrument=SPOT, funds=funds(collateral_usd=None))),
    ("capital", intent(of=SPOT, side=Side.SELL), view(instrument=SPOT, funds=funds(free_base=None))),
    ("strategy_running", buy(**STRATEGY), view(strategy_status=None)),
    ("clock_offset", buy(), view(clock_offset_ms=None)),
    *((rule, buy(), view(equity_usd=None)) for rule in ("equity_known", "day_loss", "order_share", "trade_loss")),
    *((rule, buy(), view(equity_usd=None)) for rule in ("concentration", "invested_share")),
    ("day_loss", buy(), view(day_loss_usd=None)),
    ("drawdown", buy(), view(drawdown_pct=None)),
    ("leverage", buy(), view(venue_equity_usd=None)),
    *((rule, buy(), view(quote_usd=None)) for rule in ("order_value", "directional_sum", "trade_loss", "capital")),
    *((rule, buy(), view(reference_price=None)) for rule in ("order_value", "directional_sum", "concentration")),
    *(
        (rule, buy(), view(exposures=holding(D(1), ETH, unit_usd=None)))
        for rule in ("directional_sum", "concentration", "invested_share", "leverage", "capital")
    ),
    ("liquidity", buy(), view(book=None)),
    ("liquidity", buy(), view(book=book(visible_quantity=D(0)))),
    ("volatility", buy(), view(volatility_pct=None)),
    ("confidence", buy(source="strategy:ma", confidence=None), view()),
    ("window_collar", buy(), view(window_price=None)),
    ("window_collar", buy(**MARKET), view(book=None)),
    ("child_quantity", of_job(LegRole.HEDGE), view(job=None)),
    *(("instrument_gross", buy(), each) for each in UNPRICED),
    *(("instrument_net", buy(), each) for each in UNPRICED),
    *(("venue_gross", buy(), each) for each in UNPRICED),
    *(("venue_net", buy(), each) for each in UNPRICED),
    *(("total_gross", buy(), each) for each in UNPRICED),
    *((rule, buy(), each) for rule in POOLS for each in (view(capital=None), view(capital=capital(equity_usd=None)))),
    *((rule, buy(), view(quote_usd=None)) for rule in POOLS),
    *((rule, of_job(LegRole.PRIMARY), view(job=None)) for rule in POOLS),
]

WITHOUT_INPUT = {  # judge the order alone, or a value that is always there
    *("order_form", "known_source", "unused_order_id", "mode_gate", "halt_level", "reduce_only_truth", "self_cross"),
    "in_doubt",
    *("order_rate", "duplicate_order", "restricted", "open_orders", "repeated_execution"),
    *("reconciled", "message_rate", "venue_breaker", "auto_halt", "max_quantity"),
}


@pytest.mark.parametrize(("rule", "order", "seen"), REFUSED)
def test_it_is_refused(rule: str, order: OrderIntent, seen: RiskView) -> None:
    assert rule in failed(order, seen)


@pytest.mark.parametrize(("rule", "order", "seen"), MISSING)
def test_a_missing_input_refuses(rule: str, order: OrderIntent, seen: RiskView) -> None:
    assert rule in failed(order, seen)


def test_a_refusal_for_an_unknown_profit_names_what_is_missing() -> None:
    seen = view(day_loss_usd=None, unvalued=("price of EUR at v, for the profit of BTC/EUR@v",))
    missing = "the price of EUR at v, for the profit of BTC/EUR@v"
    observed = check(buy(), seen, "day_loss").observed
    assert observed == f"unknown: no equity and profit of the day: missing is {missing}"
    many = check(buy(), view(day_loss_usd=None, unvalued=tuple("abcde")), "day_loss")
    assert many.observed.endswith("missing is the a, the b, the c and 2 more")


def test_every_rule_of_the_table_has_its_cases() -> None:
    names = {rule.name for rule in RULES}
    assert {rule for rule, *_ in REFUSED} | {"restricted"} == names
    assert {rule for rule, *_ in MISSING} | WITHOUT_INPUT == names
    assert len(names) == len(RULES)


@pytest.mark.parametrize("listed", ["BTC/USDT:USDT", "BTC/USDT:USDT@sim-a"])
def test_a_restricted_symbol_is_refused_everywhere_or_at_its_venue(listed: str) -> None:
    limits = type(LIMITS)(restricted_symbols=(listed,))
    assert failed(buy(), view(), limits) == ["restricted"]
    assert failed(intent(of=SPOT), view(instrument=SPOT), limits) == []


# at the limit, and what a rule must not refuse ---------------------------------------------------------


def test_limits_themselves_are_allowed_where_the_rule_says_at_most() -> None:
    assert failed(buy(20), view()) == []
    assert failed(buy(limit_price=D(105)), view()) == []
    assert failed(buy(), view(exposures=holding(D(99)))) == []
    assert failed(buy(), view(open_orders=99, recent=recent(orders_last_second=9))) == []


def test_orders_that_stay_clear_of_own_orders_pass() -> None:
    assert failed(buy(), view(own_orders=(own(Side.SELL, D("100.1")), own(Side.BUY, D(101))))) == []
    assert failed(buy(**MARKET), view(own_orders=(own(Side.BUY, D(99)),))) == []


def test_a_hedged_pair_counts_by_its_net() -> None:
    hedged = (exposure(position=D(-150)), exposure(SPOT, underlying="BTC", position=D(150)))
    assert failed(buy(), view(exposures=hedged, equity_usd=D(200_000))) == []


def test_above_the_directional_limit_only_an_order_that_does_not_raise_the_sum_passes() -> None:
    long_spot = view(exposures=(exposure(SPOT, underlying="BTC", position=D(150)),), equity_usd=D(200_000))
    assert failed(sell(10), long_spot) == []
    assert failed(buy(10), long_spot) == ["directional_sum"]


def test_the_mode_sets_the_volatility_that_is_allowed() -> None:
    allowed = [check(buy(), view(risk_mode=mode), "volatility").limit for mode in LIMITS.max_volatility_pct]
    assert allowed == ["at most 0.4", "at most 0.6", "at most 1"]


def test_live_orders_go_once_live_trading_is_confirmed() -> None:
    assert failed(buy(), view(trading_mode=TradingMode.LIVE, live_trading=LiveTrading.CONFIRMED)) == []


def test_a_reducing_order_is_let_out_where_new_risk_is_not() -> None:
    stuck = view(
        exposures=holding(D(500)),
        halt_level=HaltLevel.REDUCE_ONLY,
        equity_usd=None,
        venue_equity_usd=None,
        day_loss_usd=D(9_999),
        drawdown_pct=D(50),
        volatility_pct=None,
        clock_offset_ms=None,
        open_orders=100,
        book=book(visible_quantity=D(1), state=BookState.INVALID),
        strategy_status=StrategyStatus.STOPPED,
        recent=recent(repeated_fills=99),
    )
    assert failed(sell(500), stuck) == []
    assert "fresh_book" in failed(sell(500, **MARKET), stuck)
    assert "halt_level" in failed(sell(501), stuck)


def test_what_flips_through_zero_does_not_reduce() -> None:
    seen = view(exposures=holding(D(1)), halt_level=HaltLevel.REDUCE_ONLY)
    assert failed(sell(1), seen) == []
    assert failed(sell("1.001"), seen) == ["halt_level"]


@pytest.mark.parametrize("level", [HaltLevel.CANCEL_ONLY, HaltLevel.HALTED, HaltLevel.FLATTEN])
def test_in_stricter_levels_only_the_kill_switch_reduces(level: HaltLevel) -> None:
    seen = view(exposures=holding(D(2)), halt_level=level)
    for order in (buy(), sell(2), sell(2, reduce_only=True), sell(2, source="flatten")):
        assert "halt_level" in failed(order, seen)
    flattening = failed(sell(2, source="flatten", reduce_only=True), seen)
    assert flattening == (["halt_level"] if level is HaltLevel.CANCEL_ONLY else [])


def test_the_kill_switch_is_not_slowed_by_rate_or_duplicates() -> None:
    seen = view(exposures=holding(D(2)), recent=recent(orders_last_second=99, is_duplicate=True))
    assert failed(sell(2, source="flatten", reduce_only=True), seen) == []
    assert failed(sell(2, reduce_only=True), seen) == ["order_rate", "duplicate_order"]


def test_what_replaces_an_order_is_not_slowed_by_rate_or_duplicates() -> None:
    seen = view(recent=recent(orders_last_second=99, is_duplicate=True))
    assert failed(buy(replaces="s1"), seen) == []
    assert failed(buy(), seen) == ["order_rate", "duplicate_order"]


def test_a_refusal_says_rule_limit_and_what_was_seen() -> None:
    verdict = decide(buy("20.5"), view())
    assert isinstance(verdict, Refused)
    assert verdict.reason == "order_value: 2050 USD, allowed at most 2000"


def test_rules_that_saw_nothing_come_last_in_a_refusal_each_with_what_it_missed() -> None:
    def check(rule: str, unit: str, limit: str, observed: str) -> Check:
        return Check(rule=rule, hardness=Hardness.HARD, unit=unit, limit=limit, observed=observed, passed=False)

    finding = missing(5, "price of the order")
    reason = reasons_of(
        (
            check("price_collar", "%", finding.limit, finding.observed),
            check("market_hours", "", "market open", "closed (XNYS)"),
            check("leverage", "x", *missing(3, "equity")[1:]),
        )
    )
    assert reason == (
        "market_hours: closed (XNYS), allowed market open; "
        "cannot be judged: price_collar (no price of the order), leverage (no equity)"
    )


def test_of_many_rules_that_see_nothing_a_refusal_says_how_many_and_a_closed_market_comes_first() -> None:
    shut = instrument(market_hours=MarketHours(calendar="XNYS", always_open=False))
    verdict = decide(buy(), view(instrument=shut, book=None, reference_price=None, window_price=None, equity_usd=None))
    assert isinstance(verdict, Refused)
    blind = [check for check in verdict.failed if check.observed.startswith("unknown: ")]
    market, said = verdict.reason.split("; ")
    assert market == "market_hours: closed (XNYS), allowed market open"
    assert len(blind) > 15
    missed = "no reference price, no book, no collateral or price of every position, …"
    assert said == f"{len(blind)} controls cannot be judged: {missed}"


@pytest.mark.parametrize(("opens_s", "wait"), [(1_600, "10 min"), (1_000 + 3 * 86_400 + 90, "72 h 2 min")])
def test_a_closed_market_says_when_it_opens(opens_s: int, wait: str) -> None:
    hours = ((opens_s * SECOND_NS, (opens_s + 7_400) * SECOND_NS),)
    shut = instrument(market_hours=MarketHours(calendar="XNYS", always_open=False, sessions=hours))
    assert check(buy(), view(instrument=shut), "market_hours").observed == f"closed (XNYS), opens in {wait}"
