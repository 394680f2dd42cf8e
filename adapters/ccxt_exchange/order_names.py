"""What the engine calls the orders that the exchange calls by its own ids."""

from collections import OrderedDict
from typing import Final

_KEPT: Final = 20_000
_BY_ID: Final = "oid-"


class OrderNames:
    """Remembers the newest orders; everything in it can be asked for again after a restart."""

    def __init__(self) -> None:
        self._client_ids: OrderedDict[str, str] = OrderedDict()
        self._venue_ids: OrderedDict[str, str] = OrderedDict()

    def note(self, venue_order_id: str, client_order_id: str | None) -> str:
        """Take note of an order and return what the engine calls it; without a client id it is called by its own."""
        known = self._client_ids.get(venue_order_id)
        name = client_order_id or known or foreign_name(venue_order_id)
        self._client_ids[venue_order_id] = name
        self._venue_ids[name] = venue_order_id
        for table in (self._client_ids, self._venue_ids):
            if len(table) > _KEPT:
                table.popitem(last=False)
        return name

    def client_id_of(self, venue_order_id: str) -> str | None:
        return self._client_ids.get(venue_order_id)

    def venue_id_of(self, client_order_id: str) -> str | None:
        if client_order_id.startswith(_BY_ID):
            return client_order_id.removeprefix(_BY_ID)
        return self._venue_ids.get(client_order_id)


def foreign_name(venue_order_id: str) -> str:
    return f"{_BY_ID}{venue_order_id}"
