"""Average true range: Wilder's mean of the true ranges of n bars (TradingView ``ta.atr``).

The true range is the widest of high - low and the distances of both from the close before; of the first bar it is
high - low.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.exponential import EXPONENTIAL_SIZE, exponential_step, init_exponential, rma_weight
from core.indicators.spec import check_length

Floats = NDArray[np.float64]

PREVIOUS_CLOSE, HEADER_SIZE = 0, 1  # then the mean


def atr_state(length: int) -> Floats:
    """Return the state of a streaming range."""
    check_length(length)
    state = np.empty(HEADER_SIZE + EXPONENTIAL_SIZE)
    state[PREVIOUS_CLOSE] = np.nan
    init_exponential(state, HEADER_SIZE, length, rma_weight(length))
    return state


@kernel
def atr_update(state: Floats, high: float, low: float, close: float) -> float:
    """Take one bar and return the average range, NaN until warm."""
    if not (np.isfinite(high) and np.isfinite(low) and np.isfinite(close)):
        return np.nan
    before = state[PREVIOUS_CLOSE]
    widest = high - low
    if np.isfinite(before):
        widest = max(widest, abs(high - before), abs(low - before))
    state[PREVIOUS_CLOSE] = close
    return exponential_step(state, HEADER_SIZE, widest)


@kernel
def _atr_run(state: Floats, bars: Floats, ranges: Floats) -> None:
    for index in range(len(ranges)):
        ranges[index] = atr_update(state, bars[0, index], bars[1, index], bars[2, index])


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, length: int) -> Floats:
    """Return the average range at each bar, NaN until warm; the three series are of one length."""
    bars = np.vstack([series(high), series(low), series(close)])
    ranges = np.empty(bars.shape[1])
    _atr_run(atr_state(length), bars, ranges)
    return ranges
