"""Is this held order sensible at the moment it is placed? Pure; what it sends passes the risk gate by itself.

The price collar of the gate does not fit here, for a stop is meant to be away from the market: a trigger and the limit
price beside it are bounded by `FARTHEST_PCT`, the limit price of a stop-limit by the collar around its trigger.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.held.look import HeldLook, is_through
from core.types.held_order import HeldKind, HeldOrder, StopTrigger, TriggerBy
from core.types.instrument import Instrument
from core.types.order import Side

FARTHEST_PCT: Final = Decimal(50)
MOST_HELD: Final = 200


def arming_problems(order: HeldOrder, look: HeldLook, *, entry_price: Decimal | None = None) -> list[str]:
    """Return why the order must not be held; an empty list where it may.

    `entry_price` of a bracket is the limit of its entry, None for a market order.
    """
    if look.instrument is None:
        return [f"the rules of {order.instrument_id} are not known"]
    if look.mid is None:
        return [f"the book of {order.instrument_id} is not valid and fresh: nobody knows whether the stop is through"]
    problems = list(_grid(order, look.instrument))
    if order.stop is not None:
        problems += _stop(order, order.stop, look, look.mid)
    if order.limit_price is not None:
        problems += _limit(order, order.limit_price, look.mid)
    if order.kind is HeldKind.BRACKET:
        problems += _bracket(order, look, entry_price or look.mid)
    elif order.reduce_only:
        problems += _reduces(order, look)
    return problems


def _grid(order: HeldOrder, instrument: Instrument) -> Iterator[str]:
    stop = order.stop
    prices = {
        "stop price": None if stop is None else stop.price,
        "limit price of the stop": None if stop is None else stop.limit_price,
        "limit price": order.limit_price,
    }
    for name, price in prices.items():
        if price is not None and price % instrument.order_tick:
            below = instrument.floor_price(price)
            tick = instrument.order_tick
            yield f"{name} {price:f} is not on the tick of {tick:f}: {below:f} or {below + tick:f}"


def _stop(order: HeldOrder, stop: StopTrigger, look: HeldLook, mid: Decimal) -> Iterator[str]:
    beyond = "below" if order.side is Side.SELL else "above"
    for by in (TriggerBy.LAST, TriggerBy.MARK):
        seen = look.seen(by)
        if seen is not None and seen.by is by and is_through(order.side, stop.price, seen.price):
            yield (
                f"a {order.side} stop waits {beyond} the market: at {stop.price:f} it would trigger at once, the"
                f" {by} price is {seen.price:f}"
            )
            return
    yield from _not_too_far("stop price", stop.price, mid)
    if stop.limit_price is not None:
        away_pct = abs(stop.limit_price - stop.price) * 100 / stop.price
        if away_pct > look.collar_pct:
            yield (
                f"limit price {stop.limit_price:f} is {away_pct:.1f} % from the stop price {stop.price:f}; when it"
                f" triggers at most {look.collar_pct:f} % are let through"
            )


def _limit(order: HeldOrder, price: Decimal, mid: Decimal) -> Iterator[str]:
    yield from _not_too_far("limit price", price, mid)
    would_fill = price >= mid if order.side is Side.BUY else price <= mid
    if order.kind is HeldKind.OCO and would_fill:
        where = "below" if order.side is Side.BUY else "above"
        text = f"the {order.side} limit of a pair rests {where} the market"
        yield f"{text}: at {price:f} it would fill at once, mid {mid:f}"


def _not_too_far(name: str, price: Decimal, mid: Decimal) -> Iterator[str]:
    away_pct = abs(price - mid) * 100 / mid
    if away_pct > FARTHEST_PCT:
        text = f"{name} {price:f} is {away_pct:.0f} % from the market at {mid:f}"
        yield f"{text}, allowed are {FARTHEST_PCT} %: is a digit wrong?"


def _bracket(order: HeldOrder, look: HeldLook, entry_price: Decimal) -> Iterator[str]:
    """Demand a stop on the losing side of the entry and a profit on the winning one, and no position the other way."""
    entry_side = order.side.opposite
    losing, winning = ("below", "above") if entry_side is Side.BUY else ("above", "below")
    if order.stop is not None and (order.stop.price - entry_price) * entry_side.sign >= 0:
        yield f"stop loss {order.stop.price:f} must be {losing} the entry at {entry_price:f}"
    if order.limit_price is not None and (order.limit_price - entry_price) * entry_side.sign <= 0:
        yield f"take profit {order.limit_price:f} must be {winning} the entry at {entry_price:f}"
    if look.position * entry_side.sign < 0:
        yield (
            f"the account holds {look.position:f} of {order.instrument_id}: this entry would make that smaller, and"
            " exits could not be reduce-only; close it first"
        )


def _reduces(order: HeldOrder, look: HeldLook) -> Iterator[str]:
    closable = max(Decimal(0), look.position * -order.side.sign)
    if order.quantity > closable:
        yield f"reduce-only: {order.quantity:f} is more than the {closable:f} there is to reduce"
