"""Which order is which: our id travels in IB's order reference, IB has an id per client and a permanent one."""

import re
from decimal import Decimal
from typing import Final

import msgspec

from adapters.interactive_brokers.wire import ExecutionSaid, OpenOrderSaid
from core.types.order import OrderStatus

_MOST: Final = 20_000
_FOREIGN: Final = "ib-"
# Of an engine with its journal's tag: no other journal's ids look the same, whatever client id it was sent under.
_TAGGED: Final = re.compile(r"s[a-z0-9]{1,8}-[0-9a-f]{4,}-[0-9]+")


class KnownOrder(msgspec.Struct):
    """What was heard of one order last."""

    client_order_id: str
    order_id: int
    client_id: int
    permanent_id: int = 0
    status: str = ""
    filled: Decimal = Decimal(0)
    average_price: Decimal = Decimal(0)
    accepted: bool = False  # TWS has shown it as working or filled
    rejected: str = ""  # why, where TWS has said so
    reported: tuple[OrderStatus, str | None] | None = None  # what the engine was told last

    @property
    def is_ours(self) -> bool:
        return not self.client_order_id.startswith(_FOREIGN)

    @property
    def venue_order_id(self) -> str | None:
        return str(self.permanent_id) if self.permanent_id else None


class OrderIndex:
    """Finds orders by each of their three names; the oldest are forgotten, TWS shows those that live again."""

    def __init__(self, client_id: int) -> None:
        self._client_id = client_id
        self._by_reference: dict[str, KnownOrder] = {}
        self._by_order: dict[tuple[int, int], KnownOrder] = {}
        self._by_permanent: dict[int, KnownOrder] = {}

    def placed(self, client_order_id: str, order_id: int) -> KnownOrder:
        return self._keep(KnownOrder(client_order_id, order_id, self._client_id))

    def not_sent(self, order: KnownOrder) -> None:
        self._forget(order)

    def by_reference(self, client_order_id: str) -> KnownOrder | None:
        return self._by_reference.get(client_order_id)

    def own(self, order_id: int) -> KnownOrder | None:
        """Return the order that this client gave an id."""
        return self._by_order.get((self._client_id, order_id))

    def find(self, client_id: int, order_id: int, permanent_id: int) -> KnownOrder | None:
        """Return the order behind any of IB's ids; the permanent one comes with TWS's first words."""
        found = self._by_permanent.get(permanent_id) if permanent_id else None
        if found is None and order_id > 0:
            found = self._by_order.get((client_id, order_id))
        if found is not None and permanent_id and not found.permanent_id:
            found.permanent_id = permanent_id
            self._by_permanent[permanent_id] = found
        return found

    def seen(self, said: OpenOrderSaid | ExecutionSaid) -> KnownOrder:
        """Return the order that TWS speaks of, made known where it was not."""
        found = self.find(said.client_id, said.order_id, said.permanent_id)
        if found is not None:
            return found
        reference = said.reference
        is_ours = bool(reference) and (said.client_id == self._client_id or _TAGGED.fullmatch(reference) is not None)
        # A reference that another order has already is nobody's id.
        foreign = f"{_FOREIGN}{said.permanent_id or f'{said.client_id}-{said.order_id}'}"
        name = reference if is_ours and reference not in self._by_reference else foreign
        return self._keep(KnownOrder(name, said.order_id, said.client_id, said.permanent_id))

    def _keep(self, order: KnownOrder) -> KnownOrder:
        self._by_reference[order.client_order_id] = order
        if order.order_id > 0:
            self._by_order[order.client_id, order.order_id] = order
        if order.permanent_id:
            self._by_permanent[order.permanent_id] = order
        while len(self._by_reference) > _MOST:
            self._forget(next(iter(self._by_reference.values())))
        return order

    def _forget(self, order: KnownOrder) -> None:
        self._by_reference.pop(order.client_order_id, None)
        self._by_order.pop((order.client_id, order.order_id), None)
        self._by_permanent.pop(order.permanent_id, None)
