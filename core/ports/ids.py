"""Client order ids that are never used twice."""

from typing import Protocol


class IdSource(Protocol):
    def next_order_id(self) -> str:
        """Return a client order id unique over all runs of this account."""
        ...
