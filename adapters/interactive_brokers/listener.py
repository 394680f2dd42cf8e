"""Who hears what TWS says: the feed, the trading side. Each hears everything and takes what is its own."""

from typing import TYPE_CHECKING

from adapters.interactive_brokers.catalogue import Meaning
from adapters.interactive_brokers.wire import (
    CommissionSaid,
    ExecutionSaid,
    OpenOrderSaid,
    OrderStatusSaid,
    PositionSaid,
)

if TYPE_CHECKING:
    from adapters.interactive_brokers.session import Session


class Listener:
    """Hears everything and does nothing; who listens overrides what concerns it."""

    async def connected(self, session: "Session") -> None:
        """Take up work on a new connection; what is raised here ends it."""

    def disconnected(self, reason: str) -> None:
        """Take note that TWS cannot be reached, or cannot reach IB: nothing known is current any more."""

    def connecting(self, detail: str) -> None:
        """Take note of an attempt."""

    async def broker_restored(self, session: "Session") -> None:
        """Take up work again after TWS has found IB again, on the same connection."""

    def farm(self, name: str, *, is_broken: bool) -> None:
        """Take note that a data farm has stopped, or works again."""

    def said(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        """Hear of an order or a market data request by its number."""

    def open_order(self, said: OpenOrderSaid) -> None: ...

    def order_status(self, said: OrderStatusSaid) -> None: ...

    def execution(self, said: ExecutionSaid) -> None: ...

    def commission(self, said: CommissionSaid) -> None: ...

    def position(self, said: PositionSaid) -> None: ...

    def market_data_type(self, number: int, kind: int) -> None: ...

    def tick(self, number: int, kind: int, price: float | None, size: float | None) -> None: ...

    def text_tick(self, number: int, kind: int, text: str) -> None: ...


class Listeners(Listener):
    """Passes on to many; who came last is first: the trading side joins last and has the most urgent questions."""

    def __init__(self) -> None:
        self._all: list[Listener] = []

    def add(self, listener: Listener) -> None:
        if listener not in self._all:
            self._all.insert(0, listener)

    def remove(self, listener: Listener) -> None:
        if listener in self._all:
            self._all.remove(listener)

    async def connected(self, session: "Session") -> None:
        for each in self._all:
            await each.connected(session)

    def disconnected(self, reason: str) -> None:
        for each in self._all:
            each.disconnected(reason)

    def connecting(self, detail: str) -> None:
        for each in self._all:
            each.connecting(detail)

    async def broker_restored(self, session: "Session") -> None:
        for each in self._all:
            await each.broker_restored(session)

    def farm(self, name: str, *, is_broken: bool) -> None:
        for each in self._all:
            each.farm(name, is_broken=is_broken)

    def said(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        for each in self._all:
            each.said(number, code, meaning, text)

    def open_order(self, said: OpenOrderSaid) -> None:
        for each in self._all:
            each.open_order(said)

    def order_status(self, said: OrderStatusSaid) -> None:
        for each in self._all:
            each.order_status(said)

    def execution(self, said: ExecutionSaid) -> None:
        for each in self._all:
            each.execution(said)

    def commission(self, said: CommissionSaid) -> None:
        for each in self._all:
            each.commission(said)

    def position(self, said: PositionSaid) -> None:
        for each in self._all:
            each.position(said)

    def market_data_type(self, number: int, kind: int) -> None:
        for each in self._all:
            each.market_data_type(number, kind)

    def tick(self, number: int, kind: int, price: float | None, size: float | None) -> None:
        for each in self._all:
            each.tick(number, kind, price, size)

    def text_tick(self, number: int, kind: int, text: str) -> None:
        for each in self._all:
            each.text_tick(number, kind, text)
