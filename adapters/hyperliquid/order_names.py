"""What our orders are called at the venue, and what of them was filled under numbers that an amend gave up."""

from collections import OrderedDict
from decimal import Decimal
from typing import Final

from adapters.hyperliquid.client_ids import client_id_of

_KEPT: Final = 20_000


class OrderNames:
    """Remembers the newest orders; everything in it can be asked for again after a restart."""

    def __init__(self) -> None:
        self._cloids: OrderedDict[int, str | None] = OrderedDict()
        self._carried: OrderedDict[int, Decimal] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()

    def claim(self, cloid: str) -> bool:
        """Tell whether a new order may have this client id: the venue itself takes one id for two orders."""
        if cloid in self._sent:
            return False
        self._sent[cloid] = None
        while len(self._sent) > _KEPT:
            self._sent.popitem(last=False)
        return True

    def note(self, number: int, cloid: str | None) -> None:
        self._cloids[number] = cloid or self._cloids.get(number)
        while len(self._cloids) > _KEPT:
            self._cloids.popitem(last=False)

    def knows(self, number: int) -> bool:
        return number in self._cloids

    def client_id(self, number: int, cloid: str | None) -> str:
        """Return the engine's name of an order; the venue does not write the client id on every message."""
        return client_id_of(cloid or self._cloids.get(number), number)

    def carry(self, number: int, filled: Decimal) -> None:
        """Take note of what an order had filled in all before it got this number."""
        self._carried[number] = filled
        while len(self._carried) > _KEPT:
            self._carried.popitem(last=False)

    def carried(self, number: int) -> Decimal:
        return self._carried.get(number, Decimal(0))

    def knows_carried(self, number: int) -> bool:
        return number in self._carried
