"""The way of an order: gate, journal, wire, answer. Nothing leaves that did not come this way.

Hazards and what meets them:

- an order without durable intent: the send waits for the commit, and a failed commit ends it;
- a halt between approval and send: the halt level is asked again at the last moment;
- a disk that hangs between approval and send: what was approved on prices of long ago is withdrawn;
- a kill from outside while the loop stood still: it is looked for before each judgement and each send;
- a cancel between approval and send: the order is withdrawn here, a venue could not know it yet;
- a cancel while an order is being replaced: it holds for whatever was to replace it, or has;
- a caller that goes away: the send is a task of its own;
- an answer that never comes: the order is in doubt, still counted, and never sent again under another id;
- a cancel that is refused or not answered: the order is in doubt until the venue's own list decides;
- a fill that comes before the answer: the later answer cannot move the order backwards (transition table).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from core.engine.engine_log import EngineLog
from core.engine.own_clearance import OwnClearance
from core.engine.recent_orders import RecentOrders
from core.engine.recorder import Recorder
from core.engine.repeated_refusals import RepeatedRefusals
from core.engine.stages import Origin, Stage, StageLatencies
from core.engine.waiting_orders import WaitingOrders
from core.io.redaction import mask_known
from core.journal.facts import OrderIntended, OrderRefused, OrderStatusChanged
from core.orders.outcome import Applied
from core.orders.tracker import OrderTracker
from core.ports.clock import Clock
from core.ports.journal import JournalError
from core.ports.venue import ExecutionVenue, SendOutcome, SendResult
from core.risk.gate import Rehearsed, RiskGate
from core.risk.verdict import Approved, Refused
from core.risk.view import RiskView
from core.types.order import Order, OrderIntent, OrderStatus

STATUS_OF_OUTCOME: Mapping[SendOutcome, OrderStatus] = {
    SendOutcome.ACCEPTED: OrderStatus.OPEN,
    SendOutcome.REJECTED: OrderStatus.REJECTED,
    SendOutcome.IN_DOUBT: OrderStatus.IN_DOUBT,
}
APPROVAL_LASTS_NS: Final = 5_000_000_000
RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


class ViewSource(Protocol):
    """Puts together what the gate may look at for one intent."""

    def view_for(self, intent: OrderIntent, without: Sequence[Order] = ()) -> RiskView: ...

    def still_open_for(self, intent: OrderIntent) -> bool:
        """Tell whether the halt levels of this moment let the order out."""
        ...


class SendStatistics(Protocol):
    """Told how each send ended, for latencies and failure rates."""

    @property
    def stages(self) -> StageLatencies: ...

    def sent(self, venue: str, outcome: SendOutcome, latency_ns: int) -> None: ...


class OrderDesk:
    """Take intents, ask the gate, journal, send, and follow cancels."""

    def __init__(
        self,
        *,
        clock: Clock,
        recorder: Recorder,
        orders: OrderTracker,
        gate: RiskGate,
        views: ViewSource,
        clearance: OwnClearance,
        statistics: SendStatistics,
        recent: RecentOrders,
        log: EngineLog,
        in_doubt_after_s: float,
        spawn: Callable[["asyncio.Future[None]"], None],
        on_order: Callable[[Order], None],
    ) -> None:
        self._clock = clock
        self._recorder = recorder
        self._orders = orders
        self._gate = gate
        self._views = views
        self._clearance = clearance
        self._statistics = statistics
        self._recent = recent
        self._log = log
        self._in_doubt_after_s = in_doubt_after_s
        self._spawn = spawn
        self._on_order = on_order
        self._refusals = RepeatedRefusals()
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._unsent: dict[str, OrderIntent] = {}  # waiting for their commit
        self._look_out: Callable[[], None] = _nothing
        self._on_sent: Callable[[OrderIntent], None] | None = None
        self.executions: dict[str, ExecutionVenue] = {}
        self.waiting = WaitingOrders()

    def before_orders(self, look_out: Callable[[], None]) -> None:
        """Have something looked at before each order is judged and again before it is sent."""
        self._look_out = look_out

    def when_sent(self, note: Callable[[OrderIntent], None]) -> None:
        """Have each order noted just before it leaves."""
        self._on_sent = note

    def look_out(self) -> None:
        """Look at what must be looked at before anything is judged or sent."""
        self._look_out()

    def decide(self, intent: OrderIntent) -> Approved | Refused:
        """Ask the gate and journal a refusal; an approval is journaled when it is sent.

        A market order that only reduces keeps clear of own orders by a limit price: none of them keeps anybody in.
        """
        self.look_out()
        intent = self._clearance.way_out(intent)
        started_ns = self._clock.monotonic_ns()
        verdict = self._gate.decide(intent, self._views.view_for(intent))
        self._statistics.stages.note(Stage.RISK, self._clock.monotonic_ns() - started_ns)
        if isinstance(verdict, Refused):
            at_ns = self._clock.utc_ns()
            if self._refusals.is_worth_a_row(verdict, at_ns):
                self._recorder.record(OrderRefused(at_ns=at_ns, intent=intent, checks=verdict.checks))
        return verdict

    def rehearse(self, intent: OrderIntent, without: Sequence[Order] = ()) -> Rehearsed:
        """Say what `decide` would come to now, without some orders; nothing is journaled, counted or approved."""
        self.look_out()
        intent = self._clearance.way_out(intent)
        return self._gate.rehearse(intent, self._views.view_for(intent, without))

    def place(self, intent: OrderIntent, origin: Origin | None = None) -> Approved | Refused:
        """Decide and, if approved, send without waiting for the answer; `origin` is the event it answers."""
        if origin is not None:
            self._statistics.stages.answered(origin, self._clock.utc_ns(), self._clock.monotonic_ns())
        verdict = self.decide(intent)
        if isinstance(verdict, Approved):
            self.send(verdict)
        return verdict

    def send(self, approved: Approved) -> "asyncio.Future[None]":
        """Journal the intent now and send it once durable; the future ends with the venue's answer or its absence.

        Who waits for it shields it: cancelling the future would leave an order that nobody follows.
        """
        intent = approved.intent
        self._unsent[intent.client_order_id] = intent
        recorded_ns = self._clock.monotonic_ns()
        self._recent.note_sent(intent, recorded_ns)
        durable = self._recorder.record(
            OrderIntended(at_ns=self._clock.utc_ns(), intent=intent, checks=approved.checks, claim=approved.claim)
        )
        sending = asyncio.ensure_future(self._send_when_durable(approved, durable, recorded_ns))
        self._spawn(sending)
        return sending

    async def _send_when_durable(self, approved: Approved, durable: "asyncio.Future[None]", recorded_ns: int) -> None:
        intent = approved.intent
        try:
            await durable
        except JournalError as error:
            self._withdraw(intent, str(error))
            return
        durable_ns = self._clock.monotonic_ns()
        execution = self.executions.get(intent.venue)
        if execution is None:
            self._withdraw(intent, f"venue {intent.venue} has no execution")
            return
        self.look_out()
        if not self._views.still_open_for(intent):
            self._withdraw(intent, "trading was halted meanwhile")
            return
        if durable_ns - recorded_ns > APPROVAL_LASTS_NS:
            self._withdraw(intent, f"it waited {(durable_ns - recorded_ns) / 1e9:.1f} s for the disk")
            return
        if self._unsent.pop(intent.client_order_id, None) is None:
            return  # withdrawn
        started_ns = self._clock.monotonic_ns()
        stages = self._statistics.stages
        stages.note(Stage.JOURNAL, durable_ns - recorded_ns)
        stages.note(Stage.WIRE, started_ns - durable_ns)
        stages.sent(intent.client_order_id, started_ns)
        if self._on_sent is not None:
            self._on_sent(intent)
        result = await self.ask(intent.venue, execution.submit(approved))
        answered_ns = self._clock.monotonic_ns()
        if result.outcome is not SendOutcome.IN_DOUBT:  # silence is no answer
            stages.note(Stage.ACK, answered_ns - started_ns)
        self._statistics.sent(intent.venue, result.outcome, answered_ns - started_ns)
        self._take_answer(intent, result)

    def _take_answer(self, intent: OrderIntent, result: SendResult) -> None:
        order = self._orders.get(intent.client_order_id)
        status = OrderStatus.INTENDED if order is None else order.status
        if result.outcome is SendOutcome.ACCEPTED and status is not OrderStatus.INTENDED:
            return  # the stream was faster than the answer
        if result.outcome is SendOutcome.IN_DOUBT and status in RESTING:
            return  # the stream has said that it arrived
        self._settle(intent, STATUS_OF_OUTCOME[result.outcome], result.reason or None, result.venue_order_id)

    def moved(self, order: Order) -> None:
        """Take note that an order changed, for whoever waits for its end; then tell its strategy."""
        awaited = self._awaited.get(order.intent.client_order_id)
        if awaited is not None and order.status.is_final and not awaited.done():
            awaited.set_result(None)
        self._on_order(order)

    async def end_of(self, client_order_id: str, patience_s: float) -> None:
        """Wait until an order is final, at most `patience_s`."""
        order = self._orders.get(client_order_id)
        if order is None or order.status.is_final:
            return
        awaited = self._awaited.setdefault(client_order_id, asyncio.get_running_loop().create_future())
        await asyncio.wait((awaited,), timeout=patience_s)
        self._awaited.pop(client_order_id, None)

    def _withdraw(self, intent: OrderIntent, reason: str) -> bool:
        """End an order that has not left; return False where it has."""
        if self._unsent.pop(intent.client_order_id, None) is None:
            return False
        self._settle(intent, OrderStatus.REJECTED, f"not sent: {reason}")
        return True

    def cancel_soon(self, client_order_id: str) -> None:
        """Cancel without waiting for the answer."""
        self._spawn(asyncio.ensure_future(self._cancel_and_log(client_order_id)))

    async def _cancel_and_log(self, client_order_id: str) -> None:
        result = await self.cancel(client_order_id)
        if result.outcome is not SendOutcome.ACCEPTED:
            self._log.warning("order", f"cancel of {client_order_id}: {_words(result)}")

    async def cancel(self, client_order_id: str) -> SendResult:
        """Cancel one order, and what was to replace it or has. Does not wait for the journal: safety never waits."""
        is_given_up = self.waiting.give_up(client_order_id)
        order = self._orders.get(client_order_id)
        if order is None:
            text = f"there is no order {client_order_id}"
            return SendResult(SendOutcome.ACCEPTED) if is_given_up else SendResult(SendOutcome.REJECTED, text)
        successor = None if is_given_up or order.status.may_live else self._successor(client_order_id)
        if successor is not None:
            result = await self.cancel(successor)
            return msgspec.structs.replace(result, reason=f"{successor} replaced it: {result.reason or 'cancelled'}")
        if not is_given_up:
            return await self.send_cancel(client_order_id)
        result = await self.send_cancel(client_order_id) if order.status.may_live else None
        if result is not None and result.outcome is not SendOutcome.ACCEPTED:
            await self.end_of(client_order_id, self._in_doubt_after_s)  # the replacement's own cancel was there first
        if order.status.may_live or order.status is OrderStatus.FILLED:
            reason = f"order {client_order_id} is {order.status.value} already"
            return result or SendResult(SendOutcome.REJECTED, reason)
        return SendResult(SendOutcome.ACCEPTED, "nothing replaces it")

    def _successor(self, client_order_id: str) -> str | None:
        """Return the living order that replaced another one: whoever cancels that one may not know of it yet."""
        live = (order.intent for order in self._orders.live() if order.status.may_live)
        return next((intent.client_order_id for intent in live if intent.replaces == client_order_id), None)

    async def send_cancel(self, client_order_id: str) -> SendResult:
        """Ask for the end of one order; what waits for that end goes on waiting."""
        order = self._orders.get(client_order_id)
        if order is None:
            return SendResult(SendOutcome.REJECTED, f"there is no order {client_order_id}")
        if not order.status.may_live:
            return SendResult(SendOutcome.REJECTED, f"order {client_order_id} is {order.status.value} already")
        if self._withdraw(order.intent, "cancelled before it left"):
            return SendResult(SendOutcome.ACCEPTED)
        execution = self.executions.get(order.intent.venue)
        if execution is None:
            return SendResult(SendOutcome.REJECTED, f"venue {order.intent.venue} has no execution")
        if order.status is not OrderStatus.IN_DOUBT:
            self._settle(order.intent, OrderStatus.CANCELLING)
        self._recent.note_message(order.intent.venue, self._clock.monotonic_ns())
        result = await self.ask(order.intent.venue, execution.cancel(client_order_id, order.intent.symbol))
        if result.outcome is not SendOutcome.ACCEPTED and order.status is OrderStatus.CANCELLING:
            self._settle(order.intent, OrderStatus.IN_DOUBT, f"cancel {_words(result)}")
        return result

    async def cancel_venue(self, venue: str) -> SendResult:
        """Cancel everything the account has at a venue, known here or not, but let flattening orders out."""
        self.waiting.give_up_at(venue)
        for order in [order for order in self._orders.live() if order.intent.venue == venue]:
            if order.status in RESTING:
                self._settle(order.intent, OrderStatus.CANCELLING)
            elif not order.intent.is_flattening:
                self._withdraw(order.intent, "everything was cancelled meanwhile")
        self._recent.note_message(venue, self._clock.monotonic_ns())
        return await self.ask(venue, self.executions[venue].cancel_all())

    async def ask(self, venue: str, answer: Awaitable[SendResult]) -> SendResult:
        """Wait for a venue's answer; silence and whatever its library raises is doubt.

        Reasons are journaled and shown, so a key that an answer or an error repeats is masked here.
        """
        try:
            async with asyncio.timeout(self._in_doubt_after_s):
                result = await answer
                return msgspec.structs.replace(result, reason=mask_known(result.reason))
        except TimeoutError:
            return SendResult(SendOutcome.IN_DOUBT, f"no answer within {self._in_doubt_after_s:g} s")
        except Exception as error:  # whatever a venue library raises, the order may be live
            self._log.error("order", f"{venue}: {type(error).__name__}: {error}")
            return SendResult(SendOutcome.IN_DOUBT, mask_known(f"{type(error).__name__}: {error}"))

    def _settle(
        self, intent: OrderIntent, status: OrderStatus, reason: str | None = None, venue_order_id: str | None = None
    ) -> None:
        _, outcome = self._recorder.record_with_outcome(
            OrderStatusChanged(
                at_ns=self._clock.utc_ns(),
                client_order_id=intent.client_order_id,
                status=status,
                reason=reason,
                venue_order_id=venue_order_id,
            )
        )
        if isinstance(outcome.orders, Applied) and outcome.orders.order.status is not outcome.orders.before:
            self.moved(outcome.orders.order)


def _nothing() -> None:
    """Look at nothing."""


def _words(result: SendResult) -> str:
    return f"{result.outcome.value.replace('_', ' ')}, {result.reason}"
