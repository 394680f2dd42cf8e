"""Orders this engine has at the venue, and whether the private websocket knows them."""

from collections.abc import Iterator

import msgspec

from adapters.okx.client_ids import is_ours


class OwnOrder(msgspec.Struct):
    client_order_id: str
    venue_symbol: str
    answered_ns: int | None = None  # by the steady clock: when the venue said that it has the order
    is_heard: bool = False  # the websocket has told of it


class OwnOrders:
    """Live orders by client id."""

    def __init__(self) -> None:
        self._live: dict[str, OwnOrder] = {}

    def sent(self, client_order_id: str, venue_symbol: str) -> None:
        self._live[client_order_id] = OwnOrder(client_order_id, venue_symbol)

    def answered(self, client_order_id: str, steady_ns: int) -> None:
        """Take note that the venue has an order; one that has ended meanwhile stays ended."""
        order = self._live.get(client_order_id)
        if order is not None:
            order.answered_ns = steady_ns

    def heard(self, client_order_id: str, venue_symbol: str, *, is_final: bool) -> None:
        """Take note of what the websocket or a question told about any order."""
        if is_final:
            self._live.pop(client_order_id, None)
            return
        order = self._live.get(client_order_id)
        if order is None and is_ours(client_order_id):
            order = self._live[client_order_id] = OwnOrder(client_order_id, venue_symbol)
        if order is not None:
            order.is_heard = True

    def ended(self, client_order_id: str) -> None:
        self._live.pop(client_order_id, None)

    def live(self) -> Iterator[OwnOrder]:
        return iter(list(self._live.values()))

    def unheard(self, steady_ns: int, patience_ns: int) -> OwnOrder | None:
        """Return an order that was answered long enough ago and that the websocket does not know."""
        return next(
            (
                order
                for order in self._live.values()
                if not order.is_heard and order.answered_ns is not None and steady_ns - order.answered_ns > patience_ns
            ),
            None,
        )
