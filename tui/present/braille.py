"""Curves in braille cells of 2 by 4 dots."""

from collections.abc import Sequence
from math import isfinite

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then column, of a braille cell


def curve_masks(values: Sequence[float | None], low: float, high: float, rows: int) -> list[list[int]]:
    """Draw one value a cell, joined to the one before; return the dots of each cell by row, then column.

    What is no number is a gap.
    """
    masks = [[0] * len(values) for _ in range(rows)]
    last = rows * 4 - 1
    unit = last / (high - low)
    before: int | None = None
    for column, value in enumerate(values):
        if value is None or not isfinite(value):
            before = None
            continue
        here = min(last, max(0, round((high - value) * unit)))
        start = here if before is None else before
        for dot in range(min(start, here), max(start, here) + 1):
            masks[dot // 4][column] |= DOTS[dot % 4][0]
        masks[here // 4][column] |= DOTS[here % 4][1]
        before = here
    return masks
