"""Brings a venue's truth and the journal together, at the start and again and again."""

import asyncio
from collections.abc import Callable

from core.engine.parts import EngineParts
from core.engine.reconciliation import SETTLE_NS, account_differences, order_differences
from core.journal.facts import ReconciliationFinished
from core.ports.venue import ExecutionVenue
from core.types.account import AccountReport
from core.types.control import HaltLevel

CAUSE = "reconciliation"
OVERLAP_NS = 600_000_000_000  # fills and funding are asked for from this long before the last look


class Reconciler:
    """Reconcile venues one at a time; no trading at a venue until it is clean once."""

    def __init__(self, parts: EngineParts, timeout_s: float, on_executions: Callable[[AccountReport], None]) -> None:
        self._parts = parts
        self._timeout_s = timeout_s
        self._on_executions = on_executions
        self._suspects: dict[str, tuple[str, ...]] = {}
        # Taken before this run writes its first fact: what happened while nobody looked lies after it.
        self._looked_until_ns: dict[str, int] = {}
        self._restored_until_ns = parts.fold.last_fact_ns

    def close_venue(self, venue: str) -> None:
        """Block a venue until it is reconciled."""
        text = "the venue's account has not been compared with the journal yet"
        self._parts.conditions.hold(f"venue:{venue}", CAUSE, HaltLevel.CANCEL_ONLY, text)

    def is_closed(self, venue: str) -> bool:
        return self._parts.conditions.holds(f"venue:{venue}", CAUSE)

    async def at_start(self, execution: ExecutionVenue) -> bool:
        """Take the venue's word for everything: nothing is on its way yet. Return whether it could be asked."""
        report = await self._read(execution)
        if report is None:
            return False
        self._book(report)
        findings = [finding for finding in self._apply_orders(report, settle_ns=0) if finding]
        findings += [finding for finding in self._apply_account(report) if finding]
        self._finish(report.venue, findings)
        return True

    async def again(self, execution: ExecutionVenue) -> bool:
        """Compare while trading: what is missed is booked at once, what differs must differ twice to be taken over."""
        report = await self._read(execution)
        if report is None:
            return False
        self._book(report)
        findings = [finding for finding in self._apply_orders(report, settle_ns=SETTLE_NS) if finding]
        at_ns = self._parts.clock.utc_ns()
        differing = tuple(finding for _, finding in account_differences(report, self._parts.fold.ledger, at_ns))
        if differing and differing == self._suspects.get(report.venue):
            findings += [finding for finding in self._apply_account(report) if finding]
        self._suspects[report.venue] = differing
        if findings or self.is_closed(report.venue):
            self._finish(report.venue, findings)
        return True

    async def _read(self, execution: ExecutionVenue) -> AccountReport | None:
        since_ns = max(0, self._looked_until_ns.get(execution.venue, self._restored_until_ns) - OVERLAP_NS)
        try:
            async with asyncio.timeout(self._timeout_s):
                report = await execution.account(since_ns)
        except Exception as error:  # the venue's library may raise anything; the venue stays closed
            text = f"{execution.venue} could not be reconciled: {type(error).__name__}: {error}"
            self._parts.log.warning("engine", text)
            return None
        self._looked_until_ns[execution.venue] = report.at_ns
        return report

    def _book(self, report: AccountReport) -> None:
        self._on_executions(report)

    def _apply_orders(self, report: AccountReport, settle_ns: int) -> list[str]:
        at_ns = self._parts.clock.utc_ns()
        found = list(order_differences(report, self._parts.fold.orders, at_ns, settle_ns))
        for fact, _ in found:
            self._parts.recorder.record(fact)
        return [finding for _, finding in found]

    def _apply_account(self, report: AccountReport) -> list[str]:
        at_ns = self._parts.clock.utc_ns()
        found = list(account_differences(report, self._parts.fold.ledger, at_ns))
        for fact, _ in found:
            self._parts.recorder.record(fact)
        return [finding for _, finding in found]

    def _finish(self, venue: str, findings: list[str]) -> None:
        at_ns = self._parts.clock.utc_ns()
        fact = ReconciliationFinished(at_ns=at_ns, venue=venue, is_clean=True, findings=tuple(findings))
        self._parts.recorder.record(fact)
        self._parts.conditions.release(f"venue:{venue}", CAUSE)
