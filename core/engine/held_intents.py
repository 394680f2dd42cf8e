"""The orders that held orders send: their form, their prices, and own orders that stand in their way."""

from decimal import Decimal

from core.engine.own_clearance import OwnClearance, not_worse
from core.held.actions import Send
from core.held.run import HeldRun
from core.market.market import Market
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.types.held_order import HeldOrder
from core.types.held_tag import HeldRole, HeldTag
from core.types.order import OrderIntent, OrderType


class HeldIntents:
    """Make the intent for one action."""

    def __init__(self, *, clock: Clock, ids: IdSource, market: Market, clearance: OwnClearance) -> None:
        self._clock = clock
        self._ids = ids
        self._market = market
        self._clearance = clearance

    def make(self, run: HeldRun, action: Send) -> OrderIntent | list[str]:
        """Return the order to send, or the own orders that are to be cancelled or waited for before it can be."""
        intent = self.plain(run.order, action.role, action.quantity)
        if intent.order_type is not OrderType.MARKET:
            return intent
        return self._clear_of_own_orders(intent, run.order)

    def plain(
        self, order: HeldOrder, role: HeldRole, quantity: Decimal, client_order_id: str | None = None
    ) -> OrderIntent:
        """Return the order of a role as it is sent with nothing in its way; `HeldRole.ENTRY` is not made here.

        With an id of its own it is one that is only asked about: it takes none of those that orders are sent under.
        """
        price = order.limit_price
        if role is HeldRole.STOP:
            price = None if order.stop is None else order.stop.limit_price
        instrument = self._market.instruments.get(order.instrument_id)
        if price is not None and instrument is not None:
            price = not_worse(instrument, order.side, price)
        return OrderIntent(
            client_order_id=client_order_id or self._ids.next_order_id(),
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
        """Keep clear of own orders; a way out has one cancelled that is the best price there is.

        New risk is refused by the gate there.
        """
        cleared = self._clearance.clear(intent)
        if not order.reduce_only:
            return cleared.intent
        if cleared.is_passing:
            return []
        return list(cleared.nearest) or cleared.intent
