"""What positions bind of the pools, folded from fills and adoptions."""

from collections.abc import Iterator
from copy import deepcopy
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from core.capital.state import Bound, PositionCapital
from core.ledger.position import EXACT, ZERO
from core.types.capital import Pool
from core.types.instrument import InstrumentId

_STEP: Final = Decimal("1e-18")  # divisions are cut here; the last part closed takes what is left


class Commitments:
    """Committed quantity and dollars per instrument; closing gives back in proportion, zero quantity binds zero."""

    def __init__(self) -> None:
        self._positions: dict[InstrumentId, PositionCapital] = {}

    def position(self, instrument_id: InstrumentId) -> PositionCapital | None:
        return self._positions.get(instrument_id)

    def held(self, venue: str) -> Iterator[PositionCapital]:
        """Yield what binds capital at a venue, in order of its first trade."""
        return (each for each in self._positions.values() if each.venue == venue and each.quantity)

    def venues(self) -> Iterator[str]:
        return (each.venue for each in self._positions.values() if each.quantity)

    def trade(self, instrument_id: InstrumentId, signed_quantity: Decimal) -> Decimal:
        """Close what a trade closes and return the signed quantity that it opens; `bind` books its value."""
        position = self._at(instrument_id)
        opening = signed_quantity
        if position.quantity * signed_quantity < 0:
            closing = min(signed_quantity.copy_abs(), position.quantity.copy_abs())
            opening = EXACT.add(signed_quantity, closing.copy_sign(position.quantity))
            _close(position, closing)
        position.quantity = EXACT.add(position.quantity, opening)
        return opening

    def bind_usd(self, instrument_id: InstrumentId, pool: Pool, amount_usd: Decimal, unit_usd: Decimal) -> None:
        """Bind dollars of a pool for quantity that a trade has opened under a claim."""
        if amount_usd:
            bound = self._at(instrument_id).bound.setdefault(pool, Bound())
            bound.usd = EXACT.add(bound.usd, amount_usd)
        self._known_unit(instrument_id, unit_usd, None)

    def bind_points(self, instrument_id: InstrumentId, quantity: Decimal, price: Decimal) -> None:
        """Bind quantity that was opened without a claim at its price, in the arb pool."""
        if quantity:
            self._bind(self._at(instrument_id), quantity, None, price)
        self._known_unit(instrument_id, None, price)

    def adopt(self, instrument_id: InstrumentId, quantity: Decimal, prices: tuple[Decimal | None, Decimal]) -> None:
        """Follow the venue's quantity.

        What is more than before is bound in the arb pool at the first of: the price that it is taken to have traded
        at, the last known value, the venue's average price. Without any of them what it binds is unknown.
        """
        position = self._at(instrument_id)
        opened = self.trade(instrument_id, EXACT.subtract(quantity, position.quantity)).copy_abs()
        price, average_price = (each if each is not None and each > 0 else None for each in prices)
        if price is None and position.last_unit_usd is None and position.last_price is None:
            price = average_price
        if price is not None:
            self.bind_points(instrument_id, opened, price)
        elif opened:
            self._bind(position, opened, position.last_unit_usd, position.last_price)

    def to_state(self) -> list[PositionCapital]:
        return [deepcopy(self._positions[instrument_id]) for instrument_id in sorted(self._positions)]

    def restore(self, state: list[PositionCapital]) -> None:
        self._positions = {position.instrument_id: deepcopy(position) for position in state}

    def _at(self, instrument_id: InstrumentId) -> PositionCapital:
        position = self._positions.get(instrument_id)
        if position is None:
            position = PositionCapital(venue=instrument_id.venue, symbol=instrument_id.symbol)
            self._positions[instrument_id] = position
        return position

    def _known_unit(self, instrument_id: InstrumentId, unit_usd: Decimal | None, price: Decimal | None) -> None:
        """Remember the newest value, and value with it what was adopted without one."""
        position = self._at(instrument_id)
        position.last_unit_usd, position.last_price = unit_usd, price
        unpriced, position.unpriced_quantity = position.unpriced_quantity, ZERO
        if unpriced:
            self._bind(position, unpriced, unit_usd, price)

    def _bind(
        self, position: PositionCapital, quantity: Decimal, unit_usd: Decimal | None, price: Decimal | None
    ) -> None:
        if unit_usd is None and price is None:
            position.unpriced_quantity = EXACT.add(position.unpriced_quantity, quantity)
            return
        bound = position.bound.setdefault(Pool.ARB, Bound())
        if unit_usd is not None:
            bound.usd = EXACT.fma(unit_usd, quantity, bound.usd)
        elif price is not None:
            bound.points = EXACT.fma(price, quantity, bound.points)


def _close(position: PositionCapital, closing: Decimal) -> None:
    """Give back in proportion to the quantity closed; nothing is left of what is closed in full."""
    held = position.quantity.copy_abs()
    if closing == held:
        position.quantity, position.bound, position.unpriced_quantity = ZERO, {}, ZERO
        return
    for bound in position.bound.values():
        bound.usd = _less(bound.usd, closing, held)
        bound.points = _less(bound.points, closing, held)
    position.unpriced_quantity = _less(position.unpriced_quantity, closing, held)
    position.quantity = EXACT.subtract(position.quantity, closing.copy_sign(position.quantity))


def _less(amount: Decimal, closing: Decimal, held: Decimal) -> Decimal:
    released = EXACT.divide(EXACT.multiply(amount, closing), held).quantize(_STEP, ROUND_HALF_EVEN, EXACT)
    return EXACT.subtract(amount, min(released, amount))
