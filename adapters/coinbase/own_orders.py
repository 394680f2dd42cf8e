"""Which order of ours is which of the venue's: cancels and fills name the venue's id alone."""

from collections import OrderedDict
from decimal import Decimal
from typing import Final, TypeVar

from adapters.coinbase.answers import ZERO

V = TypeVar("V")

_KEPT: Final = 20_000


class OwnOrders:
    """Remembers the newest orders by both ids, what is booked of each, and which may live.

    It is empty after a restart: the venue's list of open orders fills it, and a single order can be looked up.
    """

    def __init__(self) -> None:
        self._venue_ids: OrderedDict[str, str] = OrderedDict()  # by client id
        self._client_ids: OrderedDict[str, str] = OrderedDict()  # by venue id
        self._fills: OrderedDict[str, None] = OrderedDict()
        self._filled: OrderedDict[str, Decimal] = OrderedDict()  # by venue id, as far as it was reported from here
        self.live: dict[str, None] = {}  # venue ids

    def note(self, client_order_id: str, order_id: str, *, is_live: bool) -> str:
        """Take both ids of an order; return the client's, which is the venue's where the order was given none."""
        name = client_order_id or order_id
        _keep(self._venue_ids, name, order_id)
        _keep(self._client_ids, order_id, name)
        if is_live:
            self.live[order_id] = None
        else:
            self.live.pop(order_id, None)
        return name

    def venue_id(self, client_order_id: str) -> str | None:
        return self._venue_ids.get(client_order_id)

    def client_id(self, order_id: str) -> str | None:
        return self._client_ids.get(order_id)

    def filled(self, order_id: str) -> Decimal:
        return self._filled.get(order_id, ZERO)

    def is_new_fill(self, fill_id: str) -> bool:
        return fill_id not in self._fills

    def note_fill(self, fill_id: str, order_id: str, quantity: Decimal) -> None:
        _keep(self._fills, fill_id, None)
        _keep(self._filled, order_id, self.filled(order_id) + quantity)


def _keep(memory: "OrderedDict[str, V]", name: str, value: V) -> None:
    memory[name] = value
    memory.move_to_end(name)
    if len(memory) > _KEPT:
        memory.popitem(last=False)
