"""Positions by who ordered them, so that a strategy sees its own and nobody else's."""

from decimal import Decimal
from typing import Final

import msgspec

from core.ledger.position import Position
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

    def apply(self, outcome: TrackerOutcome | None) -> None:
        if isinstance(outcome, Applied):
            for fill in outcome.fills:
                self._trade(owner_of(outcome.order.intent), fill)

    def _trade(self, source: str, fill: Fill) -> None:
        of_source = self._positions.setdefault(source, {})
        position = of_source.setdefault(str(fill.instrument_id), Position(venue=fill.venue, symbol=fill.symbol))
        # Contract size one: sizes are compared, and the average price is per unit all the same.
        position.trade(fill.quantity * fill.side.sign, fill.price, _ONE)
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
