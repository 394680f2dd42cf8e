"""The way of an amend: gate, journal, wire, answer; or cancel and replace, where the venue cannot amend.

Hazards and what meets them:

- an amend without a durable word of it: the wire waits for the commit; from the append on the order counts with the
  worse of both terms, so that nothing is approved meanwhile that one of them forbids;
- a halt, a cancel or a fill between approval and wire: halts and the order itself are looked at again;
- an answer that never comes: both terms count on until the venue's own list says which hold;
- an amend of an order that has just ended: the venue refuses it, and its account is read;
- two live orders for one wish: a replacement leaves only after the old order's end was confirmed and the account
  was read behind that end, so that a fill whose frame was lost is in the remainder;
- a cancel between the old order's end and the new one: nothing is live to be cancelled then, so the wish is given up.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from core.engine.account_reads import AccountReads
from core.engine.narrator import plain
from core.engine.order_desk import RESTING, OrderDesk
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.repeated_refusals import RepeatedRefusals
from core.engine.risk_views import RiskViews
from core.journal.facts import OrderAmendAsked, OrderAmendDoubted, OrderAmended, OrderAmendRefused
from core.market.market import Market
from core.orders.tracker import OrderTracker
from core.ports.clock import Clock
from core.ports.ids import IdSource
from core.ports.journal import JournalError
from core.ports.venue import AmendSupport, ExecutionVenue, SendOutcome, SendResult
from core.risk.gate import RiskGate
from core.risk.verdict import ApprovedAmend, Refused
from core.types.order import Order, OrderIntent, OrderStatus, OrderType

END_PATIENCE_S: Final = 5.0  # for the confirmed end of an order that is replaced, and for the account behind it


class AmendEnd(StrEnum):
    DONE = "done"
    REFUSED = "refused"  # by the risk gate
    INVALID = "invalid"  # asked for something that makes no sense
    FAILED = "failed"  # by the venue, or not sent; the text says which terms hold
    IN_DOUBT = "in_doubt"


class AmendAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How an amend ended; `client_order_id` is the order that lives on, another one where it was replaced."""

    end: AmendEnd
    text: str
    client_order_id: str
    refused: Refused | None = None


class AmendDesk:
    """Take wishes for other terms, ask the gate, journal, send, and follow the answer."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdSource,
        recorder: Recorder,
        orders: OrderTracker,
        market: Market,
        gate: RiskGate,
        views: RiskViews,
        recent: RecentOrders,
        desk: OrderDesk,
        reads: AccountReads,
        facts: Callable[[], int],
        spawn: Callable[["asyncio.Future[None]"], None],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._recorder = recorder
        self._orders = orders
        self._market = market
        self._gate = gate
        self._views = views
        self._recent = recent
        self._desk = desk
        self._reads = reads
        self._facts = facts  # how many there are so far
        self._spawn = spawn
        self._refusals = RepeatedRefusals()

    def amend(
        self, client_order_id: str, limit_price: Decimal | None, quantity: Decimal | None
    ) -> "asyncio.Future[AmendAnswer]":
        """Give a resting order another price, another total quantity, or both; None keeps what it has.

        The amend goes on whoever waits for the answer; who does shields it.
        """
        answer: asyncio.Future[AmendAnswer] = asyncio.get_running_loop().create_future()
        work = self._answer(answer, client_order_id, limit_price, quantity)
        self._spawn(asyncio.ensure_future(work))
        return answer

    async def _answer(
        self,
        answer: "asyncio.Future[AmendAnswer]",
        client_order_id: str,
        limit_price: Decimal | None,
        quantity: Decimal | None,
    ) -> None:
        found = await self._amend(client_order_id, limit_price, quantity)
        if not answer.done():
            answer.set_result(found)

    async def _amend(self, client_order_id: str, limit_price: Decimal | None, quantity: Decimal | None) -> AmendAnswer:
        self._desk.look_out()
        order = self._orders.get(client_order_id)
        if order is None:
            return _ended(AmendEnd.INVALID, client_order_id, f"there is no order {client_order_id}")
        intent = msgspec.structs.replace(
            order.intent,
            limit_price=order.intent.limit_price if limit_price is None else limit_price,
            quantity=order.intent.quantity if quantity is None else quantity,
        )
        execution = self._desk.executions.get(intent.venue)
        flaw = self._flaw(order, intent)
        if flaw is not None or execution is None:
            return _ended(AmendEnd.INVALID, client_order_id, flaw or f"venue {intent.venue} has no execution")
        verdict = self._gate.decide_amend(intent, self._views.view_for_amend(order, intent))
        if isinstance(verdict, Refused):
            return self._refuse(order, verdict)
        if execution.amend_support is AmendSupport.NATIVE:
            return await self._send(order, verdict, execution)
        return await self._replace(order, intent)

    def _flaw(self, order: Order, intent: OrderIntent) -> str | None:
        """Return why such an amend makes no sense, None where it does."""
        name, price = order.intent.client_order_id, intent.limit_price
        if order.is_external:
            return f"order {name} was not sent from here: it is counted, never touched"
        if order.intent.job is not None:
            return f"order {name} belongs to job {order.intent.job.job_id}: its execution owns it"
        if order.intent.held is not None:
            held_id = order.intent.held.held_id
            return f"order {name} was sent for {held_id}, which owns it: cancel {held_id} and place it anew"
        if order.intent.order_type is not OrderType.LIMIT or price is None:
            return f"order {name} is a {order.intent.order_type} order: only resting limit orders are amended"
        if order.pending_amend is not None or name in self._desk.waiting:
            return f"order {name} is being amended already"
        if order.status not in RESTING:
            return f"order {name} is {_words(order.status)}: only resting orders are amended"
        if intent.quantity <= order.filled_quantity:
            return f"quantity {plain(intent.quantity)} is not above the {plain(order.filled_quantity)} filled already"
        if (price, intent.quantity) == (order.intent.limit_price, order.intent.quantity):
            return f"order {name} has that price and quantity already"
        return None

    def _refuse(self, order: Order, refused: Refused) -> AmendAnswer:
        at_ns, intent = self._clock.utc_ns(), refused.intent
        if self._refusals.is_worth_a_row(refused, at_ns) and intent.limit_price is not None:
            self._recorder.record(
                OrderAmendRefused(
                    at_ns=at_ns,
                    client_order_id=intent.client_order_id,
                    number=order.amends + 1,
                    limit_price=intent.limit_price,
                    quantity=intent.quantity,
                    reason=refused.reason,
                    checks=refused.checks,
                )
            )
        text = f"refused by risk: {refused.reason}"
        return _ended(AmendEnd.REFUSED, intent.client_order_id, text, refused)

    # where the venue can -----------------------------------------------------------------------------

    async def _send(self, order: Order, approved: ApprovedAmend, execution: ExecutionVenue) -> AmendAnswer:
        intent, number = approved.intent, order.amends + 1
        assert intent.limit_price is not None, "only limit orders are amended"
        self._recent.note_message(intent.venue, self._clock.monotonic_ns())
        durable = self._recorder.record(
            OrderAmendAsked(
                at_ns=self._clock.utc_ns(),
                client_order_id=intent.client_order_id,
                number=number,
                limit_price=intent.limit_price,
                quantity=intent.quantity,
                checks=approved.checks,
                claim=approved.claim,
            )
        )
        try:
            await durable
        except JournalError as error:
            return self._take_back(order, number, intent, f"not sent: {error}")
        self._desk.look_out()
        obstacle = self._obstacle(order, number)
        if obstacle is not None:
            return self._take_back(order, number, intent, f"not sent: {obstacle}")
        result = await self._desk.ask(intent.venue, execution.amend(approved))
        return self._take_answer(order, number, intent, result)

    def _obstacle(self, order: Order, number: int) -> str | None:
        """Return what came between approval and wire, None where nothing did."""
        pending = order.pending_amend
        if pending is None or pending.number != number or order.status not in RESTING:
            return f"the order is {_words(order.status)} by now"
        if pending.quantity <= order.filled_quantity:
            return f"{plain(order.filled_quantity)} are filled by now"
        return None if self._views.still_open_for_amend(order) else "trading was halted meanwhile"

    def _take_answer(self, order: Order, number: int, intent: OrderIntent, result: SendResult) -> AmendAnswer:
        pending, client_order_id = order.pending_amend, intent.client_order_id
        if pending is None or pending.number != number:  # the venue's list was faster
            if result.outcome is not SendOutcome.IN_DOUBT:
                self._reads.ask(intent.venue)
            return self._as_it_stands(order, intent)
        match result.outcome:
            case SendOutcome.ACCEPTED:
                return self._take_over(order, number, intent, result)
            case SendOutcome.REJECTED:
                answer = self._take_back(order, number, intent, f"refused by the venue: {result.reason}")
                self._reads.ask(intent.venue)  # it may have ended without a word
                return answer
            case SendOutcome.IN_DOUBT:
                self._doubt(order, number, f"amend not answered: {result.reason}")
                text = (
                    f"{client_order_id}: in doubt, {result.reason}; both terms count until the venue shows which hold"
                )
                return _ended(AmendEnd.IN_DOUBT, client_order_id, text)

    def _take_over(self, order: Order, number: int, intent: OrderIntent, result: SendResult) -> AmendAnswer:
        assert intent.limit_price is not None, "only limit orders are amended"
        self._recorder.record(
            OrderAmended(
                at_ns=self._clock.utc_ns(),
                client_order_id=intent.client_order_id,
                number=number,
                limit_price=intent.limit_price,
                quantity=intent.quantity,
                venue_order_id=result.venue_order_id,
            )
        )
        if order.pending_amend is not None:  # what the venue says cannot be: its list decides
            self._doubt(order, number, "the venue's answer contradicts what is filled")
        else:
            self._desk.moved(order)
        return self._as_it_stands(order, intent)

    def _take_back(self, order: Order, number: int, intent: OrderIntent, reason: str) -> AmendAnswer:
        assert intent.limit_price is not None, "only limit orders are amended"
        self._recorder.record(
            OrderAmendRefused(
                at_ns=self._clock.utc_ns(),
                client_order_id=intent.client_order_id,
                number=number,
                limit_price=intent.limit_price,
                quantity=intent.quantity,
                reason=reason,
            )
        )
        if order.pending_amend is not None:
            self._doubt(order, number, "the venue's answer contradicts what is filled")
        self._desk.moved(order)
        return _ended(AmendEnd.FAILED, intent.client_order_id, f"{intent.client_order_id} stays as it was: {reason}")

    def _doubt(self, order: Order, number: int, reason: str) -> None:
        client_order_id = order.intent.client_order_id
        at_ns = self._clock.utc_ns()
        self._recorder.record(
            OrderAmendDoubted(at_ns=at_ns, client_order_id=client_order_id, number=number, reason=reason)
        )
        self._desk.moved(order)
        self._reads.ask(order.intent.venue)

    def _as_it_stands(self, order: Order, intent: OrderIntent) -> AmendAnswer:
        name, price = intent.client_order_id, order.intent.limit_price
        terms = f"{plain(order.intent.quantity)} at {'market' if price is None else plain(price)}"
        text = f"{name} is {terms}: {_words(order.status)}"
        if order.is_in_doubt:
            return _ended(AmendEnd.IN_DOUBT, name, f"{name}: in doubt, {order.reason}")
        holds = (price, order.intent.quantity) == (intent.limit_price, intent.quantity)
        return _ended(AmendEnd.DONE if holds else AmendEnd.FAILED, name, text)

    # where the venue cannot --------------------------------------------------------------------------

    async def _replace(self, order: Order, intent: OrderIntent) -> AmendAnswer:
        """Cancel, wait for the confirmed end, and send what is left as a new order."""
        self._desk.waiting.begin(intent)
        try:
            doubt = await self._end_for_sure(order)
            if doubt is not None:
                text = f"{intent.client_order_id} is not replaced: {doubt}"
                return _ended(AmendEnd.FAILED, intent.client_order_id, text)
            return await self._send_the_rest(order, intent)
        finally:
            self._desk.waiting.end(intent.client_order_id)

    async def _end_for_sure(self, order: Order) -> str | None:
        """Cancel and return None once nothing of the order can be filled any more, else what stays in doubt."""
        name, venue = order.intent.client_order_id, order.intent.venue
        result = await self._desk.send_cancel(name)
        if result.outcome is SendOutcome.REJECTED and order.status.may_live:
            return f"its cancel was refused: {result.reason}"
        await self._desk.end_of(name, END_PATIENCE_S)
        if order.status.may_live:
            return "its end is not confirmed"
        if not await self._reads.booked_since(venue, self._facts(), END_PATIENCE_S):
            return "it is cancelled, but the venue's account could not be read behind its end"
        return "it is there again" if order.status.may_live else None

    async def _send_the_rest(self, order: Order, intent: OrderIntent) -> AmendAnswer:
        name, instrument = intent.client_order_id, self._market.instruments.get(intent.instrument_id)
        left = intent.quantity - order.filled_quantity
        if order.status is OrderStatus.FILLED or left <= 0 or instrument is None:
            return _ended(AmendEnd.FAILED, name, f"{name} is not replaced: it is {_words(order.status)} by now")
        if self._desk.waiting.is_given_up(name):
            return _ended(AmendEnd.FAILED, name, f"{name} was cancelled meanwhile: nothing replaces it")
        new = msgspec.structs.replace(
            intent,
            client_order_id=self._ids.next_order_id(),
            quantity=instrument.floor_quantity(left),
            replaces=name,
            created_ns=self._clock.utc_ns(),
        )
        verdict = self._desk.decide(new)
        if isinstance(verdict, Refused):
            text = f"{name} is cancelled and not replaced, refused by risk: {verdict.reason}"
            return _ended(AmendEnd.REFUSED, name, text, verdict)
        sending = self._desk.send(verdict)
        self._desk.waiting.end(name)  # from here on a cancel finds the new order
        await asyncio.shield(sending)
        sent = self._orders.get(new.client_order_id)
        status = OrderStatus.IN_DOUBT if sent is None else sent.status
        text = f"{name} is cancelled, {new.client_order_id} replaces it: {_words(status)}"
        is_bad = status in {OrderStatus.REJECTED, OrderStatus.IN_DOUBT}
        return _ended(AmendEnd.FAILED if is_bad else AmendEnd.DONE, new.client_order_id, text)


def _ended(end: AmendEnd, client_order_id: str, text: str, refused: Refused | None = None) -> AmendAnswer:
    return AmendAnswer(end=end, text=text, client_order_id=client_order_id, refused=refused)


def _words(status: OrderStatus) -> str:
    return status.value.replace("_", " ")
