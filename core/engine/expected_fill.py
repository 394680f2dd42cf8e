"""What the book of this moment would make of an order: how much trades at once, at which price, for which fee."""

from decimal import Decimal
from typing import Final

from core.book.taking import take
from core.market.market import Market
from core.state.rehearsal import ExpectedFillView, FeesView
from core.types.instrument import Instrument
from core.types.order import OrderIntent, OrderType, TimeInForce

BPS: Final = Decimal(10_000)
ZERO: Final = Decimal(0)


def expected_fill(market: Market, intent: OrderIntent) -> ExpectedFillView:
    """Walk the live book; where that must not be read, say why and leave everything unknown."""
    book, validity = market.books.get(intent.instrument_id), market.validity(intent.instrument_id)
    age_ns = market.age_ns(intent.instrument_id)
    age_s = None if age_ns is None else age_ns / 1e9
    if book is None or validity != "valid":
        age = "" if age_s is None else f", {age_s:.1f} s old"
        return unknown_fill(f"the book is {validity}{age}", age_s)
    bid, ask = book.best_bid(), book.best_ask()
    rules, limit = book.instrument, intent.limit_price
    best_bid = None if bid is None else rules.ticks_to_price(bid[0])
    best_ask = None if ask is None else rules.ticks_to_price(ask[0])
    touch = best_ask if intent.side.sign > 0 else best_bid
    taken = take(book, intent.side, intent.quantity, limit)
    left, average = intent.quantity - taken.quantity, taken.average_price
    is_resting = intent.order_type is OrderType.LIMIT and intent.time_in_force is not TimeInForce.IOC
    return ExpectedFillView(
        problem="",
        age_s=age_s,
        bid=best_bid,
        ask=best_ask,
        taken=taken.quantity,
        average_price=average,
        worst_price=taken.worst_price,
        levels=taken.levels,
        slippage_bps=_worse_bps(intent, average, touch),
        mid_cost_bps=_worse_bps(intent, average, book.mid()),
        rests=left if is_resting else ZERO,
        beyond_depth=ZERO if is_resting else left,
    )


def unknown_fill(problem: str, age_s: float | None = None) -> ExpectedFillView:
    return ExpectedFillView(
        problem=problem, age_s=age_s, bid=None, ask=None, taken=None, average_price=None, worst_price=None, levels=0,
        slippage_bps=None, mid_cost_bps=None, rests=None, beyond_depth=None,
    )  # fmt: skip


def expected_fees(instrument: Instrument, intent: OrderIntent, fill: ExpectedFillView) -> FeesView:
    """Charge the taker's rate on what trades at once and the maker's on what rests; None where a rate is not stated."""
    if not instrument.has_fee_rates:
        return FeesView(currency=instrument.quote, maker_rate=None, taker_rate=None, taken=None, resting=None)
    maker, taker = instrument.maker_fee_rate, instrument.taker_fee_rate
    taken = resting = None
    if fill.taken is not None:
        taken = ZERO if fill.average_price is None else instrument.notional(fill.average_price, fill.taken) * taker
    if fill.rests is not None:
        resting = ZERO if intent.limit_price is None else instrument.notional(intent.limit_price, fill.rests) * maker
    return FeesView(currency=instrument.quote, maker_rate=maker, taker_rate=taker, taken=taken, resting=resting)


def immediate_cost(instrument: Instrument, fill: ExpectedFillView, fees: FeesView) -> Decimal | None:
    """Return what the order costs against the middle of the book, fees counted, in the quote currency.

    None while the fill or a fee is not known. What rests costs its fee only: whether it earns the spread is not said.
    """
    if fill.taken is None or fees.taken is None or fees.resting is None:
        return None
    crossing = ZERO
    if fill.average_price is not None:
        if fill.bid is None or fill.ask is None:
            return None
        crossing = abs(fill.average_price - (fill.bid + fill.ask) / 2)
    return instrument.notional(crossing, fill.taken) + fees.taken + max(ZERO, fees.resting)


def _worse_bps(intent: OrderIntent, average: Decimal | None, reference: Decimal | None) -> Decimal | None:
    """Return how much worse than a reference the average price is."""
    if average is None or not reference:
        return None
    return (average - reference) * intent.side.sign * BPS / reference
