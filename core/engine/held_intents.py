"""The orders that held orders send: their form, their prices, and own orders that stand in their way."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

import msgspec

from core.engine.fold import EngineFold
from core.held.actions import Send
from core.held.run import HeldRun
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.risk.limits import RiskLimits
from core.types.held_order import HeldOrder
from core.types.held_tag import HeldRole, HeldTag
from core.types.instrument import Instrument, InstrumentId
from core.types.order import Order, OrderIntent, OrderType, Side, TimeInForce


class HeldIntents:
    """Make the intent for one action."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdSource,
        fold: EngineFold,
        market: Market,
        book_id: Callable[[InstrumentId], str],
        limits: RiskLimits,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._fold = fold
        self._market = market
        self._book_id = book_id
        self._limits = limits

    def make(self, run: HeldRun, action: Send) -> OrderIntent | list[str]:
        """Return the order to send, or the own orders that are to be cancelled or waited for before it can be."""
        intent = self.plain(run.order, action.role, action.quantity)
        if intent.order_type is not OrderType.MARKET:
            return intent
        return self._clear_of_own_orders(intent, run.order)

    def plain(self, order: HeldOrder, role: HeldRole, quantity: Decimal) -> OrderIntent:
        """Return the order of a role as it is sent with nothing in its way; `HeldRole.ENTRY` is not made here."""
        price = order.limit_price
        if role is HeldRole.STOP:
            price = None if order.stop is None else order.stop.limit_price
        instrument = self._market.instruments.get(order.instrument_id)
        if price is not None and instrument is not None:
            price = not_worse(instrument, order.side, price)
        return OrderIntent(
            client_order_id=self._ids.next_order_id(),
            venue=order.venue,
            symbol=order.symbol,
            side=order.side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=quantity,
            limit_price=price,
            reduce_only=order.reduce_only,
            source=order.source,
            held=HeldTag(held_id=order.held_id, role=role),
            created_ns=self._clock.utc_ns(),
        )

    def _clear_of_own_orders(self, intent: OrderIntent, order: HeldOrder) -> OrderIntent | list[str]:
        """Price a market order so that it stays clear of own orders on the other side, which it must never meet.

        Where one of them is the best price there is, a way out has it cancelled; new risk is refused by the gate.
        """
        others = self._opposite(intent)
        prices = [other.intent.limit_price for other in others if other.intent.limit_price is not None]
        instrument, book = (
            self._market.instruments.get(intent.instrument_id),
            self._market.books.get(intent.instrument_id),
        )
        if not others or instrument is None or book is None:
            return intent
        if len(prices) < len(others):  # a market order on its way: gone within a round trip
            return [] if order.reduce_only else intent
        price = self._just_clear(intent.side, prices, instrument, book.mid())
        best = book.best_bid() if intent.side is Side.SELL else book.best_ask()
        touch = None if best is None else instrument.ticks_to_price(best[0])
        if price is None or touch is None or (touch - price) * intent.side.sign > 0:
            nearest = [o.intent.client_order_id for o in others if not o.is_external and _is_at(o, touch, intent.side)]
            return nearest if order.reduce_only and nearest else intent
        return _immediate(intent, price)

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
    """Tell whether an own order on the other side is as good as the best price there."""
    price = order.intent.limit_price
    return touch is None or price is None or (touch - price) * side.sign >= 0


def _immediate(intent: OrderIntent, price: Decimal) -> OrderIntent:
    return msgspec.structs.replace(intent, order_type=OrderType.LIMIT, limit_price=price, time_in_force=TimeInForce.IOC)
