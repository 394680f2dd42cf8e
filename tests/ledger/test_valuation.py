from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import AnyFact, BalanceReported, DayBegan, EquityPeaked, FundingBooked, OrderFilled
from core.ledger.ledger import Ledger
from core.ledger.marks import MarkBoard
from core.ledger.valuing import is_new_peak, value_ledger
from core.types.account import FundingPayment
from core.types.instrument import MarketHours
from core.types.order import Side
from tests.orders.making import ALL, PERP, SPOT, D, fill, instrument

OTHER = ALL["sim-b", "BTC/USDT:USDT"]
NOW = 1_000


def filled(fill_id: str, **changes: object) -> OrderFilled:
    return OrderFilled(at_ns=5, fill=fill(fill_id, **changes))


def balance(total: int | str, asset: str = "USDT", venue: str = "sim-a") -> BalanceReported:
    return BalanceReported(at_ns=1, venue=venue, asset=asset, total=D(total))


def fold(*facts: AnyFact) -> Ledger:
    ledger = Ledger(ALL.get)
    for fact in facts:
        ledger.apply(fact)
    return ledger


def marks(price: int | str = 110) -> MarkBoard:
    board = MarkBoard()
    for each in ALL.values():
        board.set_mark(each, D(price), NOW - 100)
    return board


def test_equity_is_cash_holdings_and_the_open_profit_of_contracts() -> None:
    ledger = fold(balance(1000), filled("f1", of=SPOT, fee=D(1)), filled("f2", quantity=D(2), fee=D(1)))
    seen = value_ledger(ledger, marks(), NOW, NOW)
    assert seen.equity_usd == 1000 - 100 - 2 + 110 + 20
    assert seen.total_pnl_usd == 10 + 20 - 2
    venue = seen.venue("sim-a")
    assert venue is not None
    assert (venue.collateral_usd, venue.open_positions) == (1000 - 100 - 2 + 20, 2)


def test_positions_on_one_underlying_add_up_over_venues_and_kinds() -> None:
    ledger = fold(
        filled("f1", of=SPOT, quantity=D(3)),
        filled("f2", quantity=D(1), side=Side.SELL),
        filled("f3", of=OTHER, quantity=D(2), side=Side.SELL),
    )
    (net,) = value_ledger(ledger, marks(), NOW, NOW).net_positions
    assert (net.base, net.quantity, net.notional_usd, net.pnl_usd) == ("BTC", D(0), D(0), D(0))


def test_without_a_price_nothing_is_guessed_and_the_missing_one_is_named() -> None:
    ledger = fold(balance(1000), filled("f1"))
    seen = value_ledger(ledger, MarkBoard(), NOW, NOW)
    assert (seen.equity_usd, seen.total_pnl_usd, seen.day_loss_usd) == (None, None, None)
    assert seen.missing == ("price of BTC/USDT:USDT@sim-a",)


def test_a_closed_position_whose_quote_has_no_price_any_more_is_named() -> None:
    euro = instrument("BTC/EUR:EUR")
    known = {**ALL, euro.id: euro}
    ledger = Ledger(known.get)
    for fact in (
        balance(1000),
        filled("f1", of=euro),
        filled("f2", of=euro, side=Side.SELL, price=D(90)),
        balance(0, "EUR"),
    ):
        ledger.apply(fact)
    seen = value_ledger(ledger, marks(), NOW, NOW)
    assert (seen.equity_usd, seen.total_pnl_usd, seen.day_loss_usd) == (1000, None, None)
    assert seen.missing == ("price of EUR at sim-a, for the profit of BTC/EUR:EUR@sim-a",)
    board = marks()
    board.set_rate("EUR", D(2), NOW)
    assert value_ledger(ledger, board, NOW, NOW).total_pnl_usd == -20


def test_an_asset_nobody_quotes_makes_equity_unknown() -> None:
    seen = value_ledger(fold(balance(1000), balance(7, "XYZ")), marks(), NOW, NOW)
    assert (seen.equity_usd, seen.missing) == (None, ("price of XYZ at sim-a",))
    assert value_ledger(fold(balance(1000), balance(0, "XYZ")), marks(), NOW, NOW).equity_usd == 1000


def test_a_venue_that_never_named_a_balance_has_no_equity() -> None:
    seen = value_ledger(fold(balance(1000), filled("f1", of=OTHER)), marks(), NOW, NOW)
    assert (seen.equity_usd, seen.missing) == (None, ("balance of sim-b",))


def test_a_fact_that_waits_for_its_instrument_makes_equity_unknown() -> None:
    ledger = fold(balance(1000), filled("f1", of=instrument("SOL/USDT")))
    seen = value_ledger(ledger, marks(), NOW, NOW)
    assert (seen.equity_usd, seen.total_pnl_usd) == (None, None)
    assert seen.missing == ("rules of SOL/USDT@sim-a",)


def test_profit_is_unknown_until_the_rules_of_every_restored_position_are() -> None:
    before = fold(balance(1000), filled("f1"), filled("f2", of=SPOT))
    known = {each.id: each for each in (SPOT,)}
    restored = Ledger(known.get)
    restored.restore(before.to_state())
    seen = value_ledger(restored, marks(), NOW, NOW)
    assert (seen.equity_usd, seen.total_pnl_usd, seen.day_loss_usd) == (None, None, None)
    assert seen.missing == (f"rules of {PERP.id}",)
    known[PERP.id] = PERP
    assert value_ledger(restored, marks(), NOW, NOW).total_pnl_usd == 20


def test_a_quoted_stablecoin_is_worth_its_quote() -> None:
    board = marks()
    board.set_rate("USDT", D("0.98"), NOW)
    assert value_ledger(fold(balance(1000)), board, NOW, NOW).equity_usd == D(980)


def test_a_price_that_is_none_is_not_taken_over() -> None:
    board = marks()
    for bad in (D(0), D(-1), D("NaN"), D("Infinity")):
        board.set_mark(PERP, bad, NOW)
        board.set_rate("USDT", bad, NOW)
    mark = board.mark(PERP.id)
    assert mark is not None
    assert mark.price == 110
    assert value_ledger(fold(balance(1000)), board, NOW, NOW).equity_usd == D(1000)


def test_the_day_counts_from_the_profit_it_began_with() -> None:
    ledger = fold(balance(1000), filled("f1"), DayBegan(at_ns=6, day="2026-01-02", total_pnl_usd=D(30)))
    seen = value_ledger(ledger, marks(), NOW, NOW)
    assert (seen.total_pnl_usd, seen.day_pnl_usd, seen.day_loss_usd) == (D(10), D(-20), D(20))
    assert value_ledger(ledger, marks(150), NOW, NOW).day_loss_usd == 0


def test_drawdown_is_measured_from_the_recorded_peak() -> None:
    ledger = fold(balance(900))
    first = value_ledger(ledger, marks(), NOW, NOW)
    assert (first.drawdown_pct, is_new_peak(first)) == (D(0), True)
    ledger.apply(EquityPeaked(at_ns=2, equity_usd=D(1000)))
    assert value_ledger(ledger, marks(), NOW, NOW).drawdown_pct == 10
    ledger.apply(balance("1000.4"))
    assert not is_new_peak(value_ledger(ledger, marks(), NOW, NOW))
    ledger.apply(balance("1000.5"))
    assert is_new_peak(value_ledger(ledger, marks(), NOW, NOW))


@pytest.mark.parametrize(("always_open", "age_ns"), [(True, 100), (False, 0)])
def test_the_age_of_equity_is_that_of_its_oldest_mark_in_an_open_market(always_open: bool, age_ns: int) -> None:
    stock = instrument("NVDA", "sim-x", market_hours=MarketHours(always_open=always_open))
    ledger = Ledger({stock.id: stock}.get)
    ledger.apply(balance(1000, "USD", "sim-x"))
    ledger.apply(filled("f1", of=stock))
    board = MarkBoard()
    board.set_mark(stock, D(110), NOW - 100)
    seen = value_ledger(ledger, board, NOW, NOW)
    assert (seen.equity_usd, seen.oldest_mark_age_ns) == (D(1010), age_ns)


_fills = st.lists(
    st.tuples(
        st.sampled_from([PERP, SPOT]),
        st.sampled_from(Side),
        st.decimals(min_value=D(1), max_value=D(500), places=1),
        st.decimals(min_value=D("0.001"), max_value=D(9), places=3),
        st.decimals(min_value=D(-1), max_value=D(1), places=4),
    ),
    max_size=20,
)


@given(_fills, st.decimals(min_value=D(1), max_value=D(500), places=1))
def test_equity_changes_by_exactly_the_profit(
    fills: list[tuple[object, Side, Decimal, Decimal, Decimal]], price: Decimal
) -> None:
    ledger = fold(balance(10_000))
    for number, (of, side, paid, quantity, fee) in enumerate(fills):
        ledger.apply(filled(f"f{number}", of=of, side=side, price=paid, quantity=quantity, fee=fee))
    ledger.apply(FundingBooked(at_ns=6, payment=FundingPayment("p1", PERP.id, D("-1.25"), 0.0001, 6)))
    seen = value_ledger(ledger, marks(price), NOW, NOW)
    assert seen.equity_usd is not None
    assert seen.total_pnl_usd is not None
    assert abs(seen.equity_usd - 10_000 - seen.total_pnl_usd) < D("1e-12")
