"""Positions by who ordered them, so that a strategy sees its own and nobody else's.

What a protection or a flattening closes comes off the positions of those who hold that side.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from core.engine.directional_positions import CLOSERS, Share
from core.ledger.position import ZERO, Position
from core.orders.outcome import Applied, TrackerOutcome
from core.types.instrument import InstrumentId
from core.types.order import FLATTEN, Fill, OrderIntent

_ONE: Final = Decimal(1)


def owner_of(intent: OrderIntent) -> str:
    """Return whose position an order changes: its strategy's also of a job's order and of what flattens it."""
    if intent.job is not None:
        return f"strategy:{intent.job.strategy}"
    return f"strategy:{intent.source.partition(':')[2]}" if intent.source.startswith(f"{FLATTEN}:") else intent.source


class SourcePositions:
    """Fold of the fills that the tracker booked, by whose order it was."""

    def __init__(self) -> None:
        self._positions: dict[str, dict[str, Position]] = {}

    def apply(self, outcome: TrackerOutcome | None, shares: Sequence[Share] = ()) -> None:
        """Take the fills of an outcome; `shares` says whose a closing one is."""
        if not isinstance(outcome, Applied):
            return
        source = owner_of(outcome.order.intent)
        for fill in outcome.fills:
            if source in CLOSERS and not outcome.order.is_external:
                self._close(source, fill, shares)
            else:
                self._trade(source, fill, fill.quantity * fill.side.sign)

    def _close(self, source: str, fill: Fill, shares: Sequence[Share]) -> None:
        left = fill.quantity
        for share in shares:
            self._trade(share.owner, fill, share.quantity)
            left -= abs(share.quantity)
        if source == FLATTEN:
            self._close_legs(fill, left)

    def _close_legs(self, fill: Fill, left: Decimal) -> None:
        """Take what is left of a flattening from the positions that jobs have given their strategies."""
        sign, key = fill.side.sign, str(fill.instrument_id)
        for owner in sorted(self._positions):
            position = self._positions[owner].get(key)
            part = ZERO if position is None else min(left, max(ZERO, -sign * position.quantity))
            if part:
                self._trade(owner, fill, sign * part)
                left -= part

    def _trade(self, owner: str, fill: Fill, signed_quantity: Decimal) -> None:
        of_owner = self._positions.setdefault(owner, {})
        position = of_owner.setdefault(str(fill.instrument_id), Position(venue=fill.venue, symbol=fill.symbol))
        # Contract size one: sizes are compared, and the average price is per unit all the same.
        position.trade(signed_quantity, fill.price, _ONE)
        position.trades += 1

    def of(self, source: str, instrument_id: InstrumentId) -> Position | None:
        return self._positions.get(source, {}).get(str(instrument_id))

    def held_by(self, source: str) -> list[Position]:
        """Return what a source holds."""
        return [position for position in self._positions.get(source, {}).values() if position.quantity]

    def to_state(self) -> dict[str, dict[str, Position]]:
        return self._positions

    def restore(self, state: dict[str, dict[str, Position]]) -> None:
        self._positions = {
            source: {key: msgspec.structs.replace(position) for key, position in positions.items()}
            for source, positions in state.items()
        }
