"""Which prices the venue takes: five significant figures, a limit to decimals, and whole numbers always.

The step between two allowed prices therefore grows with the price. A book's grid is the finest of these steps, which
holds every allowed price; an order is rounded to the step that holds at its own price.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

SIGNIFICANT_FIGURES: Final = 5
PERP_DECIMALS: Final = 6  # of a price, less the decimals of the size


def finest_step(size_decimals: int) -> Decimal:
    """Return the step of the lowest prices, of which every other one is a multiple."""
    return Decimal(1).scaleb(-max(0, PERP_DECIMALS - size_decimals))


def step_at(price: Decimal, size_decimals: int) -> Decimal:
    """Return the step that prices of this magnitude keep to."""
    of_figures = Decimal(1).scaleb(min(0, price.adjusted() - SIGNIFICANT_FIGURES + 1))
    return max(of_figures, finest_step(size_decimals))


def is_allowed(price: Decimal, size_decimals: int) -> bool:
    """Tell whether the venue takes an order at this price."""
    return price > 0 and price % step_at(price, size_decimals) == 0


def floor_price(price: Decimal, size_decimals: int) -> Decimal:
    """Return the highest allowed price not above this one, 0 where there is none."""
    return _to_step(price, size_decimals, ROUND_FLOOR)


def ceil_price(price: Decimal, size_decimals: int) -> Decimal:
    """Return the lowest allowed price not below this one."""
    return _to_step(price, size_decimals, ROUND_CEILING)


def _to_step(price: Decimal, size_decimals: int, rounding: str) -> Decimal:
    step = step_at(price, size_decimals)
    return (price / step).to_integral_value(rounding) * step
