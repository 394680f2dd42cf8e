"""Quantities in few cells: cut, never rounded up, and never to a zero that is none."""

from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import Final

from tui.present.numbers import decimals_of, grid_quantity

_SCALES: Final = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


@lru_cache(maxsize=1024)
def fitting_decimals(largest_lots: int, lot_size: Decimal, cells: int) -> int:
    """Return the most decimals with which a column of this width shows its largest quantity."""
    whole, decimals = len(f"{int(largest_lots * lot_size):,}"), decimals_of(lot_size)
    return max(0, min(decimals, cells - whole - 1))


@lru_cache(maxsize=8192)
def short_quantity(lots: int, lot_size: Decimal, decimals: int, cells: int) -> str:
    """Format a quantity with at most `decimals`; one too wide for its cells in thousands, millions, …."""
    text = grid_quantity(lots, lot_size) if decimals >= decimals_of(lot_size) else _cut(lots * lot_size, decimals)
    return text if len(text) <= cells else _scaled(lots * lot_size, cells)


def _cut(value: Decimal, decimals: int) -> str:
    step = Decimal(1).scaleb(-decimals)
    cut = value.quantize(step, rounding=ROUND_DOWN)
    return f"{cut:,}" if cut or not value else f"<{step:f}"


def _scaled(value: Decimal, cells: int) -> str:
    for scale, letter in _SCALES:
        if value >= scale:
            part = value / scale
            decimals = max(0, min(2, cells - len(f"{int(part)}") - 2))
            return f"{part.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)}{letter}"
    return _cut(value, 0)
