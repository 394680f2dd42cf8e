"""Orders that leave once another one has ended: a replacement, a close whose way is being cleared.

While they wait nothing of them is among the live orders, so that a cancel would miss them: it gives them up here.
"""

from core.types.order import OrderIntent, Side


class WaitingOrders:
    """Each under the id that people know: the replaced order's, or its own. Whoever waits asks before it sends."""

    def __init__(self) -> None:
        self._waiting: dict[str, OrderIntent] = {}
        self._given_up: dict[str, None] = {}

    def begin(self, intent: OrderIntent) -> None:
        self._waiting[intent.client_order_id] = intent

    def end(self, client_order_id: str) -> None:
        """Forget one that was sent, or will not be."""
        self._waiting.pop(client_order_id, None)
        self._given_up.pop(client_order_id, None)

    def __contains__(self, client_order_id: str) -> bool:
        return client_order_id in self._waiting

    def is_given_up(self, client_order_id: str) -> bool:
        return client_order_id in self._given_up

    def give_up(self, client_order_id: str) -> bool:
        """Let one not leave any more; tell whether it waits."""
        if client_order_id not in self._waiting:
            return False
        self._given_up[client_order_id] = None
        return True

    def give_up_at(self, venue: str) -> None:
        for client_order_id in self.chosen(venue=venue):
            self.give_up(client_order_id)

    def chosen(self, venue: str | None = None, symbol: str | None = None, side: Side | None = None) -> list[str]:
        """Return those that wait, or those of one venue, symbol or side."""
        return [
            client_order_id
            for client_order_id, intent in self._waiting.items()
            if venue in {None, intent.venue} and symbol in {None, intent.symbol} and side in {None, intent.side}
        ]
