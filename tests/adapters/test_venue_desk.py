"""The account of a simulated venue: money is conserved, and nothing is admitted that it could not pay."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sim.instruments import listings
from adapters.venue_desk.account import FLAT, book_trade, fee_of
from adapters.venue_desk.desk import VenueDesk
from adapters.venue_store.store import MEMORY, VenueStore
from core.types.instrument import Instrument
from core.types.order import Liquidity, OrderIntent, OrderStatus, OrderType, Side, TimeInForce

INSTRUMENTS: dict[str, Instrument] = {item.instrument.symbol: item.instrument for item in listings(28_800)["sim-a"]}
SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
CASH = Decimal(100_000)


def desk(marks: dict[str, Decimal] | None = None, store: VenueStore | None = None) -> VenueDesk:
    values = marks or {}
    return VenueDesk("sim-a", store or VenueStore(MEMORY), INSTRUMENTS, {"USDT": CASH}, values.get)


def intent(order_id: str, symbol: str, side: Side, quantity: str, price: str | None = None, **terms) -> OrderIntent:
    return OrderIntent(
        client_order_id=order_id,
        venue="sim-a",
        symbol=symbol,
        side=side,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        quantity=Decimal(quantity),
        limit_price=None if price is None else Decimal(price),
        created_ns=0,
        **terms,
    )


def hold(venue_desk: VenueDesk, symbol: str, side: Side, quantity: str, price: str) -> None:
    """Open and fill an order at once."""
    order_id = f"hold-{symbol}-{side}-{quantity}-{price}"
    order = venue_desk.open(intent(order_id, symbol, side, quantity, price), 1)
    venue_desk.fill(order, Decimal(price), Decimal(quantity), Liquidity.MAKER, 1)


trades = st.lists(
    st.tuples(
        st.sampled_from([SPOT, PERP]),
        st.sampled_from(Side),
        st.integers(1, 5_000),  # lots
        st.integers(50_000, 70_000),  # ticks
        st.sampled_from(Liquidity),
        st.none() | st.floats(-0.0075, 0.0075),  # a funding rate paid afterwards
    ),
    max_size=25,
)


@given(trades)
@settings(max_examples=100, deadline=None)
def test_start_plus_fills_fees_and_funding_is_the_balance_to_the_last_digit(rows: list) -> None:
    venue_desk = desk()
    paid: dict[str, Decimal] = {SPOT: Decimal(0), PERP: Decimal(0)}
    fees = funding = Decimal(0)
    for number, (symbol, side, lots, ticks, liquidity, rate) in enumerate(rows):
        instrument = INSTRUMENTS[symbol]
        price, quantity = instrument.ticks_to_price(ticks), instrument.lots_to_quantity(lots)
        order = venue_desk.open(intent(str(number), symbol, side, str(quantity), str(price)), number)
        fill = venue_desk.fill(order, price, quantity, liquidity, number)
        fees += fill.fee
        paid[symbol] += side.sign * price * quantity
        if rate is not None:
            payment = venue_desk.pay_funding(PERP, price, rate, number, number)
            funding += payment.amount if payment else 0
    # What a perpetual still costs has not moved cash yet; everything else has, exactly.
    open_cost = venue_desk.position(PERP).cost
    assert venue_desk.cash["USDT"] == CASH - paid[SPOT] - paid[PERP] + open_cost - fees + funding
    assert sum(f.fee for f in venue_desk.report(0, 99).fills) == fees
    if not venue_desk.position(PERP).quantity:
        assert open_cost == 0


@given(trades)
@settings(max_examples=30, deadline=None)
def test_the_truth_read_again_equals_the_truth_in_memory(rows: list) -> None:
    store = VenueStore(MEMORY)
    venue_desk = desk(store=store)
    for number, (symbol, side, lots, ticks, liquidity, _) in enumerate(rows):
        price = INSTRUMENTS[symbol].ticks_to_price(ticks)
        quantity = INSTRUMENTS[symbol].lots_to_quantity(lots)
        order = venue_desk.open(intent(str(number), symbol, side, str(quantity * 2), str(price)), number)
        venue_desk.fill(order, price, quantity, liquidity, number)
        if number % 3 == 0:
            venue_desk.close(order, OrderStatus.CANCELLED, "test", number)
    again = desk(store=store)
    assert again.report(0, 1) == venue_desk.report(0, 1)
    assert (again.cash, again.positions, again.live) == (venue_desk.cash, venue_desk.positions, venue_desk.live)


def test_crossing_zero_realises_the_old_side_and_opens_the_new_one_at_the_trade_price() -> None:
    perp = INSTRUMENTS[PERP]
    long = book_trade(perp, FLAT, Side.BUY, Decimal(60_000), Decimal("0.3"), fee=Decimal(0)).position
    booking = book_trade(perp, long, Side.SELL, Decimal(61_000), Decimal("0.5"), fee=Decimal(1))
    assert booking.cash_change == Decimal(300) - 1
    assert booking.position.quantity == Decimal("-0.2")
    assert booking.position.average_price(perp.contract_size) == Decimal(61_000)


def test_fees_follow_the_side_of_the_liquidity() -> None:
    venue_desk = desk()
    order = venue_desk.open(intent("a", PERP, Side.BUY, "2", "60000"), 1)
    maker = venue_desk.fill(order, Decimal(60_000), Decimal(1), Liquidity.MAKER, 1)
    taker = venue_desk.fill(order, Decimal(60_000), Decimal(1), Liquidity.TAKER, 1)
    assert (maker.fee, taker.fee) == (Decimal(12), Decimal(30))
    assert fee_of(INSTRUMENTS[SPOT], Decimal(60_000), Decimal(1), Decimal("0.001")) == 60
    assert venue_desk.cash["USDT"] == CASH - 42


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (intent("x", SPOT, Side.BUY, "0.0015", "60000"), "not a multiple of the lot size"),
        (intent("x", SPOT, Side.BUY, "0.001", "60000.5"), "not a multiple of the tick size"),
        (intent("x", "SOL/USDT", Side.BUY, "0.01", "150"), "below the minimum"),
        (intent("x", SPOT, Side.BUY, "0", "60000"), "must be above 0"),
        (intent("x", SPOT, Side.BUY, "NaN", "60000"), "must be above 0"),
        (intent("x", SPOT, Side.BUY, "1", "-1"), "must be above 0"),
        (intent("x", SPOT, Side.BUY, "1", "Infinity"), "must be above 0"),
        (intent("x", SPOT, Side.BUY, "1.7", "60000"), "insufficient USDT"),
        (intent("x", SPOT, Side.SELL, "0.001", "60000"), "insufficient BTC"),
        (intent("x", PERP, Side.SELL, "40", "60000"), "insufficient USDT"),
        (intent("x", PERP, Side.SELL, "1", "60000", reduce_only=True), "no BTC/USDT:USDT position"),
        (intent("x", "XRP/USDT", Side.BUY, "1", "1"), "unknown instrument"),
        (intent("x", SPOT, Side.BUY, "1"), "no price"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_reason(order: OrderIntent, reason: str) -> None:
    refusal = desk().refusal(order, None, 1)
    assert refusal is not None
    assert reason in refusal


def test_a_client_order_id_is_never_taken_twice_even_after_its_order_has_ended() -> None:
    store = VenueStore(MEMORY)
    venue_desk = desk(store=store)
    order = venue_desk.open(intent("once", SPOT, Side.BUY, "0.1", "60000"), 1)
    venue_desk.close(order, OrderStatus.CANCELLED, "test", 2)
    for opened in (venue_desk, desk(store=store)):
        refusal = opened.refusal(intent("once", SPOT, Side.BUY, "0.1", "60000"), None, 3)
        assert refusal == "client order id once was used before"


def test_resting_orders_tie_up_what_they_may_cost() -> None:
    venue_desk = desk()
    assert venue_desk.refusal(intent("a", SPOT, Side.BUY, "1", "60000"), None, 1) is None
    venue_desk.open(intent("a", SPOT, Side.BUY, "1", "60000"), 1)
    assert venue_desk.free("USDT") == CASH - 60_060
    assert "insufficient" in str(venue_desk.refusal(intent("b", SPOT, Side.BUY, "1", "60000"), None, 1))


def test_closing_a_position_needs_no_margin_but_two_closing_orders_do_not_close_it_twice() -> None:
    marks = {PERP: Decimal(60_000)}
    venue_desk = desk(marks)
    hold(venue_desk, PERP, Side.BUY, "30", "60000")
    assert venue_desk.free("USDT") < 10_000
    close = intent("c1", PERP, Side.SELL, "30", "60000")
    assert venue_desk.refusal(close, None, 1) is None
    venue_desk.open(close, 1)
    assert "insufficient" in str(venue_desk.refusal(intent("c2", PERP, Side.SELL, "30", "60000"), None, 1))


def test_unrealised_losses_shrink_what_is_free_and_profits_do_not_grow_it() -> None:
    marks = {PERP: Decimal(60_000)}
    venue_desk = desk(marks)
    hold(venue_desk, PERP, Side.BUY, "1", "60000")
    level = venue_desk.free("USDT")
    marks[PERP] = Decimal(59_000)
    assert venue_desk.free("USDT") == level - 1_000 + 50
    marks[PERP] = Decimal(61_000)
    assert venue_desk.free("USDT") == level - 50


def test_a_reduce_only_order_that_rests_may_close_only_what_nothing_else_closes() -> None:
    venue_desk = desk()
    hold(venue_desk, PERP, Side.BUY, "1", "60000")
    venue_desk.open(intent("a", PERP, Side.SELL, "0.7", "61000"), 1)
    resting = intent("b", PERP, Side.SELL, "1", "62000", reduce_only=True)
    assert venue_desk.closable(resting) == Decimal("0.3")
    at_once = intent("c", PERP, Side.SELL, "5", "59000", reduce_only=True, time_in_force=TimeInForce.IOC)
    assert venue_desk.closable(at_once) == 1


def test_reduce_only_orders_that_could_open_a_position_are_named_newest_first() -> None:
    venue_desk = desk()
    hold(venue_desk, PERP, Side.BUY, "1", "60000")
    for name in ("a", "b"):
        venue_desk.open(intent(name, PERP, Side.SELL, "0.5", "61000", reduce_only=True), 1)
    assert venue_desk.unsafe_reduce_only(PERP) == []
    doomed = venue_desk.unsafe_reduce_only(PERP, intent("c", PERP, Side.SELL, "0.6", "62000"))
    assert [order.intent.client_order_id for order in doomed] == ["b", "a"]


def test_funding_of_one_interval_is_booked_once() -> None:
    venue_desk = desk()
    hold(venue_desk, PERP, Side.SELL, "2", "60000")
    before = venue_desk.cash["USDT"]
    payment = venue_desk.pay_funding(PERP, Decimal(60_000), 0.0001, 10, 11)
    assert payment is not None
    assert payment.amount == Decimal(12)
    assert venue_desk.pay_funding(PERP, Decimal(60_000), 0.0001, 10, 12) is None
    assert venue_desk.cash["USDT"] == before + 12
    assert venue_desk.pay_funding(SPOT, Decimal(60_000), 0.0001, 10, 11) is None
