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
