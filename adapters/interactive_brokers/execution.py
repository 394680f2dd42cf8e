"""The trading side. IB answers no request: what became of it is read from states, errors and executions.

Hazards and what meets them:

- an answer that is lost with its connection: in doubt; the next connection asks TWS for its orders and
  today's executions, which carry our id in their reference;
- an error that is none: every code has its meaning in one table, an unknown one is doubt and never a reject;
- an error of a change taken for the order's end: the library's own bookkeeping is not used;
- a request while TWS has lost IB: not sent;
- more requests than TWS takes: an order is refused here instead of waiting while its price grows old.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from adapters.interactive_brokers.account import AccountReader
from adapters.interactive_brokers.catalogue import Meaning
from adapters.interactive_brokers.connection import Connection
from adapters.interactive_brokers.fills import Fills
from adapters.interactive_brokers.instruments import ListedStock
from adapters.interactive_brokers.listener import Listener
from adapters.interactive_brokers.order_answers import Asked, OrderAnswers
from adapters.interactive_brokers.order_index import KnownOrder, OrderIndex
from adapters.interactive_brokers.order_terms import (
    CANCELLED,
    FILLED,
    INACTIVE,
    PENDING_CANCEL,
    WORKING,
    ib_order,
    symbol_of,
    term_fault,
)
from adapters.interactive_brokers.session import RequestRefusedError, Session
from adapters.interactive_brokers.wire import (
    CommissionSaid,
    ExecutionSaid,
    MarginPreview,
    OpenOrderSaid,
    OrderStatusSaid,
    PositionSaid,
)
from adapters.network.request_budget import Purpose
from core.ports.venue import AmendSupport, ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport
from core.types.order import Fill, OrderIntent, OrderStatus

_log = logging.getLogger(__name__)
_OVERLAP_NS: Final = 600_000_000_000  # executions this long before a lost connection are told again: clocks differ
_ORDER_REJECTED: Final = 201
ACCEPTED, REJECTED, IN_DOUBT = SendOutcome.ACCEPTED, SendOutcome.REJECTED, SendOutcome.IN_DOUBT


class InteractiveBrokersExecution(Listener):
    """Sends approved orders of the followed stocks; `stocks` returns what is followed."""

    def __init__(self, connection: Connection, stocks: Callable[[], list[ListedStock]]) -> None:
        settings = connection.settings
        self._connection = connection
        self._settings = settings
        self._clock = connection.clock
        self._stocks = stocks
        self._sink: ExecutionSink | None = None
        self._index = OrderIndex(settings.client_id)
        self._answers = OrderAnswers()
        self._amends: dict[int, OrderIntent] = {}  # by order id: terms that TWS has not shown yet
        self._fills = Fills(settings.venue, self._clock, settings.commission, settings.commission_wait_s, self._deliver)
        self._account = AccountReader(settings.venue, self._clock, self._index, self._fills, lambda: self._movements)
        self._movements = 0
        self._held: dict[int, PositionSaid] = {}
        self._traded_since: dict[int, None] = {}  # contracts with executions after their position was told
        self._heard_until_ns: int | None = None

    @property
    def venue(self) -> str:
        return self._settings.venue

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.NATIVE

    async def start(self, sink: ExecutionSink) -> None:
        self._sink = sink
        await self._connection.open(self)
        session = self._connection.session
        if session is not None:  # the feed was here first
            try:
                await self.connected(session)
            except (ConnectionError, TimeoutError, RequestRefusedError) as error:
                session.close(f"what TWS knows could not be read: {error}")

    async def stop(self) -> None:
        if self._sink is None:
            return
        self._sink = None
        self._answers.doubt_all("stopped")
        await self._connection.close(self)

    # requests ------------------------------------------------------------------------------------------------------

    async def submit(self, approved: Approved) -> SendResult:
        intent = approved.intent
        session, stock = self._connection.session, self._stock(intent.symbol)
        if self._index.by_reference(intent.client_order_id) is not None:
            return SendResult(IN_DOUBT, f"order {intent.client_order_id} was sent before; not sent again")
        fault = term_fault(stock, intent) or self._opening_fault(stock, intent)
        if fault is None and session is None:
            fault = self._connection.trouble
        if fault is None and not self._connection.budget.try_take(1, _purpose(intent)):
            fault = "the allowance of messages to TWS is used up for the moment"
        if fault is not None or session is None or stock is None:
            return SendResult(REJECTED, f"not sent: {fault}")
        try:
            order_id = session.client.getReqId()
            known = self._index.placed(intent.client_order_id, order_id)
            answer = self._answers.expect(Asked.SUBMIT, order_id)
            session.client.placeOrder(order_id, stock.contract, ib_order(intent, session.account))
        except ConnectionError as error:  # raised before anything is written
            placed = self._index.by_reference(intent.client_order_id)
            if placed is not None:
                self._index.not_sent(placed)
            return SendResult(REJECTED, f"not sent: {error}")
        return await self._answer(Asked.SUBMIT, known, answer)

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        """Send the order again under its own id with its new terms: that is how IB changes one."""
        intent = approved.intent
        known, session = self._index.by_reference(intent.client_order_id), self._connection.session
        stock = self._stock(intent.symbol)
        fault = term_fault(stock, intent) or self._ownership_fault(known)
        if fault is None and session is None:
            fault = self._connection.trouble
        if fault is None and not self._connection.budget.try_take(1, _purpose(intent)):
            fault = "the allowance of messages to TWS is used up for the moment"
        if fault is not None or session is None or stock is None or known is None:
            return SendResult(REJECTED, f"not sent: {fault}")
        answer = self._answers.expect(Asked.AMEND, known.order_id)
        self._amends[known.order_id] = intent
        try:
            session.client.placeOrder(known.order_id, stock.contract, ib_order(intent, session.account))
        except ConnectionError as error:
            self._answers.forget(Asked.AMEND, known.order_id, answer)
            return SendResult(REJECTED, f"not sent: {error}")
        return await self._answer(Asked.AMEND, known, answer)

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        del symbol
        known = self._index.by_reference(client_order_id)
        fault = self._ownership_fault(known)
        if fault is not None or known is None:
            return SendResult(REJECTED, f"not sent: {fault}")
        await self._connection.budget.take(1, Purpose.CANCEL)
        try:
            session = self._connection.demand()
            answer = self._answers.expect(Asked.CANCEL, known.order_id)
            session.client.cancelOrder(known.order_id)
        except ConnectionError as error:
            return SendResult(REJECTED, f"not sent: {error}")
        return await self._answer(Asked.CANCEL, known, answer)

    async def _answer(self, asked: Asked, known: KnownOrder, answer: "asyncio.Future[SendResult]") -> SendResult:
        try:
            return await answer
        finally:
            self._answers.forget(asked, known.order_id, answer)
            if asked is Asked.AMEND:
                self._amends.pop(known.order_id, None)

    async def cancel_all(self) -> SendResult:
        """Cancel everything of this login, orders of other programs and of TWS itself included."""
        await self._connection.budget.take(1, Purpose.CANCEL)
        try:
            return await cancel_globally(
                self._connection.demand(), self._settings.cancel_looks, self._settings.cancel_look_s
            )
        except ConnectionError as error:
            return SendResult(IN_DOUBT, str(error))

    async def what_if(self, intent: OrderIntent) -> MarginPreview:
        """Return what an order would do to the account's margin; it is not placed.

        Raises
        ------
        ConnectionError
            Where TWS cannot be asked.
        RequestRefusedError
            Where IB would refuse the order.
        ValueError
            Where the terms cannot be sent.
        """
        stock, session = self._stock(intent.symbol), self._connection.demand()
        fault = term_fault(stock, intent)
        if fault is not None or stock is None:
            raise ValueError(fault)
        return await session.what_if(stock.contract, ib_order(intent, session.account, what_if=True))

    async def account(self, since_ns: int) -> AccountReport:
        return await self._account.read(self._connection.demand(), self._symbols(), since_ns)

    def _stock(self, symbol: str) -> ListedStock | None:
        return next((each for each in self._stocks() if each.instrument.symbol == symbol), None)

    def _symbols(self) -> dict[int, str]:
        return {each.contract_id: each.instrument.symbol for each in self._stocks()}

    def _ownership_fault(self, known: KnownOrder | None) -> str | None:
        if known is None:
            return "TWS has not shown such an order"
        if known.client_id != self._settings.client_id or known.order_id <= 0:
            return f"the order was placed by client {known.client_id}: only cancelling everything reaches it"
        return None

    def _opening_fault(self, stock: ListedStock | None, intent: OrderIntent) -> str | None:
        """Look a reduce-only order over: IB has none, it would open a position where there is nothing to close."""
        if not intent.reduce_only or stock is None or stock.contract_id in self._traded_since:
            return None  # while a position is being told anew only the ledger of the risk gate is current
        held = self._held.get(stock.contract_id)
        closable = 0 if held is None else -intent.side.sign * held.quantity
        return None if intent.quantity <= closable else f"reduce-only: IB holds {0 if held is None else held.quantity}"

    # what TWS says -------------------------------------------------------------------------------------------------

    async def connected(self, session: Session) -> None:
        """Learn what became of everything: orders by their references, executions that were missed."""
        await session.open_orders()
        self._held.clear()
        self._traded_since.clear()
        await session.positions()
        missed_from_ns, self._heard_until_ns = self._heard_until_ns, None
        for said in await session.executions():
            if missed_from_ns is not None and said.venue_ns >= missed_from_ns - _OVERLAP_NS:
                self._take(said, tell=True)

    async def broker_restored(self, session: Session) -> None:
        await self.connected(session)

    def disconnected(self, reason: str) -> None:
        if self._heard_until_ns is None:
            self._heard_until_ns = self._clock.utc_ns()
        self._answers.doubt_all(reason)

    def open_order(self, said: OpenOrderSaid) -> None:
        known = self._index.seen(said)
        if said.status in WORKING:
            self._working(known)
        wanted = self._amends.get(said.order_id) if said.client_id == self._settings.client_id else None
        if wanted is not None and (said.limit_price, said.quantity) == (wanted.limit_price, wanted.quantity):
            self._settle(Asked.AMEND, known, ACCEPTED)

    def order_status(self, said: OrderStatusSaid) -> None:
        known = self._index.find(said.client_id, said.order_id, said.permanent_id)
        if known is None:
            return  # another client's, and TWS has not shown it yet
        if (known.status, known.filled) != (said.status, said.filled):
            self._movements += 1
        known.status, known.filled, known.average_price = said.status, said.filled, said.average_price
        if said.status in WORKING:
            self._working(known)
        elif said.status == FILLED:
            self._settle(Asked.SUBMIT, known, ACCEPTED)
            self._settle(Asked.AMEND, known, REJECTED, "filled before")
            self._settle(Asked.CANCEL, known, REJECTED, "filled before")
            self._report(known, OrderStatus.FILLED)
        elif said.status in CANCELLED or (said.status == INACTIVE and known.rejected):
            self._ended(known, known.rejected)
        elif said.status == INACTIVE:
            self._doubt(known, f"inactive {said.why_held}".rstrip())
        elif said.status == PENDING_CANCEL:
            self._settle(Asked.CANCEL, known, ACCEPTED)

    def _working(self, known: KnownOrder) -> None:
        known.accepted, known.rejected = True, ""
        self._settle(Asked.SUBMIT, known, ACCEPTED)
        self._report(known, OrderStatus.PARTIALLY_FILLED if known.filled else OrderStatus.OPEN)

    def _ended(self, known: KnownOrder, rejected: str) -> None:
        if rejected and not known.accepted:
            self._settle(Asked.SUBMIT, known, REJECTED, rejected)
            self._report(known, OrderStatus.REJECTED, rejected)
        else:
            self._settle(Asked.SUBMIT, known, ACCEPTED)
            self._report(known, OrderStatus.CANCELLED, rejected or None)
        self._settle(Asked.CANCEL, known, ACCEPTED)
        self._settle(Asked.AMEND, known, REJECTED, rejected or "cancelled before")

    def _doubt(self, known: KnownOrder, reason: str) -> None:
        for asked in Asked:
            self._settle(asked, known, IN_DOUBT, reason)
        self._report(known, OrderStatus.IN_DOUBT, reason)

    def said(self, number: int, code: int, meaning: Meaning, text: str) -> None:
        known = self._index.own(number)
        if known is None:
            return
        reason = f"IB {code}: {text}"
        match meaning:
            case Meaning.NOTICE:
                _log.info("order %s: %s", known.client_order_id, reason)
            case Meaning.REJECTED if self._answers.awaits(Asked.AMEND, number):
                self._settle(Asked.AMEND, known, REJECTED, reason)
            case Meaning.REJECTED | Meaning.NOT_SENT if not known.accepted:
                known.rejected = reason
                self._ended(known, reason)
            case Meaning.REJECTED if code == _ORDER_REJECTED and known.accepted:
                known.rejected = reason  # with the status that comes before or after it, it is the order's end
                if known.status == INACTIVE:
                    self._ended(known, reason)
                else:
                    self._doubt(known, reason)
            case Meaning.CANCELLED:
                self._ended(known, "")
            case Meaning.CANCEL_REFUSED:
                self._settle(Asked.CANCEL, known, REJECTED, reason)
                self._settle(Asked.AMEND, known, REJECTED, reason)
            case _:
                self._doubt(known, reason)

    def execution(self, said: ExecutionSaid) -> None:
        is_live = said.request_id < 0
        if is_live:
            self._movements += 1
            self._traded_since[said.name.contract_id] = None
        self._take(said, tell=is_live)

    def _take(self, said: ExecutionSaid, *, tell: bool) -> None:
        known = self._index.seen(said)
        self._fills.take(said, known.client_order_id, symbol_of(said.name, self._symbols()), tell=tell)

    def commission(self, said: CommissionSaid) -> None:
        self._fills.commission(said)

    def position(self, said: PositionSaid) -> None:
        self._held[said.name.contract_id] = said
        self._traded_since.pop(said.name.contract_id, None)

    def _deliver(self, fill: Fill) -> None:
        if self._sink is not None:
            self._sink.fill(fill)

    def _settle(self, asked: Asked, known: KnownOrder, outcome: SendOutcome, reason: str = "") -> None:
        self._answers.settle(asked, known.order_id, outcome, reason, known.venue_order_id)

    def _report(self, known: KnownOrder, status: OrderStatus, reason: str | None = None) -> None:
        if self._sink is None or not known.is_ours or known.reported == (status, reason):
            return  # the account tells of others' orders; these would be taken for ours
        known.reported = (status, reason)
        self._sink.order_report(
            OrderReport(
                client_order_id=known.client_order_id,
                venue=self.venue,
                status=status,
                venue_order_id=known.venue_order_id,
                reason=reason,
                venue_ns=self._clock.utc_ns(),
            )
        )


def _purpose(intent: OrderIntent) -> Purpose:
    """Return what an order is for: one that only closes may use what is kept back for making things safer."""
    return Purpose.CANCEL if intent.reduce_only or intent.is_flattening else Purpose.ORDER


async def cancel_globally(session: Session, looks: int, look_s: float) -> SendResult:
    """Ask for everything to be cancelled and look whether it is: IB does not answer this request."""
    session.client.reqGlobalCancel()
    shown = 0
    for look in range(looks):
        if look:
            await asyncio.sleep(look_s)
        shown = len([said for said in await session.open_orders() if said.status not in CANCELLED | {FILLED}])
        if not shown:
            return SendResult(ACCEPTED)
    return SendResult(IN_DOUBT, f"TWS still shows {shown} open orders")
