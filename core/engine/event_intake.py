"""What happens when an event comes out of the pump: facts first, then whoever wants to know."""

import traceback
from decimal import Decimal

import msgspec

from core.engine.health_watch import HealthWatch
from core.engine.malformed import malformed_execution
from core.engine.parts import EngineParts
from core.engine.pump import ExecutionEvent
from core.io.redaction import mask_known
from core.journal.facts import FundingBooked, OrderFilled, OrderStatusChanged
from core.orders.outcome import Applied
from core.ports.venue import OrderReport
from core.types.account import FundingPayment
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId
from core.types.market import Trade
from core.types.order import Fill, Order


class EventIntake:
    """An `EventHandler`. A fault in here halts new risk instead of ending the engine."""

    def __init__(self, parts: EngineParts, health: HealthWatch) -> None:
        self._parts = parts
        self._health = health

    def on_execution(self, event: ExecutionEvent) -> None:
        try:
            flaw = malformed_execution(event)
            if flaw is not None:
                self._refuse(event, flaw)
                return
            match event:
                case OrderReport():
                    self._order_report(event)
                case Fill():
                    self._fill(event)
                case _:
                    self._parts.recorder.record(FundingBooked(at_ns=self._parts.clock.utc_ns(), payment=event))
            self._health.judge(self._parts.views.valuation())
        except Exception as error:  # an execution that cannot be booked must stop trading, not the engine
            self._fault("execution event", error)

    def on_trade(self, trade: Trade) -> None:
        try:
            self._parts.held.on_trade(trade)
            for bar in self._parts.bars.add(trade):
                self._parts.strategies.on_bar(bar)
            self._parts.strategies.on_trade(trade)
            self._parts.price_alerts.on_trade(trade)
            self._parts.queues.on_trade(trade)  # last: an estimate to show keeps no order waiting
        except Exception as error:
            self._fault("trade", error)

    def on_book(self, instrument_id: InstrumentId) -> None:
        try:
            self._parts.market.take_mark(instrument_id)
            if self._health.is_due(self._parts.clock.utc_ns()):
                self._health.judge(self._parts.views.valuation())
            self._parts.held.on_book(instrument_id)
            self._parts.protection.on_book(instrument_id)
            self._parts.jobs.on_book(instrument_id)
            self._parts.strategies.on_book(instrument_id)
            self._parts.price_alerts.on_book(instrument_id)
            self._parts.queues.on_book(instrument_id)
        except Exception as error:
            self._fault("book", error)

    def _refuse(self, event: ExecutionEvent, flaw: str) -> None:
        """Close a venue that talks nonsense until its account was compared: something happened, nobody knows what."""
        venue = event.instrument_id.venue if isinstance(event, FundingPayment) else event.venue
        text = f"{venue} said what cannot be booked: {flaw}"
        self._parts.conditions.hold(f"venue:{venue}", "reconciliation", HaltLevel.CANCEL_ONLY, text)
        self._parts.log.error("engine", text)

    def on_second(self) -> None:
        """Do what time alone asks for: close bars, judge health, note the curve."""
        try:
            now_ns = self._parts.clock.utc_ns()
            for bar in self._parts.bars.advance(now_ns):
                self._parts.strategies.on_bar(bar)
            valuation = self._health.judge(self._parts.views.valuation())
            day_pnl_usd = valuation.day_pnl_usd
            self._parts.pnl_curve.add(now_ns, None if day_pnl_usd is None else float(day_pnl_usd))
            self._parts.held.on_second()
            self._parts.protection.on_second()
            self._parts.price_alerts.on_second()
            self._parts.jobs.on_second()  # last: what it does is judged by halts that were raised before
        except Exception as error:
            self._fault("second", error)

    def _order_report(self, report: OrderReport) -> None:
        fact = OrderStatusChanged(
            at_ns=self._parts.clock.utc_ns(),
            client_order_id=report.client_order_id,
            status=report.status,
            venue_order_id=report.venue_order_id,
            reason=None if report.reason is None else mask_known(report.reason),
        )
        known = self._parts.fold.orders.get(report.client_order_id)
        if known is not None and known.status is report.status and known.venue_order_id == report.venue_order_id:
            return  # said before
        _, outcome = self._parts.recorder.record_with_outcome(fact)
        if isinstance(outcome.orders, Applied):
            self._tell(outcome.orders.order)

    def _fill(self, fill: Fill) -> None:
        if self._parts.fold.orders.has_fill(fill):
            return  # said before, maybe to an engine before this one: the log tells each execution once
        now_ns = self._parts.clock.utc_ns()
        _, outcome = self._parts.recorder.record_with_outcome(OrderFilled(at_ns=now_ns, fill=fill))
        if not isinstance(outcome.orders, Applied):
            return
        order = outcome.orders.order
        steady_ns = self._parts.clock.monotonic_ns()
        self._parts.recent.note_filled(order.intent, fill, steady_ns)
        self._parts.statistics.stages.filled(order.intent.client_order_id, steady_ns)
        self._parts.strategies.on_fill(order.intent.source, fill)
        for share in outcome.shares:
            self._parts.strategies.on_fill(share.owner, _part(fill, abs(share.quantity)))
        self._tell(order)

    def _tell(self, order: Order) -> None:
        self._parts.desk.moved(order)

    def _fault(self, what: str, error: Exception) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = mask_known(f"{type(error).__name__}: {error}")
        text = f"{what} could not be handled: {said} ({where.name}:{where.lineno})"
        if self._parts.conditions.hold("global", "engine_fault", HaltLevel.CANCEL_ONLY, text):
            self._parts.log.error("engine", text)


def _part(fill: Fill, quantity: Decimal) -> Fill:
    """Return what one owner has of a fill that closed for several."""
    return msgspec.structs.replace(fill, quantity=quantity, fee=fill.fee * quantity / fill.quantity)
