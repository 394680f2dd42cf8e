"""The trading side of one engine's connection to an exchange: where answers, reports and requests get lost.

A connection belongs to one engine and dies with it; requests that left before its death still arrive.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from core.ports.venue import AmendSupport, ExecutionSink, OrderReport, SendOutcome, SendResult
from core.risk.verdict import Approved, ApprovedAmend
from core.types.account import AccountReport, FundingPayment
from core.types.instrument import AssetType
from core.types.job_tag import LegRole
from core.types.order import Fill, OrderIntent, OrderStatus
from strategies.simulation.chance import Dice
from strategies.simulation.exchange import Event, Exchange, VenueIds, VenueOrder
from strategies.simulation.faults import Fault, FaultPlan
from strategies.simulation.timeline import NS_PER_S, Timeline

ON_THE_WAY_S: Final = (0.002, 0.03)
LATE_S: Final = (6.0, 9.0)  # after every time-out of the engine, before it may declare an order dead
REPLACING: Final = ("gamma",)
"""Exchanges that cannot amend: the engine cancels there and sends a new order."""
AFTER_THE_END_S: Final = (5.0, 30.0)  # a fill that the venue books when nobody waits for it any more
Result = Future[SendResult]


class Wire(Protocol):
    """Whoever looks at what an engine puts on the wire."""

    def submitted(self, intent: OrderIntent) -> None: ...

    def arrived(self, client_order_id: str) -> None:
        """Take note that a request has arrived or never will."""
        ...

    def amend_sent(self, intent: OrderIntent) -> None: ...

    def amend_arrived(self, intent: OrderIntent) -> None:
        """Take note that an amend has arrived, or never will."""
        ...

    def compared(self, venue: str) -> None: ...


class Connection:
    """An ExecutionVenue with every fault that can happen between an engine and a venue."""

    def __init__(
        self,
        exchange: Exchange,
        timeline: Timeline,
        plan: FaultPlan,
        dice: Dice,
        wire: Wire,
        kill: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._timeline = timeline
        self._plan = plan
        self._dice = dice
        self._wire = wire
        self._kill = kill
        self._sink: ExecutionSink | None = None
        self._stream_due_ns = 0
        self._held_s: dict[str, float] = {}  # by order: how long its reports are held back
        self.is_dead = False
        self.deaf_until_ns = 0  # the private stream is dead
        self.unreachable_until_ns = 0  # the account cannot be read
        exchange.on_event = self._on_event

    # the port ------------------------------------------------------------------------------------------

    @property
    def venue(self) -> str:
        return self._exchange.name

    async def start(self, sink: ExecutionSink) -> None:
        self._sink = sink

    async def stop(self) -> None:
        self._sink = None

    async def submit(self, approved: Approved) -> SendResult:
        answer: Result = asyncio.get_running_loop().create_future()
        if self.is_dead:
            return await answer
        if self._plan.strikes(Fault.KILLED, 0.02):
            self._kill()
            return await answer
        self._wire.submitted(approved.intent)
        self._submit(approved.intent, answer)
        if self._plan.strikes(Fault.KILLED, 0.02):
            self._kill()
        return await answer

    async def cancel(self, client_order_id: str, symbol: str) -> SendResult:
        del symbol  # a venue here finds an order by its client id alone
        answer: Result = asyncio.get_running_loop().create_future()
        if self.is_dead:
            return await answer
        if self._plan.strikes(Fault.KILLED, 0.02):
            self._kill()
            return await answer
        self._after(ON_THE_WAY_S, lambda: self._cancel_arrives(client_order_id, answer))
        return await answer

    @property
    def amend_support(self) -> AmendSupport:
        return AmendSupport.REPLACE if self._exchange.name in REPLACING else AmendSupport.NATIVE

    async def amend(self, approved: ApprovedAmend) -> SendResult:
        answer: Result = asyncio.get_running_loop().create_future()
        if self.is_dead:
            return await answer
        if self._plan.strikes(Fault.KILLED, 0.02):
            self._kill()
            return await answer
        self._wire.amend_sent(approved.intent)
        self._amend(approved.intent, answer)
        if self._plan.strikes(Fault.KILLED, 0.02):
            self._kill()
        return await answer

    async def cancel_all(self) -> SendResult:
        answer: Result = asyncio.get_running_loop().create_future()
        if not self.is_dead:
            self._after(ON_THE_WAY_S, lambda: self._cancel_all_arrives(answer))
        return await answer

    async def account(self, since_ns: int) -> AccountReport:
        answer: Future[AccountReport] = asyncio.get_running_loop().create_future()
        if not self.is_dead:
            self._after(ON_THE_WAY_S, lambda: self._account_asked(since_ns, answer))
        return await answer

    # orders --------------------------------------------------------------------------------------------

    def _submit(self, intent: OrderIntent, answer: Result) -> None:
        plan, client_order_id = self._plan, intent.client_order_id
        if plan.strikes(Fault.REQUEST_LOST, 0.06):
            self._after(LATE_S, lambda: self._wire.arrived(client_order_id))
        elif plan.strikes(Fault.APPEARS_LATE, 0.06):
            self._after(LATE_S, lambda: self._arrive(intent, None))
        elif plan.strikes(Fault.RATE_LIMITED, 0.05):
            self._refuse(intent, answer, "429 too many requests")
        elif plan.strikes(Fault.ORDER_REJECTED, 0.25 if self._is_hedge(intent) else 0.06):
            self._refuse(intent, answer, "insufficient margin")
        elif plan.strikes(Fault.ANSWER_LOST, 0.06):
            self._held_s[client_order_id] = 30.0 if self._dice.chance(0.5) else 0.0
            self._after(ON_THE_WAY_S, lambda: self._arrive(intent, answer if self._dice.chance(0.3) else None))
        elif plan.strikes(Fault.STREAM_BEFORE_RETRY, 0.06):
            self._held_s[client_order_id] = self._dice.between(5.05, 6.5)
            self._after(ON_THE_WAY_S, lambda: self._arrive(intent, None))
        else:
            self._after(ON_THE_WAY_S, lambda: self._arrive(intent, answer))

    def _amend(self, intent: OrderIntent, answer: Result) -> None:
        plan = self._plan
        if plan.strikes(Fault.REQUEST_LOST, 0.06):
            self._after(LATE_S, lambda: self._wire.amend_arrived(intent))
        elif plan.strikes(Fault.APPEARS_LATE, 0.06):
            self._after(LATE_S, lambda: self._amend_arrives(intent, None))
        elif plan.strikes(Fault.ORDER_REJECTED, 0.06):
            self._wire.amend_arrived(intent)
            self._after(ON_THE_WAY_S, lambda: self._answer(answer, SendResult(SendOutcome.REJECTED, "not now")))
        elif plan.strikes(Fault.ANSWER_LOST, 0.1):
            self._held_s[intent.client_order_id] = 30.0 if self._dice.chance(0.3) else 0.0
            self._after(ON_THE_WAY_S, lambda: self._amend_arrives(intent, None))
        else:
            self._after(ON_THE_WAY_S, lambda: self._amend_arrives(intent, answer))

    def _amend_arrives(self, intent: OrderIntent, answer: Result | None) -> None:
        exchange, order = self._exchange, self._exchange.live.get(intent.client_order_id)
        if order is not None and self._plan.strikes(Fault.FILL_DURING_CANCEL, 0.3):
            price = order.intent.limit_price
            if price is not None:
                exchange.fill_resting(order, price)
        replaces = self._plan.strikes(Fault.NEW_VENUE_ID, 0.6)
        refusal = exchange.amend(intent, VenueIds.REPLACED if replaces else VenueIds.KEPT)
        self._wire.amend_arrived(intent)
        if answer is None:
            return
        if refusal is not None:
            result = SendResult(SendOutcome.REJECTED, refusal)
        else:
            result = SendResult(
                SendOutcome.ACCEPTED, venue_order_id=exchange.orders[intent.client_order_id].venue_order_id
            )
        delay_s = (0.2, 1.0) if replaces and self._dice.chance(0.3) else ON_THE_WAY_S
        self._after(delay_s, lambda: self._answer(answer, result))

    @staticmethod
    def _is_hedge(intent: OrderIntent) -> bool:
        return intent.job is not None and intent.job.role is LegRole.HEDGE

    def _refuse(self, intent: OrderIntent, answer: Result, reason: str) -> None:
        self._wire.arrived(intent.client_order_id)
        self._after(ON_THE_WAY_S, lambda: self._answer(answer, SendResult(SendOutcome.REJECTED, reason)))

    def _arrive(self, intent: OrderIntent, answer: Result | None) -> None:
        if self._plan.strikes(Fault.FILL_BEFORE_ACK, 0.15):
            self._stream_due_ns = 0  # the stream overtakes the answer
        refusal = self._exchange.arrive(intent, self._liquidity_for(intent))
        self._wire.arrived(intent.client_order_id)
        if self._ended_short(intent) and self._plan.strikes(Fault.FILL_DURING_CANCEL, 0.5):
            self._after(AFTER_THE_END_S, lambda: self._exchange.fill_late(intent.client_order_id))
        if answer is None:
            return
        if refusal is not None:
            self._after(ON_THE_WAY_S, lambda: self._answer(answer, SendResult(SendOutcome.REJECTED, refusal)))
            return
        accepted = SendResult(
            SendOutcome.ACCEPTED, venue_order_id=self._exchange.orders[intent.client_order_id].venue_order_id
        )
        delay_s = (0.2, 1.0) if self._plan.is_on(Fault.FILL_BEFORE_ACK) and self._dice.chance(0.2) else ON_THE_WAY_S
        self._after(delay_s, lambda: self._answer(answer, accepted))

    def _ended_short(self, intent: OrderIntent) -> bool:
        """Tell whether an order of a job is over with something left that could open a position of a contract."""
        order = self._exchange.orders.get(intent.client_order_id)
        is_contract = self._exchange.instruments[intent.symbol].asset_type is AssetType.PERPETUAL
        is_over = order is not None and not order.is_live and order.left > 0
        return is_over and is_contract and intent.job is not None and not intent.reduce_only

    def _liquidity_for(self, intent: OrderIntent) -> Decimal | None:
        """Return how much of an order of a job finds liquidity, None for all of it."""
        if intent.job is None:
            return None
        lot = self._exchange.instruments[intent.symbol].order_lot
        if self._plan.strikes(Fault.DUST_LEFT, 0.15):
            return max(Decimal(0), intent.quantity - lot * self._dice.whole(1, 4))
        if self._plan.is_on(Fault.ORDER_REJECTED) and self._dice.chance(0.2):
            return intent.quantity * 6 // 10
        return None

    def _cancel_arrives(self, client_order_id: str, answer: Result) -> None:
        exchange, order = self._exchange, self._exchange.live.get(client_order_id)
        if order is not None and self._plan.strikes(Fault.FILL_DURING_CANCEL, 0.3):
            price = order.intent.limit_price
            if price is not None:
                exchange.fill_resting(order, price)
        if order is not None and self._plan.strikes(Fault.CANCEL_REFUSED, 0.2):
            if self._dice.chance(0.3):
                return  # and sometimes not a word
            self._after(ON_THE_WAY_S, lambda: self._answer(answer, SendResult(SendOutcome.REJECTED, "try again")))
            return
        if exchange.cancel(client_order_id):
            result = SendResult(SendOutcome.ACCEPTED)
        else:
            result = SendResult(SendOutcome.REJECTED, f"unknown order {client_order_id}")
        self._after(ON_THE_WAY_S, lambda: self._answer(answer, result))

    def _cancel_all_arrives(self, answer: Result) -> None:
        if self._plan.strikes(Fault.CANCEL_REFUSED, 0.2):
            return
        self._exchange.cancel_all()
        self._after(ON_THE_WAY_S, lambda: self._answer(answer, SendResult(SendOutcome.ACCEPTED)))

    def _answer(self, answer: Result, result: SendResult) -> None:
        if not self.is_dead and not answer.done():
            answer.set_result(result)

    # the account -----------------------------------------------------------------------------------------

    def _account_asked(self, since_ns: int, answer: "Future[AccountReport]") -> None:
        if self._timeline.now_ns < self.unreachable_until_ns:
            if self._dice.chance(0.5):  # otherwise silence
                self._fail(answer, ConnectionError("the venue cannot be reached"))
            return
        if self._plan.strikes(Fault.RATE_LIMITED, 0.1):
            self._fail(answer, ConnectionError("418, come back in 60 s"))
            return
        report = self._exchange.report(since_ns)
        if report.fills and self._plan.strikes(Fault.FILL_REPEATED, 0.3):
            report = msgspec.structs.replace(report, fills=(*report.fills, *report.fills))
        if report.fills and self._plan.strikes(Fault.MALFORMED, 0.1):
            broken = msgspec.structs.replace(report.fills[-1], price=Decimal("NaN"))
            report = msgspec.structs.replace(report, fills=(*report.fills[:-1], broken))
        delay = (0.05, 0.6) if self._dice.chance(0.3) else ON_THE_WAY_S
        self._after(delay, lambda: self._give(answer, report))

    def _give(self, answer: "Future[AccountReport]", report: AccountReport) -> None:
        if not self.is_dead and not answer.done():
            self._wire.compared(self.venue)
            answer.set_result(report)

    def _fail(self, answer: "Future[AccountReport]", error: Exception) -> None:
        if not self.is_dead and not answer.done():
            answer.set_exception(error)

    # the private stream ----------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if self.is_dead:
            return
        if self._timeline.now_ns < self.deaf_until_ns:
            return
        if isinstance(event, Fill):
            self._stream_fill(event)
        else:
            self._stream_order(event)

    def _stream_fill(self, fill: Fill) -> None:
        if self._plan.strikes(Fault.FILL_FRAME_LOST, 0.15):
            return
        held_s = self._held_s.get(fill.client_order_id, 0.0)
        if self._plan.strikes(Fault.MALFORMED, 0.05):
            flaw = self._dice.pick((Decimal("NaN"), Decimal(-1), Decimal(0), Decimal("Infinity")))
            self._tell(msgspec.structs.replace(fill, price=flaw), held_s)
        self._tell(fill, held_s)
        if self._plan.strikes(Fault.FILL_REPEATED, 0.3):
            self._tell(fill, held_s)
            self._after((0.1, 20.0), lambda: self._tell(fill, 0.0))

    def _stream_order(self, order: VenueOrder) -> None:
        status = order.status
        if self._plan.strikes(Fault.UNKNOWN_STATUS, 0.1):
            status = OrderStatus.INTENDED  # what no venue can report
        report = OrderReport(
            client_order_id=order.intent.client_order_id,
            venue=self.venue,
            status=status,
            venue_order_id=order.venue_order_id,
            venue_ns=self._timeline.now_ns,
        )
        self._tell(report, self._held_s.get(order.intent.client_order_id, 0.0))

    def heal(self) -> None:
        """End everything that is still wrong with the connection."""
        self.deaf_until_ns = self.unreachable_until_ns = 0
        self._held_s.clear()

    def _tell(self, message: Fill | OrderReport, held_s: float) -> None:
        """Put a message on the stream, behind what is on it already; what is held back comes apart."""
        now_ns = self._timeline.now_ns
        due_ns = now_ns + int((self._dice.between(*ON_THE_WAY_S) + held_s) * NS_PER_S)
        if not held_s:
            due_ns = self._stream_due_ns = max(due_ns, self._stream_due_ns)
        self._timeline.after((due_ns - now_ns) / NS_PER_S, lambda: self._deliver(message))

    def _deliver(self, message: Fill | OrderReport) -> None:
        if self._sink is None or self.is_dead or self._timeline.now_ns < self.deaf_until_ns:
            return
        if isinstance(message, Fill):
            self._sink.fill(message)
        else:
            self._sink.order_report(message)

    def tell_funding(self, payment: FundingPayment, times: int) -> None:
        """Tell of a payment on the stream; lost where that is dead."""
        if self._sink is not None and not self.is_dead and self._timeline.now_ns >= self.deaf_until_ns:
            for _ in range(times):
                self._sink.funding_payment(payment)

    def _after(self, span_s: tuple[float, float], call: Callable[[], None]) -> None:
        self._timeline.after(self._dice.between(*span_s), call)
