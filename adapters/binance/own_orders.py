"""Orders this engine has at the venue: what they are called there, and whether the private stream knows them."""

import re
from collections import OrderedDict
from collections.abc import Container, Iterator
from typing import Final

import msgspec

NAMES_KEPT: Final = 50_000
# the form of client order ids here, so that orders of an earlier run are told from those of other programs
_OUR_FORM: Final = re.compile(r"s[a-z0-9]{0,8}(?:-[0-9a-f]{4,})?-[0-9]+")


class OwnOrder(msgspec.Struct):
    client_order_id: str
    venue_symbol: str
    sent_ns: int  # by the steady clock
    order_id: int | None = None
    answered_ns: int | None = None  # by the steady clock: when the venue said that it has the order
    is_heard: bool = False  # the private stream has told of it


class OwnOrders:
    """Live orders by client id, and the client ids of all orders seen lately by the venue's own id."""

    def __init__(self) -> None:
        self._live: dict[str, OwnOrder] = {}
        self._names: OrderedDict[tuple[str, int], str] = OrderedDict()

    def sent(self, client_order_id: str, venue_symbol: str, steady_ns: int) -> None:
        self._live[client_order_id] = OwnOrder(client_order_id, venue_symbol, steady_ns)

    def answered(self, client_order_id: str, order_id: int, steady_ns: int) -> None:
        """Take note that the venue accepted an order; one that has ended meanwhile stays ended."""
        order = self._live.get(client_order_id)
        if order is not None:
            self.remember(order.venue_symbol, order_id, client_order_id)
            order.order_id, order.answered_ns = order_id, steady_ns

    def heard(self, client_order_id: str, venue_symbol: str, order_id: int, *, is_final: bool, steady_ns: int) -> None:
        """Take note of what the private stream or a question about it told of any order."""
        self.seen_open(client_order_id, venue_symbol, order_id, steady_ns)
        order = self._live.get(client_order_id)
        if order is not None:
            order.order_id, order.is_heard = order_id, True
        if is_final:
            self.ended(client_order_id)

    def seen_open(self, client_order_id: str, venue_symbol: str, order_id: int, steady_ns: int) -> None:
        """Take note of an order that the venue lists; one of an earlier run is ours, too."""
        self.remember(venue_symbol, order_id, client_order_id)
        if client_order_id not in self._live and is_ours(client_order_id):
            self._live[client_order_id] = OwnOrder(client_order_id, venue_symbol, steady_ns, order_id, is_heard=True)

    def ended(self, client_order_id: str) -> None:
        self._live.pop(client_order_id, None)

    def forget_missing(self, shown: Container[str], before_ns: int) -> None:
        """Forget orders sent before a time that the venue does not list any more; the engine decides what they are."""
        for order in self.live():
            if order.client_order_id not in shown and order.sent_ns < before_ns:
                self.ended(order.client_order_id)

    def live(self) -> Iterator[OwnOrder]:
        return iter(list(self._live.values()))

    @property
    def venue_symbols(self) -> tuple[str, ...]:
        """Return the symbols with live orders, in order."""
        return tuple(sorted({order.venue_symbol for order in self._live.values()}))

    def remember(self, venue_symbol: str, order_id: int, client_order_id: str) -> None:
        key = (venue_symbol, order_id)
        self._names[key] = client_order_id
        self._names.move_to_end(key)
        if len(self._names) > NAMES_KEPT:
            self._names.popitem(last=False)

    def name_of(self, venue_symbol: str, order_id: int) -> str | None:
        return self._names.get((venue_symbol, order_id))

    def unheard(self, steady_ns: int, patience_ns: int) -> OwnOrder | None:
        """Return an order that was answered long enough ago and that the private stream does not know."""
        return next(
            (
                order
                for order in self._live.values()
                if not order.is_heard and order.answered_ns is not None and steady_ns - order.answered_ns > patience_ns
            ),
            None,
        )


def is_ours(client_order_id: str) -> bool:
    return _OUR_FORM.fullmatch(client_order_id) is not None
