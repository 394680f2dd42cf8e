"""The trading side that simulated and paper venues share: admission, own orders, fills, reports.

What differs is where own orders meet the market; a venue supplies that by the abstract methods.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from adapters.venue_desk.desk import VenueDesk
from adapters.venue_desk.order_wire import OrderWire, Report
from adapters.venue_store.store import VenueStoreError
from core.matching.events import MatchKind, MatchReason
from core.ports.clock import Clock
from core.ports.venue import AmendSupport, ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.instrument import Instrument
from core.types.order import Liquidity, Order, OrderIntent, OrderStatus, OrderType, TimeInForce

FIRST_OWN_ID: Final = 1 << 40  # matching ids of own orders, far above those of any crowd
_CLOSED_OUT: Final = "reduce-only: nothing left to close"
_log = logging.getLogger(__name__)


def match_kind(intent: OrderIntent) -> MatchKind:
    if intent.order_type is OrderType.MARKET:
        return MatchKind.MARKET
    if intent.post_only:
        return MatchKind.POST_ONLY
    return MatchKind.IOC if intent.time_in_force is TimeInForce.IOC else MatchKind.LIMIT


def limit_ticks(instrument: Instrument, intent: OrderIntent) -> int | None:
    if intent.order_type is OrderType.MARKET or intent.limit_price is None:
        return None
    return instrument.price_to_ticks(intent.limit_price)


class DeskExecution(ABC):
    """An `ExecutionVenue` over a `VenueDesk`; each request is one transaction of the venue store."""

    def __init__(self, venue: str, clock: Clock, wire: OrderWire) -> None:
        self._venue = venue
        self._clock = clock
        self._wire = wire
        self._desk: VenueDesk | None = None
        self._own: dict[int, Order] = {}  # by matching id
        self._own_ids: dict[str, int] = {}  # by client order id
        self._next_own_id = FIRST_OWN_ID
        self._outbox: list[Report] = []

    # where own orders meet the market ------------------------------------------------------------------

    @abstractmethod
    async def _open_desk(self) -> VenueDesk:
        """Wait until the venue is there and return its desk, as the store has it."""

    @abstractmethod
    def _rejoin(self, order: Order, at_ns: int) -> None:
        """Bring a resting order of an earlier run back, behind everybody else."""

    @abstractmethod
    def _unready(self, symbol: str) -> str | None:
        """Return why no order can be taken now, None where it can."""

    @abstractmethod
    def _reference_price(self, instrument: Instrument, intent: OrderIntent) -> Decimal | None:
        """Return the average price a market order would get now."""

    @abstractmethod
    def _would_take(self, symbol: str, intent: OrderIntent, ticks: int) -> bool:
        """Tell whether a limit order at this price would trade at once."""

    @abstractmethod
    def _enter(self, own_id: int, order: Order, ticks: int | None, lots: int, at_ns: int) -> None:
        """Match an own order that was admitted and book what happens."""

    @abstractmethod
    def _shrink(self, symbol: str, own_id: int, lots: int) -> None:
        """Leave at most this much of an own order in its queue, at its place."""

    @abstractmethod
    def _withdraw(self, symbol: str, own_id: int) -> None:
        """Take an own order out of its queue, if it is there."""

    # the port --------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        return self._venue

    @property
    def desk(self) -> VenueDesk:
        """Return the venue's own truth, for oracles; the engine asks `account`."""
        assert self._desk is not None, f"{self._venue} is not started"
        return self._desk

    async def start(self, sink: ExecutionSink) -> None:
        """Begin; orders that rested when the process ended rejoin at the back of their queues.

        Raises
        ------
        VenueStoreError
            Where the venue's own truth cannot be read.
        """
        if self._desk is None:
            self._desk = await self._open_desk()
            at_ns = self._clock.utc_ns()
            for order in list(self._desk.live.values()):
                with self._desk.batch():
                    self._rejoin(order, at_ns)
            # What happened before the engine listens is found by its reconciliation.
            self._outbox.clear()
        self._wire.connect(sink)

    async def stop(self) -> None:
        self._wire.disconnect()

    async def submit(self, approved: Approved) -> SendResult:
        return await self._send(lambda at_ns: self._arrive(approved.intent, at_ns))

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        return await self._send(lambda at_ns: self._arrive_cancel(client_order_id, symbol, at_ns))

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        return await self._send(lambda at_ns: self._arrive_amend(approved.intent, at_ns))

    async def cancel_all(self) -> SendResult:
        return await self._send(self._arrive_cancel_all)

    async def account(self, since_ns: int) -> AccountReport:
        return await self._wire.ask(lambda at_ns: self.desk.report(since_ns, at_ns))

    # requests at the venue -------------------------------------------------------------------------------

    async def _send(self, arrive: Callable[[int], SendResult]) -> SendResult:
        return await self._wire.send(lambda at_ns: self._committed(arrive, at_ns))

    def _committed(self, arrive: Callable[[int], SendResult], at_ns: int) -> tuple[SendResult, list[Report]]:
        try:
            with self.desk.batch():
                result = arrive(at_ns)
        except VenueStoreError as error:
            _log.error("%s: %s", self._venue, error)
            self._outbox.clear()
            # Nothing of this request was committed, but the venue can no longer say what it holds.
            return SendResult(SendOutcome.IN_DOUBT, str(error)), []
        reports, self._outbox = self._outbox, []
        return result, reports

    def _happened(self, book: Callable[[], None]) -> None:
        """Book what the market did to own orders, in one transaction, and report it."""
        try:
            with self.desk.batch():
                book()
        except VenueStoreError as error:
            _log.error("%s: %s", self._venue, error)
            self._outbox.clear()
        reports, self._outbox = self._outbox, []
        self._wire.report(reports)

    def _arrive(self, intent: OrderIntent, at_ns: int) -> SendResult:
        refusal = self._refusal(intent, at_ns)
        if refusal is not None:
            return SendResult(SendOutcome.REJECTED, refusal)
        instrument = self.desk.instruments[intent.symbol]
        quantity = self.desk.closable(intent) if intent.reduce_only else intent.quantity
        if not intent.reduce_only:
            self._drop_unsafe(intent.symbol, at_ns, entering=intent)
        order = self.desk.open(intent, at_ns)
        self._outbox.append(self._status_of(order))
        own_id = self._adopt(order)
        self._enter(own_id, order, limit_ticks(instrument, intent), instrument.quantity_to_lots(quantity), at_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=order.venue_order_id)

    def _refusal(self, intent: OrderIntent, at_ns: int) -> str | None:
        instrument = self.desk.instruments.get(intent.symbol)
        if instrument is None:
            return f"unknown instrument {intent.instrument_id}"
        unready = self._unready(intent.symbol)
        if unready is not None:
            return unready
        is_market = intent.order_type is OrderType.MARKET
        refusal = self.desk.refusal(intent, self._reference_price(instrument, intent) if is_market else None, at_ns)
        if refusal is not None:
            return refusal
        ticks = limit_ticks(instrument, intent)
        if intent.post_only and ticks is not None and self._would_take(intent.symbol, intent, ticks):
            return MatchReason.WOULD_CROSS.value
        return None

    def _adopt(self, order: Order) -> int:
        own_id = self._next_own_id
        self._next_own_id += 1
        self._own[own_id] = order
        self._own_ids[order.intent.client_order_id] = own_id
        return own_id

    def _arrive_cancel(self, client_order_id: str, symbol: str, at_ns: int) -> SendResult:
        order = self.desk.live.get(client_order_id)
        if order is None or order.intent.symbol != symbol:
            return SendResult(SendOutcome.REJECTED, f"unknown order {client_order_id}")
        self._take_off(order, OrderStatus.CANCELLED, MatchReason.REQUESTED.value, at_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=order.venue_order_id)

    def _arrive_amend(self, intent: OrderIntent, at_ns: int) -> SendResult:
        """Change an order: less quantity at its price keeps its place, everything else goes to the back of a queue."""
        order = self.desk.live.get(intent.client_order_id)
        if order is None or order.intent.symbol != intent.symbol:
            return SendResult(SendOutcome.REJECTED, f"unknown order {intent.client_order_id}")
        refusal = self._amend_refusal(order, intent, at_ns)
        if refusal is not None:
            return SendResult(SendOutcome.REJECTED, refusal)
        own_id, instrument = self._own_ids[intent.client_order_id], self.desk.instruments[intent.symbol]
        is_at_place = intent.limit_price == order.intent.limit_price and intent.quantity <= order.intent.quantity
        lots = instrument.quantity_to_lots(intent.quantity - order.filled_quantity)
        if is_at_place:
            self._shrink(intent.symbol, own_id, lots)
        else:
            self._withdraw(intent.symbol, own_id)
        self.desk.amend(order, intent, at_ns)
        self._outbox.append(self._status_of(order))
        self._drop_unsafe(intent.symbol, at_ns)
        if not is_at_place and order.status.may_live:
            self._enter(own_id, order, limit_ticks(instrument, intent), lots, at_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=order.venue_order_id)

    def _amend_refusal(self, order: Order, intent: OrderIntent, at_ns: int) -> str | None:
        refusal = self._unready(intent.symbol) or self.desk.amend_refusal(order, intent, at_ns)
        if refusal is not None:
            return refusal
        ticks = limit_ticks(self.desk.instruments[intent.symbol], intent)
        if order.intent.post_only and ticks is not None and self._would_take(intent.symbol, intent, ticks):
            return MatchReason.WOULD_CROSS.value
        return None

    def _arrive_cancel_all(self, at_ns: int) -> SendResult:
        for order in list(self.desk.live.values()):
            self._take_off(order, OrderStatus.CANCELLED, MatchReason.REQUESTED.value, at_ns)
        return SendResult(SendOutcome.ACCEPTED)

    # bookings ----------------------------------------------------------------------------------------------

    def _take_off(self, order: Order, status: OrderStatus, reason: str, at_ns: int) -> None:
        own_id = self._own_ids.pop(order.intent.client_order_id, None)
        if own_id is not None:
            self._own.pop(own_id, None)
            self._withdraw(order.intent.symbol, own_id)
        self.desk.close(order, status, reason, at_ns)
        self._outbox.append(self._status_of(order))

    def _drop_unsafe(self, symbol: str, at_ns: int, entering: OrderIntent | None = None) -> None:
        for order in self.desk.unsafe_reduce_only(symbol, entering):
            self._take_off(order, OrderStatus.CANCELLED, _CLOSED_OUT, at_ns)

    def _fill_own(self, own_id: int, ticks: int, lots: int, *, left: int, liquidity: Liquidity, at_ns: int) -> None:
        """Book a fill of an own order; `left` is what still rests of it in the queue."""
        order = self._own[own_id]
        instrument = self.desk.instruments[order.intent.symbol]
        price, quantity = instrument.ticks_to_price(ticks), instrument.lots_to_quantity(lots)
        self._outbox.append(self.desk.fill(order, price, quantity, liquidity, at_ns))
        if order.status.is_final:
            del self._own[own_id]
            del self._own_ids[order.intent.client_order_id]
        self._outbox.append(self._status_of(order))
        if left == 0 and order.status.may_live:
            # Reduce-only orders enter the queue with no more than there is to close.
            self._take_off(order, OrderStatus.CANCELLED, _CLOSED_OUT, at_ns)

    def _end_own(self, own_id: int, status: OrderStatus, reason: MatchReason, at_ns: int) -> None:
        order = self._own.get(own_id)
        if order is not None:
            self._take_off(order, status, reason.value, at_ns)

    def _pay_funding(self, symbol: str, mark: Decimal, rate: float, *, due_ns: int, at_ns: int) -> None:
        try:
            payment = self.desk.pay_funding(symbol, mark, rate, due_ns, at_ns)
        except VenueStoreError as error:
            _log.error("%s: %s", self._venue, error)
            return
        if payment is not None:
            self._wire.report([payment])

    def _status_of(self, order: Order) -> OrderReport:
        return OrderReport(
            client_order_id=order.intent.client_order_id,
            venue=self._venue,
            status=order.status,
            venue_order_id=order.venue_order_id,
            reason=order.reason,
            venue_ns=order.updated_ns,
        )
