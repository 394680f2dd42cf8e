"""The plan of a flattening: with which orders positions are closed, as values.

The caller raises the blocker first, then cancels on every venue, and asks for a fresh plan while positions are left.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, Decimal

import msgspec
import numpy as np

from core.book.book import Book, BookState
from core.ledger.outcome import InstrumentLookup
from core.ledger.position import ZERO, Position
from core.risk.limits import RiskLimits
from core.types.instrument import Instrument, InstrumentId
from core.types.order import FLATTEN, OrderIntent, OrderType, Side, TimeInForce

DEPTH_LEVELS = 1_000


ClearOf = Callable[[InstrumentId, Side], Decimal | None]


def _nothing_in_doubt(_: InstrumentId, __: Side) -> None:
    return None


class NotFlattened(msgspec.Struct, frozen=True):
    """A position, or the part of it, that this plan does not close, and why."""

    instrument_id: InstrumentId
    quantity: Decimal  # signed
    reason: str


class FlattenPlan(msgspec.Struct, frozen=True, kw_only=True):
    flatten: tuple[OrderIntent, ...]
    not_flattened: tuple[NotFlattened, ...]


def plan_flatten(
    *,
    positions: Iterable[Position],
    instruments: InstrumentLookup,
    books: Callable[[InstrumentId], Book | None],
    book_age_ns: Callable[[InstrumentId], int | None],
    next_order_id: Callable[[], str],
    limits: RiskLimits,
    now_ns: int,
    source: str = FLATTEN,
    clear_of: ClearOf = _nothing_in_doubt,
) -> FlattenPlan:
    """Plan to close positions, each with one reduce-only IOC limit order of `source` inside the band.

    An order takes no more than the book shows within the band; the rest waits for the next plan. `clear_of` returns
    the price of own orders in doubt that an order on a side must stay clear of.
    """
    flatten: list[OrderIntent] = []
    left: list[NotFlattened] = []
    for position in positions:
        if not position.quantity:
            continue
        instrument = instruments(position.instrument_id)
        book = books(position.instrument_id)
        if instrument is None:
            left.append(NotFlattened(position.instrument_id, position.quantity, "its rules are unknown"))
            continue
        refusal = _unreadable(instrument, book, book_age_ns(instrument.id), limits, now_ns)
        mid = None if book is None else book.mid()
        if refusal is not None or book is None or mid is None:
            left.append(NotFlattened(position.instrument_id, position.quantity, refusal or "it has no book"))
            continue
        side = Side.SELL if position.quantity > 0 else Side.BUY
        price, visible = _price_and_depth(instrument, book, side, limits, clear_of(position.instrument_id, side))
        quantity = instrument.floor_quantity(min(abs(position.quantity), visible))
        # A venue values an order at its limit or at the market, whichever is less.
        too_small = _too_small(instrument, quantity, min(price, mid), visible)
        if too_small is not None:
            left.append(NotFlattened(position.instrument_id, position.quantity, too_small))
            continue
        flatten.append(_order(position, quantity, price, source=source, client_order_id=next_order_id(), now_ns=now_ns))
        rest = position.quantity - quantity.copy_sign(position.quantity)
        if rest:
            why = "less than a lot" if abs(rest) < instrument.order_lot else "more than the book shows within the band"
            left.append(NotFlattened(position.instrument_id, rest, why))
    return FlattenPlan(flatten=tuple(flatten), not_flattened=tuple(left))


def _unreadable(
    instrument: Instrument, book: Book | None, age_ns: int | None, limits: RiskLimits, now_ns: int
) -> str | None:
    if not instrument.market_hours.is_open(now_ns):
        return "its market is closed"
    if book is None:
        return "it has no book"
    if book.state is not BookState.VALID:
        return f"its book is {book.state.value}: {book.reason}"
    if age_ns is None or age_ns > limits.stale_after_ns:
        return f"its book is older than {limits.stale_after_s:g} s"
    if book.mid() is None:
        return "its book has no two sides"
    return None


def _price_and_depth(
    instrument: Instrument, book: Book, side: Side, limits: RiskLimits, clear_of: Decimal | None
) -> tuple[Decimal, Decimal]:
    """Return the worst price inside the band, rounded towards the middle, and what the book shows up to it.

    What could meet an own order in doubt at `clear_of` is left out.
    """
    mid = book.mid()
    assert mid is not None, "asked for with a readable book only"
    band = mid * limits.flatten_band_pct / 100
    bid_ticks, bid_lots, ask_ticks, ask_lots = book.top(DEPTH_LEVELS)
    tick = instrument.order_tick
    if side is Side.SELL:
        worst = ((mid - band) / instrument.order_tick).to_integral_value(ROUND_CEILING) * instrument.order_tick
        worst = worst if clear_of is None else max(worst, clear_of // tick * tick + tick)
        worst_ticks = instrument.price_to_ticks(worst)
        lots = int(np.sum(bid_lots[bid_ticks >= worst_ticks]))
    else:
        worst = instrument.floor_price(mid + band)
        if clear_of is not None:
            worst = max(tick, min(worst, -(-clear_of // tick) * tick - tick))
        worst_ticks = instrument.price_to_ticks(worst)
        lots = int(np.sum(ask_lots[ask_ticks <= worst_ticks]))
    return instrument.ticks_to_price(worst_ticks), instrument.lots_to_quantity(lots)


def _too_small(instrument: Instrument, quantity: Decimal, price: Decimal, visible: Decimal) -> str | None:
    # No number that moves with the book: who hears the same reason every second says it once.
    if not visible:
        return "its book shows nothing within the band"
    if quantity <= ZERO or quantity < instrument.min_quantity:
        return f"what can be closed is below the least quantity, {instrument.min_quantity:f}"
    if instrument.notional(price, quantity) < instrument.min_notional:
        return f"its value is below the least value, {instrument.min_notional:f}"
    return None


def _order(
    position: Position, quantity: Decimal, price: Decimal, *, source: str, client_order_id: str, now_ns: int
) -> OrderIntent:
    return OrderIntent(
        client_order_id=client_order_id,
        venue=position.venue,
        symbol=position.symbol,
        side=Side.SELL if position.quantity > 0 else Side.BUY,
        order_type=OrderType.LIMIT,
        quantity=quantity,
        limit_price=price,
        time_in_force=TimeInForce.IOC,
        reduce_only=True,
        source=source,
        created_ns=now_ns,
    )
