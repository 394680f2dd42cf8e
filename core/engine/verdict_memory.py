"""What the gate said of the newest orders, rule by rule: for those who ask why. The journal has all of them."""

from collections import OrderedDict, deque
from typing import Final

import msgspec

from core.journal.facts import AnyFact, OrderAmendAsked, OrderAmendRefused, OrderIntended, OrderRefused
from core.risk.verdict import Check
from core.types.order import OrderIntent

VERDICTS_KEPT: Final = 300
AMENDS_KEPT: Final = 100


class GateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it was judged."""

    at_ns: int
    intent: OrderIntent
    checks: tuple[Check, ...]
    is_approved: bool


class AmendVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Other terms of an order as they were judged."""

    at_ns: int
    client_order_id: str
    terms: str
    checks: tuple[Check, ...]
    is_approved: bool


class VerdictMemory:
    """Bounded, and empty after a restart."""

    def __init__(self) -> None:
        self._verdicts: OrderedDict[str, GateVerdict] = OrderedDict()
        self._amends: deque[AmendVerdict] = deque(maxlen=AMENDS_KEPT)

    def note(self, fact: AnyFact) -> None:
        """Take note of a fact that has just been recorded; others than verdicts change nothing."""
        match fact:
            case OrderIntended() | OrderRefused():
                is_approved = isinstance(fact, OrderIntended)
                self._verdicts[fact.intent.client_order_id] = GateVerdict(
                    at_ns=fact.at_ns, intent=fact.intent, checks=fact.checks, is_approved=is_approved
                )
                if len(self._verdicts) > VERDICTS_KEPT:
                    self._verdicts.popitem(last=False)
            case OrderAmendAsked() | OrderAmendRefused() if fact.checks:
                self._amends.append(
                    AmendVerdict(
                        at_ns=fact.at_ns,
                        client_order_id=fact.client_order_id,
                        terms=f"{fact.quantity:f} at {fact.limit_price:f}",
                        checks=fact.checks,
                        is_approved=isinstance(fact, OrderAmendAsked),
                    )
                )
            case _:
                pass

    def get(self, client_order_id: str) -> GateVerdict | None:
        return self._verdicts.get(client_order_id)

    def amends(self, client_order_id: str) -> tuple[AmendVerdict, ...]:
        """Return what was said of other terms for an order, oldest first."""
        return tuple(each for each in self._amends if each.client_order_id == client_order_id)

    def of_source(self, source: str, most: int) -> tuple[GateVerdict, ...]:
        """Return the newest verdicts on orders of one source, newest first."""
        found = [each for each in reversed(self._verdicts.values()) if each.intent.source == source]
        return tuple(found[:most])
