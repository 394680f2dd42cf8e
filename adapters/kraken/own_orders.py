"""Which order is whose: Kraken's ids, our ids, and what is known to be open."""

from collections.abc import Iterable
from typing import Final

import msgspec

from adapters.kraken.client_ids import from_kraken
from core.types.order import Side

_REMEMBERED: Final = 20_000


class OwnOrder(msgspec.Struct, kw_only=True):
    """An order of the account as far as this program has heard of it."""

    client_order_id: str
    symbol: str
    side: Side
    venue_order_id: str | None = None  # None until the venue answered
    opened_ns: int  # by the steady clock, of the last time it was sent or amended
    is_ours: bool = False  # sent by this program; others are only known by name
    is_live: bool = False  # known to rest


class OwnOrders:
    """Remembers the newest orders by both ids; live ones are never forgotten."""

    def __init__(self) -> None:
        self._by_client_id: dict[str, OwnOrder] = {}
        self._by_venue_id: dict[str, OwnOrder] = {}

    def sent(self, client_order_id: str, symbol: str, side: Side, steady_ns: int) -> OwnOrder:
        """Take an order that is about to leave."""
        order = OwnOrder(client_order_id=client_order_id, symbol=symbol, side=side, opened_ns=steady_ns, is_ours=True)
        self._by_client_id[client_order_id] = order
        self._forget_oldest()
        return order

    def named(self, venue_order_id: str, cl_ord_id: str | None, symbol: str, side: Side, steady_ns: int) -> OwnOrder:
        """Take an order that the venue shows; without a client id it goes by the venue's."""
        known = self._by_venue_id.get(venue_order_id)
        if known is not None:
            return known
        client_order_id = from_kraken(cl_ord_id) if cl_ord_id else venue_order_id
        order = self._by_client_id.get(client_order_id)
        if order is None:
            order = OwnOrder(client_order_id=client_order_id, symbol=symbol, side=side, opened_ns=steady_ns)
            self._by_client_id[client_order_id] = order
        order.venue_order_id = venue_order_id
        self._by_venue_id[venue_order_id] = order
        self._forget_oldest()
        return order

    def answered(self, order: OwnOrder, venue_order_id: str) -> None:
        """Take the venue's id of an order that was sent."""
        order.venue_order_id = venue_order_id
        self._by_venue_id[venue_order_id] = order

    def by_client_id(self, client_order_id: str) -> OwnOrder | None:
        return self._by_client_id.get(client_order_id)

    def by_venue_id(self, venue_order_id: str) -> OwnOrder | None:
        return self._by_venue_id.get(venue_order_id)

    def live(self) -> list[OwnOrder]:
        """Return what is known to rest, oldest first."""
        return [order for order in self._by_client_id.values() if order.is_live]

    def unknown(self, venue_order_ids: Iterable[str]) -> list[str]:
        """Return those of which only the venue's id is known, each once."""
        return [each for each in dict.fromkeys(venue_order_ids) if each not in self._by_venue_id]

    def _forget_oldest(self) -> None:
        excess = len(self._by_client_id) - _REMEMBERED
        if excess <= 0:
            return
        for name in [name for name, order in self._by_client_id.items() if not order.is_live][:excess]:
            order = self._by_client_id.pop(name)
            if order.venue_order_id is not None:
                self._by_venue_id.pop(order.venue_order_id, None)
