"""Orders of one market, found by account, id and client id; old finished ones are forgotten."""

from collections.abc import Iterator
from typing import Final

from adapters.sim.binance_protocol.accounts import Account
from adapters.sim.binance_protocol.orders import AccountTrade, VenueOrder

_KEPT: Final = 20_000


class OrderStore:
    def __init__(self) -> None:
        self._all: dict[int, VenueOrder] = {}  # oldest first
        self._open: dict[int, VenueOrder] = {}

    def add(self, order: VenueOrder) -> None:
        self._all[order.order_id] = order
        self._open[order.order_id] = order
        if len(self._all) > _KEPT:
            oldest = next((number for number in self._all if number not in self._open), None)
            if oldest is not None:
                del self._all[oldest]

    def finish(self, order: VenueOrder) -> None:
        self._open.pop(order.order_id, None)

    def live(self, order_id: int) -> VenueOrder | None:
        return self._open.get(order_id)

    def open_of(self, account: Account, symbol: str | None = None) -> list[VenueOrder]:
        """Return open orders, oldest first."""
        return [order for order in self._open.values() if _is_of(order, account, symbol)]

    def all_of(self, account: Account, symbol: str) -> list[VenueOrder]:
        return [order for order in self._all.values() if _is_of(order, account, symbol)]

    def find(self, account: Account, symbol: str, order_id: int | None, client_id: str | None) -> VenueOrder | None:
        """Find by id, else the newest of a client id."""
        if order_id is not None:
            order = self._all.get(order_id)
            return order if order is not None and _is_of(order, account, symbol) else None
        named = (order for order in reversed(self._all.values()) if order.request.client_order_id == client_id)
        return next((order for order in named if _is_of(order, account, symbol)), None)

    def find_open(self, account: Account, client_id: str) -> VenueOrder | None:
        mine = (order for order in self._open.values() if order.account is account)
        return next((order for order in mine if order.request.client_order_id == client_id), None)

    def trades_of(self, account: Account, symbol: str | None) -> list[AccountTrade]:
        """Return an account's trades by rising id."""
        orders: Iterator[VenueOrder] = (order for order in self._all.values() if _is_of(order, account, symbol))
        return sorted((trade for order in orders for trade in order.trades), key=lambda trade: trade.trade_id)


def _is_of(order: VenueOrder, account: Account, symbol: str | None) -> bool:
    return order.account is account and (symbol is None or order.symbol == symbol)
