"""Why an order, or a fill, is what it is."""

from collections.abc import Iterable
from typing import Final

from core.engine.explaining.rows import fact, number, rule_sections, section
from core.engine.narrator import describe
from core.engine.parts import EngineParts
from core.engine.verdict_memory import GateVerdict
from core.risk.verdict import reasons_of
from core.state.desk import FillView
from core.state.explanation import Explained, ExplainedRow, ExplainedSection
from core.types.order import Order, OrderStatus

MEANINGS: Final = {
    OrderStatus.INTENDED: "written to the journal and on its way; the venue has not answered yet",
    OrderStatus.OPEN: "rests at the venue",
    OrderStatus.PARTIALLY_FILLED: "part of it is filled, the rest rests at the venue",
    OrderStatus.CANCELLING: "a cancel is on its way; it can still be filled",
    OrderStatus.IN_DOUBT: "the venue did not answer in time: it is being looked for and never sent again",
    OrderStatus.FILLED: "completely filled",
    OrderStatus.CANCELLED: "cancelled; nothing of it is live",
    OrderStatus.REJECTED: "the venue did not take it",
    OrderStatus.EXPIRED: "ended by its time in force",
}
_NOT_KEPT: Final = "not kept: judged before this start of the engine, or too long ago; the journal has them"


class OrderExplainer:
    """Read-only."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def explain(self, client_order_id: str) -> Explained | None:
        """Explain an order that was sent or refused; None for one that is not remembered."""
        order = self._parts.fold.orders.get(client_order_id)
        verdict = self._parts.recorder.verdicts.get(client_order_id)
        if order is None:
            return None if verdict is None else _refused(verdict)
        intent = order.intent
        rules = [section("rules", [fact("rules", _NOT_KEPT)])] if verdict is None else rule_sections(verdict.checks)
        return Explained(
            subject=f"order:{client_order_id}",
            headline=f"{client_order_id} {describe(intent)}",
            standing=f"{order.status.value.replace('_', ' ')}: {MEANINGS[order.status]}",
            is_trouble=order.status in {OrderStatus.REJECTED, OrderStatus.IN_DOUBT},
            sections=[
                section("the order", self._order_rows(order)),
                *self._fills_of(client_order_id),
                *self._amends_of(client_order_id),
                *rules,
            ],
        )

    def explain_fill(self, venue: str, fill_id: str) -> Explained | None:
        """Explain a fill by itself and by its order."""
        fills = self._parts.fold.recent_fills
        fill = next((each for each in fills if (each.venue, each.fill_id) == (venue, fill_id)), None)
        if fill is None:
            return None
        explained = self.explain(fill.client_order_id)
        liquidity = "it rested and was met" if fill.liquidity == "maker" else "it met what rested"
        rows = [
            fact("fill", f"{fill.side.upper()} {number(fill.quantity)} {fill.symbol}@{fill.venue}", at_ns=fill.at_ns),
            fact("price", number(fill.price)),
            fact("fee", number(fill.fee)),
            fact("liquidity", f"{fill.liquidity}: {liquidity}"),
            fact("order", fill.client_order_id),
            fact("from", fill.source),
        ]
        return Explained(
            subject=f"fill:{venue} {fill_id}",
            headline=f"fill {fill_id}: {fill.side.upper()} {number(fill.quantity)} {fill.symbol}@{fill.venue}",
            standing="its order is not remembered any more" if explained is None else explained.standing,
            sections=[section("the fill", rows), *([] if explained is None else explained.sections)],
        )

    def _order_rows(self, order: Order) -> list[ExplainedRow]:
        intent = order.intent
        rows = [
            fact("from", "found at the venue, not sent by this engine" if order.is_external else intent.source),
            fact("made", "", at_ns=intent.created_ns),
            fact("changed", "", at_ns=order.updated_ns),
            fact("filled", f"{number(order.filled_quantity)} of {number(intent.quantity)}, average "
                 f"{number(order.average_price)}"),
        ]  # fmt: skip
        if order.reason:
            rows.append(fact("reason", order.reason, mark="warning"))
        if intent.job is not None:
            rows.append(fact("job", f"{intent.job.job_id}, leg {intent.job.leg + 1}, {intent.job.role}"))
        if intent.confidence is not None:
            rows.append(fact("confidence", f"{intent.confidence:.2f} of its signal"))
        if order.pending_amend is not None and order.status.may_live:
            pending = order.pending_amend
            terms = f"{number(pending.quantity)} at {number(pending.limit_price)}, {pending.state}"
            rows.append(fact("amend", f"{terms}: both terms count until it is settled", mark="warning"))
        return rows

    def _fills_of(self, client_order_id: str) -> list[ExplainedSection]:
        fills = [each for each in self._parts.fold.recent_fills if each.client_order_id == client_order_id]
        return [section("fills", map(_fill_row, fills[-10:]))] if fills else []

    def _amends_of(self, client_order_id: str) -> list[ExplainedSection]:
        said = self._parts.recorder.verdicts.amends(client_order_id)
        rows = [
            fact(
                "amend",
                each.terms if each.is_approved else f"{each.terms} refused: {reasons_of(each.checks)}",
                mark="passed" if each.is_approved else "failed",
                at_ns=each.at_ns,
            )
            for each in said
        ]
        return [section("amends", rows)] if rows else []


def verdict_rows(verdicts: Iterable[GateVerdict]) -> list[ExplainedRow]:
    """Say of each order what the gate said."""
    return [
        fact(
            each.intent.client_order_id,
            describe(each.intent) if each.is_approved else f"{describe(each.intent)}: {reasons_of(each.checks)}",
            mark="passed" if each.is_approved else "failed",
            at_ns=each.at_ns,
        )
        for each in verdicts
    ]


def _refused(verdict: GateVerdict) -> Explained:
    intent = verdict.intent
    return Explained(
        subject=f"order:{intent.client_order_id}",
        headline=f"{intent.client_order_id} {describe(intent)}",
        standing=f"refused, it was never sent: {reasons_of(verdict.checks)}",
        is_trouble=True,
        sections=[
            section("the order", [fact("from", intent.source), fact("judged", "", at_ns=verdict.at_ns)]),
            *rule_sections(verdict.checks),
        ],
    )


def _fill_row(fill: FillView) -> ExplainedRow:
    text = f"{number(fill.quantity)} at {number(fill.price)}, fee {number(fill.fee)} ({fill.liquidity})"
    return fact("fill", text, at_ns=fill.at_ns)
