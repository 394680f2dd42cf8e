"""Prices a market order so that it stays clear of own orders on the other side, which it must never meet."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

import msgspec

from core.engine.fold import EngineFold
from core.market.market import Market
from core.risk.limits import RiskLimits
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Order, OrderIntent, OrderType, Side, TimeInForce


class Cleared(NamedTuple):
    """The order as it may be sent; or as it was asked for, with what stands in its way.

    `nearest` are own orders at the best price, which can be cancelled; `is_passing` says that one without a price is on
    its way and gone within a round trip.
    """

    intent: OrderIntent
    nearest: tuple[str, ...] = ()
    is_passing: bool = False


class OwnClearance:
    """Looks at every own order on the same book, whoever placed it."""

    def __init__(
        self, *, fold: EngineFold, market: Market, book_id: Callable[[InstrumentId], str], limits: RiskLimits
    ) -> None:
        self._fold = fold
        self._market = market
        self._book_id = book_id
        self._limits = limits

    def way_out(self, intent: OrderIntent) -> OrderIntent:
        """Return a market order that only reduces priced clear of own orders, any other order as it is."""
        is_plain = intent.held is None and intent.job is None
        if not (is_plain and intent.reduce_only and intent.order_type is OrderType.MARKET):
            return intent
        return self.clear(intent).intent

    def clear(self, intent: OrderIntent) -> Cleared:
        """Return the market order as an immediate limit order that meets no own one, where there are any."""
        others = self._opposite(intent)
        every = [price for other in others for price in other.possible_prices]
        prices = [price for price in every if price is not None]
        instrument, book = (
            self._market.instruments.get(intent.instrument_id),
            self._market.books.get(intent.instrument_id),
        )
        if not others or instrument is None or book is None:
            return Cleared(intent)
        if len(prices) < len(every):
            return Cleared(intent, is_passing=True)
        price = self._just_clear(intent.side, prices, instrument, book.mid())
        best = book.best_bid() if intent.side is Side.SELL else book.best_ask()
        touch = None if best is None else instrument.ticks_to_price(best[0])
        if price is None or touch is None or (touch - price) * intent.side.sign > 0:
            nearest = [o.intent.client_order_id for o in others if not o.is_external and _is_at(o, touch, intent.side)]
            return Cleared(intent, tuple(nearest))
        return Cleared(_immediate(intent, price))

    def _opposite(self, intent: OrderIntent) -> list[Order]:
        book_id = self._book_id(intent.instrument_id)
        return [
            order
            for order in self._fold.orders.live()
            if order.status.may_live
            and order.intent.side is not intent.side
            and self._book_id(order.intent.instrument_id) == book_id
        ]

    def _just_clear(
        self, side: Side, prices: list[Decimal], instrument: Instrument, mid: Decimal | None
    ) -> Decimal | None:
        """Return the worst price that meets no own order and keeps within the collar."""
        if mid is None:
            return None
        band = mid * self._limits.price_deviation_pct / 100
        if side is Side.SELL:
            return not_worse(instrument, side, max(max(prices) + instrument.order_tick, mid - band))
        return not_worse(instrument, side, min(min(prices) - instrument.order_tick, mid + band))


def not_worse(instrument: Instrument, side: Side, price: Decimal) -> Decimal:
    """Round to a price an order may have, never to one that is worse for it."""
    if side is Side.BUY:
        return instrument.floor_price(price)
    return (price / instrument.order_tick).to_integral_value(ROUND_CEILING) * instrument.order_tick


def _is_at(order: Order, touch: Decimal | None, side: Side) -> bool:
    """Tell whether an own order on the other side is, or may be, as good as the best price there."""
    return touch is None or any(price is None or (touch - price) * side.sign >= 0 for price in order.possible_prices)


def _immediate(intent: OrderIntent, price: Decimal) -> OrderIntent:
    return msgspec.structs.replace(intent, order_type=OrderType.LIMIT, limit_price=price, time_in_force=TimeInForce.IOC)
