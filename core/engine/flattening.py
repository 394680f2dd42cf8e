"""Closes what is held where a halt says so, and remembers why something is still there."""

from collections.abc import Mapping
from typing import Final

from core.engine.parts import EngineParts
from core.engine.reconciler import CAUSE as UNCOMPARED
from core.ledger.position import Position
from core.risk.halts import bearing_on, tightest
from core.risk.kill import plan_flatten
from core.risk.verdict import Refused
from core.types.control import Blocker, HaltLevel
from core.types.instrument import InstrumentId
from core.types.order import Order, OrderStatus

UNPLANNED: Final = "without a journal no order is sent"
UNDER_WAY: Final = "its closing order is under way"
MAY_LIVE: Final = "an own order may still live there"


class Flattening:
    """One plan a second; a position waits while an own order may live on its book, for that would be crossed."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._said: dict[str, None] = {}
        self._reasons: dict[InstrumentId, str] = {}

    @property
    def reasons(self) -> Mapping[InstrumentId, str]:
        """Return why each position that is held is still there, as of the newest plan."""
        return self._reasons

    def forget(self) -> None:
        """Say everything anew at the next halt."""
        self._said.clear()
        self._reasons = {}

    def held(self, standing: tuple[Blocker, ...]) -> list[Position]:
        """Return the positions that are to be closed."""
        positions = [position for position in self._parts.fold.ledger.positions() if position.quantity]
        return [held for held in positions if level_at(standing, held.venue) is HaltLevel.FLATTEN]

    def book_id(self, instrument_id: InstrumentId) -> str:
        instrument = self._parts.market.instruments.get(instrument_id)
        return str(instrument_id) if instrument is None else instrument.book_id

    def close(self, held: list[Position], live: list[Order]) -> None:
        """Send the closing orders of positions on free books."""
        busy = {
            self.book_id(order.intent.instrument_id): UNDER_WAY if is_closing(order) else MAY_LIVE for order in live
        }
        waits = {position.instrument_id: busy.get(self.book_id(position.instrument_id)) for position in held}
        self._reasons = {instrument_id: reason for instrument_id, reason in waits.items() if reason is not None}
        free = [position for position in held if waits[position.instrument_id] is None]
        self._flatten([position for position in free if self._is_compared(position)])

    def _is_compared(self, position: Position) -> bool:
        """Tell whether the venue has confirmed its positions: what it no longer has must not be sold again."""
        if not self._parts.conditions.holds(f"venue:{position.venue}", UNCOMPARED):
            return True
        self._leave(position.instrument_id, "its account has not been compared with the journal")
        return False

    def _flatten(self, positions: list[Position]) -> None:
        parts = self._parts
        if parts.recorder.failed_reason is not None:
            self._reasons |= {position.instrument_id: UNPLANNED for position in positions}
            self.say(f"positions are not flattened: {UNPLANNED}")
            return
        plan = plan_flatten(
            positions=positions,
            instruments=parts.market.instruments.get,
            books=parts.market.books.get,
            book_age_ns=parts.market.age_ns,
            next_order_id=parts.ids.next_order_id,
            limits=parts.settings.limits,
            now_ns=parts.clock.utc_ns(),
        )
        for intent in plan.flatten:
            self._reasons[intent.instrument_id] = UNDER_WAY
            verdict = parts.desk.place(intent)
            if isinstance(verdict, Refused):
                rules = ", ".join(check.rule for check in verdict.failed)
                self._leave(intent.instrument_id, f"the risk gate refused the order by {rules}")
        for left in plan.not_flattened:
            self._reasons[left.instrument_id] = left.reason
            self.say(f"{left.instrument_id} is not flattened: {left.quantity:f} is left, {left.reason}")

    def _leave(self, instrument_id: InstrumentId, reason: str) -> None:
        self._reasons[instrument_id] = reason
        self.say(f"{instrument_id} is not flattened: {reason}")

    def say(self, text: str) -> None:
        """Log a text once in a halt."""
        if text not in self._said:
            self._said[text] = None
            self._parts.log.warning("risk", text)


def level_at(standing: tuple[Blocker, ...], venue: str) -> HaltLevel:
    """Return the level of a venue, whoever orders there."""
    return tightest(bearing_on(standing, venue, None))


def is_closing(order: Order) -> bool:
    """Tell whether this is an order of the flattening on its way: it ends by itself and must not be cancelled."""
    return order.intent.source == "flatten" and order.status is OrderStatus.INTENDED
