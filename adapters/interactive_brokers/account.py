"""The account as TWS shows it: several questions whose answers belong together."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from adapters.interactive_brokers.fills import Fills
from adapters.interactive_brokers.order_index import KnownOrder, OrderIndex
from adapters.interactive_brokers.order_terms import CANCELLED, FILLED, INACTIVE, order_of, symbol_of
from adapters.interactive_brokers.session import Session
from adapters.interactive_brokers.wire import AccountValueSaid, ExecutionSaid, OpenOrderSaid, PositionSaid, exact
from core.ports.clock import Clock
from core.types.account import AccountReport, Balance, VenuePosition
from core.types.instrument import InstrumentId
from core.types.order import Fill

_LOOKS: Final = 3  # at an account that moves while it is read
_CASH: Final = "CashBalance"
_FREE: Final = "AvailableFunds"
_ALL_CURRENCIES: Final = "BASE"  # the sum of them, in one of them


class AccountReader:
    """Asks anew where an order or an execution moved meanwhile; IB has no question for everything at one moment."""

    def __init__(self, venue: str, clock: Clock, index: OrderIndex, fills: Fills, movements: Callable[[], int]) -> None:
        self._venue = venue
        self._clock = clock
        self._index = index
        self._fills = fills
        self._movements = movements

    async def read(self, session: Session, symbols: dict[int, str], since_ns: int) -> AccountReport:
        looks = 0
        while True:
            looks, before = looks + 1, self._movements()
            orders, executions = await session.open_orders(), await session.executions()
            positions, values = await session.positions(), await session.account_values()
            if self._movements() == before or looks == _LOOKS:
                break
        at_ns = self._clock.utc_ns()
        return AccountReport(
            venue=self._venue,
            balances=balances_of(values),
            positions=self._positions(positions, symbols),
            open_orders=tuple(
                order_of(said, self._index.seen(said), self._venue, symbol_of(said.name, symbols), at_ns)
                for said in _working(orders, self._index)
            ),
            fills=await self._complete([said for said in executions if said.venue_ns >= since_ns], symbols),
            funding=(),
            at_ns=at_ns,
        )

    async def _complete(self, executions: Sequence[ExecutionSaid], symbols: dict[int, str]) -> tuple[Fill, ...]:
        """Return fills with their commissions, each once: a corrected execution is told beside the first."""
        taken = {
            id(done): done
            for said in executions
            for done in [
                self._fills.take(
                    said, self._index.seen(said).client_order_id, symbol_of(said.name, symbols), tell=False
                )
            ]
        }
        return tuple(await asyncio.gather(*(asyncio.shield(done) for done in taken.values())))

    def _positions(self, positions: Sequence[PositionSaid], symbols: dict[int, str]) -> tuple[VenuePosition, ...]:
        newest = {said.name.contract_id: said for said in positions}
        return tuple(
            VenuePosition(InstrumentId(self._venue, symbol_of(said.name, symbols)), said.quantity, said.average_cost)
            for said in newest.values()
            if said.quantity and said.name.security_type != "CASH"  # currencies are balances
        )


def _working(orders: Sequence[OpenOrderSaid], index: OrderIndex) -> list[OpenOrderSaid]:
    """Return each order once, those left out that ended while TWS listed them."""
    newest = {said.permanent_id or (said.client_id, said.order_id): said for said in orders}
    return [said for said in newest.values() if not _has_ended(index.seen(said))]


def _has_ended(known: KnownOrder) -> bool:
    """Tell also an order that was rejected after it had worked: TWS lists it on as inactive."""
    return known.status in CANCELLED | {FILLED} or (known.status == INACTIVE and bool(known.rejected))


def balances_of(values: Sequence[AccountValueSaid]) -> tuple[Balance, ...]:
    """Return cash by currency; only what the account's own currency has free is known, of others all of it."""
    free = {said.currency: exact(said.value) for said in values if said.tag == _FREE}
    cash = {said.currency: exact(said.value) for said in values if said.tag == _CASH}
    return tuple(
        Balance(currency, total, max(Decimal(0), min(total, free.get(currency, total))))
        for currency, total in sorted(cash.items())
        if currency != _ALL_CURRENCIES
    )
