"""How the newest orders ended, to see when too many fail."""

from core.journal.facts import AnyFact, BlockerLifted, OrderFilled, OrderStatusChanged
from core.risk.halts import Cause
from core.types.order import OrderStatus


class OrderOutcomes:
    """The first answer to each of the newest orders, folded from facts.

    Only the venue's own refusal is a failure; silence is doubt until it is resolved. When a person lifts
    the blocker the count begins anew.
    """

    def __init__(self, keep: int = 100) -> None:
        self._keep = keep
        self._failed: dict[str, bool] = {}  # client order id, oldest first

    @property
    def answered(self) -> int:
        return len(self._failed)

    @property
    def failed(self) -> int:
        return sum(self._failed.values())

    def apply(self, fact: AnyFact) -> None:
        """Fold one fact; facts of other kinds change nothing."""
        match fact:
            case OrderFilled():
                self._count(fact.fill.client_order_id, is_failed=False)
            case OrderStatusChanged(status=OrderStatus.REJECTED):
                self._count(fact.client_order_id, is_failed=True)
            case OrderStatusChanged(status=OrderStatus.IN_DOUBT | OrderStatus.CANCELLING):
                pass
            case OrderStatusChanged():
                self._count(fact.client_order_id, is_failed=False)
            case BlockerLifted(cause=Cause.ORDER_FAILURES):
                self._failed.clear()
            case _:
                pass

    def _count(self, client_order_id: str, *, is_failed: bool) -> None:
        self._failed.setdefault(client_order_id, is_failed)
        if len(self._failed) > self._keep:
            del self._failed[next(iter(self._failed))]

    def to_state(self) -> list[tuple[str, bool]]:
        return list(self._failed.items())

    def restore(self, state: list[tuple[str, bool]]) -> None:
        self._failed = dict(state)
