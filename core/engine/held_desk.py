"""Watches what the core holds and carries out what it decides. A venue's native stop would be a second way out of here.

Hazards and what meets them:

- a crash between trigger and order: the trigger is a fact of its own, and the order carries the held order's id, so the
  next engine sends what was not sent and nothing twice;
- both of a pair filled: the stop's order leaves after the limit order is gone and the account was read since;
- own orders that rest and would close the same position: cancelled, as many as the stop lacks;
- an invalid or stale book: nothing triggers, an alert stands (F15);
- a refusal at the trigger: it is told and stands; what reduces a position is tried again, new risk is not;
- a halt: nothing triggers from CANCEL_ONLY on, from HALTED on everything held is cancelled.
"""

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from core.engine.account_reads import AccountReads
from core.engine.engine_log import EngineLog
from core.engine.fold import EngineFold
from core.engine.held_closers import closers_for, waiting_quantity
from core.engine.held_intents import HeldIntents
from core.engine.order_desk import OrderDesk
from core.engine.recorder import Recorder
from core.engine.risk_views import RiskViews
from core.held.actions import Action, AskAccount, Cancel, End, Send, Trigger
from core.held.decide import decide
from core.held.look import HeldLook
from core.held.run import HeldRun
from core.journal.facts import HeldOrderEnded, HeldOrderPlaced, HeldOrderTriggered
from core.market.market import Market
from core.ports.clock import Clock
from core.risk.limits import RiskLimits
from core.risk.verdict import Approved
from core.types.control import HaltLevel
from core.types.held_order import HeldOrder, HeldOutcome
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.order import Order, OrderStatus, Side

ASK_AGAIN_NS: Final = 1_000_000_000  # for an account
CANCEL_AGAIN_NS: Final = 2_000_000_000
MOST_ROUNDS: Final = 10  # of one drive; what is left is gone on with at the next event


class HeldDesk:
    """Drive every held order whenever something that concerns it has happened."""

    def __init__(
        self,
        *,
        clock: Clock,
        fold: EngineFold,
        market: Market,
        recorder: Recorder,
        views: RiskViews,
        desk: OrderDesk,
        intents: HeldIntents,
        accounts: AccountReads,
        limits: RiskLimits,
        log: EngineLog,
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self._clock = clock
        self._fold = fold
        self._market = market
        self._recorder = recorder
        self._views = views
        self._desk = desk
        self.intents = intents
        self._accounts = accounts
        self._limits = limits
        self._log = log
        self._call_soon = call_soon
        self._driving: dict[str, bool] = {}  # held id → whether it must be asked again
        self._asked_ns: dict[str, int] = {}  # venue or order → when it was last asked about, in steady time
        self._unwatched_ns: dict[str, int] = {}  # held id → since when nothing can trigger it
        self._believed: dict[InstrumentId, tuple[Trade, int]] = {}  # the newest while the book was valid, steady time
        self.blind: dict[str, None] = {}  # whose stop left before the account could be read

    # placing and cancelling ------------------------------------------------------------------------

    def hold(self, order: HeldOrder, entry: Approved | None = None) -> "asyncio.Future[None] | None":
        """Hold an order from now on; the entry of a bracket leaves behind the fact that says what protects it.

        Returns the future of the entry's answer, to be shielded by who waits for it.
        """
        self._recorder.record(HeldOrderPlaced(at_ns=self._clock.utc_ns(), order=order))
        answer = None if entry is None else self._desk.send(entry)
        self.drive(order.held_id)
        return answer

    def end(self, held_id: str, reason: str) -> list[str] | None:
        """End a held order; return its orders that may live, which the caller cancels, None where it is not held.

        What is not cancelled within two seconds is cancelled here.
        """
        run = self._fold.held.active(held_id)
        if run is None or run.end is not None:
            return None
        self._end(run, HeldOutcome.CANCELLED, reason)
        living = [child.client_order_id for child in run.live]
        self._asked_ns |= dict.fromkeys(living, self._clock.monotonic_ns())
        return living

    def end_all(
        self, reason: str, venue: str | None = None, symbol: str | None = None, side: Side | None = None
    ) -> int:
        """End every held order, or those of one venue or symbol, as `end` does; return how many.

        Of one side only what opens a position is ended: whoever takes an offer back keeps what protects a position.
        """
        chosen = [
            run.order.held_id
            for run in self._fold.held.held()
            if venue in {None, run.order.venue}
            and symbol in {None, run.order.symbol}
            and (side is None or (side is run.order.side and run.order.opens))
        ]
        return sum(self.end(held_id, reason) is not None for held_id in chosen)

    def obey_halts(self) -> None:
        """End what a halt of its venue does not let wait any longer."""
        for run in self._fold.held.held():
            if self._views.halt_level(run.order.venue, None) >= HaltLevel.HALTED:
                self.drive(run.order.held_id)

    def count_at(self, venue: str) -> int:
        return sum(run.order.venue == venue for run in self._fold.held.held())

    # what happens ----------------------------------------------------------------------------------

    def on_trade(self, trade: Trade) -> None:
        """Hold each trade against the triggers: the newest alone would hide the ones before it."""
        if not self._market.is_fresh(trade.instrument_id):
            return  # F15: nor is it believed later
        self._believed[trade.instrument_id] = trade, self._clock.monotonic_ns()
        self._drive_all(self._fold.held.on(trade.instrument_id))

    def on_book(self, instrument_id: InstrumentId) -> None:
        self._drive_all(self._fold.held.on(instrument_id))

    def on_order(self, order: Order) -> None:
        """Go on with what an order was sent for; its end may also free the way of others."""
        if order.intent.held is not None:
            if order.status.is_final:
                self._asked_ns.pop(order.intent.client_order_id, None)
            self.drive(order.intent.held.held_id)
        elif order.status.is_final:
            self._drive_all(self._fold.held.on(order.intent.instrument_id))

    def on_account_read(self, venue: str) -> None:
        """Go on, a turn of the loop later, with what waited for a venue's account."""
        waiting = [run.order.held_id for run in self._fold.held if run.order.venue == venue]
        if waiting:
            self._call_soon(lambda: self._drive_all(waiting))

    def on_second(self) -> None:
        self._drive_all([run.order.held_id for run in self._fold.held])
        self._note_unwatched()

    def _drive_all(self, held_ids: Iterable[str]) -> None:
        """Drive each; one that fails must not keep the others unwatched."""
        faults: list[Exception] = []
        for held_id in held_ids:
            try:
                self.drive(held_id)
            except Exception as error:  # raised again below: whoever called halts new risk
                faults.append(error)
        if faults:
            raise faults[0]

    def drive(self, held_id: str) -> None:
        """Ask a held order what to do and do it, until it wants nothing more for now."""
        if held_id in self._driving:
            self._driving[held_id] = True
            return
        self._driving[held_id] = False
        try:
            for _ in range(MOST_ROUNDS):
                run = self._fold.held.active(held_id)
                if run is None or self._recorder.failed_reason is not None:
                    return
                self._driving[held_id] = False
                changed = [self._carry_out(run, action) for action in decide(run, self.look(run.order))]
                if not any(changed) and not self._driving[held_id]:
                    return
        finally:
            del self._driving[held_id]

    # doing -----------------------------------------------------------------------------------------

    def _carry_out(self, run: HeldRun, action: Action) -> bool:
        """Do it; return whether the run is another one already. Cancels and accounts take effect later."""
        match action:
            case Trigger(seen=seen):
                held_id, at_ns = run.order.held_id, self._clock.utc_ns()
                self._recorder.record(HeldOrderTriggered(at_ns=at_ns, held_id=held_id, price=seen.price, by=seen.by))
                return True
            case Send():
                return self._send(run, action)
            case Cancel(client_order_id=client_order_id):
                if self._is_due(client_order_id, CANCEL_AGAIN_NS):
                    self._desk.cancel_soon(client_order_id)
                return False
            case AskAccount(venue=venue):
                if self._is_due(venue, ASK_AGAIN_NS):
                    self._accounts.ask(venue)
                return False
            case End(outcome=outcome, reason=reason):
                self._end(run, outcome, reason)
                return True

    def _send(self, run: HeldRun, action: Send) -> bool:
        """Send an order unless own orders on the other side must go first; return whether it was tried."""
        found = self.intents.make(run, action)
        if isinstance(found, list):
            for client_order_id in found:
                self._carry_out(run, Cancel(client_order_id))
            return False
        if action.is_blind:
            self.blind[run.order.held_id] = None
            held_id = run.order.held_id
            self._log.warning(
                "order", f"{held_id}: {run.order.venue} does not show its account; the stop leaves anyway"
            )
        self._desk.place(found)
        return True

    def _end(self, run: HeldRun, outcome: HeldOutcome, reason: str) -> None:
        held_id, at_ns = run.order.held_id, self._clock.utc_ns()
        self._recorder.record(HeldOrderEnded(at_ns=at_ns, held_id=held_id, outcome=outcome, reason=reason))
        self._unwatched_ns.pop(held_id, None)

    def _is_due(self, what: str, gap_ns: int) -> bool:
        now_ns = self._clock.monotonic_ns()
        asked_ns = self._asked_ns.get(what)
        if asked_ns is not None and now_ns - asked_ns < gap_ns:
            return False
        self._asked_ns[what] = now_ns
        return True

    # seeing ----------------------------------------------------------------------------------------

    def look(self, order: HeldOrder) -> HeldLook:
        """Return what a held order sees now."""
        market, instrument_id, now_ns = self._market, order.instrument_id, self._clock.utc_ns()
        instrument, book = market.instruments.get(instrument_id), market.books.get(instrument_id)
        is_readable = market.is_fresh(instrument_id) and market.is_open(instrument_id)
        newest, heard_ns = self._believed.get(instrument_id, (None, 0))
        blockers = self._views.standing_at(order.venue)
        same_side = [each for each in self._fold.orders.live(instrument_id) if each.intent.side is order.side]
        return HeldLook(
            now_ns=now_ns,
            instrument=instrument,
            mid=book.mid() if book is not None and is_readable else None,
            last=None if newest is None or instrument is None else instrument.ticks_to_price(newest.price_ticks),
            last_age_ns=self._clock.monotonic_ns() - heard_ns,
            halt=self._views.halt_level(order.venue, None),
            halt_reason=", ".join(f"{each.cause}" for each in blockers),
            position=self._fold.ledger.quantity(instrument_id),
            reducible=self._reducible(order, waiting_quantity(same_side)),
            leaving=waiting_quantity(each for each in same_side if each.status is OrderStatus.CANCELLING),
            closers=closers_for(order, same_side),
            account_read=self._accounts.read(order.venue),
            collar_pct=self._limits.price_deviation_pct,
        )

    def _reducible(self, order: HeldOrder, waiting: Decimal) -> Decimal:
        held = -order.side.sign * self._fold.ledger.quantity(order.instrument_id)
        return max(Decimal(0), held - waiting)

    def _note_unwatched(self) -> None:
        """Remember since when each stop can not be triggered, for the alerts."""
        now_ns = self._clock.utc_ns()
        for run in self._fold.held.held():
            held_id = run.order.held_id
            if self.why_unwatched(run) is None:
                self._unwatched_ns.pop(held_id, None)
            else:
                self._unwatched_ns.setdefault(held_id, now_ns)

    def why_unwatched(self, run: HeldRun) -> str | None:
        """Say why the market could not trigger a stop now, None where it could or there is nothing to trigger."""
        if run.order.stop is None or run.trigger is not None or run.end is not None:
            return None
        instrument_id = run.order.instrument_id
        if not self._market.is_open(instrument_id) and instrument_id in self._market.instruments:
            return None  # a closed market is no fault
        level = self._views.halt_level(run.order.venue, None)
        if level >= HaltLevel.CANCEL_ONLY:
            return f"trading at {run.order.venue} is {level.name}"
        validity = self._market.validity(instrument_id)
        return None if validity == "valid" else f"the book is {validity}"

    def unwatched_since_ns(self, held_id: str) -> int | None:
        return self._unwatched_ns.get(held_id)
