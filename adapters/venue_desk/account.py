"""Cash and positions of one account at a simulated or paper venue, exact to the last digit.

Spot and stocks move cash: a buy pays notional and fee, nothing can be sold that is not held.
Perpetuals move cash by realised profit, fees and funding only; a position is kept as quantity and
signed cost, so what is booked as realised plus what stays as cost always equals what was traded.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final

import msgspec

from core.types.instrument import AssetType, Instrument
from core.types.order import Side

EXACT: Final = Context(prec=80)  # sums and products of money never round
# Where a part of a position is closed its share of the cost is cut here and the rest stays in the cost.
# A venue and an engine that cut at the same place agree to the last digit.
_COST_STEP: Final = Decimal("1E-18")


class Position(msgspec.Struct, frozen=True):
    """Signed quantity and the signed money it cost, without fees."""

    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)

    def average_price(self, contract_size: Decimal) -> Decimal:
        return self.cost / (self.quantity * contract_size) if self.quantity else Decimal(0)


FLAT: Final = Position()


class Booking(msgspec.Struct, frozen=True):
    """What one fill does to an account."""

    position: Position
    cash_change: Decimal


def is_margined(instrument: Instrument) -> bool:
    return instrument.asset_type is AssetType.PERPETUAL


def book_trade(
    instrument: Instrument, position: Position, side: Side, price: Decimal, quantity: Decimal, *, fee: Decimal
) -> Booking:
    """Return position and cash change after a trade; average cost, exact conservation of money."""
    with localcontext(EXACT):
        signed_quantity = side.sign * quantity
        paid = instrument.notional(price, signed_quantity)
        after, realised = _average_cost(position, signed_quantity, paid)
        moved = realised if is_margined(instrument) else -paid
        return Booking(after, moved - fee)


def _average_cost(position: Position, signed_quantity: Decimal, paid: Decimal) -> tuple[Position, Decimal]:
    """Return the new position and the realised profit."""
    if position.quantity * signed_quantity >= 0:
        return Position(position.quantity + signed_quantity, position.cost + paid), Decimal(0)
    closes = abs(signed_quantity) <= abs(position.quantity)
    if closes and signed_quantity != -position.quantity:
        share = position.cost * -signed_quantity / position.quantity
        closed_cost = share.quantize(_COST_STEP, ROUND_HALF_EVEN)
        return Position(position.quantity + signed_quantity, position.cost - closed_cost), -paid - closed_cost
    opened_quantity = position.quantity + signed_quantity
    opened_cost = paid * opened_quantity / signed_quantity
    closing_paid = paid - opened_cost
    return Position(opened_quantity, opened_cost), -closing_paid - position.cost


def fee_of(instrument: Instrument, price: Decimal, quantity: Decimal, rate: Decimal) -> Decimal:
    return EXACT.multiply(instrument.notional(price, quantity), rate)
