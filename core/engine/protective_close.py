"""Closes a position whose stop or profit was reached: one reduce-only order at a time, until nothing of it is left.

Hazards and what meets them:

- two closes at once: nothing is sent while an own order of the protection may live or still owes fills;
- a fill that was never told: after an order that ended short, the account is read before the next one;
- own orders in the way: those that would be crossed, or that sell the same position, are cancelled first;
- a price far from the market: the limit lies within `flatten_band_pct` of the middle;
- a halt: in REDUCE_ONLY a close leaves, in anything stricter it waits, and says so.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from core.engine.directional_positions import PROTECTION
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.order_desk import OrderDesk
from core.engine.passing_orders import Wanted, could_meet
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.ledger.position import ZERO, Position
from core.market.market import Market
from core.ports.clock import Clock
from core.risk.halts import venue_scope
from core.risk.kill import plan_flatten
from core.risk.limits import RiskLimits
from core.risk.protective import Close
from core.risk.verdict import Refused
from core.state.monitoring import Alert
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import Order, OrderIntent, OrderStatus

FIRST_BACKOFF_NS: Final = 1_000_000_000
LONGEST_BACKOFF_NS: Final = 16_000_000_000
ASK_EVERY_NS: Final = 1_000_000_000
CARRY_ON_NS: Final = 60_000_000_000
"""How long what is left of a close goes on without a price beyond its trigger; later it is judged anew."""
CANCELLABLE: Final = frozenset({OrderStatus.INTENDED, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


class Accounts(Protocol):
    """Reads the accounts of venues."""

    def ask(self, venue: str) -> None: ...

    def read(self, venue: str) -> int | None:
        """Return how many facts there were when the venue was asked for the account that was booked last."""
        ...


class _Closing(msgspec.Struct, kw_only=True):
    """One close: why, since when, and how its attempts went. Times of the steady clock unless said otherwise."""

    close: Close
    since_ns: int  # UTC
    reason: str = "its closing order is being sent"
    again_ns: int = 0  # not before this
    carry_on_until_ns: int = 0
    backoff_ns: int = FIRST_BACKOFF_NS
    asked_ns: int = -ASK_EVERY_NS


class ProtectiveClose:
    """Told at every look what is due; decides whether something leaves now."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        market: Market,
        recorder: Recorder,
        desk: OrderDesk,
        views: RiskViews,
        accounts: Accounts,
        next_order_id: Callable[[], str],
        log: EngineLog,
        limits: RiskLimits,
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._market = market
        self._recorder = recorder
        self._desk = desk
        self._views = views
        self._accounts = accounts
        self._next_order_id = next_order_id
        self._log = log
        self._limits = limits
        self._closings: dict[InstrumentId, _Closing] = {}
        self._ended_short: dict[InstrumentId, int] = {}  # how many facts there were when an order left a rest

    # what happens ----------------------------------------------------------------------------------

    def pursue(self, instrument_id: InstrumentId, quantity: Decimal, due: Close | None) -> None:
        """Go on with the close of `quantity`, signed like a position; `due` is what the newest price asks for."""
        if not quantity:  # what the account has left belongs to jobs, or to nobody
            self.forget(instrument_id)
            return
        closing = self._closings.get(instrument_id)
        if due is not None and closing is None:
            closing = self._begin(instrument_id, due)
        if closing is None:
            return
        is_carried_on = self._clock.monotonic_ns() < closing.carry_on_until_ns
        if due is None and not is_carried_on and self._own_order(instrument_id) is None:
            self.forget(instrument_id)
            self._log.info("risk", f"{instrument_id}: the price is back, {closing.close.cause} is no longer due")
            return
        closing.close = due or closing.close
        closing.reason = self._advance(instrument_id, quantity, closing) or closing.reason

    def _begin(self, instrument_id: InstrumentId, due: Close) -> _Closing:
        side = "sells" if due.side.sign < 0 else "buys"
        self._log.warning("risk", f"{instrument_id}: {due.reason}; {side} {due.quantity:f}")
        closing = self._closings[instrument_id] = _Closing(close=due, since_ns=self._clock.utc_ns())
        return closing

    def on_order(self, order: Order) -> None:
        """Take note of how an own order ended; what is left waits longer each time nothing was filled."""
        if order.intent.source != PROTECTION or not order.status.is_final:
            return
        instrument_id = order.intent.instrument_id
        if order.status is not OrderStatus.FILLED:
            self._ended_short[instrument_id] = self._fold.applied
        closing = self._closings.get(instrument_id)
        if closing is None:
            return
        now_ns = self._clock.monotonic_ns()
        closing.carry_on_until_ns = now_ns + CARRY_ON_NS
        if order.status is OrderStatus.FILLED:
            closing.backoff_ns, closing.again_ns = FIRST_BACKOFF_NS, now_ns
            return
        if order.filled_quantity:
            closing.backoff_ns = FIRST_BACKOFF_NS
        self._wait(closing)

    def forget(self, instrument_id: InstrumentId) -> None:
        """End a close: the position is gone, another one stands there, or the price is back."""
        self._closings.pop(instrument_id, None)

    def _wait(self, closing: _Closing) -> None:
        closing.again_ns = self._clock.monotonic_ns() + closing.backoff_ns
        closing.backoff_ns = min(LONGEST_BACKOFF_NS, 2 * closing.backoff_ns)

    # one attempt -----------------------------------------------------------------------------------

    def _advance(self, instrument_id: InstrumentId, quantity: Decimal, closing: _Closing) -> str | None:
        """Send an order if nothing stands against it; return what the close waits for, None for what it did before."""
        own = self._own_order(instrument_id)
        if own is not None:
            words = own.status.value.replace("_", " ")
            return f"its closing order {own.intent.client_order_id} is {words}, {own.filled_quantity:f} filled"
        if self._clock.monotonic_ns() < closing.again_ns:
            return None
        level = self._views.halt_level(instrument_id.venue, None)
        if level >= HaltLevel.CANCEL_ONLY:
            return f"nothing may be sent to {instrument_id.venue}: {level.name}"
        if self._recorder.failed_reason is not None:
            return "without a journal no order is sent"
        if not self._is_compared(instrument_id, closing):
            return "its account is being compared before the next order"
        free = self._free_quantity(instrument_id, quantity)
        if not free:
            return "own orders that may close it already have not ended"
        return self._send(instrument_id, free, closing)

    def _own_order(self, instrument_id: InstrumentId) -> Order | None:
        live = self._fold.orders.live(instrument_id)
        return next((order for order in live if order.intent.source == PROTECTION), None)

    def _is_compared(self, instrument_id: InstrumentId, closing: _Closing) -> bool:
        """Tell whether the account was read after the last order that left a rest, and have it read otherwise."""
        ended_at = self._ended_short.get(instrument_id)
        read_at, now_ns = self._accounts.read(instrument_id.venue), self._clock.monotonic_ns()
        if ended_at is None or (read_at is not None and read_at >= ended_at):
            self._ended_short.pop(instrument_id, None)
            return True
        if now_ns - closing.asked_ns >= ASK_EVERY_NS:
            closing.asked_ns = now_ns
            self._accounts.ask(instrument_id.venue)
        return False

    def _free_quantity(self, instrument_id: InstrumentId, quantity: Decimal) -> Decimal:
        """Return what no other order closes already, signed; ask own resting ones to go, and wait for them."""
        sign = 1 if quantity > 0 else -1
        waiting, is_going = ZERO, False
        for order in list(self._fold.orders.live(instrument_id)):
            if order.intent.side.sign == sign:
                continue
            waiting += order.remaining_quantity
            is_going |= self._make_way(order)
        room = max(ZERO, abs(self._fold.ledger.quantity(instrument_id)) - waiting)
        return ZERO if is_going else sign * min(abs(quantity), room)

    def _make_way(self, order: Order) -> bool:
        """Cancel an own order that rests; tell whether it will soon have ended. Jobs' orders end by themselves."""
        if order.is_external or order.status is OrderStatus.IN_DOUBT:
            return False
        if order.intent.job is None and order.status in CANCELLABLE:
            self._desk.cancel_soon(order.intent.client_order_id)
        return True

    def _send(self, instrument_id: InstrumentId, quantity: Decimal, closing: _Closing) -> str:
        position = Position(venue=instrument_id.venue, symbol=instrument_id.symbol, quantity=quantity)
        plan = plan_flatten(
            positions=(position,),
            instruments=self._market.instruments.get,
            books=self._market.books.get,
            book_age_ns=self._market.age_ns,
            next_order_id=self._next_order_id,
            limits=self._limits,
            now_ns=self._clock.utc_ns(),
            source=PROTECTION,
        )
        if not plan.flatten:
            self._wait(closing)
            return "; ".join(left.reason for left in plan.not_flattened)
        intent = plan.flatten[0]
        if self._must_clear(intent):
            return "own orders that it would cross are being cancelled"
        verdict = self._desk.place(intent)
        if isinstance(verdict, Refused):
            self._wait(closing)
            return f"the risk gate refused the order: {verdict.reason}"
        return f"its closing order {intent.client_order_id} is being sent"

    def _must_clear(self, intent: OrderIntent) -> bool:
        """Ask own orders to go that it would cross, at every venue of the book; the gate judges all others."""
        assert intent.limit_price is not None, "a closing order has a limit"
        book_id = self._views.book_id(intent.instrument_id)
        wanted = Wanted(intent.instrument_id, intent.side, intent.limit_price)
        is_going = False
        for order in list(self._fold.orders.live()):
            is_other_side = order.status.may_live and order.intent.side is not intent.side
            is_here = self._views.book_id(order.intent.instrument_id) == book_id
            if is_other_side and is_here and could_meet(wanted, order):
                is_going |= self._make_way(order)
        return is_going

    # seeing ----------------------------------------------------------------------------------------

    def reason(self, instrument_id: InstrumentId) -> str | None:
        """Return why a close has not ended yet, None where none is under way."""
        closing = self._closings.get(instrument_id)
        return None if closing is None else closing.reason

    def alerts(self) -> list[Alert]:
        return [
            Alert(
                severity="severe",
                name=f"closing {instrument_id}",
                text=f"{closing.close.reason}, to {closing.close.side} {closing.close.quantity:f}: {closing.reason}",
                since_ns=closing.since_ns,
                scope=venue_scope(instrument_id.venue),
            )
            for instrument_id, closing in self._closings.items()
        ]
