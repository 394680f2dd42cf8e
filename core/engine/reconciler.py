"""Brings a venue's truth and the journal together, at the start and again and again."""

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from core.engine.amend_differences import amend_key
from core.engine.malformed import malformed_report
from core.engine.parts import EngineParts
from core.engine.reconciliation import SETTLE_NS, account_differences, order_differences, was_never_answered
from core.journal.facts import AnyFact, OrderAmendDoubted, OrderStatusChanged, PositionAdopted, ReconciliationFinished
from core.ledger.ledger import Ledger
from core.ports.venue import ExecutionVenue
from core.risk.halts import Cause
from core.types.account import AccountReport
from core.types.control import HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import AmendState, Order, OrderStatus

CAUSE: Final = Cause.RECONCILIATION.value
OVERLAP_NS: Final = 60_000_000_000  # fills and funding are asked for from this long before the last comparison
PRICE_PATIENCE_NS: Final = 20_000_000_000  # books come within seconds; a closed venue hedges nothing meanwhile
SAID_AGAIN_AFTER_NS: Final = 600_000_000_000  # how far back a restart has to ask at most


Movements = list[tuple[str, int, int, Decimal]]


class AccountRead(NamedTuple):
    """What a venue's own account showed when it was last read."""

    asked_steady_ns: int
    asked_at: Movements  # what was booked there when it was asked
    read_ns: int
    open_orders: int
    positions: int


class Reconciler:
    """Compare venues with the journal; no trading at a venue until it is clean once."""

    def __init__(self, parts: EngineParts, timeout_s: float, on_executions: Callable[[AccountReport], None]) -> None:
        self._parts = parts
        self._timeout_s = timeout_s
        self._on_executions = on_executions
        self._suspects: dict[str, tuple[str, ...]] = {}
        self._booked_until_ns: dict[str, int] = {}
        self._missing_since: dict[str, dict[str, int]] = {}  # by venue and order, by the steady clock
        self._doubted: dict[str, None] = {}  # venues whose unanswered orders of earlier engines are marked
        self._reads: dict[str, AccountRead] = {}
        self._unread: dict[str, str] = {}  # why a venue's account could not be read the last time
        self._unpriced_since: dict[str, int] = {}  # venues with positions that wait for a price, by the steady clock

    def close_venue(self, venue: str, cause: str | None = None) -> None:
        """Block a venue until it is reconciled."""
        text = cause or "the venue's account has not been compared with the journal yet"
        self._parts.conditions.hold(f"venue:{venue}", CAUSE, HaltLevel.CANCEL_ONLY, text)

    def is_closed(self, venue: str) -> bool:
        return self._parts.conditions.holds(f"venue:{venue}", CAUSE)

    def last_read(self, venue: str) -> AccountRead | None:
        """Return what the venue's account showed the last time it could be read."""
        return self._reads.get(venue)

    async def compare(self, execution: ExecutionVenue) -> None:
        """Book what was missed and take over what differs; open the venue if it was closed.

        While the venue is closed nothing is sent there, so its word counts at once. While it trades, an order must
        have been quiet for `SETTLE_NS` and the account must differ twice in the same way.
        """
        if self.is_closed(execution.venue):
            self._doubt_the_unanswered(execution.venue)
        asked_ns, asked_steady_ns = self._parts.clock.utc_ns(), self._parts.clock.monotonic_ns()
        asked_at, before = self._parts.fold.applied, self._movements(execution.venue)
        report = await self._read(execution)
        if report is None:
            self._parts.first_comparisons.not_read(execution.venue)
            return
        took_ns = self._parts.clock.monotonic_ns() - asked_steady_ns
        has_moved = self._movements(report.venue) != before
        self._on_executions(report)
        self._booked_until_ns[report.venue] = asked_ns
        self._parts.account_reads.keep_balances(report.venue, report.balances, asked_steady_ns)
        self._parts.account_reads.note(report.venue, asked_at, took_ns)
        is_closed = self.is_closed(report.venue)
        findings = self._take_over_orders(report, asked_steady_ns, settle_ns=0 if is_closed else SETTLE_NS)
        if has_moved:  # the report is older than the ledger: neither proves the other wrong
            if findings:
                self._record(report.venue, findings, is_clean=False)
            return
        taken = self._take_over_account(report, at_once=is_closed)
        if taken is None:  # nothing of it is: cash of what was closed without the position would be a loss told twice
            self._parts.first_comparisons.held_back(report.venue)
            if findings:
                self._record(report.venue, findings, is_clean=False)
            return
        found, is_settled = taken
        if findings or found or is_closed or self._is_due(report.venue):
            self._record(report.venue, findings + found, is_clean=is_settled)
        self._parts.first_comparisons.done(report.venue)
        self._parts.conditions.release(f"venue:{report.venue}", CAUSE)

    async def last_words(self, execution: ExecutionVenue) -> None:
        """Book how orders ended after everything was cancelled: nothing is on its way any more."""
        asked_steady_ns = self._parts.clock.monotonic_ns()
        report = await self._read(execution)
        if report is not None:
            self._on_executions(report)
            self._take_over_orders(report, asked_steady_ns, settle_ns=0)

    async def _read(self, execution: ExecutionVenue) -> AccountReport | None:
        asked_steady_ns, asked_at = self._parts.clock.monotonic_ns(), self._movements(execution.venue)
        try:
            async with asyncio.timeout(self._timeout_s):
                report = await execution.account(self._since_ns(execution.venue))
        except Exception as error:  # the venue's library may raise anything; a closed venue stays closed
            self._say_unread(execution.venue, "warning", f"{type(error).__name__}: {error}")
            return None
        flaw = malformed_report(report)
        if flaw is not None:
            self._say_unread(execution.venue, "error", flaw)
            return None
        self._unread.pop(execution.venue, None)
        held = sum(bool(position.quantity) for position in report.positions)
        read_ns = self._parts.clock.utc_ns()
        self._reads[execution.venue] = AccountRead(asked_steady_ns, asked_at, read_ns, len(report.open_orders), held)
        return report

    def _say_unread(self, venue: str, level: str, why: str) -> None:
        """Log a reason once: asked again every two seconds it would push everything else out of the log."""
        if self._unread.get(venue) != why:
            self._unread[venue] = why
            self._parts.log.write(level, "engine", f"{venue} could not be reconciled: {why}")

    def _since_ns(self, venue: str) -> int:
        """Return from when on executions of this venue may be missing; other venues' facts say nothing about it."""
        now_ns = self._parts.clock.utc_ns()
        known_ns = self._booked_until_ns.get(venue, self._parts.fold.reconciled_ns.get(venue, now_ns))
        return max(0, min(known_ns, now_ns) - OVERLAP_NS)

    def _movements(self, venue: str) -> Movements:
        return movements(self._parts.fold.ledger, venue)

    def _doubt_the_unanswered(self, venue: str) -> None:
        """Mark, once, orders of earlier engines that were never answered: nobody waits for their answer any more.

        Their time on the way counts from now, for nobody knows what this machine's clock said while they were sent.
        """
        if venue in self._doubted:
            return
        self._doubted[venue] = None
        at_ns = self._parts.clock.utc_ns()
        for order in list(self._parts.fold.orders.live()):
            if order.intent.venue != venue:
                continue
            pending, name = order.pending_amend, order.intent.client_order_id
            if pending is not None and pending.state is AmendState.ASKED:
                reason = "amend not answered: the engine ended before"
                fact = OrderAmendDoubted(at_ns=at_ns, client_order_id=name, number=pending.number, reason=reason)
                self._parts.recorder.record(fact)
            if was_never_answered(order):
                self._parts.recorder.record(
                    OrderStatusChanged(
                        at_ns=at_ns,
                        client_order_id=order.intent.client_order_id,
                        status=OrderStatus.IN_DOUBT,
                        reason="the engine ended before the answer",
                    )
                )

    def _take_over_orders(self, report: AccountReport, asked_steady_ns: int, *, settle_ns: int) -> list[str]:
        at_ns, orders, movements = self._parts.clock.utc_ns(), self._parts.fold.orders, self._parts.recorder.movements

        def was_quiet(order: Order) -> bool:
            return movements.was_quiet(order.intent.client_order_id, asked_steady_ns, settle_ns)

        missing_ns = self._missing_ns(report)
        found = order_differences(report, orders, at_ns=at_ns, was_quiet=was_quiet, missing_ns=missing_ns)
        return self._take_over(list(found))

    def _missing_ns(self, report: AccountReport) -> dict[str, int]:
        """Return for how long the venue has not shown each order and amend whose answer nobody waits for any more."""
        steady_ns, shown = self._parts.clock.monotonic_ns(), {o.intent.client_order_id for o in report.open_orders}
        known = self._missing_since.get(report.venue, {})
        live = [order for order in self._parts.fold.orders.live() if order.intent.venue == report.venue]
        missing = [
            order.intent.client_order_id
            for order in live
            if order.status is not OrderStatus.INTENDED
            and was_never_answered(order)
            and order.intent.client_order_id not in shown
        ]
        missing += [amend_key(order) for order in live if _is_amend_in_doubt(order)]
        self._missing_since[report.venue] = since = {key: known.get(key, steady_ns) for key in missing}
        return {key: steady_ns - first_ns for key, first_ns in since.items()}

    def _take_over_account(self, report: AccountReport, *, at_once: bool) -> tuple[list[str], bool] | None:
        """Return what was taken over, and whether ledger and venue agree now; None where it waits for a price."""
        at_ns = self._parts.clock.utc_ns()
        found = list(account_differences(report, self._parts.fold.ledger, self._price_of, at_ns))
        differing = tuple(finding for _, finding in found)
        is_proven = at_once or differing == self._suspects.get(report.venue)
        self._suspects[report.venue] = differing
        if not is_proven:
            return [], not found
        unpriced = [fact for fact, _ in found if isinstance(fact, PositionAdopted) and self._lacks_a_price(fact)]
        if self._waits_for_prices(report.venue, unpriced):
            return None
        return self._take_over(found), True

    def _lacks_a_price(self, adopted: PositionAdopted) -> bool:
        """Tell whether what was won or lost on what is gone or new cannot be told, and a price may still come."""
        instrument_id = InstrumentId(adopted.venue, adopted.symbol)
        if adopted.price is not None or adopted.quantity == self._parts.fold.ledger.quantity(instrument_id):
            return False
        # An instrument that a started feed does not show is none of this configuration, and gets no price.
        return instrument_id in self._parts.market.instruments or not self._parts.market.of_venue(adopted.venue)

    def _waits_for_prices(self, venue: str, unpriced: list[PositionAdopted]) -> bool:
        """Tell whether an account is worth waiting for prices; without end would keep the venue closed for ever."""
        if not unpriced:
            self._unpriced_since.pop(venue, None)
            return False
        steady_ns, names = self._parts.clock.monotonic_ns(), ", ".join(adopted.symbol for adopted in unpriced)
        if self._parts.fold.halts.level(venue) is HaltLevel.FLATTEN:  # what closes positions must know them
            self._parts.log.warning("engine", f"{venue}: {names} taken over without a price, to be flattened")
            return False
        if venue not in self._unpriced_since:
            self._unpriced_since[venue] = steady_ns
            text = f"the account waits for a price of {names} to be taken over"
            self._parts.log.info("engine", f"{venue}: {text}")
            if self.is_closed(venue):
                self.close_venue(venue, text)
        if steady_ns - self._unpriced_since[venue] < PRICE_PATIENCE_NS:
            return True
        del self._unpriced_since[venue]
        text = (
            "no price came: what closed meanwhile earned nothing, and what is new counts from what it cost on average"
        )
        self._parts.log.warning("engine", f"{venue}: {names} taken over without a price, for {text}")
        return False

    def _price_of(self, instrument_id: InstrumentId) -> Decimal | None:
        mark = self._parts.market.marks.mark(instrument_id)
        return None if mark is None else mark.price

    def _take_over(self, found: Iterable[tuple[AnyFact, str]]) -> list[str]:
        for fact, _ in found:
            self._parts.recorder.record(fact)
        return [finding for _, finding in found if finding]

    def _is_due(self, venue: str) -> bool:
        """Tell whether the comparison is worth a fact by itself: it bounds what a restart must ask for."""
        said_ns = self._parts.fold.reconciled_ns.get(venue, 0)
        is_faulty = any(fault.venue == venue for fault in self._parts.fold.ledger.faults)
        return is_faulty or self._parts.clock.utc_ns() - said_ns >= SAID_AGAIN_AFTER_NS

    def _record(self, venue: str, findings: list[str], *, is_clean: bool) -> None:
        at_ns = self._parts.clock.utc_ns()
        fact = ReconciliationFinished(at_ns=at_ns, venue=venue, is_clean=is_clean, findings=tuple(findings))
        self._parts.recorder.record(fact)


def movements(ledger: Ledger, venue: str) -> Movements:
    """Return what differs as soon as anything is booked on a position of the venue, however a clock was set."""
    return [
        (position.symbol, position.updated_ns, position.trades, position.quantity)
        for position in ledger.positions()
        if position.venue == venue
    ]


def _is_amend_in_doubt(order: Order) -> bool:
    return order.pending_amend is not None and order.pending_amend.state is AmendState.IN_DOUBT
