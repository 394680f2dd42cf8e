"""The average true range of bars, for stops that breathe with the market. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from core.bars.bar import Bar

LENGTH: Final = 14
SETTLED_BARS: Final = 10 * LENGTH + 1
"""How many bars it takes until the start of the series weighs less than about one part in 10,000."""


def average_true_range(bars: Sequence[Bar], tick_size: Decimal, length: int = LENGTH) -> Decimal | None:
    """Return Wilder's average of the true ranges of complete bars, oldest first, in the quote currency.

    The true range of a bar is the greatest of high - low, |high - close before| and |low - close before|; the average
    begins with the mean of `length` of them and then moves by a part in `length` towards each (J. W. Wilder, New
    Concepts in Technical Trading Systems, 1978). None with fewer than `length` + 1 complete bars.
    """
    whole = [bar for bar in bars if bar.is_complete]
    ranges = [
        max(bar.high_ticks, before.close_ticks) - min(bar.low_ticks, before.close_ticks)
        for before, bar in pairwise(whole)
    ]
    if len(ranges) < length:
        return None
    average = Decimal(sum(ranges[:length])) / length
    for true_range in ranges[length:]:
        average += (true_range - average) / length
    return average * tick_size
