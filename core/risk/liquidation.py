"""How far prices are from a venue's liquidation of its contracts, cross margined."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

ZERO: Final = Decimal(0)
UNBOUND_PCT: Final = Decimal(100)  # of a venue without contracts, and the farthest that is told


class ContractValue(NamedTuple):
    """One position: its absolute value, and the part of it that has to stay there as margin."""

    value_usd: Decimal
    maintenance_rate: Decimal


def liquidation_distance_pct(collateral_usd: Decimal, contracts: Iterable[ContractValue]) -> Decimal:
    """Return how far every price may move against its contract at once until the venue liquidates, in percent.

    It does as soon as the collateral left is the maintenance margin: ``C - d·ΣV = (1 + d)·Σ rate·V``, so
    ``d = (C - Σ rate·V) / Σ (1 + rate)·V``. A short grows as it loses; a long, which shrinks, is judged alike. At most
    100; negative where it is due already.
    """
    value = margin = ZERO
    for each in contracts:
        value += each.value_usd
        margin += each.value_usd * each.maintenance_rate
    if not value:
        return UNBOUND_PCT
    return min(UNBOUND_PCT, 100 * (collateral_usd - margin) / (value + margin))


class ContractLook(NamedTuple):
    """A contract's position, for the price at which it alone would have its venue liquidate."""

    quantity: Decimal  # signed
    price: Decimal
    unit_usd: Decimal  # value of quantity 1 at that price
    maintenance_rate: Decimal


def liquidation_price(collateral_usd: Decimal, other_margin_usd: Decimal, look: ContractLook) -> Decimal | None:
    """Return the price at which the collateral left is the maintenance margin, if no other price moves.

    `other_margin_usd` is what the venue's other contracts must keep. With the position's value ``V``, its sign ``s``
    and a price that is ``x`` times the one now: ``C + s·V·(x - 1) = M + rate·V·x``, so
    ``x = (M - C + s·V) / (V·(s - rate))``. None where no price above zero does it.
    """
    value = abs(look.quantity) * look.unit_usd
    sign = 1 if look.quantity > 0 else -1
    bottom = value * (sign - look.maintenance_rate)
    if not bottom:
        return None
    times = (other_margin_usd - collateral_usd + sign * value) / bottom
    return look.price * times if times > 0 else None
