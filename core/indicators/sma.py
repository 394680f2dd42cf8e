"""Simple moving average: the mean of the last n values (TradingView ``ta.sma``)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.compiled import kernel
from core.indicators.batch import series
from core.indicators.window import init_window, mean, push, window_size, window_state

Floats = NDArray[np.float64]

sma_size = window_size
init_sma = init_window
sma_state = window_state


@kernel
def sma_step(state: Floats, at: int, value: float) -> float:
    if not np.isfinite(value):
        return np.nan
    push(state, at, value)
    return mean(state, at)


@kernel
def sma_update(state: Floats, value: float) -> float:
    """Take one value and return the average, NaN until warm."""
    return sma_step(state, 0, value)


@kernel
def _sma_run(state: Floats, values: Floats, averages: Floats) -> None:
    for index in range(len(values)):
        averages[index] = sma_step(state, 0, values[index])


def sma(values: ArrayLike, length: int) -> Floats:
    """Return the average at each value, NaN until warm; shape of `values`."""
    array = series(values)
    averages = np.empty_like(array)
    _sma_run(sma_state(length), array, averages)
    return averages
