"""The trading side of one simulated venue: own orders in the same queues as the crowd's."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from numpy.random import Generator

from adapters.delay_line import DelayLine
from adapters.sim.config import VenueConfig
from adapters.sim.sim_book import SimBook
from adapters.sim.sim_venue import SimVenue
from adapters.venue_store.desk import VenueDesk
from adapters.venue_store.store import VenueStore, VenueStoreError
from core.matching.events import Cancelled, MatchEvent, MatchKind, MatchReason, Rejected, Traded
from core.ports.clock import Clock
from core.ports.venue import ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved
from core.types.account import AccountReport, FundingPayment
from core.types.instrument import Instrument
from core.types.order import Fill, Liquidity, Order, OrderIntent, OrderStatus, OrderType, TimeInForce

_T = TypeVar("_T")
_OWNER: Final = 1
_FIRST_OWN_ID: Final = 1 << 40  # far above every order of the crowd
_CLOSED_OUT: Final = "reduce-only: nothing left to close"
_Report = OrderReport | Fill | FundingPayment


def match_kind(intent: OrderIntent) -> MatchKind:
    if intent.order_type is OrderType.MARKET:
        return MatchKind.MARKET
    if intent.post_only:
        return MatchKind.POST_ONLY
    return MatchKind.IOC if intent.time_in_force is TimeInForce.IOC else MatchKind.LIMIT


class SimExecution:
    """Take approved orders to one simulated venue, with latency each way, and report what becomes of them."""

    def __init__(
        self, sim_venue: SimVenue, clock: Clock, config: VenueConfig, store: VenueStore, random: Generator
    ) -> None:
        self._sim_venue = sim_venue
        self._clock = clock
        self._config = config
        self._store = store
        self._random = random
        self._entries = DelayLine(clock)
        self._responses = DelayLine(clock)
        self._sink: ExecutionSink | None = None
        self._desk: VenueDesk | None = None
        self._next_own_id = _FIRST_OWN_ID
        self._own: dict[int, Order] = {}
        self._own_ids: dict[str, int] = {}
        self._outbox: list[_Report] = []
        self._pending: dict[int, Callable[[], None]] = {}
        self._next_pending = 0

    @property
    def venue(self) -> str:
        return self._sim_venue.venue

    @property
    def desk(self) -> VenueDesk:
        """Return the venue's own truth, for tests and oracles."""
        assert self._desk is not None, f"{self.venue} is not started"
        return self._desk

    async def start(self, sink: ExecutionSink) -> None:
        """Begin; orders that rested when the process ended rejoin at the back of their queues."""
        await self._sim_venue.ready()
        self._sink = sink
        instruments: dict[str, Instrument] = {s: book.instrument for s, book in self._sim_venue.books.items()}
        if self._desk is None:
            self._desk = VenueDesk(
                self.venue, self._store, instruments, self._config.starting_cash, self._sim_venue.mark
            )
            self._rejoin()
        self._sim_venue.on_events = self._on_events
        self._sim_venue.on_funding = self._on_funding

    async def stop(self) -> None:
        self._entries.close()
        self._responses.close()
        self._sink = None
        pending, self._pending = self._pending, {}
        for leave_in_doubt in pending.values():
            leave_in_doubt()

    # requests ----------------------------------------------------------------------------------------

    async def submit(self, approved: Approved) -> SendResult:
        return await self._request(lambda at_ns: self._arrive(approved.intent, at_ns))

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        return await self._request(lambda at_ns: self._arrive_cancel(client_order_id, symbol, at_ns))

    async def cancel_all(self) -> SendResult:
        return await self._request(self._arrive_cancel_all)

    async def account(self, since_ns: int) -> AccountReport:
        if self._sink is None:
            raise ConnectionError(f"{self.venue} is not started")
        answer: asyncio.Future[AccountReport] = asyncio.get_running_loop().create_future()
        key = self._remember(lambda: _fail(answer, ConnectionError(f"{self.venue}: connection closed")))

        def arrive() -> None:
            try:
                report = self.desk.report(since_ns, self._clock.utc_ns())
            except VenueStoreError as error:
                failure = error
                self._respond(lambda: (self._forget(key), _fail(answer, failure)))
                return
            self._respond(lambda: (self._forget(key), _settle(answer, report)))

        self._entries.push(self._entry_ns(), arrive)
        return await answer

    async def _request(self, arrive: Callable[[int], SendResult]) -> SendResult:
        """Carry a request to the venue and its answer back; whatever it caused is reported behind the answer."""
        if self._sink is None:
            return SendResult(SendOutcome.REJECTED, f"{self.venue} is not started")
        answer: asyncio.Future[SendResult] = asyncio.get_running_loop().create_future()
        lost = SendResult(SendOutcome.IN_DOUBT, f"{self.venue}: connection closed before the answer")
        key = self._remember(lambda: _settle(answer, lost))

        def at_venue() -> None:
            result = self._guarded(arrive)
            reports, self._outbox = self._outbox, []
            if self._happens(self._config.faults.response_lost):
                self._lose_answer(key, answer)
                self._respond(lambda: self._report(reports))
            else:
                self._respond(lambda: (self._forget(key), _settle(answer, result), self._report(reports)))

        self._entries.push(self._entry_ns(), at_venue)
        return await answer

    def _guarded(self, arrive: Callable[[int], SendResult]) -> SendResult:
        try:
            with self.desk.batch():
                return arrive(self._clock.utc_ns())
        except VenueStoreError as error:
            # Nothing of this request was committed, but the venue can no longer say what it holds.
            self._outbox.clear()
            return SendResult(SendOutcome.IN_DOUBT, str(error))

    # at the venue ------------------------------------------------------------------------------------

    def _arrive(self, intent: OrderIntent, at_ns: int) -> SendResult:
        book = self._sim_venue.books.get(intent.symbol)
        reference = None if book is None else self._reference_price(book, intent)
        refusal = self.desk.refusal(intent, reference, at_ns)
        if refusal is not None or book is None:
            return SendResult(SendOutcome.REJECTED, refusal or f"unknown instrument {intent.instrument_id}")
        kind, ticks = match_kind(intent), self._ticks(book.instrument, intent)
        if kind is MatchKind.POST_ONLY and ticks is not None and book.matching.crosses(intent.side, ticks):
            return SendResult(SendOutcome.REJECTED, MatchReason.WOULD_CROSS.value)
        quantity = self.desk.closable(intent) if intent.reduce_only else intent.quantity
        if not intent.reduce_only:
            self._drop_unsafe(intent.symbol, at_ns, entering=intent)
        order = self.desk.open(intent, at_ns)
        self._outbox.append(self._status_of(order))
        self._enter(book, order, ticks, book.instrument.quantity_to_lots(quantity), at_ns=at_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=order.venue_order_id)

    def _enter(self, book: SimBook, order: Order, ticks: int | None, lots: int, *, at_ns: int) -> None:
        own_id = self._next_own_id
        self._next_own_id += 1
        self._own[own_id] = order
        self._own_ids[order.intent.client_order_id] = own_id
        events = book.matching.submit(own_id, _OWNER, order.intent.side, ticks, lots, kind=match_kind(order.intent))
        book.record(events, at_ns)
        self._book_events(book, events, at_ns)

    def _arrive_cancel(self, client_order_id: str, symbol: str, at_ns: int) -> SendResult:
        order = self.desk.live.get(client_order_id)
        if order is None or order.intent.symbol != symbol:
            return SendResult(SendOutcome.REJECTED, f"unknown order {client_order_id}")
        self._take_off(order, OrderStatus.CANCELLED, MatchReason.REQUESTED.value, at_ns)
        return SendResult(SendOutcome.ACCEPTED, venue_order_id=order.venue_order_id)

    def _arrive_cancel_all(self, at_ns: int) -> SendResult:
        for order in list(self.desk.live.values()):
            self._take_off(order, OrderStatus.CANCELLED, MatchReason.REQUESTED.value, at_ns)
        return SendResult(SendOutcome.ACCEPTED)

    def _take_off(self, order: Order, status: OrderStatus, reason: str, at_ns: int) -> None:
        own_id = self._own_ids.pop(order.intent.client_order_id, None)
        if own_id is not None:
            self._own.pop(own_id, None)
            self._sim_venue.books[order.intent.symbol].matching.cancel(own_id)
        self.desk.close(order, status, reason, at_ns)
        self._outbox.append(self._status_of(order))

    def _drop_unsafe(self, symbol: str, at_ns: int, entering: OrderIntent | None = None) -> None:
        for order in self.desk.unsafe_reduce_only(symbol, entering):
            self._take_off(order, OrderStatus.CANCELLED, _CLOSED_OUT, at_ns)

    def _reference_price(self, book: SimBook, intent: OrderIntent) -> Decimal | None:
        """Return the average price a market order would get now."""
        if intent.order_type is not OrderType.MARKET:
            return None
        try:
            lots = book.instrument.quantity_to_lots(intent.quantity)
        except (ValueError, ArithmeticError):
            lots = 1
        cost, found = book.matching.sweep_cost(intent.side, max(1, lots))
        return book.instrument.ticks_to_price(cost) / found if found else None

    def _ticks(self, instrument: Instrument, intent: OrderIntent) -> int | None:
        if intent.order_type is OrderType.MARKET or intent.limit_price is None:
            return None
        return instrument.price_to_ticks(intent.limit_price)

    def _rejoin(self) -> None:
        at_ns = self._clock.utc_ns()
        for order in list(self.desk.live.values()):
            book = self._sim_venue.books.get(order.intent.symbol)
            with self.desk.batch():
                if book is None:
                    self._take_off(order, OrderStatus.EXPIRED, "instrument is no longer listed", at_ns)
                    continue
                lots = book.instrument.quantity_to_lots(order.remaining_quantity)
                ticks = self._ticks(book.instrument, order.intent)
                if order.intent.post_only and ticks is not None and book.matching.crosses(order.intent.side, ticks):
                    self._take_off(order, OrderStatus.CANCELLED, MatchReason.WOULD_CROSS.value, at_ns)
                    continue
                self._enter(book, order, ticks, lots, at_ns=at_ns)
        # What happened before the engine was there to hear it is found by its reconciliation.
        self._outbox.clear()

    # what the crowd does to own orders ------------------------------------------------------------------

    def _on_events(self, book: SimBook, events: list[MatchEvent], at_ns: int) -> None:
        if not self._own or not any(type(e) is Traded and e.maker_id in self._own for e in events):
            return
        try:
            with self.desk.batch():
                self._book_events(book, events, at_ns)
        except VenueStoreError:
            self._outbox.clear()
        self._flush()

    def _book_events(self, book: SimBook, events: list[MatchEvent], at_ns: int) -> None:
        symbol = book.instrument.symbol
        for event in _merged(events):
            if type(event) is Traded:
                self._book_trade(book.instrument, event, at_ns)
            elif type(event) is Cancelled and event.order_id in self._own:
                self._take_off(self._own[event.order_id], OrderStatus.CANCELLED, event.reason.value, at_ns)
            elif type(event) is Rejected and event.order_id in self._own:
                self._take_off(self._own[event.order_id], OrderStatus.REJECTED, event.reason.value, at_ns)
        self._drop_unsafe(symbol, at_ns)

    def _book_trade(self, instrument: Instrument, event: Traded, at_ns: int) -> None:
        price, quantity = instrument.ticks_to_price(event.ticks), instrument.lots_to_quantity(event.lots)
        for own_id, left, liquidity in (
            (event.maker_id, event.maker_left, Liquidity.MAKER),
            (event.taker_id, event.taker_left, Liquidity.TAKER),
        ):
            order = self._own.get(own_id)
            if order is None:
                continue
            self._outbox.append(self.desk.fill(order, price, quantity, liquidity, at_ns))
            if order.status.is_final:
                self._own.pop(own_id)
                self._own_ids.pop(order.intent.client_order_id)
            self._outbox.append(self._status_of(order))
            if left == 0 and order.status.may_live:
                self._take_off(order, OrderStatus.CANCELLED, _CLOSED_OUT, at_ns)

    def _on_funding(self, symbol: str, mark: Decimal, rate: float, due_ns: int, at_ns: int) -> None:
        try:
            payment = self.desk.pay_funding(symbol, mark, rate, due_ns, at_ns)
        except VenueStoreError:
            return
        if payment is not None:
            self._outbox.append(payment)
            self._flush()

    # on the way back -----------------------------------------------------------------------------------

    def _status_of(self, order: Order) -> OrderReport:
        return OrderReport(
            client_order_id=order.intent.client_order_id,
            venue=self.venue,
            status=order.status,
            venue_order_id=order.venue_order_id,
            reason=order.reason,
            venue_ns=order.updated_ns,
        )

    def _flush(self) -> None:
        reports, self._outbox = self._outbox, []
        if reports:
            self._respond(lambda: self._report(reports))

    def _report(self, reports: list[_Report]) -> None:
        sink = self._sink
        if sink is None:
            return
        for report in reports:
            if isinstance(report, OrderReport):
                sink.order_report(report)
            elif isinstance(report, Fill):
                sink.fill(report)
                if self._happens(self._config.faults.fill_duplicated):
                    sink.fill(report)
            else:
                sink.funding_payment(report)

    def _entry_ns(self) -> int:
        latency = self._config.latency
        return latency.entry_ns + int(self._random.standard_exponential() * latency.entry_jitter_ns)

    def _respond(self, deliver: Callable[[], object]) -> None:
        latency = self._config.latency
        delay_ns = latency.response_ns + int(self._random.standard_exponential() * latency.response_jitter_ns)
        self._responses.push(delay_ns, lambda: (deliver(), None)[1])

    def _happens(self, probability: float) -> bool:
        return bool(probability) and float(self._random.random()) < probability

    def _lose_answer(self, key: int, answer: asyncio.Future[SendResult]) -> None:
        doubt = SendResult(SendOutcome.IN_DOUBT, f"{self.venue}: no answer")
        delay_s = self._config.faults.in_doubt_after_ns / 1e9
        asyncio.get_running_loop().call_later(delay_s, lambda: (self._forget(key), _settle(answer, doubt)))

    def _remember(self, leave_in_doubt: Callable[[], None]) -> int:
        self._next_pending += 1
        self._pending[self._next_pending] = leave_in_doubt
        return self._next_pending

    def _forget(self, key: int) -> None:
        self._pending.pop(key, None)


def _merged(events: list[MatchEvent]) -> list[MatchEvent]:
    """Join what one own taker got from several makers at one price into one fill, as venues print it."""
    merged: list[MatchEvent] = []
    for event in events:
        last = merged[-1] if merged else None
        if (
            type(event) is Traded
            and type(last) is Traded
            and event.taker_id == last.taker_id >= _FIRST_OWN_ID
            and event.ticks == last.ticks
        ):
            merged[-1] = event._replace(lots=last.lots + event.lots)
        else:
            merged.append(event)
    return merged


def _settle(answer: "asyncio.Future[_T]", value: _T) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: "asyncio.Future[_T]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
