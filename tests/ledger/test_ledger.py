from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.journal.facts import (
    AnyFact,
    BalanceReported,
    DayBegan,
    EquityPeaked,
    FundingBooked,
    OrderFilled,
    PositionAdopted,
    ReconciliationFinished,
)
from core.ledger.ledger import Ledger
from core.ledger.outcome import AlreadyBooked, Booked, Held, LedgerFault
from core.ledger.state import LedgerState
from core.types.account import FundingPayment
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Side
from tests.orders.making import ALL, PERP, SPOT, D, fill, instrument


def filled(fill_id: str, at_ns: int = 5, **changes: object) -> OrderFilled:
    return OrderFilled(at_ns=at_ns, fill=fill(fill_id, **changes))


def balance(total: int | str, asset: str = "USDT", venue: str = "sim-a") -> BalanceReported:
    return BalanceReported(at_ns=1, venue=venue, asset=asset, total=D(total))


def funding(payment_id: str, amount: str, of: Instrument = PERP, at_ns: int = 6) -> FundingBooked:
    return FundingBooked(at_ns=at_ns, payment=FundingPayment(payment_id, of.id, D(amount), 0.0001, at_ns))


def fold(*facts: AnyFact) -> Ledger:
    ledger = Ledger(ALL.get)
    for fact in facts:
        ledger.apply(fact)
    return ledger


def cash(ledger: Ledger, asset: str = "USDT", venue: str = "sim-a") -> Decimal:
    purse = ledger.cash_of(venue, asset)
    return purse.total if purse else D(0)


def test_a_spot_purchase_moves_both_assets_and_the_fee() -> None:
    ledger = fold(balance(1000), filled("f1", of=SPOT, quantity=D(2), fee=D("0.5")))
    assert (cash(ledger), cash(ledger, "BTC"), ledger.quantity(SPOT.id)) == (D("799.5"), D(2), D(2))


def test_a_contract_moves_cash_only_by_what_is_realised() -> None:
    ledger = fold(balance(1000), filled("f1", quantity=D(2), fee=D("0.1")))
    assert cash(ledger) == D("999.9")
    ledger.apply(filled("f2", side=Side.SELL, quantity=D(1), price=D(110)))
    assert cash(ledger) == D("1009.9")


def test_selling_through_zero_realises_the_old_side_and_opens_the_new_at_its_price() -> None:
    ledger = fold(filled("f1", quantity=D(2)), filled("f2", side=Side.SELL, quantity=D(5), price=D(90)))
    position = ledger.position(PERP.id)
    assert position is not None
    assert (position.quantity, position.realised, position.average_price(D(1))) == (D(-3), D(-20), D(90))


def test_contract_size_scales_money_and_not_the_average_price() -> None:
    tenth = instrument("BTC/USDT:USDT", "sim-c", contract_size=D("0.1"))
    ledger = Ledger({tenth.id: tenth}.get)
    ledger.apply(filled("f1", of=tenth, quantity=D(10)))
    ledger.apply(filled("f2", of=tenth, side=Side.SELL, quantity=D(5), price=D(120)))
    position = ledger.position(tenth.id)
    assert position is not None
    assert (position.realised, position.average_price(D("0.1")), position.volume) == (D(10), D(100), D(160))


def test_the_same_fill_and_the_same_funding_count_once() -> None:
    ledger = fold(filled("f1"), funding("p1", "-0.3"))
    assert isinstance(ledger.apply(filled("f1")), AlreadyBooked)
    assert isinstance(ledger.apply(funding("p1", "-0.3")), AlreadyBooked)
    position = ledger.position(PERP.id)
    assert position is not None
    assert (position.quantity, position.funding, cash(ledger)) == (D(1), D("-0.3"), D("-0.3"))


def test_a_new_day_starts_its_counters_at_zero_and_keeps_the_totals() -> None:
    ledger = fold(
        filled("f1", fee=D(1)),
        DayBegan(at_ns=100, day="2026-01-02", total_pnl_usd=D("12.5")),
        filled("f2", at_ns=101, fee=D(2)),
    )
    position = ledger.position(PERP.id)
    assert position is not None
    assert (position.fees, position.today_fees, position.trades, position.today_trades) == (D(3), D(2), 2, 1)
    assert (ledger.day, ledger.day_began_pnl_usd) == ("2026-01-02", D("12.5"))


@pytest.mark.parametrize("changes", [{"price": D(0)}, {"quantity": D(-1)}, {"price": D("NaN")}, {"fee": D("Infinity")}])
def test_a_fill_that_cannot_be_money_changes_nothing_and_leaves_the_ledger_incomplete(
    changes: dict[str, object],
) -> None:
    ledger = fold(balance(1000))
    assert isinstance(ledger.apply(filled("f1", **changes)), LedgerFault)
    assert (ledger.quantity(PERP.id), cash(ledger), ledger.is_whole) == (D(0), D(1000), False)
    ledger.apply(ReconciliationFinished(at_ns=9, venue="sim-a", is_clean=True, findings=()))
    assert ledger.is_whole


def test_facts_on_an_unknown_instrument_wait_and_are_then_booked_in_order() -> None:
    known: dict[InstrumentId, Instrument] = {}
    ledger = Ledger(known.get)
    assert isinstance(ledger.apply(filled("f1", quantity=D(2))), Held)
    assert isinstance(ledger.apply(filled("f2", side=Side.SELL, quantity=D(3), price=D(110))), Held)
    assert (ledger.is_whole, ledger.unknown_instruments) == (False, (PERP.id,))
    known[PERP.id] = PERP
    assert isinstance(ledger.apply(funding("p1", "1")), Held)
    assert ledger.instrument_known(PERP.id) == 3
    direct = fold(
        filled("f1", quantity=D(2)), filled("f2", side=Side.SELL, quantity=D(3), price=D(110)), funding("p1", "1")
    )
    assert (ledger.is_whole, ledger.position(PERP.id), cash(ledger)) == (True, direct.position(PERP.id), cash(direct))


def test_a_balance_reported_after_a_waiting_fill_already_contains_it() -> None:
    known: dict[InstrumentId, Instrument] = {}
    ledger = Ledger(known.get)
    ledger.apply(filled("f1", of=SPOT))
    ledger.apply(balance(900))
    known[SPOT.id] = SPOT
    ledger.instrument_known(SPOT.id)
    assert (cash(ledger), cash(ledger, "BTC"), ledger.quantity(SPOT.id)) == (D(900), D(1), D(1))


def test_an_adopted_holding_counts_as_owned_unless_the_venue_named_the_balance() -> None:
    adopted = PositionAdopted(
        at_ns=2, venue="sim-a", symbol="BTC/USDT", quantity=D(3), average_price=D(90), cause="first start"
    )
    assert cash(fold(adopted), "BTC") == D(3)
    assert cash(fold(balance(5, "BTC"), adopted), "BTC") == D(5)
    assert cash(fold(adopted, balance(5, "BTC")), "BTC") == D(5)


# properties over a few instruments and any sequence of trades, funding and reports -------------------

_prices = st.decimals(min_value=D("0.1"), max_value=D(100_000), places=1)
_quantities = st.decimals(min_value=D("0.001"), max_value=D(50), places=3)
_fees = st.decimals(min_value=D(-5), max_value=D(5), places=6)
_instruments = st.sampled_from([PERP, SPOT])
_trades = st.lists(st.tuples(_instruments, st.sampled_from(Side), _prices, _quantities, _fees), max_size=25)


@given(_trades, st.lists(_fees, max_size=5))
def test_money_is_conserved(
    trades: list[tuple[Instrument, Side, Decimal, Decimal, Decimal]], paid: list[Decimal]
) -> None:
    ledger = fold(balance(100_000), balance(0, "BTC"))
    expected_usdt, expected_btc, contracts = Fraction(100_000), Fraction(0), Fraction(0)
    for number, (of, side, price, quantity, fee) in enumerate(trades):
        ledger.apply(filled(f"f{number}", of=of, side=side, price=price, quantity=quantity, fee=fee))
        notional = Fraction(price) * Fraction(quantity) * side.sign
        expected_usdt -= Fraction(fee)
        if of is SPOT:
            expected_usdt -= notional
            expected_btc += Fraction(quantity) * side.sign
        else:
            contracts -= notional
    for number, amount in enumerate(paid):
        ledger.apply(funding(f"p{number}", str(amount)))
        expected_usdt += Fraction(amount)
    # A contract's money has reached the cash as far as it is realised; the rest is the cost of what is open.
    perp = ledger.position(PERP.id)
    open_cost = Fraction(perp.cost) if perp else Fraction(0)
    assert Fraction(cash(ledger)) == expected_usdt + contracts + open_cost
    assert Fraction(cash(ledger, "BTC")) == expected_btc


class AverageCostOracle:
    """Average cost by the book, in exact fractions, written without a look at the ledger."""

    def __init__(self) -> None:
        self.quantity = Fraction(0)
        self.average = Fraction(0)
        self.realised = Fraction(0)

    def trade(self, signed: Fraction, price: Fraction) -> None:
        same_side = self.quantity == 0 or (self.quantity > 0) == (signed > 0)
        if same_side:
            total = self.quantity + signed
            self.average = (self.average * abs(self.quantity) + price * abs(signed)) / abs(total)
            self.quantity = total
            return
        closed = min(abs(signed), abs(self.quantity))
        direction = 1 if self.quantity > 0 else -1
        self.realised += closed * (price - self.average) * direction
        crossed = abs(signed) > abs(self.quantity)
        self.quantity += signed
        if crossed:
            self.average = price


@given(st.lists(st.tuples(st.sampled_from(Side), _prices, _quantities), max_size=30))
def test_average_price_and_profit_are_those_of_average_cost(trades: list[tuple[Side, Decimal, Decimal]]) -> None:
    ledger, oracle = fold(), AverageCostOracle()
    for number, (side, price, quantity) in enumerate(trades):
        ledger.apply(filled(f"f{number}", side=side, price=price, quantity=quantity))
        oracle.trade(Fraction(quantity) * side.sign, Fraction(price))
        position = ledger.position(PERP.id)
        assert position is not None
        assert Fraction(position.quantity) == oracle.quantity
        assert abs(Fraction(position.realised) - oracle.realised) < Fraction(1, 10**12)
        average = position.average_price(D(1))
        if oracle.quantity:
            assert average is not None
            assert abs(Fraction(average) - oracle.average) < Fraction(1, 10**9)
        else:
            assert average is None
            assert position.cost == 0


_facts = st.lists(
    st.one_of(
        st.builds(
            filled,
            st.sampled_from([f"f{number}" for number in range(12)]),
            of=st.sampled_from([PERP, SPOT, instrument("SOL/USDT")]),
            side=st.sampled_from(Side),
            price=_prices,
            quantity=_quantities,
            fee=_fees,
            venue_ns=st.integers(0, 99),
        ),
        st.builds(funding, st.sampled_from(["p1", "p2", "p3"]), st.sampled_from(["1", "-2"])),
        st.builds(balance, st.integers(0, 10**6), st.sampled_from(["USDT", "BTC"])),
        st.builds(
            PositionAdopted,
            at_ns=st.just(7),
            venue=st.just("sim-a"),
            symbol=st.sampled_from(["BTC/USDT", "BTC/USDT:USDT"]),
            quantity=_quantities,
            average_price=_prices,
            cause=st.just("test"),
        ),
        st.builds(DayBegan, at_ns=st.just(5), day=st.just("2026-01-02"), total_pnl_usd=_fees),
        st.builds(EquityPeaked, at_ns=st.just(5), equity_usd=_prices),
    ),
    max_size=30,
)


@given(_facts, st.integers(0, 30))
def test_a_snapshot_and_the_facts_after_it_equal_all_facts(facts: list[AnyFact], cut: int) -> None:
    whole = fold(*facts)
    snapshot = msgspec.json.encode(fold(*facts[:cut]).to_state())
    resumed = Ledger(ALL.get)
    resumed.restore(msgspec.json.decode(snapshot, type=LedgerState))
    for fact in facts[cut:]:
        resumed.apply(fact)
    assert msgspec.json.encode(resumed.to_state()) == msgspec.json.encode(whole.to_state())


@given(_facts)
def test_instruments_learnt_late_give_the_same_books(facts: list[AnyFact]) -> None:
    direct = fold(*facts)
    known: dict[InstrumentId, Instrument] = {}
    late = Ledger(known.get)
    for fact in facts:
        late.apply(fact)
    known.update(ALL)
    for instrument_id in late.unknown_instruments:
        late.instrument_known(instrument_id)
    assert {p.instrument_id: p for p in late.positions()} == {p.instrument_id: p for p in direct.positions()}
    assert _money(late) == _money(direct)


def _money(ledger: Ledger) -> dict[tuple[str, str], Decimal]:
    return {(cash.venue, cash.asset): cash.total for cash in ledger.cash()}


def test_booking_returns_the_profit_of_the_fill() -> None:
    ledger = fold(filled("f1"))
    assert ledger.apply(filled("f2", side=Side.SELL, price=D("107.5"))) == Booked(D("7.5"))


def test_an_adopted_position_takes_no_profit_away_and_adds_none_at_its_price() -> None:
    adopted = PositionAdopted(
        at_ns=2, venue=PERP.venue, symbol=PERP.symbol, quantity=D(-1), average_price=D(85), price=D(80), cause="test"
    )
    position = fold(filled("f1", quantity=D(2), price=D(100)), adopted).position(PERP.id)
    assert position is not None
    unit = PERP.contract_size * 80
    # Two bought at 100 and marked at 80 have lost 40: realised, but for what the new position shows as open.
    assert position.realised + position.quantity * unit - position.cost == 2 * unit - 200 * PERP.contract_size
